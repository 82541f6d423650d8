"""Finds the case forms of names: by keys of what no ending changes of their first two words, then word by word.

`inflect.py` tells how many letters at the beginning of a word every ending of every language leaves alone. Of each
name one key is kept, of those letters (four at most, of a name of one word six) of its first two words; a text is asked
for the keys of all beginnings of its words, and what is found is judged by the endings of the text's language. Nearly
all names begin with a capital, so that small words of a text are asked only for the few that do not.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.entities.casing import fits_inflected, is_acronym
from pipeline.entities.inflect import beginnings, is_form, stable
from pipeline.entities.keys import (
    BEYOND,
    PIECE,
    Among,
    Keyed,
    Places,
    Table,
    asked,
    codes_of,
    keys_of,
    pair,
    spread,
)
from pipeline.entities.names import Hit, Name
from pipeline.entities.normalise import Normal, normalise

# How many letters keys are of: of a name of one word, and of each of two.
_LEAST_ALONE: Final = 2
_MOST_ALONE: Final = 6
_SHORTEST: Final = 3
_LONGEST: Final = 4
_ALONE: Final = np.arange(_LEAST_ALONE, _MOST_ALONE + 1)
_BOTH: Final = np.arange(_SHORTEST, _LONGEST + 1)
_ARE_SMALL: Final = Among(str.islower)
_MOST_WORDS: Final = 6
_SHORTEST_ALONE: Final = 4
_WORD: Final = re.compile(r"\w[\w\u0300-\u036f\u0900-\u0dff]*")
# Words of the scripts whose languages put endings on names: all with spaces but Arabic, Hebrew and Hangul.
_INFLECTED: Final = re.compile(
    r"[a-z\u00df-\u024f\u0370-\u058f\u0900-\u0dff\u10a0-\u10ff\u1200-\u139f\u1e00-\u1fff]+|[\u0620-\u06d5]+"
)


class Forms:
    """Looks for forms of names, which are numbered by their place in `names`."""

    def __init__(self, names: Sequence[Name], large: Table, small: Table) -> None:
        self._names = names
        self.large = large
        self.small = small

    @classmethod
    def of(cls, names: Sequence[Name]) -> "Forms":
        """The forms of these names."""
        keyed: list[tuple[str, str]] = []
        values: list[int] = []
        small: list[bool] = []
        for number, name in enumerate(names):
            parts = parts_of(name.written)
            if not _are_inflected(name.written, parts):
                continue
            made = _asked_for(parts)
            keyed += made
            values += [number] * len(made)
            small += [_may_be_small(name.written[0])] * len(made)
        keys = spread(pair(keys_of(first for first, _ in keyed), keys_of(second for _, second in keyed)))
        numbers, apart = np.array(values, np.uint32), np.array(small, np.bool_)
        return cls(names, Table.of(keys[~apart], numbers[~apart]), Table.of(keys[apart], numbers[apart]))

    def find(self, text: Normal, language: str) -> Iterator[Hit]:
        """Every form of a name in a text, names that are no form left out."""
        found: defaultdict[tuple[int, int], list[Name]] = defaultdict(list)
        for begin, number in dict.fromkeys(self._candidates(text)):
            name = self._names[number]
            form = _form_at(text.text, begin, name, language)
            if form:
                span = text.span(begin, begin + form)
                if fits_inflected(name.written, text.original[span[0] : span[1]]):
                    found[span].append(Name(name.written, name.owner, name.kind.inflected(), name.languages))
        for (start, end), forms in found.items():
            yield Hit(start, end, tuple(dict.fromkeys(forms)))

    def _candidates(self, text: Normal) -> Iterator[tuple[int, int]]:
        """The places of words where a form of a name may stand, and the name's number."""
        for piece in asked(text, "forms", _Piece):
            if len(self.large.keys):
                yield from piece.capital.find(self.large)
            if len(self.small.keys):
                yield from piece.any.find(self.small)


def _asked_for(parts: tuple[str, ...]) -> list[tuple[str, str]]:
    """What of the first two words of a name, or of its one word and nothing, a text is asked for."""
    if len(parts) == 1:
        return [(parts[0][: min(_MOST_ALONE, max(_LEAST_ALONE, stable(parts[0])))], "")]
    first = _cut(parts[0], last=False)
    second = _cut(parts[1], last=len(parts) == 2)  # noqa: PLR2004 - a pair
    return list(product(first, second))


