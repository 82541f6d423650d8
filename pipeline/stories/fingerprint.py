"""What is kept of a text so that a copy of it, or another text on the same event, can be recognised.

A text is normalised (NFKC, case folded, punctuation dropped) into tokens: words, or single characters of scripts that
write words without spaces. From the tokens come

- a content hash, equal for texts that differ in case, spacing and punctuation only,
- the smallest hashes of its shingles (a bottom-k sketch, Cohen and Kaplan 2007), which measure the overlap of two
  texts; the measure is exact as long as both have at most `SKETCH` different shingles,
- the very smallest of them as keys: two texts of which a third is the same share one of 12 in 99 of 100 cases, where
  28 bands of 3 MinHash rows find 64,
- the smallest hashes of its numbers, since texts from one template differ in their numbers,
- terms with their emphasis, by which stories are joined.

Everything is bounded: at most `TEXT_LIMIT` code points are read and `TOKEN_LIMIT` tokens used of any text.
"""

import re
from array import array
from collections.abc import Sequence
from hashlib import blake2b
from itertools import islice
from typing import Final
from zlib import crc32

import msgspec
import numpy as np

from pipeline.stories.terms import TEXT_LIMIT, TOKEN_LIMIT, is_unspaced, written
from pipeline.stories.words import Emphases, emphases, first_of_each, numbered, unspaced_emphases, without_case
from schemas.document import Mention
from schemas.item import Item

KEYS = 12
SKETCH = 200
NUMBERS = 24

WORD_SHINGLE = 3
CHARACTER_SHINGLE = 4
BODY_TOKENS = 20

# Sketches are comparable only within one scheme: change SCHEME with anything above, or with the numbers of words.
SCHEME = 5

_WIDEST = (1 << 32) - 1
_FULL = 3 * SKETCH  # bytes
_PADDING = (1 << 24) - 1
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_IN_NUMBERS = bytes(code if chr(code) in "0123456789.,:" else 0x20 for code in range(256))
# Odd constants for the words of a shingle, so that their order counts, and of the finaliser of SplitMix64 (Steele, Lea
# and Flood 2014), whose results are spread over the whole range.
_STEPS: Final = tuple(
    np.uint64(number) for number in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)
)
_MIXED: Final = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_SHIFTS: Final = np.uint64(30), np.uint64(27), np.uint64(31)


