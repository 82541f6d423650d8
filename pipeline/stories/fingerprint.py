"""What is kept of a text so that a copy of it, or another text on the same event, can be recognised.

A text is normalised (NFKC, case folded, punctuation dropped) into tokens: words, or single characters of scripts that
write words without spaces. From the tokens come

- a content hash, equal for texts that differ in case, spacing and punctuation only,
- the smallest hashes of its shingles (a bottom-k sketch, Cohen and Kaplan 2007), which measure the overlap of two
  texts; the measure is exact as long as both have at most `SKETCH` different shingles; with each, its place in the
  text, which says where two texts differ (`differences`),
- the very smallest of them as keys: two texts of which a third is the same share one of 12 in 99 of 100 cases, where
  28 bands of 3 MinHash rows find 64,
- the smallest hashes of its numbers, since texts from one template differ in their numbers,
- the words of its title without numbers, by which the next one of a series is known,
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

from pipeline.stories.differences import Differences, differences
from pipeline.stories.terms import TEXT_LIMIT, TOKEN_LIMIT, is_unspaced, written
from pipeline.stories.words import Emphases, emphases, first_of_each, numbered, unspaced_emphases, without_case
from schemas.document import Mention
from schemas.item import Item

KEYS = 12
SKETCH = 200
NUMBERS = 24
TITLE_WORDS = 12

WORD_SHINGLE = 3
CHARACTER_SHINGLE = 4
BODY_TOKENS = 20

# Sketches are comparable only within one scheme: change SCHEME with anything above, or with the numbers of words.
SCHEME = 7

_WIDEST = (1 << 32) - 1
_FULL = 3 * SKETCH  # bytes
_PADDING = (1 << 20) - 1
_PLACED = np.uint32(4)
_PACKED: Final = np.uint64(40)
_PLACE_BITS: Final = np.uint64(12)
_PLACES: Final = np.uint64((1 << 12) - 1)
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
    `keys` are 32 bits of each of the `KEYS` smallest shingle hashes, `sketch` the high 20 of the `SKETCH` smallest,
    ascending, each above 4 bits that say where in the text it stands; `shingles` and `tokens` are how many there are.
    `short` marks title and summary without a body. `numbers` are 2 bytes each, ascending, `title` the words of the
    title likewise; `emphases` are those of `pipeline.stories.words`.
    """

    content: int
    keys: tuple[int, ...]
    sketch: bytes
    shingles: int
    tokens: int
    short: bool
    numbers: bytes
    title: bytes
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
        keys=tuple((hashes[:KEYS] >> _PLACE_BITS & np.uint64(_WIDEST)).tolist()),
        sketch=_pack(hashes[:SKETCH], len(text)),
        shingles=len(hashes),
        tokens=len(text),
        short=short,
        numbers=_numbers(f"{item.title}\n{item.summary}" if short else item.body),
        title=_title(title, words),
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
    mine = unpacked(one) >> _PLACED
    if not others or not len(mine):
        return [Overlap(0.0, 0.0)] * len(others)
    both = np.empty((len(others), 2 * SKETCH), np.uint32)
    both[:, : len(mine)] = mine
    both[:, len(mine) : SKETCH] = _WIDEST  # nothing of the others is as large, nor their padding
    theirs = both[:, SKETCH:]
    padded = unpacked(b"".join(other.ljust(_FULL, b"\xff") for other in others))
    theirs[:] = (padded >> _PLACED).reshape(len(others), SKETCH)
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


def differing(a: bytes, b: bytes) -> Differences:
    """Where two texts differ, by their sketches, over the part of the hash range that both cover."""
    limit = min(_end(a), _end(b))
    one, other = (hashes[hashes >> _PLACED <= limit] for hashes in (unpacked(a), unpacked(b)))
    return differences(one, other)


def title_likeness(a: bytes, b: bytes) -> float:
    """The Jaccard overlap of the words of two titles, 0 where either has none."""
    one, other = (set(array("H", title)) for title in (a, b))
    return len(one & other) / len(one | other) if one and other else 0.0


def _share(one: int, other: int, shared: int) -> Overlap:
    smaller = min(one, other)
    if not smaller:
        return Overlap(0.0, 0.0)
    shared = min(shared, smaller)  # two hashes of one sketch may have the same 20 bits
    return Overlap(shared / (one + other - shared), shared / smaller)


def _end(sketch: bytes) -> int:
    """Up to which hash a sketch covers the range: all but what pads the others where it has room left."""
    return int.from_bytes(sketch[-3:], "little") >> 4 if len(sketch) == _FULL else _PADDING - 1


def _least_evidence(*, unspaced: bool) -> int:
    return 16 if unspaced else 8


def _content(text: np.ndarray) -> int:
    # Among a million texts 32 bits give a hundred false matches, 63 bits less than one in a million windows.
    digest = blake2b(text.astype("<u8", copy=False).tobytes(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1 or 1


def _shingles(words: np.ndarray, size: int) -> np.ndarray:
    """A hash of each run of so many words, ascending, each once; the low 12 bits say where it stands first."""
    count = max(len(words) - size + 1, 0)
    hashes = words[:count] * _STEPS[0]
    for start in range(1, size):
        hashes += words[start : start + count] * _STEPS[start]
    for shift, factor in zip(_SHIFTS, _MIXED, strict=False):
        hashes ^= hashes >> shift
        hashes *= factor
    hashes ^= hashes >> _SHIFTS[-1]
    hashes &= ~_PLACES
    hashes |= np.arange(count, dtype=np.uint64)
    hashes.sort()
    each_once: np.ndarray = hashes[first_of_each(hashes >> _PLACE_BITS)]
    return each_once


def _pack(hashes: np.ndarray, words: int) -> bytes:
    """3 bytes each: the high 20 bits of each hash, so that their order is kept, and where it stands in 16 parts."""
    places = (hashes & _PLACES) * np.uint64(16) // np.uint64(max(words, 1))
    packed = (hashes >> _PACKED & ~np.uint64(0xF) | places).astype("<u4")
    return packed.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def unpacked(sketch: bytes) -> np.ndarray:
    """The hashes of a sketch, each above its place."""
    wide = np.zeros((len(sketch) // 3, 4), np.uint8)
    wide[:, :3] = np.frombuffer(sketch, np.uint8).reshape(-1, 3)
    return wide.view("<u4").ravel()


def _title(title: list[str], words: np.ndarray) -> bytes:
    """The first words of a title, 2 bytes each, ascending, each once; none that begins with a digit."""
    numbers = without_case(words[:TITLE_WORDS]).tolist()
    found = {number >> 14 & 0xFFFF for word, number in zip(title, numbers, strict=False) if not word[0].isdigit()}
    return array("H", sorted(found)).tobytes()


def _numbers(text: str) -> bytes:
    text = text[:TEXT_LIMIT]
    if text.isascii():  # what is no part of a number goes first, which is quicker than looking for the next one
        text = b" ".join(text.encode().translate(_IN_NUMBERS).split()).decode()
    found = {crc32(number.encode()) & 0xFFFF for number in islice(_NUMBER.findall(text), TOKEN_LIMIT)}
    return array("H", sorted(found)[:NUMBERS]).tobytes()
