"""What the tagger looks at.

A word's own features (its letters, shape, what lists know of it) depend on the word alone, so they are worked out once
for each word and kept. Features of neighbours together (the word before and the shape of this one) are hashes of a few
numbers, computed for a whole text at once. Both are slots of one table of weights (feature hashing, Weinberger et al.
2009), so no dictionary of features is needed.
"""

import re
from typing import Final, NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

from pipeline.entities.tagger.lexicon import CALENDAR, ORGANISATION_HEAD, PLACE_HEAD, TITLE, Lexicon

BITS: Final = 22
_GOLDEN: Final = 0x9E3779B1
_MIX: Final = 0x85EBCA6B
_REPEATED: Final = re.compile(r"(.)\1+")
_DIGIT: Final = re.compile(r"\d")
# How far around a token each of its features is seen: only at the token, at its neighbours, at two on each side.
HERE, NEAR, WIDE = 0, 1, 2
REACH: Final = 2
# The views of a token that templates combine: its word, its shape, what lists know of it, the known name it is part of,
# and, of languages without spaces, the dictionary's word and class.
WORD, SHAPE, LISTS, KNOWN, PART, CLASS = range(6)
VIEWS: Final = 6
# The flags that tell a name, and those that tell what stands beside one.
_NAMES: Final = 0x7FF
_ROLES: Final = TITLE | ORGANISATION_HEAD | PLACE_HEAD | CALENDAR
# Languages whose names have cases, as the lexicon knows them.
CASED: Final = frozenset(
    {"sh", "sl", "ru", "uk", "be", "bg", "mk", "pl", "cs", "sk", "lt", "lv", "hu", "fi", "et", "tr"}
)
_LATIN: Final = str.maketrans({
    "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "ђ": "đ", "е": "e", "ё": "e", "є": "e", "ж": "ž", "з": "z",
    "и": "i", "і": "i", "ї": "i", "й": "j", "ј": "j", "к": "k", "л": "l", "љ": "lj", "м": "m", "н": "n", "њ": "nj",
    "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "ћ": "ć", "у": "u", "ў": "u", "ф": "f", "х": "h", "ц": "c", "ч": "č",
    "џ": "dž", "ш": "š", "щ": "šč", "ъ": "", "ы": "i", "ь": "", "э": "e", "ю": "ju", "я": "ja",
})  # fmt: skip
Template = tuple[tuple[int, int], ...]
TEMPLATES: Final[tuple[Template, ...]] = (
    ((WORD, -1), (WORD, 0)),
    ((WORD, 0), (WORD, 1)),
    ((WORD, -1), (SHAPE, 0)),
    ((SHAPE, 0), (WORD, 1)),
    ((SHAPE, -1), (SHAPE, 0)),
    ((SHAPE, 0), (SHAPE, 1)),
    ((SHAPE, -1), (SHAPE, 0), (SHAPE, 1)),
    ((LISTS, -1), (LISTS, 0)),
    ((LISTS, 0), (LISTS, 1)),
    ((LISTS, -1), (LISTS, 0), (LISTS, 1)),
    ((WORD, -1), (LISTS, 0)),
    ((LISTS, 0), (WORD, 1)),
    ((WORD, -2), (LISTS, -1), (LISTS, 0)),
    ((KNOWN, -1),),
    ((KNOWN, 0),),
    ((KNOWN, 1),),
    ((KNOWN, 0), (SHAPE, 0)),
    ((WORD, -1), (KNOWN, 0)),
    ((KNOWN, 0), (WORD, 1)),
)
CHARACTER_TEMPLATES: Final[tuple[Template, ...]] = (
    ((WORD, -2), (WORD, -1)),
    ((WORD, -1), (WORD, 0)),
    ((WORD, 0), (WORD, 1)),
    ((WORD, 1), (WORD, 2)),
    ((WORD, -1), (WORD, 0), (WORD, 1)),
    ((WORD, -2), (WORD, -1), (WORD, 0)),
    ((WORD, 0), (WORD, 1), (WORD, 2)),
    ((SHAPE, -1), (SHAPE, 0), (SHAPE, 1)),
    ((KNOWN, -1),),
    ((KNOWN, 0),),
    ((KNOWN, 1),),
    ((WORD, -1), (KNOWN, 0)),
    ((KNOWN, 0), (WORD, 1)),
    ((PART, -2),),
    ((PART, -1),),
    ((PART, 0),),
    ((PART, 1),),
    ((PART, 2),),
    ((CLASS, -2),),
    ((CLASS, -1),),
    ((CLASS, 0),),
    ((CLASS, 1),),
    ((CLASS, 2),),
    ((CLASS, -1), (CLASS, 0)),
    ((CLASS, 0), (CLASS, 1)),
    ((CLASS, -1), (CLASS, 0), (CLASS, 1)),
    ((WORD, -1), (CLASS, 0)),
    ((CLASS, 0), (WORD, 1)),
    ((KNOWN, 0), (CLASS, 0)),
)
Hashes = npt.NDArray[np.uint32]


def hashed(text: str) -> int:
    """A number for a feature or value: CRC-32 of its UTF-8, 0 being kept for what lies outside a sentence."""
    return crc32(text.encode("utf-8", "surrogatepass")) or 1


def slots(features: Hashes, offset: int) -> npt.NDArray[np.uint32]:
    """The slots of features seen at an offset from the token."""
    mixed = (features + np.uint32((offset + 3) * _GOLDEN & 0xFFFFFFFF)) * np.uint32(_MIX)
    mixed ^= mixed >> np.uint32(13)
    return (mixed * np.uint32(_GOLDEN)) >> np.uint32(32 - BITS)


