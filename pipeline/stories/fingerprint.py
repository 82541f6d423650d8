"""What is kept of a text so that a copy of it, or another text on the same event, can be recognised.

A text is normalised (NFKC, case folded, punctuation dropped) into tokens: words, or single characters of scripts that
write words without spaces. From the tokens come

- a content hash, equal for texts that differ in case, spacing and punctuation only,
- the bands of a MinHash over shingles, which find likely copies (rensa; Broder 1997 for MinHash, Indyk and Motwani
  1998 for bands),
- the smallest shingle hashes (a bottom-k sketch, Cohen and Kaplan 2007), which measure the overlap of two texts; the
  measure is exact as long as both have at most `SKETCH` different shingles,
- the smallest hashes of its numbers, since texts from one template differ in their numbers,
- weighted terms of its title and beginning, by which stories are joined.

Everything is bounded: at most `TEXT_LIMIT` code points are read and `TOKEN_LIMIT` tokens used of any text.
"""

import re
import sys
import unicodedata
from array import array
from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import islice
from zlib import crc32

import msgspec
import rensa

from schemas.document import Mention
from schemas.item import Item

TEXT_LIMIT = 12_000
TOKEN_LIMIT = 1_500

BANDS = 28
ROWS = 3
SEED = 20_240_121
SKETCH = 48
NUMBERS = 12
TERMS = 60
ENTITIES = 10

WORD_SHINGLE = 3
CHARACTER_SHINGLE = 4
BODY_TOKENS = 20
TERM_TOKENS = 160
TERM_LETTERS = 3
STEM = 6

# Sketches are comparable only within one scheme: change SCHEME with anything above, or with rensa's algorithm.
SCHEME = 1
RENSA_ALGORITHM = 2

# A term in 32 bits: 26 of its hash, 2 of its length class, 1 for entities, 1 for titles, 2 for its frequency.
TITLE_BIT = 1 << 2
ENTITY_BIT = 1 << 3
KEY_SHIFT = 3

_UNSPACED = (
    *((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF)),  # Thai and Lao, Burmese, Khmer
    *((0x3040, 0x30FF), (0x31F0, 0x31FF), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F)),  # kana, more Burmese
    *((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF)),  # Han
)
# Letters alone make the words of Latin, Greek, Cyrillic and Armenian; from Hebrew on, marks belong to words too.
_COMPLEX = re.compile("[\u0300-\u036f\u0483-\u0489\u0590-\u1dff\u2c00-\U0010ffff]")
_FIRST_UNSPACED = "\u0e00"
_FIRST_EAST_ASIAN = "\u3000"
_ASCII_WORD = re.compile("[a-z0-9]+")
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


