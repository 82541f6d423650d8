"""Words as numbers, many at once: hashes of whole words, of their beginnings, endings and letters in a row.

A word of letters c0 c1 … is the polynomial c0 + c1·B + c2·B² + … modulo 2^64 (Rabin and Karp 1987). Its running sums,
one array for all words, give the hash of any part of any word in two operations, so that new words cost microseconds.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

# Longer words are known by their first and last halves.
LONGEST: Final = 24
_BASE: Final = 0x9E3779B97F4A7C15
_INVERSE: Final = pow(_BASE, -1, 1 << 64)
_MIX: Final = np.uint64(0xFF51AFD7ED558CCD)
_POWERS: Final = np.array([pow(_BASE, n, 1 << 64) for n in range(LONGEST + 3)], np.uint64)
_BACK: Final = np.array([pow(_INVERSE, n, 1 << 64) for n in range(LONGEST + 3)], np.uint64)
Hashes = npt.NDArray[np.uint32]
Numbers = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]


class Letters:
    """The letters of some words, none of them empty, and hashes of their parts, an array with a place for each."""

    def __init__(self, words: Sequence[str]) -> None:
        half = LONGEST // 2
        cut = [word if len(word) <= LONGEST else word[:half] + word[-half:] for word in words]
        self.lengths: Counts = np.fromiter(map(len, cut), np.int64, len(cut))
        self.codes = np.array(cut, f"<U{LONGEST}").view(np.uint32).reshape(len(cut), LONGEST)
        self.sums: Numbers = np.zeros((len(cut), LONGEST + 1), np.uint64)
        np.cumsum(self.codes * _POWERS[:LONGEST], axis=1, out=self.sums[:, 1:])
        self._rows = np.arange(len(cut))

    def whole(self) -> Hashes:
        """Hashes of the whole words."""
        return mixed(self.sums[:, LONGEST], 0)

    def beginnings(self, sizes: Counts) -> Hashes:
        """Hashes of the first letters (words by `sizes`); of shorter words, of all they have."""
        return mixed(self.sums[:, sizes], sizes)

    def endings(self, sizes: Counts) -> Hashes:
        """Hashes of the last letters (words by `sizes`); of shorter words, of all they have."""
        starts = np.maximum(self.lengths[:, None] - sizes, 0)
        return mixed((self.sums[:, LONGEST:] - self.sums[self._rows[:, None], starts]) * _BACK[starts], 64 + sizes)

    def stems(self, rows: Counts, cuts: Counts, endings: Sequence[str]) -> Hashes:
        """Hashes, comparable with `whole`, of some words with letters less and endings of one letter, or none.

        Rows are those of `rows`; columns are the cuts, and for each the endings.
        """
        at = np.maximum(self.lengths[rows, None] - cuts, 0)
        added = np.array([ord(ending) if ending else 0 for ending in endings], np.uint64)
        sums = self.sums[rows[:, None], at][:, :, None] + added * _POWERS[at][:, :, None]
        return mixed(sums.reshape(len(rows), len(cuts) * len(endings)), 0)

    def rows_of(self, size: int, most: int) -> tuple[Hashes, npt.NDArray[np.bool_]]:
        """Hashes of the first `most` runs of `size` letters (columns), and which of them a word has."""
        starts = np.arange(most)
        runs = (self.sums[:, size : size + most] - self.sums[:, :most]) * _BACK[:most]
        return mixed(runs, 128), starts + size <= self.lengths[:, None]


def mixed(values: Numbers, salt: int | Counts) -> Hashes:
    """32 bits of each number that depend on all of its bits and on a salt (one, or one a column)."""
    if isinstance(salt, int):
        spread = values + np.uint64((salt * _BASE) & 0xFFFFFFFFFFFFFFFF)
    else:
        spread = values + salt.astype(np.uint64) * np.uint64(_BASE)
    spread *= _MIX
    spread ^= spread >> np.uint64(33)
    spread *= _MIX
    return (spread >> np.uint64(32)).astype(np.uint32)


def keys_of(words: Sequence[str]) -> Hashes:
    """The hashes of whole words."""
    return Letters(words).whole() if words else np.zeros(0, np.uint32)


def windows(codes: Hashes, rests: Counts, least: int, most: int) -> Iterator[tuple[int, Counts, Hashes]]:
    """Runs of `least` to `most` letters of a text, given as code points: their size, where they begin, their hashes.

    `rests` says how many letters of the text a run may have that begins at each place. Hashes are those of `keys_of`.
    """
    letters = codes.astype(np.uint64)
    at = np.flatnonzero(rests >= least)
    sums = letters[at]
    for size in range(2, most + 1):
        if size > least:
            goes_on = np.flatnonzero(rests[at] >= size)
            at, sums = at[goes_on], sums[goes_on]
        if not len(at):
            return
        sums = sums + letters[at + (size - 1)] * _POWERS[size - 1]
        if size >= least:
            yield size, at, mixed(sums, 0)
