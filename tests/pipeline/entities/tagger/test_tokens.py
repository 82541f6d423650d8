"""Texts in pieces: where each stands, and where sentences begin."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.entities.tagger.tokens import LONGEST, tokenise

SENTENCES = [
    ("Putin ke Kyiv. Kim ke Moskwa.", ["Putin", "Kim"]),
    ("Menurut dr. Ivo, harga turun.", ["Menurut"]),
    ("Judul berita\nIsi berita.", ["Judul", "Isi"]),
    ("„Dolazim“, rekao je Marko. „Sutra“, dodao je.", ["„", "„"]),
    ("Harga 3.5 persen. 2024 lebih baik", ["Harga", "2024"]),
]


@pytest.mark.parametrize(("text", "firsts"), SENTENCES)
def test_sentences_begin_after_stops_and_new_lines(text: str, firsts: list[str]) -> None:
    """A full stop that ends a short word, or stands in a number, ends no sentence."""
    tokens = tokenise(text, characters=False)
    assert [tokens.words[number] for number in tokens.begins] == firsts


def test_chinese_is_taken_by_characters_and_latin_words_whole() -> None:
    """Characters stand alone; words in Latin letters and numbers do not fall apart."""
    tokens = tokenise("習近平訪問NATO總部。2024年", characters=True)
    assert tokens.words == ["習", "近", "平", "訪", "問", "NATO", "總", "部", "。", "2024", "年"]
    assert [tokens.words[number] for number in tokens.begins] == ["習", "2024"]


@settings(deadline=None)
@given(st.text(), st.booleans())
def test_tokens_are_the_text_without_its_spaces(text: str, characters: bool) -> None:  # noqa: FBT001
    """Every token is what stands at its place, in order; between tokens is nothing that the tokeniser must not skip."""
    tokens = tokenise(text, characters=characters)
    places = list(zip(tokens.starts.tolist(), tokens.ends.tolist(), strict=True))
    assert [text[start:end] for start, end in places] == tokens.words
    assert all(tokens.words)
    at = 0
    for start, end in places:
        assert not text[at:start].strip() or not any(letter.isalnum() for letter in text[at:start])
        assert end > start >= at
        at = end
    assert tokens.begins == sorted(set(tokens.begins))
    assert all(0 <= number < len(tokens.words) for number in tokens.begins)


def test_a_sentence_without_end_is_cut() -> None:
    """No sentence is longer than the longest that is read at once."""
    tokens = tokenise("kata " * 1_000, characters=False)
    assert tokens.begins == list(range(0, 1_000, LONGEST))


def test_length_costs_what_it_is_long() -> None:
    """Sixteen times the text costs less than sixty-four times the time, be it of signs, spaces or letters."""
    for unit in ("a", ". ", "A.", "\n", "a "):
        costs = []
        for size in (50_000, 800_000):
            text = unit * (size // len(unit))
            began = time.process_time()
            tokenise(text, characters=False)
            costs.append(time.process_time() - began)
        assert costs[1] < 64 * costs[0] + 0.1
