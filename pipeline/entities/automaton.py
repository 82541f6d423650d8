"""All known names at once: one Aho-Corasick automaton, and what each of its patterns stands for.

ahocorasick-rs scans about 60 MB/s however many patterns there are. Names of scripts that put spaces between words are
looked for together with the space before them, so that the scan itself passes over what lies inside other words.

Where the language has cases a second automaton finds names by the beginnings of their words, which no ending changes,
in the text cut to the first four letters of each word; `inflect.py` then judges the words that stand there.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import accumulate, product
from math import prod
from typing import Final

import msgspec
from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from pipeline.entities.boundaries import UNSPACED, holds, is_spaced
from pipeline.entities.casing import fits, fits_inflected, is_acronym
from pipeline.entities.inflect import beginnings, inflects, is_form, stable
from pipeline.entities.normalise import Normal, normalise


class Kind(IntEnum):
    """How a name stands for its entity."""

    NAME = 0
    ALIAS = 1
    FORM = 2
    SURNAME = 3
    SURNAME_FORM = 4

    def inflected(self) -> "Kind":
        """The kind of a form of a name of this kind."""
        return Kind.SURNAME_FORM if self is Kind.SURNAME else Kind.FORM


@dataclass(frozen=True, slots=True)
class Name:
    """One name to look for. `owner` numbers the entity; `languages` limits it to texts in these."""

    written: str
    owner: int
    kind: Kind
    languages: frozenset[str] | None = None


class Hit(msgspec.Struct, frozen=True):
    """A name found: the span in the original text, who it may be (the likeliest first), and the surface."""

    start: int
    end: int
    names: tuple[Name, ...]


# The text is scanned in pieces, so that the list of raw matches stays small however long it is. The overlap is longer
# than any name.
_PIECE: Final = 20_000
_OVERLAP: Final = 200
_SHORTEST: Final = 2
_LONG: Final = 6
# A letter of a script with spaces right after one of a script without: `访问NATO总部`.
_JOINT: Final = re.compile(f"[{UNSPACED}](?=[^\\W\\d_{UNSPACED}])")
# Words are cut to so many letters for the search for forms.
_LETTERS: Final = 4
_CUT: Final = "\x1f"
_MOST_CUTS: Final = 40
_MOST_WORDS: Final = 6
_SHORTEST_ALONE: Final = 4
_WORD: Final = re.compile(r"\w[\w\u0300-\u036f\u0900-\u0dff]*")
# Words of the scripts whose languages put endings on names: all with spaces but Arabic, Hebrew and Hangul.
_INFLECTED: Final = re.compile(
    r"[a-z\u00df-\u024f\u0370-\u058f\u0900-\u0dff\u10a0-\u10ff\u1200-\u139f\u1e00-\u1fff]+|[\u0620-\u06d5]+"
)


class Automaton:
    """Finds names in folded texts. Immutable, so any number of threads may use it."""

    def __init__(self, names: Iterable[Name]) -> None:
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
        self._forms = _Forms(self._names)

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
            joints = _JOINT.sub(" ", piece)
            if joints != piece:
                again = self._automaton.find_matches_as_indexes(f" {joints}", overlapping=True)
                raw = list({*raw, *again})
            for number, start, end in raw:
                # One space was put in front; a pattern with its own space begins one further on.
                first, last = begin + start - 1 + self._padded[number], begin + end - 1
                if offset and last <= offset:
                    continue  # the piece before has found it
                hit = self._hit(text, number, first, last, language)
                if hit is not None:
                    yield hit
        if inflects(language):
            yield from self._forms.find(text, language)

    def _hit(self, text: Normal, number: int, first: int, last: int, language: str) -> Hit | None:
        if not holds(text.text, first, last, language):
            return None
        start, end = text.span(first, last)
        surface = text.original[start:end]
        held = self._names[number]
        if isinstance(held, tuple):
            names = tuple(name for name in held if _counts(name, language) and fits(name.written, surface))
            return Hit(start, end, names) if names else None
        if _counts(held, language) and fits(held.written, surface):
            return Hit(start, end, (held,))
        return None


_ByFirst = tuple[tuple[str, tuple[tuple[Name, tuple[str, ...]], ...]], ...]


class _Forms:
    """Finds the inflected forms of names."""

    def __init__(self, held: Iterable[Name | tuple[Name, ...]]) -> None:
        everything = (name for entry in held for name in (entry if isinstance(entry, tuple) else (entry,)))
        # What a pattern may be, by its first word, which is judged once for all that begin with it.
        patterns: defaultdict[str, defaultdict[str, list[tuple[Name, tuple[str, ...]]]]]
        patterns = defaultdict(lambda: defaultdict(list))
        for name in everything:
            words = tuple(normalise(name.written).text.split())
            for pattern in _cut_patterns(name.written, words):
                patterns[pattern][words[0]].append((name, words))
        self._names = [
            tuple((first, tuple(rest)) for first, rest in by_first.items()) for by_first in patterns.values()
        ]
        self._small = bytearray(any(map(_may_be_small, by_first)) for by_first in self._names)
        self._automaton = _automaton(patterns)

    def find(self, text: Normal, language: str) -> Iterator[Hit]:
        if not self._names:
            return
        words = text.text.split(" ")
        cut = _CUT + _CUT.join([word[:_LETTERS] for word in words])
        # One match for each word and pattern: the text of single words and the cut text share an automaton.
        raw = self._automaton.find_matches_as_indexes(f"{cut} {text.text}", overlapping=True)
        if not raw:
            return
        begins = list(accumulate((len(word) + 1 for word in words), initial=0))
        found: defaultdict[tuple[int, int], list[Name]] = defaultdict(list)
        for number, first in self._at_words(raw, words, begins, text):
            for name, form in _judge(self._names[number], words, first, language):
                span = text.span(begins[first], begins[first] + len(form))
                if fits_inflected(name.written, text.original[span[0] : span[1]]):
                    found[span].append(Name(name.written, name.owner, name.kind.inflected(), name.languages))
        for (start, end), forms in found.items():
            yield Hit(start, end, tuple(dict.fromkeys(forms)))

    def _at_words(
        self, raw: list[tuple[int, int, int]], words: list[str], begins: list[int], text: Normal
    ) -> Iterator[tuple[int, int]]:
        """The pattern and the word of each match that may be of a name: nearly all names begin with a capital."""
        cuts = list(accumulate((min(len(word), _LETTERS) + 1 for word in words), initial=0))
        small: dict[int, int] = {}
        large: dict[int, int] = {}
        original, starts, whole = text.original, text.starts, cuts[-1]
        for number, (word, begin, in_cut) in enumerate(zip(words, begins, cuts, strict=False)):
            if word:
                initial = original[begin if starts is None else starts[begin]]
                at = small if initial.islower() else large
                at[in_cut] = at[whole + begin] = number
        for pattern, start, _ in raw:
            first = large.get(start)
            if first is None and self._small[pattern]:
                first = small.get(start)
            if first is not None:
                yield pattern, first


def _may_be_small(by_first: tuple[str, tuple[tuple[Name, tuple[str, ...]], ...]]) -> bool:
    """Whether a form of some name of these need not begin with a capital."""
    return not all(name.written[0].isupper() for name, _ in by_first[1])


def _judge(by_first: _ByFirst, words: list[str], first: int, language: str) -> Iterator[tuple[Name, str]]:
    """The names of which a form stands at a word, and the form."""
    here = _WORD.match(words[first])
    if here is None:
        return
    for part, names in by_first:
        if not is_form(part, here.group(), language):
            continue
        for name, parts in names:
            form = _form_of(parts, words[first : first + len(parts)], language)
            if form is not None and _counts(name, language):
                yield name, form


def _form_of(parts: tuple[str, ...], words: list[str], language: str) -> str | None:
    """What stands there of words of a folded text, if they are a form of these parts; the name itself is none."""
    if len(words) < len(parts):
        return None
    last = _WORD.match(words[-1])
    if last is None or not is_form(parts[-1], last.group(), language):
        return None
    found = (*words[:-1], last.group())
    if found == parts:
        return None
    for part, word in zip(parts[:-1], words, strict=False):
        if not is_form(part, word, language, last=False):
            return None
    return " ".join(found)


def _cut_patterns(written: str, words: tuple[str, ...]) -> list[str]:
    """What the forms of a name are looked for by: beginnings of its words in the cut text, or of its one word."""
    if not words or len(words) > _MOST_WORDS or is_acronym(written) or not all(map(_INFLECTED.fullmatch, words)):
        return []
    if len(words) == 1:
        return [f" {words[0][: max(2, stable(words[0]))]}"] if len(words[0]) >= _SHORTEST_ALONE else []
    for count in range(len(words), 0, -1):
        choices = [beginnings(word, _LETTERS, last=n == len(words)) for n, word in enumerate(words[:count], 1)]
        if prod(map(len, choices)) <= _MOST_CUTS:
            return ["".join(_CUT + part for part in chosen) for chosen in product(*choices)]
    return []


def _automaton(patterns: Iterable[str]) -> AhoCorasick:
    return AhoCorasick(
        patterns, matchkind=MatchKind.Standard, implementation=Implementation.ContiguousNFA, store_patterns=False
    )


def _counts(name: Name, language: str) -> bool:
    """Whether a name limited to some languages counts; in a text of no known language, where it is long."""
    languages = name.languages
    return languages is None or language in languages or (language == "und" and len(name.written) >= _LONG)


def _with(held: Name | tuple[Name, ...], name: Name) -> Name | tuple[Name, ...]:
    known = held if isinstance(held, tuple) else (held,)
    same = any(other.owner == name.owner and other.languages == name.languages for other in known)
    return held if same else (*known, name)


def patterns_of(written: str) -> Iterator[str]:
    """What to look for in folded text to find a name; nothing for names of one character or over 200."""
    folded = " ".join(normalise(written).text.split())
    if not _SHORTEST <= len(folded) < _OVERLAP:
        return
    if is_spaced(folded):
        yield f" {folded}"
        return
    yield folded
    # Arabic: the article after the prefix li- loses its first letter, `للأمم` for `الأمم`.
    if folded.startswith("ال"):
        yield "ل" + folded[1:]


def empty() -> Automaton:
    """An automaton that finds nothing."""
    return Automaton(())
