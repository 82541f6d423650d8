"""Texts in pieces that the tagger labels: words where scripts put spaces between them, else characters."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

# Vowel signs and other marks that stand inside words: Latin, Cyrillic, Hebrew and Arabic points, Indic scripts.
_MARKS: Final = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0963\u0970-\u0df3"
)
_WORDS: Final = re.compile(f"((?:[^\\W\\d_]++|[{_MARKS}]++)++|\\d+|[^\\w\\s]|_)")
_CHARACTERS: Final = re.compile(r"([A-Za-z\u00c0-\u024f]+|\d+|\S)")
_STOPS: Final = frozenset(".!?…।॥。！？")
_WIDE_STOPS: Final = frozenset("。！？")
_CLOSERS: Final = frozenset("」』）”")
_OPENERS: Final = frozenset("\"'“„«»‘(")
# A full stop after so short a word ends an abbreviation (`dr. Ivo`) rather than a sentence.
_ABBREVIATION: Final = 3
# A sentence longer than this is cut: its ends no longer tell anything about each other.
LONGEST: Final = 250
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tokens:
    """The pieces of a text, where each stands (code points), and the numbers of those that begin a sentence."""

    words: list[str]
    starts: Places
    ends: Places
    begins: list[int]


def tokenise(text: str, *, characters: bool) -> Tokens:
    """The pieces of a text, in one pass: characters one by one (Latin words and numbers whole), or words."""
    # Gap, word, gap, word, …, gap: what is split off and what it is split at.
    parts = (_CHARACTERS if characters else _WORDS).split(text)
    words = parts[1::2]
    lengths = np.fromiter(map(len, parts), np.int64, len(parts))
    ends = np.cumsum(lengths)
    return Tokens(words, (ends - lengths)[1::2], ends[1::2], _begins(words, parts[0::2]))


def _begins(words: list[str], gaps: list[str]) -> list[int]:
    if not words:
        return []
    stops, count = _STOPS, len(words)
    ends = [number + 1 for number, word in enumerate(words) if word in stops]
    ends += [number for number, gap in enumerate(gaps) if "\n" in gap]
    begins = [0]
    for number in sorted(ends):
        if begins[-1] < number < count and _is_break(words, gaps, number):
            begins.append(number)
    return _cut(begins, count)


def _is_break(words: list[str], gaps: list[str], number: int) -> bool:
    gap = gaps[number]
    if "\n" in gap:
        return True
    stop, word = words[number - 1], words[number]
    if stop in _WIDE_STOPS:
        return word not in _CLOSERS
    if not gap:
        return False
    if stop == "." and number > 1 and len(words[number - 2]) <= _ABBREVIATION:
        return False
    return not word[0].islower() and not (
        word in _OPENERS and number + 1 < len(words) and words[number + 1][0].islower()
    )


def _cut(begins: list[int], count: int) -> list[int]:
    return [at for begin, end in pairwise([*begins, count]) for at in range(begin, end, LONGEST)]