class Fingerprint(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of one text.

    `content` is a 63-bit hash of all tokens, or 0 where the text is too little to tell anything (a title alone).
    `keys` are the low 32 bits of the `KEYS` smallest shingle hashes, `sketch` the high 24 of the `SKETCH` smallest,
    ascending; `shingles` and `tokens` are how many there are. `short` marks title and summary without a body.
    `numbers` are 2 bytes each, ascending; `emphases` are those of `pipeline.stories.words`.
    """

    content: int
    keys: tuple[int, ...]
    sketch: bytes
    shingles: int
    tokens: int
    short: bool
    numbers: bytes
    emphases: Emphases
    words: int


class Overlap(msgspec.Struct, frozen=True):
    """How much two texts share, between 0 and 1 each: of both together, and of the shorter one."""

    jaccard: float
    containment: float


def fingerprint(item: Item, mentions: tuple[Mention, ...] = ()) -> Fingerprint:
    """The fingerprint of a title, summary and body, with the entities that they mention."""
    title, summary, body = (written(text) for text in (item.title, item.summary, item.body))
    unspaced = is_unspaced(body or summary or title)
    short = len(body) < BODY_TOKENS * (1 + unspaced)
    words = numbered(title + summary + body)
    before = len(title) + len(summary)
    text = without_case(words if short else words[before:])
    evidence = len(text) - len(title) if short else len(text)
    told = evidence >= _least_evidence(unspaced=unspaced)
    hashes = _shingles(text if told else text[:0], CHARACTER_SHINGLE if unspaced else WORD_SHINGLE)
    return Fingerprint(
        content=_content(text) if told else 0,
        keys=tuple((hashes[:KEYS] & np.uint64(_WIDEST)).tolist()),
        sketch=_pack(hashes[:SKETCH]),
        shingles=len(hashes),
        tokens=len(text),
        short=short,
        numbers=_numbers(f"{item.title}\n{item.summary}" if short else item.body),
        emphases=unspaced_emphases(title, summary + body, mentions)
        if unspaced
        else emphases(words, len(title), mentions),
        words=len(words),
    )


def overlap(a: bytes, b: bytes) -> Overlap:
    """How much two sketches share, over the part of the hash range that both cover.

    A full sketch covers up to its largest hash, one with room left covers everything.
    """
    return overlaps(a, (b,))[0]


def overlaps(one: bytes, others: Sequence[bytes]) -> list[Overlap]:
    """The overlap of one sketch with each of several, which costs little more than one of them."""
    mine = _unpack(one)
    if not others or not len(mine):
        return [Overlap(0.0, 0.0)] * len(others)
    both = np.empty((len(others), 2 * SKETCH), np.uint32)
    both[:, : len(mine)] = mine
    both[:, len(mine) : SKETCH] = _WIDEST  # nothing of the others is as large, nor their padding
    theirs = both[:, SKETCH:]
    theirs[:] = _unpack(b"".join(other.ljust(_FULL, b"\xff") for other in others)).reshape(len(others), SKETCH)
    limits = np.array([min(_end(one), _end(other)) for other in others], np.uint32)
    inside = np.count_nonzero(theirs <= limits[:, None], axis=1)
    both.sort(axis=1)  # a hash of both stands beside itself
    shared = (both[:, 1:] == both[:, :-1]) & (both[:, 1:] <= limits[:, None])
    counts = zip(
        mine.searchsorted(limits, "right").tolist(),
        inside.tolist(),
        np.count_nonzero(shared, axis=1).tolist(),
        strict=True,
    )
    return [_share(*count) for count in counts]


def number_containment(a: bytes, b: bytes) -> float | None:
    """The share of numbers of the text with fewer of them that the other has too; None where either has none."""
    if not a or not b:
        return None
    first, second = array("H", a), array("H", b)
    limit = min((numbers[-1] for numbers in (first, second) if len(numbers) == NUMBERS), default=_WIDEST)
    one, other = ({number for number in numbers if number <= limit} for numbers in (first, second))
    return len(one & other) / max(min(len(one), len(other)), 1)


def _share(one: int, other: int, shared: int) -> Overlap:
    smaller = min(one, other)
    if not smaller:
        return Overlap(0.0, 0.0)
    shared = min(shared, smaller)  # two hashes of one sketch may have the same 24 bits
    return Overlap(shared / (one + other - shared), shared / smaller)


def _end(sketch: bytes) -> int:
    """Up to which hash a sketch covers the range: all but what pads the others where it has room left."""
    return int.from_bytes(sketch[-3:], "little") if len(sketch) == _FULL else _PADDING - 1


def _least_evidence(*, unspaced: bool) -> int:
    return 16 if unspaced else 8


def _content(text: np.ndarray) -> int:
    # Among a million texts 32 bits give a hundred false matches, 63 bits less than one in a million windows.
    digest = blake2b(text.astype("<u8", copy=False).tobytes(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1 or 1


def _shingles(words: np.ndarray, size: int) -> np.ndarray:
    """A hash of each run of so many words, ascending, each once."""
    count = max(len(words) - size + 1, 0)
    hashes = words[:count] * _STEPS[0]
    for start in range(1, size):
        hashes += words[start : start + count] * _STEPS[start]
    for shift, factor in zip(_SHIFTS, _MIXED, strict=False):
        hashes ^= hashes >> shift
        hashes *= factor
    hashes ^= hashes >> _SHIFTS[-1]
    hashes.sort()
    each_once: np.ndarray = hashes[first_of_each(hashes)]
    return each_once


def _pack(hashes: np.ndarray) -> bytes:
    """The high 3 bytes of each 64-bit hash, so that their order is kept."""
    return hashes.astype("<u8").view(np.uint8).reshape(-1, 8)[:, 5:].tobytes()


def _unpack(packed: bytes) -> np.ndarray:
    """The hashes that were packed, as they stand."""
    wide = np.zeros((len(packed) // 3, 4), np.uint8)
    wide[:, :3] = np.frombuffer(packed, np.uint8).reshape(-1, 3)
    return wide.view("<u4").ravel()


def _numbers(text: str) -> bytes:
    text = text[:TEXT_LIMIT]
    if text.isascii():  # what is no part of a number goes first, which is quicker than looking for the next one
        text = b" ".join(text.encode().translate(_IN_NUMBERS).split()).decode()
    found = {crc32(number.encode()) & 0xFFFF for number in islice(_NUMBER.findall(text), TOKEN_LIMIT)}
    return array("H", sorted(found)[:NUMBERS]).tobytes()