def _cut(word: str, *, last: bool) -> Iterable[str]:
    """The first four letters of a word, or three, where no ending changes them; else the first three of all forms."""
    sure = stable(word)
    if sure >= _SHORTEST:
        return (word[: min(sure, _LONGEST)],)
    return beginnings(word, _SHORTEST, last=last)


class _Question:
    """The keys of all beginnings of some words of a piece of text, and the place of each."""

    def __init__(self, keyed: Keyed, words: Places, offset: int) -> None:
        starts, ends = keyed.starts[words, None], keyed.bare_ends[words, None]
        alone = keyed.keys(starts, np.minimum(starts + _ALONE, ends))
        follow = words[words + 1 < len(keyed.starts)] + 1
        first = alone[: len(follow), _BOTH[0] - _LEAST_ALONE : _BOTH[-1] - _LEAST_ALONE + 1]
        starts, ends = keyed.starts[follow, None], keyed.bare_ends[follow, None]
        second = keyed.keys(starts, np.minimum(starts + _BOTH, ends))
        both = pair(first[:, :, None], second[:, None, :])
        self._keys = spread(np.concatenate((pair(alone, np.zeros(1, np.uint64)).ravel(), both.ravel())))
        self._many = alone.size
        self._places = keyed.starts[words] + offset

    def find(self, table: Table) -> Iterator[tuple[int, int]]:
        """The places at which names of a table may stand, and their numbers."""
        here, found = table.find(self._keys)
        words = np.where(here < self._many, here // len(_ALONE), (here - self._many) // len(_BOTH) ** 2)
        yield from zip(self._places[words].tolist(), found.tolist(), strict=True)


class _Piece:
    """What is asked of one piece of a text; worked out once for all tables."""

    def __init__(self, text: Normal, offset: int) -> None:
        self._keyed = Keyed(text.text[offset : offset + PIECE + BEYOND])
        words = np.flatnonzero((self._keyed.starts < self._keyed.bare_ends) & (self._keyed.starts < PIECE))
        if offset and text.text[offset - 1] != " ":
            words = words[words > 0]
        self._words = words
        self._offset = offset
        self._small = _begin_small(text, offset + self._keyed.starts[words])

    @cached_property
    def capital(self) -> _Question:
        """The words that do not begin with a small letter."""
        return _Question(self._keyed, self._words[~self._small], self._offset)

    @cached_property
    def any(self) -> _Question:
        """All words."""
        return _Question(self._keyed, self._words, self._offset)


def _begin_small(text: Normal, places: Places) -> NDArray[np.bool_]:
    """Whether the letters of the original at places of the folded text are small."""
    if text.starts is not None:
        places = np.frombuffer(text.starts, np.uint32)[places].astype(np.int64)
    if not len(places):
        return np.zeros(0, np.bool_)
    first = int(places[0])
    return _ARE_SMALL(codes_of(text.original[first : int(places[-1]) + 1])[places - first])


def _may_be_small(initial: str) -> bool:
    """Whether a name with this initial may begin with a small letter; one in a script without capitals does not."""
    return not initial.isupper() and not (initial.isalpha() and initial.lower() == initial.upper())


def _form_at(text: str, begin: int, name: Name, language: str) -> int:
    """How long the form of a name is that stands at a place of a folded text; 0 where none does, or the name itself."""
    parts = parts_of(name.written)
    last = len(parts) - 1
    position, same = begin, True
    for number, part in enumerate(parts):
        if number < last:
            end = text.find(" ", position)
            if end < 0:
                return 0
        else:
            here = _WORD.match(text, position)
            if here is None:
                return 0
            end = here.end()
        word = text[position:end]
        if not is_form(part, word, language, last=number == last):
            return 0
        same = same and part == word
        position = end + 1
    return 0 if same or not name.counts(language) else position - 1 - begin


@lru_cache(maxsize=8_192)
def parts_of(written: str) -> tuple[str, ...]:
    """The words of a name, folded."""
    return tuple(normalise(written).text.split())


def _are_inflected(written: str, parts: Iterable[str]) -> bool:
    """Whether a name may have case forms."""
    listed = tuple(parts)
    if not listed or len(listed) > _MOST_WORDS or is_acronym(written) or not all(map(_INFLECTED.fullmatch, listed)):
        return False
    return len(listed) > 1 or len(listed[0]) >= _SHORTEST_ALONE
