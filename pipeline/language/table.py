"""How well each language explains a text: the words and letter sequences it has, read from one small table.

A text's words, their sequences of three letters, and of four where the word is not in the table, are looked up by
hash; each entry adds what it tells for the languages that have it. Taking whole words first and falling back to
shorter sequences is the idea of HeLI (Jauhiainen, Lindén and Jauhiainen, 2016); adding logarithms is naive Bayes.
The table is made by `python -m pipeline.language.train`, its parts are described in `model.md`.
"""

import re
import zlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

# The natural logarithm of the smallest probability kept; what is rarer counts as this.
FLOOR: Final = -15.5
# Steps of a stored logarithm: 255 of them span FLOOR to about -2.75.
STEPS: Final = 20
KINDS: Final = ("words", "sequences")
ARRAYS: Final = ("keys", "lengths", "languages", "gains")

_WORD: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_MARKS: Final = re.compile(r"[\u0300-\u036f\u0483-\u0487\u064b-\u065f\u0670\u0640\u200b-\u200f\ufeff]+")
_APOSTROPHES: Final = str.maketrans(dict.fromkeys("’‘ʻʼ`´ʹ", "'"))
# Multipliers of a polynomial hash, odd 64-bit numbers without pattern (digits of pi).
_FACTORS: Final = np.array(
    [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5], dtype=np.uint64
)
_SPACE: Final = np.uint64(32)
_HALF, _WORD_BITS = np.uint64(29), np.uint64(32)

# Buckets are four times as many as keys, so that few hold more than one.
_SPARSE: Final = 1
# What at least this many languages have is looked up as a whole row of all.
_DENSE: Final = 24

Keys = NDArray[np.uint32]
Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Part:
    """Entries of one kind: sorted hashes, where each one's entries start, and the entries: language, gain."""

    keys: Keys
    starts: NDArray[np.int32]
    languages: NDArray[np.uint8]
    gains: NDArray[np.uint8]
    # Where the keys of each prefix begin, and how many bits of a key are not its prefix: one step instead of a search.
    buckets: NDArray[np.int32]
    shift: np.uint32
    longest: int
    # What most languages have is kept as whole rows: which row a key has there (-1: none), and the rows.
    dense_rows: NDArray[np.int32]
    dense: NDArray[np.float32]

    def add_up(self, keys: Keys, size: int) -> tuple[Scores, NDArray[np.bool_]]:
        """The sum of gains by language over these keys, in steps, and which keys are known."""
        at = self.buckets[keys >> self.shift]
        known = self.keys[at] == keys
        for _ in range(1, self.longest):
            at += ~known
            known = self.keys[at] == keys
        rows = at[known]
        dense = self.dense_rows[rows]
        sums = self.dense.take(dense[dense >= 0], axis=0).sum(axis=0, dtype=np.float64)
        rows = rows[dense < 0]
        ends = self.starts[rows + 1]
        lengths = ends - self.starts[rows]
        places = lengths.cumsum()
        picked = np.arange(int(places[-1]) if len(places) else 0, dtype=np.int32)
        picked += (ends - places).repeat(lengths)
        return sums + np.bincount(self.languages[picked], self.gains[picked], size), known


def part(
    size: int, keys: Keys, lengths: NDArray[np.uint8], languages: NDArray[np.uint8], gains: NDArray[np.uint8]
) -> Part:
    """A part of `size` languages from sorted keys, the number of entries of each, and the entries."""
    shift = 32 - len(keys).bit_length() - _SPARSE
    sizes = np.bincount(keys >> np.uint32(shift), minlength=1 << (32 - shift))
    longest = int(sizes.max())
    # Looking `longest` keys ahead must not leave the array; key 0 is not in the table.
    padded = np.concatenate([keys, np.zeros(longest, dtype=np.uint32)])
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    buckets = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)
    whole = lengths >= _DENSE
    dense_rows = np.where(whole, np.cumsum(whole) - 1, -1).astype(np.int32)
    dense = np.zeros((int(whole.sum()), size), dtype=np.float32)
    entries = np.repeat(whole, lengths)
    dense[np.repeat(dense_rows, lengths)[entries], languages[entries]] = gains[entries]
    return Part(padded, starts, languages, gains, buckets, np.uint32(shift), longest, dense_rows, dense)


@dataclass(frozen=True, slots=True)
class Table:
    """The languages in the order of the scores, and the parts."""

    languages: tuple[str, ...]
    words: Part
    sequences: Part


@dataclass(frozen=True, slots=True)
class Evidence:
    """What each part tells for each language, in nats above the floor, and how many words there were and were known."""

    words: Scores
    sequences: Scores
    number: int
    known: int


@lru_cache(maxsize=1)
def load() -> Table:
    """The table of this package, read once."""
    with (files("pipeline.language") / "model.npz").open("rb") as file, np.load(file) as found:
        languages = tuple(str(found["languages"]).split())
        parts = [part(len(languages), *(found[f"{kind}_{name}"] for name in ARRAYS)) for kind in KINDS]
        return Table(languages, *parts)


def fold(text: str) -> str:
    """Lower case, one form of apostrophe, and without marks that some write and others leave out."""
    return _MARKS.sub("", text.lower().translate(_APOSTROPHES))


def words_of(text: str) -> list[str]:
    """The words of a folded text."""
    return _WORD.findall(text)


def word_keys(words: list[str]) -> Keys:
    """The hash of each word."""
    return np.array([zlib.crc32(word.encode("utf-8", "surrogatepass")) for word in words], dtype=np.uint32)


def codes_of(words: list[str]) -> NDArray[np.uint64]:
    """The code points of words with single spaces around them."""
    joined = f" {' '.join(words)} "
    return np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)


def sequence_keys(codes: NDArray[np.uint64], length: int) -> Keys:
    """The hash of each sequence of `length` code points that lies within one word and its spaces."""
    return hashes_of(codes, length)[within_words(codes, length)]


def hashes_of(codes: NDArray[np.uint64], length: int) -> Keys:
    """The hash of each sequence of `length` code points."""
    number = max(0, len(codes) - length + 1)
    hashes = codes[:number] * _FACTORS[0]
    for shift in range(1, length):
        hashes += codes[shift : number + shift] * _FACTORS[shift]
    hashes ^= hashes >> _HALF
    hashes *= _FACTORS[3]
    keys: Keys = (hashes >> _WORD_BITS).astype(np.uint32)
    return keys


def within_words(codes: NDArray[np.uint64], length: int) -> NDArray[np.bool_]:
    """Which sequences have a space at most at their ends."""
    number = max(0, len(codes) - length + 1)
    letters = codes != _SPACE
    within: NDArray[np.bool_] = letters[1 : number + 1].copy()
    for shift in range(2, length - 1):
        within &= letters[shift : number + shift]
    return within


def evidence(text: str) -> Evidence:
    """What the table tells of a text."""
    table = load()
    size = len(table.languages)
    words = words_of(fold(text))
    if not words:
        nothing = np.zeros(size)
        return Evidence(nothing, nothing, 0, 0)
    by_word, known = table.words.add_up(word_keys(words), size)
    keys = sequence_keys(codes_of(words), 3)
    unknown = [word for word, is_known in zip(words, known.tolist(), strict=True) if not is_known]
    if unknown:
        keys = np.concatenate([keys, sequence_keys(codes_of(unknown), 4)])
    by_sequence, _ = table.sequences.add_up(keys, size)
    return Evidence(by_word / STEPS, by_sequence / STEPS, len(words), len(words) - len(unknown))
