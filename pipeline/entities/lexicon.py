"""Very many names at once, where an automaton takes too long to build and cannot be kept in a file.

Finds what `automaton.py` finds, by keys: a name in a script with spaces is asked for by its first word and four letters
of its second (one word alone by eight letters), others by their first four characters. What a text says at such a
place is then compared letter by letter. All is in arrays, so that a file of them is ready as soon as it is mapped.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.entities.automaton import hit_of, merged, patterns_of
from pipeline.entities.boundaries import UNSPACED, has_unspaced
from pipeline.entities.columns import Columns
from pipeline.entities.forms import Forms
from pipeline.entities.inflect import inflects
from pipeline.entities.keys import (
    BEYOND,
    PIECE,
    Among,
    Arrays,
    Keyed,
    Places,
    Table,
    among,
    asked,
    keys_of,
    pair,
    spread,
)
from pipeline.entities.names import Hit, Name
from pipeline.entities.normalise import Normal

# How many letters keys are of: of one word alone, of a second word, of a name in a script without spaces.
_ALONE: Final = np.arange(2, 9)
_SECOND: Final = np.arange(1, 5)
_UNSPACED: Final = np.arange(2, 5)
_IS_UNSPACED: Final = among(UNSPACED)
_IS_LETTER: Final = Among(str.isalpha)
# Prefixes are written on to words, so that a name may begin a few letters into one.
_IS_PREFIXED: Final = among("\u0620-\u06ff\u05d0-\u05ea\u1200-\u135a")
# Before Hebrew no script is without spaces or has prefixes.
_FIRST_OTHER: Final = 0x590
_PREFIX: Final = np.arange(5)
# So much before a piece is read along with it.
_LEAD: Final = 8
_WORD: Final = np.array([1], np.uint64)
_STRETCH: Final = np.array([2], np.uint64)
_TABLES: Final = ("exact", "large", "small")


class Lexicon:
    """Finds names in folded texts. Immutable, so any number of threads may use it."""

    def __init__(self, arrays: Arrays) -> None:
        self._names = Columns(arrays)
        self._tables = {name: Table.from_arrays(arrays, name) for name in _TABLES}
        self._forms = Forms(self._names, self._tables["large"], self._tables["small"])

    @classmethod
    def of(cls, names: Iterable[Name]) -> "Lexicon":
        """The lexicon of these names."""
        listed = list(_once(names))
        forms = Forms.of(listed)
        tables = {"exact": _exact(listed), "large": forms.large, "small": forms.small}
        arrays = Columns.of(listed).arrays
        for name, table in tables.items():
            arrays |= table.arrays(name)
        return cls(arrays)

    def arrays(self) -> Arrays:
        """All of it, to be kept."""
        arrays = dict(self._names.arrays)
        for name, table in self._tables.items():
            arrays |= table.arrays(name)
        return arrays

    def __len__(self) -> int:
        """The number of names."""
        return len(self._names)

    def find(self, text: Normal, language: str) -> Iterator[Hit]:
        """Every occurrence of a name whose boundaries and capitals fit, overlapping ones included, in no order."""
        found: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
        for question in asked(text, "names", _Question):
            for place, number in question.find(self._tables["exact"]):
                for body in _bodies(self._names[number].written):
                    if text.text.startswith(body, place):
                        found[place, place + len(body)].add(number)
        for (first, last), numbers in found.items():
            hit = hit_of(text, first, last, merged(self._names[number] for number in sorted(numbers)), language)
            if hit is not None:
                yield hit
        if inflects(language):
            yield from self._forms.find(text, language)


def _once(names: Iterable[Name]) -> Iterator[Name]:
    """The names that can be found; of those of one entity that are folded alike the first."""
    seen: set[tuple[str, int, frozenset[str] | None]] = set()
    for name in names:
        bodies = _bodies(name.written)
        if bodies and (bodies[0], name.owner, name.languages) not in seen:
            seen.add((bodies[0], name.owner, name.languages))
            yield name


def _exact(names: list[Name]) -> Table:
    words: list[tuple[str, str]] = []
    of_words: list[int] = []
    stretches: list[str] = []
    of_stretches: list[int] = []
    for number, name in enumerate(names):
        for body in _bodies(name.written):
            if has_unspaced(body):
                stretches.append(body[: _UNSPACED[-1]])
                of_stretches.append(number)
                continue
            first, _, rest = body.partition(" ")
            words.append((first, rest.partition(" ")[0][: _SECOND[-1]]) if rest else (first[: _ALONE[-1]], ""))
            of_words.append(number)
    alone = np.fromiter((not second for _, second in words), np.bool_, len(words))
    second = np.where(alone, _WORD, keys_of(second for _, second in words))
    keys = (pair(keys_of(first for first, _ in words), second), pair(keys_of(stretches), _STRETCH))
    return Table.of(spread(np.concatenate(keys)), np.array(of_words + of_stretches, np.uint32))


@lru_cache(maxsize=65_536)
def _bodies(written: str) -> tuple[str, ...]:
    return tuple(pattern.removeprefix(" ") for pattern in patterns_of(written))


class _Question:
    """The keys of all that may be the beginning of a name in a piece of text, and where each stands."""

    def __init__(self, text: Normal, offset: int) -> None:
        begin = max(0, offset - _LEAD)
        keyed = Keyed(text.text[begin : offset + PIECE + BEYOND - _LEAD])
        codes = keyed.codes
        other = len(codes) and codes.max() >= _FIRST_OTHER
        unspaced = _IS_UNSPACED(codes) if other else np.zeros(len(codes), np.bool_)
        starts = _starts(keyed, unspaced)
        starts = starts[(starts >= offset - begin) & (starts < offset - begin + PIECE) & (starts < len(codes))]
        of_word = np.searchsorted(keyed.starts, starts, "right") - 1
        ends = keyed.ends[of_word]
        keys = [pair(keyed.keys(starts[:, None], np.minimum(starts[:, None] + _ALONE, ends[:, None])), _WORD)]
        places = [np.repeat(starts, len(_ALONE))]
        pairs = of_word + 1 < len(keyed.starts)
        after, whole = of_word[pairs] + 1, keyed.keys(starts[pairs], ends[pairs])
        second = np.minimum(keyed.starts[after, None] + _SECOND, keyed.ends[after, None])
        keys.append(pair(whole[:, None], keyed.keys(keyed.starts[after, None], second)))
        places.append(np.repeat(starts[pairs], len(_SECOND)))
        if unspaced.any():
            lone = np.flatnonzero(unspaced)
            lone = lone[(lone >= offset - begin) & (lone < offset - begin + PIECE)]
            lone = np.concatenate((starts, lone))
            stretch = keyed.keys(lone[:, None], np.minimum(lone[:, None] + _UNSPACED, len(codes)))
            keys.append(pair(stretch, _STRETCH))
            places.append(np.repeat(lone, len(_UNSPACED)))
        self._keys = spread(np.concatenate([one.ravel() for one in keys]))
        self._places = np.concatenate(places) + begin

    def find(self, table: Table) -> Iterator[tuple[int, int]]:
        """The places at which names of a table may stand, and their numbers."""
        here, found = table.find(self._keys)
        yield from dict.fromkeys(zip(self._places[here].tolist(), found.tolist(), strict=True))


def _starts(keyed: Keyed, unspaced: NDArray[np.bool_]) -> Places:
    """Where words begin: behind spaces, behind a script without spaces, and behind what may be a prefix."""
    codes = keyed.codes
    if not len(codes) or codes.max() < _FIRST_OTHER:
        return keyed.starts
    starts = [keyed.starts]
    if unspaced.any():
        starts.append(np.flatnonzero(unspaced[:-1] & ~unspaced[1:] & _IS_LETTER(codes[1:])) + 1)
    prefixed = _IS_PREFIXED(codes)
    if prefixed.any():
        before = np.concatenate(([False], prefixed[:-1]))
        runs = np.flatnonzero(prefixed & ~before)
        ends = np.flatnonzero(prefixed & ~np.concatenate((prefixed[1:], [False]))) + 1
        inside = runs[:, None] + _PREFIX
        starts.append(inside[inside < ends[:, None]])
    return np.unique(np.concatenate(starts))
