"""What dictionaries say of characters: words, their classes, and the spaces of Korean."""

import numpy as np
import pytest

from pipeline.entities.tagger.features import CLASS, EDGES, PART, UNIT, VIEWS, hashed
from pipeline.entities.tagger.letters import keys_of, windows
from pipeline.entities.tagger.model import Views
from pipeline.entities.tagger.segment import SEGMENTED, add_dictionary, add_spaces
from pipeline.entities.tagger.tokens import Tokens, tokenise


def _seen(text: str, language: str) -> tuple[Tokens, Views]:
    tokens = tokenise(text, characters=True)
    views = np.zeros((len(tokens.words), VIEWS), np.uint32)
    add_dictionary(text, tokens, views, language)
    if language == "ko":
        add_spaces(text, tokens, views)
    return tokens, views


@pytest.mark.parametrize(
    ("language", "text", "word", "kind"),
    [
        ("zh", "他在北京说", "北京", "ns"),
        ("ja", "彼は東京で話した", "東京", "固有名詞/地名/一般"),
        ("ja", "鈴木氏", "鈴木", "固有名詞/人名/姓"),
    ],
)  # fmt: skip
def test_a_word_tells_its_class_at_each_of_its_characters(language: str, text: str, word: str, kind: str) -> None:
    """Its beginning and its end are told apart, and all have the word."""
    _, views = _seen(text, language)
    at = text.index(word)
    assert views[at : at + 2, PART].tolist() == [hashed(word)] * 2
    assert views[at : at + 2, CLASS].tolist() == [hashed(f"B{kind}"), hashed(f"E{kind}")]


def test_korean_words_are_the_longest_of_the_list() -> None:
    """`부산광역시` is one word, of which `부산` is a part; a syllable of no listed word has none."""
    _, views = _seen("부산광역시 쀍", "ko")
    assert len(set(views[:5, PART].tolist())) == 1
    assert views[0, PART] == hashed("부산광역시")
    assert views[5, (PART, CLASS)].tolist() == [1, 1]


def test_spaces_of_korean() -> None:
    """Which syllables stand beside a space, and what stands between two."""
    tokens, views = _seen("박성호 의원은", "ko")
    assert tokens.words == list("박성호의원은")
    assert views[:, EDGES].tolist() == [2, 1, 3, 2, 1, 3]
    assert views[:, UNIT].tolist() == [hashed("박성호")] * 3 + [hashed("의원은")] * 3
    assert _seen("박", "ko")[1][:, EDGES].tolist() == [4]


@pytest.mark.parametrize("language", sorted(SEGMENTED))
@pytest.mark.parametrize("text", ["", " ", "a", "\ud800東京", "𠮷野家", "東京" * 30_000, "ー" * 50_000, "김" * 50_000])
def test_any_text_is_cut(language: str, text: str) -> None:
    """Halves of characters, texts beyond what a tokenizer takes at once, and one letter on and on."""
    tokens, views = _seen(text, language)
    assert len(views) == len(tokens.words)
    assert (views[:, CLASS] > 0).all()


def test_runs_of_a_text_hash_as_words_do() -> None:
    """A run of letters in a text has the hash of the word that it is; none goes on beyond where it may."""
    text = "서울시청 역"
    codes = np.array([ord(letter) for letter in text], np.uint32)
    found = {size: (at.tolist(), hashes) for size, at, hashes in windows(codes, np.array([4, 3, 2, 1, 0, 1]), 2, 10)}
    assert {size: at for size, (at, _) in found.items()} == {2: [0, 1, 2], 3: [0, 1], 4: [0]}
    for size, (places, hashes) in found.items():
        assert hashes.tolist() == keys_of([text[at : at + size] for at in places]).tolist()
