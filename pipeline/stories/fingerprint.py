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
import sys
from array import array
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from itertools import islice
from zlib import crc32

import msgspec
import numpy as np
import rensa

from pipeline.stories.terms import TEXT_LIMIT, TOKEN_LIMIT, emphases, is_unspaced, tokens
from schemas.document import Mention
from schemas.item import Item

KEYS = 12
SKETCH = 200
NUMBERS = 24

WORD_SHINGLE = 3
CHARACTER_SHINGLE = 4
BODY_TOKENS = 20

# Sketches are comparable only within one scheme: change SCHEME with anything above, or with rensa's algorithm.
SCHEME = 4

_WIDEST = (1 << 32) - 1
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


class Fingerprint(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of one text.

    `content` is a 63-bit hash of all tokens, or 0 where the text is too little to tell anything (a title alone).
    `keys` are the low 32 bits of the `KEYS` smallest shingle hashes, `sketch` the high 24 of the `SKETCH` smallest,
    ascending; `shingles` and `tokens` are how many there are. `short` marks title and summary without a body.
    `numbers` are 2 bytes each, ascending; `emphases` are those of `pipeline.stories.terms`.
    """

    content: int
    keys: tuple[int, ...]
    sketch: bytes
    shingles: int
    tokens: int
    short: bool
    numbers: bytes
    emphases: Mapping[int, float]
    words: int


class Overlap(msgspec.Struct, frozen=True):
    """How much two texts share, between 0 and 1 each: of both together, and of the shorter one."""

    jaccard: float
    containment: float


def fingerprint(item: Item, mentions: tuple[Mention, ...] = ()) -> Fingerprint:
    """The fingerprint of a title, summary and body, with the entities that they mention."""
    title, summary, body = (tokens(text) for text in (item.title, item.summary, item.body))
    unspaced = is_unspaced(body or summary or title)
    short = len(body) < BODY_TOKENS * (1 + unspaced)
    text = title + summary + body if short else body
    evidence = len(text) - len(title) if short else len(text)
    told = evidence >= _least_evidence(unspaced=unspaced)
    shingles = _shingles(text, CHARACTER_SHINGLE if unspaced else WORD_SHINGLE) if told else []
    hashes = sorted(set(rensa.RMinHash.hash_token_sets([shingles])[0]))
    return Fingerprint(
        content=_content(text) if told else 0,
        keys=tuple(value & 0xFFFFFFFF for value in hashes[:KEYS]),
        sketch=_pack([value >> 32 for value in hashes[:SKETCH]]),
        shingles=len(hashes),
        tokens=len(text),
        short=short,
        numbers=_numbers(f"{item.title}\n{item.summary}" if short else item.body),
        emphases=emphases(item, title, summary + body, mentions),
        words=len(title) + len(summary) + len(body),
    )


def overlap(a: bytes, b: bytes) -> Overlap:
    """How much two sketches share, over the part of the hash range that both cover.

    A full sketch covers up to its largest hash, one with room left covers everything.
    """
    return _overlap(_unpack(a), _unpack(b), SKETCH)


def number_containment(a: bytes, b: bytes) -> float | None:
    """The share of numbers of the text with fewer of them that the other has too; None where either has none."""
    if not a or not b:
        return None
    return _overlap(np.frombuffer(a, np.uint16), np.frombuffer(b, np.uint16), NUMBERS).containment


def _overlap(first: np.ndarray, second: np.ndarray, size: int) -> Overlap:
    """Of two ascending arrays of hashes, of at most `size`."""
    if not len(first) or not len(second):
        return Overlap(0.0, 0.0)
    limit = min((int(sketch[-1]) for sketch in (first, second) if len(sketch) == size), default=_WIDEST)
    one = int(first.searchsorted(limit, "right"))
    other = int(second.searchsorted(limit, "right"))
    smaller = min(one, other)
    if not smaller:
        return Overlap(0.0, 0.0)
    held = second[:other]
    places = held.searchsorted(first[:one])
    shared = int(np.count_nonzero(held.take(places, mode="clip") == first[:one]))
    return Overlap(shared / (one + other - shared), shared / smaller)


def _least_evidence(*, unspaced: bool) -> int:
    return 16 if unspaced else 8


def _content(text: list[str]) -> int:
    # Among a million texts 32 bits give a hundred false matches, 63 bits less than one in a million windows.
    digest = blake2b("\n".join(text).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1 or 1


def _shingles(text: list[str], size: int) -> list[str]:
    if len(text) < size:
        return ["\n".join(text)]
    return list(map("\n".join, zip(*(islice(text, start, None) for start in range(size)), strict=False)))


def _pack(hashes: list[int]) -> bytes:
    """The high 3 bytes of each 32-bit hash, so that their order is kept."""
    wide = array("I", hashes)
    if sys.byteorder == "big":
        wide.byteswap()
    packed = bytearray(wide.tobytes())
    del packed[0::4]
    return bytes(packed)


@lru_cache(maxsize=64)
def _unpack(packed: bytes) -> np.ndarray:
    """Ascending, each once. Of the item at hand and its candidates each is asked for more than once."""
    wide = np.zeros((len(packed) // 3, 4), np.uint8)
    wide[:, :3] = np.frombuffer(packed, np.uint8).reshape(-1, 3)
    values: np.ndarray = wide.view("<u4").ravel()
    same = values[1:] == values[:-1]
    return np.unique(values) if same.any() else values


def _numbers(text: str) -> bytes:
    found = {crc32(number.encode()) & 0xFFFF for number in islice(_NUMBER.findall(text[:TEXT_LIMIT]), TOKEN_LIMIT)}
    return array("H", sorted(found)[:NUMBERS]).tobytes()
