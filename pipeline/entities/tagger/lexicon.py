"""What lists know of words: first and family names, places, organisations, titles, how common, in which cluster.

`lexicon.npz` is made by `python -m pipeline.entities.training.lists` from lists of other packages (see MODEL.md); only
hashes of the words are kept. A word's hash meets another's by chance once in ten thousand words, which the model was
trained to live with.
"""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.entities.tagger.letters import Hashes

# Bits of the table `flags`.
(
    FIRST_NAME, FAMILY_NAME, TOWN, CITY, IN_PLACE_NAME, PERSON, ORGANISATION, PLACE, IN_PERSON, IN_ORGANISATION,
    IN_PLACE, TITLE, ORGANISATION_HEAD, PLACE_HEAD, CALENDAR, LANGUAGE,
) = (1 << bit for bit in range(16))  # fmt: skip
FLAGS: Final = 16
# Ranks of words by frequency, as one digit; words not among the 30,000 most frequent have the last.
RARE: Final = 9
# Bits of a sieve for each key, at least.
_SIEVE: Final = 8
Values = npt.NDArray[np.uint16]


class Table:
    """Values of 16 bits by hash, searched in place at a twentieth of the memory of a dict."""

    def __init__(self, keys: Hashes, values: Values) -> None:
        self._keys, self._values = keys, values
        self._shift = np.uint32(32 - (len(keys) * _SIEVE).bit_length())
        self._sieve: npt.NDArray[np.uint8] | None = None

    def get(self, wanted: Hashes, default: int = 0) -> Values:
        """The value of each hash."""
        at = np.searchsorted(self._keys, wanted)
        at[at == len(self._keys)] = 0
        return np.where(self._keys[at] == wanted, self._values[at], np.uint16(default))

    def seldom(self, wanted: Hashes) -> Values:
        """The value of each hash, 0 for none, faster where few of many are there: a sieve is asked first."""
        if self._sieve is None:
            marked = np.zeros(1 << (32 - int(self._shift)), np.bool_)
            marked[self._keys >> self._shift] = True
            self._sieve = np.packbits(marked, bitorder="little")
        place = wanted >> self._shift
        passed = self._sieve.take(place >> np.uint32(3)) >> (place & np.uint32(7)).astype(np.uint8) & np.uint8(1)
        found = np.zeros(wanted.shape, np.uint16)
        there = np.nonzero(passed)
        found[there] = self.get(wanted[there])
        return found


class Lexicon:
    """The lists, asked for many words at once by the hashes of their small letters."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
        self._tables = {
            name[:-2]: Table(
                np.cumsum(np.asarray(arrays[name], np.uint32), dtype=np.uint32),
                np.asarray(arrays[f"{name[:-2]}.v"], np.uint16),
            )
            for name in arrays
            if name.endswith(".k")
        }
        # Those whose frequent words are listed.
        self.languages = tuple(name.removeprefix("rank-") for name in sorted(self._tables) if name.startswith("rank-"))
        self.flags, self.roles = self._tables["flags"], self._tables["roles"]
        # Brown clusters of words as written; their low bits are the wider clusters.
        self.clusters = [self._tables[name] for name in sorted(self._tables) if name.startswith("cluster-")]

    def rank(self, lowered: Hashes, language: str) -> Values:
        """How rare words are in a language: 0 the commonest, 8 about the 30,000th, 9 rarer."""
        table = self._tables.get(f"rank-{language}")
        return np.full(len(lowered), RARE, np.uint16) if table is None else table.get(lowered, RARE)


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The lexicon that the models were trained with."""
    with (files("pipeline.entities.tagger") / "lexicon.npz").open("rb") as stream, np.load(stream) as arrays:
        return Lexicon(arrays)