class Fingerprint(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of one text.

    `content` is a 32-bit hash of all tokens, with their number above it, or 0 where the text is too little to tell
    anything (a title alone). `bands` are `BANDS` keys of 3 bytes, `sketch` the smallest shingle hashes, 3 bytes each,
    ascending; `shingles` and `tokens` are how many there are. `short` marks title and summary without a body.
    `numbers` are 2 bytes each, ascending; `terms` 4 bytes each, as told above, entities last.
    """

    content: int
    bands: bytes
    sketch: bytes
    shingles: int
    tokens: int
    short: bool
    numbers: bytes
    terms: tuple[int, ...]


class Overlap(msgspec.Struct, frozen=True):
    """How much two texts share, between 0 and 1 each: of both together, and of the shorter one."""

    jaccard: float
    containment: float


def fingerprint(item: Item, mentions: tuple[Mention, ...] = ()) -> Fingerprint:
    """The fingerprint of a title, summary and body, with the entities that they mention."""
    title, summary, body = (tokens(text) for text in (item.title, item.summary, item.body))
    unspaced = _is_unspaced(body or summary or title)
    short = len(body) < BODY_TOKENS * (1 + unspaced)
    text = title + summary + body if short else body
    evidence = len(text) - len(title) if short else len(text)
    told = evidence >= _least_evidence(unspaced=unspaced)
    shingles = _shingles(text, CHARACTER_SHINGLE if unspaced else WORD_SHINGLE) if told else []
    hashes = sorted(set(rensa.RMinHash.hash_token_sets([shingles])[0]))
    return Fingerprint(
        content=_content(text) if told else 0,
        bands=_bands(shingles),
        sketch=_pack([value >> 32 for value in hashes[:SKETCH]]),
        shingles=len(hashes),
        tokens=len(text),
        short=short,
        numbers=_numbers(f"{item.title}\n{item.summary}" if short else item.body),
        terms=_terms(title, summary + body, unspaced=unspaced) + _entities(mentions),
    )


def tokens(text: str) -> list[str]:
    """The normalised words of a text, and each character of scripts without spaces; at most `TOKEN_LIMIT`."""
    text = text[:TEXT_LIMIT]
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())[:TOKEN_LIMIT]
    text = unicodedata.normalize("NFKC", text)[:TEXT_LIMIT].casefold()
    pattern = _any_script() if _COMPLEX.search(text) else _WORD
    return pattern.findall(text)[:TOKEN_LIMIT]


def overlap(a: bytes, b: bytes) -> Overlap:
    """How much two sketches share, over the part of the hash range that both cover.

    A full sketch covers up to its largest hash, one with room left covers everything.
    """
    first, second = _unpack(a), _unpack(b)
    return _overlap(first, second, SKETCH)


def number_containment(a: bytes, b: bytes) -> float | None:
    """The share of numbers of the text with fewer of them that the other has too; None where either has none."""
    if not a or not b:
        return None
    return _overlap(array("H", a), array("H", b), NUMBERS).containment


def _overlap(first: Sequence[int], second: Sequence[int], size: int) -> Overlap:
    if not first or not second:
        return Overlap(0.0, 0.0)
    limit = min(sketch[-1] if len(sketch) == size else 1 << 32 for sketch in (first, second))
    one = {value for value in first if value <= limit}
    other = {value for value in second if value <= limit}
    smaller = min(len(one), len(other))
    if not smaller:
        return Overlap(0.0, 0.0)
    shared = len(one & other)
    return Overlap(shared / (len(one) + len(other) - shared), shared / smaller)


def _least_evidence(*, unspaced: bool) -> int:
    return 16 if unspaced else 8


def _content(text: list[str]) -> int:
    return crc32("\n".join(text).encode()) | len(text) << 32


def _shingles(text: list[str], size: int) -> list[str]:
    if len(text) < size:
        return ["\n".join(text)]
    return list(map("\n".join, zip(*(islice(text, start, None) for start in range(size)), strict=False)))


def _bands(shingles: list[str]) -> bytes:
    if not shingles:
        return b""
    sketch = rensa.RMinHash(num_perm=BANDS * ROWS, seed=SEED)
    sketch.update(shingles)
    digest = array("I", sketch.digest()).tobytes()
    width = 4 * ROWS
    return _pack([crc32(digest[start : start + width]) for start in range(0, len(digest), width)])


def _pack(hashes: list[int]) -> bytes:
    """The high 3 bytes of each 32-bit hash, so that their order is kept."""
    wide = array("I", hashes)
    if sys.byteorder == "big":
        wide.byteswap()
    packed = bytearray(wide.tobytes())
    del packed[0::4]
    return bytes(packed)


def _unpack(packed: bytes) -> Sequence[int]:
    wide = bytearray(len(packed) // 3 * 4)
    for place in range(3):
        wide[place::4] = packed[place::3]
    values = array("I", bytes(wide))
    if sys.byteorder == "big":
        values.byteswap()
    return values


def _numbers(text: str) -> bytes:
    found = {crc32(number.encode()) & 0xFFFF for number in islice(_NUMBER.findall(text[:TEXT_LIMIT]), TOKEN_LIMIT)}
    return array("H", sorted(found)[:NUMBERS]).tobytes()


def _terms(title: list[str], rest: list[str], *, unspaced: bool) -> tuple[int, ...]:
    terms_of = _grams if unspaced else _words
    words = terms_of(title[:TERM_TOKENS])
    in_title = set(words)
    counts = Counter(words)
    counts.update(terms_of(rest[: max(TERM_TOKENS - len(title), 0)]))
    return tuple(
        term | TITLE_BIT * (term in in_title) | min(count, 4) - 1 for term, count in islice(counts.items(), TERMS)
    )


def _entities(mentions: tuple[Mention, ...]) -> tuple[int, ...]:
    counts = Counter(mention.entity_id for mention in islice(mentions, 200))
    titled = {mention.entity_id for mention in islice(mentions, 200) if mention.field == "title"}
    ranked = sorted(counts, key=lambda entity: (entity not in titled, -counts[entity], entity))[:ENTITIES]
    return tuple(
        _hash(entity) | ENTITY_BIT | TITLE_BIT * (entity in titled) | min(counts[entity], 4) - 1 for entity in ranked
    )


def _words(words: list[str]) -> list[int]:
    return list(filter(None, map(_term, words)))


def _grams(characters: list[str]) -> list[int]:
    """Pairs of Han and kana, which are about a word; four characters of the alphabets without spaces."""
    size = 4 if characters and characters[len(characters) // 2] < _FIRST_EAST_ASIAN else 2
    grams = map("".join, zip(*(characters[start:] for start in range(size)), strict=False))
    return [_hash(gram) | 3 << 4 for gram in grams]


@lru_cache(maxsize=65_536)
def _term(word: str) -> int:
    """The term of a word: its beginning, since endings inflect. None (0) for the shortest, which say nothing."""
    if len(word) < TERM_LETTERS:
        return 0
    return _hash(word[:STEM]) | min(len(word) - TERM_LETTERS, 3) << 4


def _hash(text: str) -> int:
    return crc32(text.encode()) & ~0x3F


def _is_unspaced(words: list[str]) -> bool:
    """Whether most tokens of a sample are characters of a script without spaces."""
    sample = [word for word in words[:200] if word >= _FIRST_UNSPACED]
    return 2 * sum(len(word) == 1 and _in_unspaced(ord(word)) for word in sample) > len(words[:200])


def _in_unspaced(code: int) -> bool:
    return any(first <= code <= last for first, last in _UNSPACED)


@cache
def _any_script() -> re.Pattern[str]:
    """One character of a script without spaces, or a run of letters, marks and digits of any other."""
    unspaced: list[int] = []
    spaced: list[int] = []
    for code in range(0x323B0):  # the last assigned letters
        if unicodedata.category(chr(code))[0] in "LMN":
            (unspaced if _in_unspaced(code) else spaced).append(code)
    return re.compile(f"[{_ranges(unspaced)}]|[{_ranges(spaced)}]+")


def _ranges(codes: list[int]) -> str:
    spans: list[list[int]] = []
    for code in codes:
        if spans and spans[-1][1] == code - 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in spans)
