"""How well each language explains a text: the words and letter sequences it has, read from one table.

A text's words, their sequences of three letters, and of four where the word is not in the table, are looked up by
hash; each entry adds what it tells for the languages that have it. Taking whole words first and falling back to
shorter sequences is the idea of HeLI (Jauhiainen, Lindén and Jauhiainen, 2016); adding logarithms is naive Bayes.
The table is made by `python -m pipeline.language.train`, its parts are described in `model.md`.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.language.characters import Flags, Units, codes_of, units_of
from pipeline.language.hashing import Codes, Keys, places, sequence_keys, word_keys

# The natural logarithm of the smallest probability kept; what is rarer counts as this.
FLOOR: Final = -15.5
# Steps of a stored logarithm: 255 of them span FLOOR to about -2.75.
STEPS: Final = 20
# What a sequence counts for beside a word; chosen on the tuning half, where 0.15 to 0.5 differ little.
_SEQUENCE: Final = 0.3
# Sequences that at least this many languages have are looked up as whole rows of all: quicker for many of them, while
# a text has few words.
_DENSE: Final = 16
_IS_DENSE: Final = 255
# Rows added up at once: few enough that the matrix product is not spread over threads.
_ROWS: Final = 200
_BYTE, _START_BITS, _KEY_BITS = np.uint16(8), np.uint64(24), np.uint64(32)
_START: Final = np.uint64(0xFFFFFF)
_LANGUAGE: Final = np.uint16(0xFF)

Scores = NDArray[np.float64]
Slots = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Table:
    """Words and sequences by hash, and what each adds for which language.

    A slot is one number of 64 bits, so that a look-up costs one access to memory: from the top 32 bits of key, 8 of how
    many entries it has and 24 of where they start; with 255 entries, the row of `dense` that has the gains of all
    languages. An entry is 8 bits of gain, in steps, and 8 of language.
    """

    names: tuple[str, ...]
    fold: Units
    marks: NDArray[np.uint8]
    seeds: NDArray[np.uint32]
    shift: np.uint32
    slots: Slots
    entries: NDArray[np.uint16]
    dense: NDArray[np.uint8]

    def find(self, keys: Keys) -> tuple[Slots, Flags]:
        """The slots of those keys that are in the table, and which are."""
        slots = self.slots[places(keys, self.seeds, self.shift)]
        known = (slots >> _KEY_BITS) == keys
        return slots[known], known

    def of_words(self, slots: Slots) -> Scores:
        """The sum of gains by language over slots of words, which have no rows of their own."""
        return self._sparse_sum((slots & _START).astype(np.intp), (slots >> _START_BITS).astype(np.uint8))

    def of_sequences(self, slots: Slots) -> Scores:
        """The sum of gains by language over slots of sequences."""
        places = (slots & _START).astype(np.intp)
        lengths = (slots >> _START_BITS).astype(np.uint8)
        whole = lengths == _IS_DENSE
        sparse = ~whole
        return self._dense_sum(places[whole]) + self._sparse_sum(places[sparse], lengths[sparse])

    def _sparse_sum(self, starts: NDArray[np.intp], lengths: NDArray[np.uint8]) -> Scores:
        ends = lengths.cumsum(dtype=np.intp)
        if not len(ends):
            return np.zeros(len(self.names))
        picked = np.arange(ends[-1])
        starts += lengths
        starts -= ends
        picked += starts.repeat(lengths)
        found = self.entries[picked]
        sums: Scores = np.bincount(found & _LANGUAGE, found >> _BYTE, len(self.names)).astype(np.float64, copy=False)
        return sums

    def _dense_sum(self, rows: NDArray[np.intp]) -> Scores:
        total = np.zeros(len(self.names))
        for start in range(0, len(rows), _ROWS):
            part = rows[start : start + _ROWS]
            total += _ONES[: len(part)] @ self.dense.take(part, axis=0).astype(np.float32)
        return total


_ONES: Final = np.ones(_ROWS, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a text's words, and its sequences where they were asked, tell for each language.

    `total` is in nats above the floor. `keys` are those of the words, `known` says of each whether it is in the table.
    """

    total: Scores
    keys: Keys
    known: Flags

    @property
    def number(self) -> int:
        """How many words there are."""
        return len(self.known)


@lru_cache(maxsize=1)
def load() -> Table:
    """The table of this package, read once (about 40 ms)."""
    with (files("pipeline.language") / "model.npz").open("rb") as file, np.load(file) as found:
        names = tuple(bytes(found["names"]).decode().split())
        keys, lengths, seeds, languages, gains = (
            found[name] for name in ("keys", "lengths", "seeds", "languages", "gains")
        )
        whole = lengths >= _DENSE
        whole[: int(found["words"])] = False
        own = whole.repeat(lengths)
        dense = np.zeros((int(whole.sum()), len(names)), dtype=np.uint8)
        dense[np.arange(len(dense)).repeat(lengths[whole]), languages[own]] = gains[own]
        starts = np.where(whole, whole.cumsum() - 1, lengths.cumsum(dtype=np.int64) - lengths).astype(np.uint64)
        slots = keys.astype(np.uint64) << _KEY_BITS
        slots |= np.where(whole, _IS_DENSE, lengths).astype(np.uint64) << _START_BITS
        slots |= starts
        shift = np.uint32(int(found["shift"]))
        spread = np.zeros(1 << (32 - int(shift)), dtype=np.uint64)
        spread[places(keys, seeds, shift)] = slots
        entries = gains.astype(np.uint16) << _BYTE
        entries |= languages
        return Table(names, found["fold"], found["marks"], seeds, shift, spread, entries, dense)


def by_words(codes: Codes) -> Evidence:
    """What the words alone of a text of folded letters tell."""
    table = load()
    keys = word_keys(codes)
    slots, known = table.find(keys)
    return Evidence(table.of_words(slots) / STEPS, keys, known)


def with_sequences(found: Evidence, codes: Codes) -> Evidence:
    """The same with what the letter sequences tell."""
    if not len(found.known):
        return found
    table = load()
    slots, _ = table.find(sequence_keys(codes, ~found.known))
    # Sums of steps are whole numbers, so that they are exact and the same in any order.
    return replace(found, total=found.total + table.of_sequences(slots) * (_SEQUENCE / STEPS))


def evidence(text: str) -> Evidence:
    """All that the table tells of a text."""
    codes = folded(text)
    return with_sequences(by_words(codes), codes)


def folded(text: str) -> Codes:
    """The folded letters of a text, as `evidence` takes them."""
    return codes_of(units_of(text), load().fold)