def combined(number: int, values: list[Hashes]) -> npt.NDArray[np.uint32]:
    """The slots of one template (by its number) for aligned arrays of values."""
    mixed = values[0] ^ np.uint32((number + 1) * _GOLDEN & 0xFFFFFFFF)
    mixed = mixed * np.uint32(_MIX)
    mixed ^= mixed >> np.uint32(15)
    for value in values[1:]:
        mixed = (mixed ^ value) * np.uint32(_MIX)
        mixed ^= mixed >> np.uint32(15)
    return (mixed * np.uint32(_GOLDEN)) >> np.uint32(32 - BITS)


def shape(word: str) -> str:
    """`Xx` for `Putin`, `X` for `PBB`, `0` for `2024`: the kinds of characters, runs of one kind as two."""
    kinds = "".join(
        "X" if c.isupper() else "x" if c.islower() else "0" if c.isdigit() else "o" if c.isalnum() else c for c in word
    )
    return _REPEATED.sub(r"\1\1", kinds)


class Signs(NamedTuple):
    """What one word shows: its features with their reach, and its views WORD, SHAPE and LISTS."""

    features: list[tuple[int, int]]
    views: tuple[int, int, int]


def words_of(word: str, lexicon: Lexicon, language: str) -> Signs:
    """What a word shows to a model trained on texts of its language: its letters, and what the lists know."""
    common = _Common(word, lexicon, language)
    lowered = common.lowered
    wide = [f"w={lowered}", *common.wide]
    near = [f"s2={lowered[-2:]}", f"s3={lowered[-3:]}", f"p3={lowered[:3]}", *common.near]
    here = [f"W={word}", *common.here]
    for size in range(1, min(len(lowered), 6) + 1):
        here += [f"P{size}={lowered[:size]}", f"S{size}={lowered[-size:]}"]
    framed = f"^{lowered}$"
    here += [f"g={framed[at : at + 4]}" for at in range(len(framed) - 3)]
    return _signs(here, near, wide, (lowered, common.shape, common.lists))


def signs_of(word: str, lexicon: Lexicon, language: str) -> Signs:
    """What a word shows to a model for languages without texts to train on: nothing that only one language has."""
    common = _Common(word, lexicon, language)
    sound = common.lowered.translate(_LATIN)
    role = lexicon.role(common.lowered)
    marks = common.flags & _ROLES
    word_class = f"{role}|{marks}" if word[0].isalpha() else word[0]
    wide = [f"r={word_class}", *common.wide]
    near = [f"s2={sound[-2:]}", *common.near]
    here = [f"s3={sound[-3:]}", f"s4={sound[-4:]}", *common.here]
    return _signs(here, near, wide, (word_class, common.shape, common.lists))


class _Common:
    """What every model for words with spaces between them looks at."""

    def __init__(self, word: str, lexicon: Lexicon, language: str) -> None:
        self.lowered = _DIGIT.sub("0", word.lower())
        self.shape = shape(word)
        self.flags, soft = _flags(self.lowered, lexicon, language)
        rank = lexicon.rank(self.lowered, language)
        upper = word[0].isupper()
        self.wide = [f"s={self.shape}", f"f={rank}", f"L={self.flags}|{rank}{soft}"]
        self.wide += [f"l={bit}{soft}" for bit in range(16) if self.flags >> bit & 1]
        if upper:
            self.wide.append(f"F={rank}")
        self.near: list[str] = []
        for name, cluster in lexicon.clusters(word):
            self.wide.append(f"{name}={cluster}")
            self.near += [f"{name}{mask}={cluster & mask}" for mask in (15, 63, 1023)]
        self.here = [f"n={min(len(word), 12)}"]
        case = "U" if len(word) > 1 and word.isupper() else "T" if upper else "d" if word[0].isdigit() else "l"
        case = case if word[0].isalnum() else word[0]
        self.lists = f"{case}{self.flags & _NAMES}|{rank}"


def _flags(lowered: str, lexicon: Lexicon, language: str) -> tuple[int, str]:
    """The flags of a word; in languages with cases, where it has none, those of its likely stem, marked as such."""
    flags = lexicon.flags(lowered)
    if flags or language not in CASED:
        return flags, ""
    for cut in range(1, min(4, len(lowered) - 3)):
        stem = lowered[:-cut]
        for ending in ("", "a", "а", "ь", "й"):
            flags = lexicon.flags(stem + ending) & _NAMES
            if flags:
                return flags, "~"
    return 0, ""


def _signs(here: list[str], near: list[str], wide: list[str], views: tuple[str, str, str]) -> Signs:
    features = [
        (hashed(feature), reach) for reach, listed in ((HERE, here), (NEAR, near), (WIDE, wide)) for feature in listed
    ]
    word, form, lists = map(hashed, views)
    return Signs(features, (word, form, lists))


def characters_of(word: str) -> Signs:
    """What a character (or Latin word, or number) of a language without spaces between words shows."""
    lowered = word.lower() if not word.isdigit() else "0" * min(len(word), 4)
    form = shape(word) if word[0] < "\u2e80" else _script(word)
    features = [(hashed(f"w={lowered}"), WIDE), (hashed(f"s={form}"), WIDE)]
    return Signs(features, (hashed(lowered), hashed(form), 0))


def _script(character: str) -> str:
    if "\u3040" <= character <= "\u309f":
        return "hira"
    if "\u30a0" <= character <= "\u30ff":
        return "kata"
    if "\uac00" <= character <= "\ud7a3":
        return "hang"
    return "han" if character.isalpha() else character
