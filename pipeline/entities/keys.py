"""Keys of stretches of folded text: 64-bit numbers by which names are looked up in arrays, a whole text at once.

The key of a stretch is the sum of its code points, each times a power of an odd number, modulo 2^64 (Karp and Rabin,
"Efficient randomized pattern-matching algorithms", 1987): with the sums up to each place of a text, the key of every
stretch in it costs one subtraction and one multiplication. Keys only propose: what they find is compared letter by
letter afterwards, so that two texts of one key are no error.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.entities.normalise import Normal

T = TypeVar("T")

Arrays = Mapping[str, NDArray[Any]]
Numbers = NDArray[np.uint64]
Places = NDArray[np.int64]

# A text is read in pieces of so many code points, and on beyond each piece as far as any name goes.
PIECE: Final = 20_000
BEYOND: Final = 1_600
_BASE: Final = 0x9E3779B97F4A7C15
_SPREAD: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0xD6E8FEB86659FD93)
_SHIFT: Final = np.uint64(32)
# Bits of the sieve for each key: one in sixteen of what is not there passes.
_SIEVE: Final = 16
_LEAST_BITS: Final = 10
_ONE: Final = np.uint8(1)
_SPACE: Final = 32
_STOP: Final = 46
_PARTS: Final = ("keys", "values", "sieve")
_BMP: Final = 0x10000


def _powers(base: int) -> Numbers:
    factors = np.full(PIECE + BEYOND + 1, base, np.uint64)
    factors[0] = 1
    return np.multiply.accumulate(factors)


_POWERS: Final = _powers(_BASE)
_INVERSES: Final = _powers(pow(_BASE, -1, 1 << 64))


class Keyed:
    """A piece of folded text, its words (what stands between spaces), and the keys of its stretches."""

    def __init__(self, piece: str) -> None:
        codes = codes_of(piece)
        self.codes = codes
        self._sums = np.zeros(len(codes) + 1, np.uint64)
        np.cumsum(codes * _POWERS[: len(codes)], out=self._sums[1:])
        spaces = np.flatnonzero(codes == _SPACE)
        self.starts: Places = np.concatenate(([0], spaces + 1))
        ends: Places = np.concatenate((spaces, [len(codes)]))
        self.ends = ends
        # A full stop behind a word is no part of it.
        self.bare_ends: Places = ends - ((ends > self.starts) & (codes[ends - 1] == _STOP)) if len(codes) else ends

    def keys(self, starts: Places, ends: Places) -> Numbers:
        """The keys of stretches."""
        return np.asarray((self._sums[ends] - self._sums[starts]) * _INVERSES[starts])


def keys_of(texts: Iterable[str]) -> Numbers:
    """The keys of whole texts, each shorter than a piece."""
    listed = list(texts)
    lengths = np.fromiter(map(len, listed), np.int64, len(listed))
    codes = codes_of("".join(listed))
    begins = np.cumsum(lengths) - lengths
    within = np.arange(len(codes)) - np.repeat(begins, lengths)
    sums = np.zeros(len(codes) + 1, np.uint64)
    np.cumsum(codes * _POWERS[within], out=sums[1:])
    return np.asarray(sums[begins + lengths] - sums[begins])


def pair(first: Numbers, second: Numbers) -> Numbers:
    """One key for two stretches, in this order."""
    return np.asarray((first ^ (first >> _SHIFT)) * _SPREAD + second * _SECOND)


def codes_of(text: str) -> Numbers:
    """The code points of a text."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)


class Table:
    """Numbers by spread key: sorted arrays, and a sieve that most of what is not there does not pass."""

    def __init__(self, keys: Numbers, values: NDArray[np.uint32], sieve: NDArray[np.uint8]) -> None:
        self.keys = keys
        self.values = values
        self.sieve = sieve
        self._shift = np.uint64(64 - (len(sieve) * 8).bit_length() + 1)

    @classmethod
    def from_arrays(cls, arrays: Arrays, name: str) -> "Table":
        """The table whose arrays these are, under this name."""
        return cls(*(arrays[f"{name}.{part}"] for part in _PARTS))

    def arrays(self, name: str) -> "dict[str, NDArray[Any]]":
        """What the table is made of, under names that begin with this one."""
        return dict(zip((f"{name}.{part}" for part in _PARTS), (self.keys, self.values, self.sieve), strict=True))

    @classmethod
    def of(cls, keys: Numbers, values: NDArray[np.uint32]) -> "Table":
        """The table of these pairs; of pairs with one key the order stays."""
        order = np.argsort(keys, kind="stable")
        bits = max(_LEAST_BITS, (len(keys) * _SIEVE).bit_length())
        places = keys >> np.uint64(64 - bits)
        marked = np.zeros(1 << bits, np.bool_)
        marked[places] = True
        return cls(keys[order], values[order], np.packbits(marked, bitorder="little"))

    def find(self, keys: Numbers) -> tuple[Places, NDArray[np.uint32]]:
        """The places in `keys` of those in the table, in order, each once for every number, and the numbers."""
        bits = keys >> self._shift
        passed = self.sieve[bits >> np.uint64(3)] >> (bits & np.uint64(7)).astype(np.uint8) & _ONE
        places = np.flatnonzero(passed)
        sought = keys[places]
        first = np.searchsorted(self.keys, sought)
        counts = np.searchsorted(self.keys, sought, "right") - first
        here = np.repeat(places, counts)
        begins = np.repeat(first - (np.cumsum(counts) - counts), counts)
        return here, self.values[begins + np.arange(len(here))]


def spread(keys: Numbers) -> Numbers:
    """The keys as tables have them: near ones far apart."""
    mixed = (keys ^ (keys >> _SHIFT)) * _SPREAD
    return np.asarray(mixed ^ (mixed >> _SHIFT))


class Among:
    """The code points whose character fits; none beyond the basic plane does."""

    def __init__(self, fits: Callable[[str], object]) -> None:
        self._fits = fits

    @cached_property
    def _table(self) -> NDArray[np.bool_]:
        # Made with the first question: 65,536 characters are looked at.
        return np.fromiter((bool(self._fits(chr(code))) for code in range(_BMP)), np.bool_, _BMP)

    def __call__(self, codes: Numbers) -> NDArray[np.bool_]:
        """Of each, whether it is one."""
        return np.asarray(self._table[np.where(codes < _BMP, codes, 0)])


def among(ranges: str) -> Among:
    """The code points in what stands between the brackets of a regular expression."""
    return Among(re.compile(f"[{ranges}]").match)


def asked(text: Normal, name: str, question: Callable[[Normal, int], T]) -> Iterator[T]:
    """What is asked of each piece of a text, which begins at an offset; that of the first is kept under a name."""
    for offset in range(0, max(1, len(text.text)), PIECE):
        if offset:
            yield question(text, offset)
            continue
        if name not in text.memo:
            text.memo[name] = question(text, 0)
        yield text.memo[name]
