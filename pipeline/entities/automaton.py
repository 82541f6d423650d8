"""All known names at once: one Aho-Corasick automaton, and what each of its patterns stands for.

ahocorasick-rs scans about 60 MB/s however many patterns there are. Names of scripts that put spaces between words are
looked for together with the space before them, so that the scan itself passes over what lies inside other words.

Where the language has cases `forms.py` finds those of names.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from pipeline.entities.boundaries import UNSPACED, holds, is_spaced
from pipeline.entities.casing import fits
from pipeline.entities.forms import Forms
from pipeline.entities.inflect import inflects
from pipeline.entities.names import Hit, Name
from pipeline.entities.normalise import Normal, folded

# The text is scanned in pieces, so that the list of raw matches stays small however long it is. The overlap is longer
# than any name.
_PIECE: Final = 20_000
_OVERLAP: Final = 200
_SHORTEST: Final = 2
_FEW: Final = 24
# A letter of a script with spaces right after one of a script without: `访问NATO总部`.
_JOINT: Final = re.compile(f"[{UNSPACED}](?=[^\\W\\d_{UNSPACED}])")


class Automaton:
    """Finds names in folded texts, and their case forms unless told not to. Immutable: any thread may use it."""

    def __init__(self, names: Iterable[Name], *, forms: bool = True) -> None:
        patterns: dict[str, int] = {}
        self._names: list[Name | tuple[Name, ...]] = []
        self._padded = bytearray()
        for name in names:
            for pattern in patterns_of(name.written):
                number = patterns.setdefault(pattern, len(self._names))
                if number == len(self._names):
                    self._names.append(name)
                    self._padded.append(pattern[0] == " ")
                else:
                    self._names[number] = _with(self._names[number], name)
        self._automaton = _automaton(patterns)
        self._forms = Forms.of([name for held in self._names for name in _listed(held)] if forms else ())

    def __len__(self) -> int:
        """The number of different patterns."""
        return len(self._names)

    def find(self, text: Normal, language: str) -> Iterator[Hit]:
        """Every occurrence of a name whose boundaries and capitals fit, overlapping ones included, in no order."""
        if not self._names:
            return
        folded = text.text
        for offset in range(0, max(1, len(folded)), _PIECE):
            begin = max(0, offset - _OVERLAP)
            piece = folded[begin : offset + _PIECE]
            raw = self._automaton.find_matches_as_indexes(f" {piece}", overlapping=True)
            joints = piece if piece.isascii() else _JOINT.sub(" ", piece)
            if joints != piece:
                again = self._automaton.find_matches_as_indexes(f" {joints}", overlapping=True)
                raw = list({*raw, *again})
            for number, start, end in raw:
                # One space was put in front; a pattern with its own space begins one further on.
                first, last = begin + start - 1 + self._padded[number], begin + end - 1
                if offset and last <= offset:
                    continue  # the piece before has found it
                hit = hit_of(text, first, last, _listed(self._names[number]), language)
                if hit is not None:
                    yield hit
        if inflects(language):
            yield from self._forms.find(text, language)


def hit_of(text: Normal, first: int, last: int, held: tuple[Name, ...], language: str) -> Hit | None:
    """A span of the folded text as a hit, where its boundaries hold, of the names that count and have its capitals."""
    if not holds(text.text, first, last, language):
        return None
    start, end = text.span(first, last)
    surface = text.original[start:end]
    names = tuple([name for name in held if name.counts(language) and fits(name.written, surface)])
    return Hit(start, end, names) if names else None


def merged(names: Iterable[Name]) -> tuple[Name, ...]:
    """Names of one pattern, of each entity and its languages the first."""
    held: tuple[Name, ...] = ()
    for name in names:
        held = _listed(_with(held, name))
    return held


class _Few:
    """Finds so few patterns that looking for each costs less than an automaton's making; asked like one."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = tuple(patterns)

    def find_matches_as_indexes(self, text: str, *, overlapping: bool) -> list[tuple[int, int, int]]:
        """The number, start and end of each occurrence; those that overlap are always among them."""
        del overlapping
        found: list[tuple[int, int, int]] = []
        for number, pattern in enumerate(self._patterns):
            start = text.find(pattern)
            while start >= 0:
                found.append((number, start, start + len(pattern)))
                start = text.find(pattern, start + 1)
        return found


def _automaton(patterns: dict[str, int]) -> AhoCorasick | _Few:
    if len(patterns) <= _FEW:
        return _Few(patterns)
    return AhoCorasick(
        patterns, matchkind=MatchKind.Standard, implementation=Implementation.ContiguousNFA, store_patterns=False
    )


def _listed(held: Name | tuple[Name, ...]) -> tuple[Name, ...]:
    return held if isinstance(held, tuple) else (held,)


def _with(held: Name | tuple[Name, ...], name: Name) -> Name | tuple[Name, ...]:
    known = _listed(held)
    same = any(other.owner == name.owner and other.languages == name.languages for other in known)
    return held if same else (*known, name)


def patterns_of(written: str) -> Iterator[str]:
    """What to look for in folded text to find a name; nothing for names of one character or over 200."""
    body = folded(written)
    if not _SHORTEST <= len(body) < _OVERLAP:
        return
    if is_spaced(body):
        yield f" {body}"
        return
    yield body
    # Arabic: the article after the prefix li- loses its first letter, `للأمم` for `الأمم`.
    if body.startswith("ال"):
        yield "ل" + body[1:]


def empty() -> Automaton:
    """An automaton that finds nothing."""
    return Automaton(())
