"""From text to names: the committed models, in many languages, on any text."""

import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.entities.tagger.tag import REACHED, TRAINED, Known, Tagger, model_for

TAGGER = Tagger()
SENTENCES = [
    ("id", "Sugeng Wahyudi dari Dinas Perhubungan mengatakan jalan di Wonorejo ditutup.",
     {("Sugeng Wahyudi", "PER"), ("Dinas Perhubungan", "ORG"), ("Wonorejo", "LOC")}),
    ("en", "Marjorie Haldane, who lives in Wexborough, wrote to the Dunmore Trust.",
     {("Marjorie Haldane", "PER"), ("Wexborough", "LOC"), ("Dunmore Trust", "ORG")}),
    ("hr", "Gradonačelnik Ivo Perković doputovao je u Slavoniju s predstavnicima tvrtke Metalprom.",
     {("Ivo Perković", "PER"), ("Slavoniju", "LOC")}),
    ("sr", "Градоначелник Милан Перовић допутовао је у Крушевац.", {("Милан Перовић", "PER"), ("Крушевац", "LOC")}),
    ("pt", "O deputado Anselmo Figueira visitou a cidade de Vilarinho.", {("Anselmo Figueira", "PER")}),
    ("sv", "Åklagaren Gunilla Hedström talade i Borgvattnet.", {("Gunilla Hedström", "PER"), ("Borgvattnet", "LOC")}),
    ("ro", "Primarul Dorin Vasilache a vorbit la Brașov.", {("Brașov", "LOC")}),
    ("hi", "मुंबई में रमेश शर्मा ने कहा", {("मुंबई", "LOC"), ("रमेश शर्मा", "PER")}),
    ("ja", "佐久間健一は富士見市で講演した。", {("佐久間健一", "PER"), ("富士見市", "LOC")}),
    ("ko", "박성호 의원은 부천에서 말했다.", {("박성호", "PER")}),
    ("zh", "王建國在高雄市表示", {("王建國", "PER"), ("高雄市", "LOC")}),
    ("zh", "陳麗華對記者說，臺灣觀光協會將在臺東縣設立辦事處。",
     {("陳麗華", "PER"), ("臺灣觀光協會", "ORG"), ("臺東縣", "LOC")}),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "expected"), SENTENCES)
def test_names_that_no_list_has_are_found(language: str, text: str, expected: set[tuple[str, str]]) -> None:
    """People, places and organisations made up for this test, by what stands around them."""
    found = {(text[name.start : name.end], name.type) for name in TAGGER.tag(text, language)}
    assert expected <= found


def test_a_known_place_is_seen_with_what_is_written_on_to_it() -> None:
    """Korean writes particles on to names; that a list knows the name tells the model where it ends."""
    text = "박성호 의원은 부천에서 말했다."
    found = TAGGER.tag(text, "ko", [Known(8, 10, "LOC")])
    assert [(text[name.start : name.end], name.type) for name in found] == [("박성호", "PER"), ("부천", "LOC")]


@pytest.mark.parametrize("language", ["ar", "fa", "th", "de", "lb", "ka", "my", "vi", "sw", "el", "xx"])
def test_abstains_where_nothing_like_it_was_learnt(language: str) -> None:
    """Languages far from those of the models, and German with a capital on every noun, get no names here."""
    assert model_for(language) is None
    assert TAGGER.tag("Der Mann aus Köln sah einen Hund. القاهرة", language) == []


def test_languages_with_labelled_texts_have_a_model_of_their_own() -> None:
    """What decides alone has learnt from texts of its language, others have the model of signs common to languages."""
    assert {model_for(language) for language in TRAINED} == {"id", "en", "west", "south", "ro", "hi", "zh", "ja", "ko"}
    assert model_for("fr") == model_for("ru") == "any"
    assert model_for("sr-Latn") == "south"
    assert model_for("zh-Hant") == "zh"


def test_known_names_are_told_to_the_tagger() -> None:
    """A known name is a sign: the same words with and without it are not equally sure."""
    text = "rombongan berangkat ke Melawati kemarin"
    known = [Known(text.index("Melawati"), text.index("Melawati") + 8, "LOC")]
    told = {name.type: name.confidence for name in TAGGER.tag(text, "id", known)}
    untold = {name.type: name.confidence for name in TAGGER.tag(text, "id")}
    assert told != untold
    assert "LOC" in told


def test_fields_are_read_apart() -> None:
    """Each text's names have places in that text, whatever stands in the others."""
    texts = ["", "Gunilla Hedström talade.", " \n", "I Stockholm talade Lars Åkerblom."]
    found = TAGGER.tag_all(texts, "sv", [(), (), (), ()])
    named = [[text[name.start : name.end] for name in names] for text, names in zip(texts, found, strict=True)]
    assert named[0] == named[2] == []
    assert "Gunilla Hedström" in named[1]
    assert "Lars Åkerblom" in named[3]


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=300),
    st.sampled_from(["id", "en", "sr", "ro", "hi", "zh", "ja", "ko", "fr", "ru", "ar", "und", ""]),
    st.lists(st.tuples(st.integers(0, 310), st.integers(0, 12), st.sampled_from(["PER", "ORGs", "LOC"])), max_size=5),
)
def test_any_text_has_names_that_stand_in_it(text: str, language: str, spans: list[tuple[int, int, str]]) -> None:
    """No text, language or claim of known names breaks it; names lie in the text, in order, and do not overlap."""
    known = [Known(start, start + size, kind) for start, size, kind in spans]
    at = 0
    for name in TAGGER.tag(text, language, known):
        assert at <= name.start < name.end <= len(text)
        assert text[name.start : name.end].strip() == text[name.start : name.end] != ""
        assert 0 <= name.confidence <= 1
        at = name.end


@pytest.mark.parametrize("unit", ["a", "A", "王", "Joko Widodo ", "яa", "\ud800", ".", "\n"])
def test_ten_megabytes_cost_no_more_than_what_is_read(unit: str) -> None:
    """Of a text of ten million letters the first 40,000 are read; time and memory stay those of them."""
    text = unit * (10_000_000 // len(unit))
    TAGGER.tag(text[:REACHED], "id")
    tracemalloc.start()
    began = time.process_time()
    found = TAGGER.tag(text, "id")
    spent = time.process_time() - began
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert all(name.end <= REACHED for name in found)
    assert spent < 5
    assert peak < 100_000_000
