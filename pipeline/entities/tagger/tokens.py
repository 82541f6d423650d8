"""Texts in pieces that the tagger labels: words where scripts put spaces between them, else characters."""

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

# Vowel signs and other marks that stand inside words: Latin, Cyrillic, Hebrew and Arabic points, Indic scripts.
_MARKS: Final = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0963\u0970-\u0df3"
)
_WORDS: Final = re.compile(f"(?:[^\\W\\d_]|[{_MARKS}])+|\\d+|[^\\w\\s]|_")
_CHARACTERS: Final = re.compile(r"[A-Za-z\u00c0-\u024f]+|\d+|\S")
_STOPS: Final = frozenset(".!?…।॥。！？")
_OPENERS: Final = frozenset("\"'“„«»‘(")
# A full stop after so short a word ends an abbreviation (`dr. Ivo`) rather than a sentence.
_ABBREVIATION: Final = 3
# A sentence longer than this is cut: its ends no longer tell anything about each other.
LONGEST: Final = 250


@dataclass(frozen=True, slots=True)
class Tokens:
    """The pieces of a text, where each stands (code points), and the numbers of those that begin a sentence."""

    words: list[str]
    spans: list[tuple[int, int]]
    begins: list[int]

    def add(self, more: "Tokens") -> None:
        """Put another text's tokens behind these; each one's spans stay those of its own text."""
        count = len(self.words)
        self.words.extend(more.words)
        self.spans.extend(more.spans)
        self.begins.extend(begin + count for begin in more.begins)


def tokenise(text: str, *, characters: bool) -> Tokens:
    """The pieces of a text, in one pass: characters one by one (Latin words and numbers whole), or words."""
    found = list((_CHARACTERS if characters else _WORDS).finditer(text))
    words = [match.group() for match in found]
    spans = [match.span() for match in found]
    return Tokens(words, spans, _begins(text, words, spans))


def _begins(text: str, words: list[str], spans: list[tuple[int, int]]) -> list[int]:
    if not words:
        return []
    begins = [0]
    ends = {number + 1 for number, word in enumerate(words) if word in _STOPS}
    ends.update(_after_newlines(text, spans))
    for number in sorted(ends):
        if number < len(words) and number > begins[-1] and _is_break(text, words, spans, number):
            begins.append(number)
    return _cut(begins, len(words))


def _after_newlines(text: str, spans: list[tuple[int, int]]) -> list[int]:
    if "\n" not in text:
        return []
    starts = [start for start, _ in spans]
    found, at = [], text.find("\n")
    while at >= 0:
        number = bisect_right(starts, at)
        if 0 < number < len(spans):
            found.append(number)
            at = text.find("\n", starts[number])
        else:
            at = text.find("\n", at + 1) if not number else -1
    return found


def _is_break(text: str, words: list[str], spans: list[tuple[int, int]], number: int) -> bool:
    gap = text[spans[number - 1][1] : spans[number][0]]
    if "\n" in gap:
        return True
    stop, word = words[number - 1], words[number]
    if stop in "。！？":
        return word not in "」』）”"
    if not gap:
        return False
    if stop == "." and number > 1 and len(words[number - 2]) <= _ABBREVIATION:
        return False
    return not word[0].islower() and not (
        word in _OPENERS and number + 1 < len(words) and words[number + 1][0].islower()
    )


def _cut(begins: list[int], count: int) -> list[int]:
    made: list[int] = []
    for begin, end in zip(begins, [*begins[1:], count], strict=True):
        made.extend(range(begin, end, LONGEST))
    return made
