"""What each character is, as flat tables: its script, and what it counts as in a word.

A text is read as UTF-16, so that one table of 65,536 entries says all of it: ideographs beyond the first plane are
known by their leading surrogate, and what else lies there (emoji, ornamental letters) is no letter. The tables are
made by `train.py` and kept in the model, so that all machines fold alike whatever their Unicode version.
"""

import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.language.scripts import LETTERLESS, mark

SPACE, APOSTROPHE, DROPPED = 0x20, 0x27, 0
_PLANE: Final = 0x10000
_SURROGATES: Final = range(0xD800, 0xE000)
# Leading surrogates of the planes 2 and 3, which hold ideographs and nothing else.
_OF_IDEOGRAPHS: Final = range(0xD840, 0xD8C0)
_MARKS: Final = re.compile(r"[\u0300-\u036f\u0483-\u0487\u064b-\u065f\u0670\u0640\u200b-\u200f\ufeff]")
_APOSTROPHES: Final = frozenset("'’‘ʻʼ`´ʹ")

Units = NDArray[np.uint16]
Flags = NDArray[np.bool_]


def units_of(text: str) -> Units:
    """The UTF-16 units of a text with a space before and after it."""
    return np.frombuffer(f" {text} ".encode("utf-16-le", "surrogatepass"), dtype=np.uint16)


def text_of(units: Units) -> str:
    """The text of such units, without spaces at its ends."""
    return units.tobytes().decode("utf-16-le", "replace").strip()


def folds() -> Units:
    """By unit: its lower-case letter, SPACE where it parts words, APOSTROPHE, or DROPPED where it is ignored."""
    return np.array([_fold(code) for code in range(_PLANE)], dtype=np.uint16)


def _fold(code: int) -> int:
    if code in _SURROGATES:
        return SPACE
    character = chr(code)
    if _MARKS.match(character):
        return DROPPED
    if character in _APOSTROPHES:
        return APOSTROPHE
    return ord(character.lower()[0]) if character.isalpha() else SPACE


def marks() -> NDArray[np.uint8]:
    """By unit: the code point of its script's one-letter mark, or 0 for what is no letter."""
    return np.array([ord(found) if (found := _mark(code)) != LETTERLESS else 0 for code in range(_PLANE)], np.uint8)


def _mark(code: int) -> str:
    if code in _SURROGATES:
        return "Z" if code in _OF_IDEOGRAPHS else LETTERLESS
    return mark(chr(code))


def codes_of(units: Units, fold: Units) -> NDArray[np.uint64]:
    """The folded letters of a text, its words parted by single spaces, with one space before and one after them."""
    codes = fold[units]
    if not codes.all():
        codes = codes[codes != DROPPED]
    quotes = (codes == APOSTROPHE).nonzero()[0]
    if len(quotes):
        # An apostrophe is a letter between two letters; the first and the last unit are spaces.
        inner = (codes[quotes - 1] > APOSTROPHE) & (codes[quotes + 1] > APOSTROPHE)
        codes[quotes[~inner]] = SPACE
    spaces = codes == SPACE
    spaces[1:] &= spaces[:-1]
    spaces[0] = False
    kept: NDArray[np.uint64] = codes[~spaces].astype(np.uint64)
    return kept
