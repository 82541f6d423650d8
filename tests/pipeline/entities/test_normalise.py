"""Folding a text so that spellings of one name are equal, and finding the way back."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.entities.normalise import normalise

EQUAL = [
    ("Kim Jong-un", "kim jong un"),
    ("İmamoğlu", "imamoglu"),
    ("Straße", "strasse"),
    ("Zełenski", "zelenski"),
    ("ПУТИН", "путин"),
    ("بُوتِين", "بوتين"),
    ("ﾌﾟｰﾁﾝ", "プーチン"),
    ("ウラジーミル・プーチン", "ウラジーミル プーチン"),
    ("Pu\u0301tin", "putin"),
    ("Pu\u200btin", "putin"),
    ("\u1100\u1175\u11b7", "김"),
    ("Ｐｕｔｉｎ", "putin"),
    ("l’Ukraine", "l ukraine"),
]


@pytest.mark.parametrize(("written", "folded"), EQUAL)
def test_folding(written: str, folded: str) -> None:
    """Spellings of one name fold to one form."""
    assert normalise(written).text == folded


def test_span_includes_marks_that_follow() -> None:
    """The span of a letter takes its combining mark along, and not what follows."""
    text = "xPutín\u0301 y".replace("í", "i")
    folded = normalise(text)
    start = folded.text.index("putin")
    first, last = folded.span(start, start + 5)
    assert text[first:last] == "Putin\u0301"


@given(st.text())
@settings(max_examples=500, deadline=None)
def test_every_span_lies_in_the_original(text: str) -> None:
    """Each folded character came from a place in the original, in order."""
    folded = normalise(text)
    positions = [folded.span(index, index + 1) for index in range(len(folded.text))]
    assert all(0 <= start < end <= len(text) for start, end in positions)
    assert positions == sorted(positions)


@given(st.text())
@example("㉮")  # a Hangul syllable in a circle
@example("ŉ")  # an apostrophe within a letter
@settings(max_examples=300, deadline=None)
def test_folding_twice_changes_nothing(text: str) -> None:
    """A folded text is its own folded form."""
    once = normalise(text).text
    assert normalise(once).text == once


@pytest.mark.parametrize("unit", ["a", "é", "aЖ", "e\u0301", "日", "\u1100\u1175"])
def test_linear(unit: str) -> None:
    """Four times the text costs about four times the time, at ten megabytes too."""

    def cost(size: int) -> float:
        text = unit * (size // len(unit))
        started = time.process_time()
        normalise(text)
        return time.process_time() - started

    cost(10_000)
    small = max(cost(500_000), 0.01)
    assert cost(2_000_000) < 16 * small


def test_ethiopic_letters_that_sound_alike_are_one() -> None:
    """Amharic writes the same name with either."""
    assert normalise("ዐቢይ አሕመድ").text == normalise("አቢይ አህመድ").text
