"""Hashes of words and letter sequences, for a whole text at a time, and where in the table each is.

A word's hash is a polynomial over its letters modulo 2^64, so that the hashes of all words are differences of one
running sum (Karp and Rabin, 1987). The table is a perfect hash by displacement (Pagh, 1999): the first bits of a key
say its bucket, the bucket's seed gives each key of it a place of its own, and one comparison says whether it is there.
"""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.language.characters import SPACE, Flags

# Odd 64-bit numbers without pattern.
_FACTORS: Final = np.array(
    [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5], dtype=np.uint64
)
_BASE: Final = 0xD6E8FEB86659FD93
_MODULUS: Final = 1 << 64
_FEWEST_POWERS: Final = 2048
_HALF, _KEY_BITS = np.uint64(29), np.uint64(32)
_SEED_FACTOR: Final = np.uint32(0x9E3779B1)
_BITS: Final = 32
_MOST_SEEDS: Final = 60_000

Codes = NDArray[np.uint64]
Keys = NDArray[np.uint32]
Places = NDArray[np.intp]


@lru_cache(maxsize=4)
def _powers(number: int) -> tuple[Codes, Codes]:
    """Powers of the base and of its inverse modulo 2^64, `number` of each."""
    bases = (_BASE, pow(_BASE, -1, _MODULUS))
    powers = [np.cumprod(np.full(number, base, dtype=np.uint64), dtype=np.uint64) for base in bases]
    return powers[0], powers[1]


def word_keys(codes: Codes) -> Keys:
    """The key of each word of folded letters, in order."""
    ends = (codes == SPACE).nonzero()[0]
    powers, inverses = _powers(max(_FEWEST_POWERS, 1 << len(codes).bit_length()))
    sums = (codes * powers[: len(codes)]).cumsum()[ends]
    starts = ends[:-1]
    return keys_of((sums[1:] - sums[:-1]) * inverses[starts])


def sequence_keys(codes: Codes, unknown: Flags) -> Keys:
    """The keys of all sequences of three letters, and of four in words that are unknown.

    A sequence lies within one word and the spaces around it. `unknown` has one entry for each word.
    """
    threes = hashes_of_three(codes)
    letters = codes != SPACE
    found = threes[letters[1:-1]]
    if unknown.any():
        within = letters[1:-2] & letters[2:-1] & unknown[owners(codes)[:-1]]
        found = np.concatenate([found, hashes_of_four(codes, threes)[within]])
    return keys_of(found)


def hashes_of_three(codes: Codes) -> Codes:
    """The hash of the three letters from each position on."""
    hashes: Codes = codes[:-2] * _FACTORS[0]
    hashes += codes[1:-1] * _FACTORS[1]
    hashes += codes[2:] * _FACTORS[2]
    return hashes


def hashes_of_four(codes: Codes, threes: Codes) -> Codes:
    """The hash of the four letters from each position on."""
    hashes: Codes = threes[:-1] + codes[3:] * _FACTORS[3]
    return hashes


def owners(codes: Codes) -> Places:
    """The number of the word that a sequence is of, by where it begins: its second letter is within that word."""
    numbers: Places = (codes == SPACE).cumsum()[1:-1] - 1
    return numbers


def keys_of(hashes: Codes) -> Keys:
    """Hashes as keys; `hashes` is used up."""
    hashes ^= hashes >> _HALF
    hashes *= _FACTORS[3]
    keys: Keys = (hashes >> _KEY_BITS).astype(np.uint32)
    return keys


def places(keys: Keys, seeds: NDArray[np.uint32], shift: np.uint32) -> Keys:
    """Where in a table of 2^(32 - shift) entries each key is, if it is there."""
    factors: Keys = seeds[keys >> _bucket_shift(seeds)]
    factors *= keys
    factors >>= shift
    return factors


def _bucket_shift(seeds: NDArray[np.uint32]) -> np.uint32:
    return np.uint32(_BITS - (len(seeds).bit_length() - 1))


def seeds_for(keys: Keys, bits: int) -> NDArray[np.uint32]:
    """Seeds that give each of these distinct keys a place of its own among 2^bits, large buckets first.

    Raises:
        ValueError: when no seeds are found; the table needs another bit.
    """
    seeds = np.zeros(1 << (bits - 2), dtype=np.uint32)
    bucket_shift, shift = _bucket_shift(seeds), np.uint32(_BITS - bits)
    buckets = keys >> bucket_shift
    sizes = np.bincount(buckets, minlength=len(seeds))
    taken = np.zeros(1 << bits, dtype=np.bool_)
    for least in sorted({max(1, int(size) - 1) for size in set(sizes.tolist())}, reverse=True):
        waiting = keys[(sizes[buckets] >= least) & (seeds[buckets] == 0)]
        for seed in range(_MOST_SEEDS):
            if not len(waiting):
                break
            factor = np.uint32((seed * int(_SEED_FACTOR) * 2 + 1) % (1 << _BITS))
            at = (waiting * factor) >> shift
            own = waiting >> bucket_shift
            clashing = taken[at] | (np.bincount(at, minlength=len(taken))[at] > 1 if len(at) > least else _twice(at))
            failed = np.zeros(len(seeds), dtype=np.bool_)
            failed[own[clashing]] = True
            done = ~failed[own]
            taken[at[done]] = True
            seeds[own[done]] = factor
            waiting = waiting[~done]
        if len(waiting):
            message = "no seeds found: the table needs another bit"
            raise ValueError(message)
    return seeds


def _twice(at: Keys) -> Flags:
    values, counts = np.unique(at, return_counts=True)
    return np.isin(at, values[counts > 1])
