"""What the tagger looks at.

A word's own features (its letters, shape, what lists know of it) depend on the word alone, so they are worked out once
for each word and kept; of many new words at once. Features of neighbours together (the word before and the shape of
this one) are hashes of a few numbers, computed for a whole text at once. Both are slots of one table of weights
(feature hashing, Weinberger et al. 2009), so no dictionary of features is needed.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

from pipeline.entities.tagger.letters import Counts as Places
from pipeline.entities.tagger.letters import Hashes, Letters, Numbers, mixed
from pipeline.entities.tagger.lexicon import (
    CALENDAR,
    FLAGS,
    ORGANISATION_HEAD,
    PLACE_HEAD,
    TITLE,
    Lexicon,
    Values,
)

BITS: Final = 20
_GOLDEN: Final = 0x9E3779B1
_MIX: Final = np.uint32(0x85EBCA6B)
# How far around a token each of its features is seen: only at the token, at its neighbours, at two on each side.
HERE, NEAR, WIDE = 0, 1, 2
REACH: Final = 2
# The views of a token that templates combine: its word, its shape, what lists know of it, the known name it is part of,
# of languages read by characters the dictionary's word and class, and of Korean where it stands between spaces, and
# what else stands there. The first three follow from the word.
WORD, SHAPE, LISTS, KNOWN, PART, CLASS, EDGES, UNIT = range(8)
VIEWS: Final = 8
WORD_VIEWS: Final = 3
# The flags that tell a name, and those that tell what stands beside one.
_NAMES: Final = 0x7FF
_ROLES: Final = TITLE | ORGANISATION_HEAD | PLACE_HEAD | CALENDAR
_LONGEST_AFFIX: Final = 6
_TWO, _THREE = np.array([2]), np.array([3])
_RUN, _RUNS = 4, 12
# Columns have salts of their own, counted from here.
_FIRST_SALT: Final = 1000
_CLUSTER_WIDTHS: Final = np.array((15, 63, 1023), np.uint16)
_BITS: Final = np.arange(FLAGS, dtype=np.uint16)
# Languages whose names have cases, as the lexicon knows them, and the endings that a name may have without.
CASED: Final = frozenset(
    {"sh", "sl", "ru", "uk", "be", "bg", "mk", "pl", "cs", "sk", "lt", "lv", "hu", "fi", "et", "tr"}
)
_ENDINGS: Final = ("", "a", "а", "ь", "й")
_CUTS: Final = np.array((1, 2, 3))
_SHORTEST_STEM: Final = 3
# Cyrillic letters as the Latin ones that sound alike, so that endings of names are alike in both.
_SOUNDS: Final = str.maketrans(
    "абвгґдђеёєжзиіїйјклљмнњопрстћуўфхцчџшщъыьэюя", "abvggdđeeežziiijjklǉmnǌoprstćuufhcčǆšš'i'euj"
)
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
# Korean puts spaces between groups of a word and its particles.
SYLLABLE_TEMPLATES: Final[tuple[Template, ...]] = (
    *CHARACTER_TEMPLATES,
    ((EDGES, -1), (EDGES, 0)),
    ((EDGES, 0), (EDGES, 1)),
    ((EDGES, 0), (CLASS, 0)),
    ((EDGES, 0), (WORD, 0)),
    ((EDGES, 0), (WORD, -1), (WORD, 0)),
    ((EDGES, 0), (WORD, 0), (WORD, 1)),
    ((UNIT, 0), (EDGES, 0)),
    ((UNIT, -1), (EDGES, 0)),
    ((UNIT, 1), (EDGES, 0)),
)


class Block:
    """Features of some words, a column for each kind, which has a salt of its own.

    Where there are `keys`, words with the same key show the same, so that what they weigh is worked out once a key.
    """

    def __init__(self, salt: int, keys: Numbers | None = None) -> None:
        self.keys = keys
        self._salt = salt
        self._values: list[npt.NDArray[np.generic]] = []
        self._having: list[tuple[slice, npt.NDArray[np.bool_]]] = []
        self._reaches: list[int] = []

    def add(self, reach: int, values: npt.NDArray[np.generic], *, where: npt.NDArray[np.bool_] | None = None) -> None:
        """More features: numbers for each word (words, or words by kinds), where it has them."""
        columns = values if values.ndim > 1 else values[:, None]
        first = len(self._reaches)
        if where is not None:
            self._having.append((slice(first, first + columns.shape[1]), where if where.ndim > 1 else where[:, None]))
        self._values.append(columns)
        self._reaches += [reach] * columns.shape[1]

    @property
    def reaches(self) -> tuple[int, ...]:
        """How far each column is seen."""
        return tuple(self._reaches)

    def features(self, rows: Places | slice = slice(None)) -> Hashes:
        """The features of some words (all by default), 0 for none."""
        features = _salted([values[rows] for values in self._values], self._salt)
        for columns, has in self._having:
            features[:, columns] *= has[rows]
        return features


class Runs(NamedTuple):
    """Runs of letters anywhere in some words: one kind of feature, so that all columns have one salt."""

    letters: Letters

    @property
    def keys(self) -> None:
        """Each word has its own."""
        return

    @property
    def reaches(self) -> tuple[int, ...]:
        """They are seen at the word alone."""
        return (HERE,) * _RUNS

    def features(self, rows: Places | slice = slice(None)) -> Hashes:
        """The features of some words (all by default), 0 for none."""
        runs, has = self.letters.rows_of(_RUN, _RUNS)
        return np.where(has[rows], runs[rows] | np.uint32(1), np.uint32(0))


class Signs(NamedTuple):
    """What words show: their features, block by block, and the views that follow from them (a column each)."""

    blocks: tuple[Block | Runs, ...]
    views: Hashes

    @property
    def reaches(self) -> Places:
        """How far each feature is seen, over all blocks."""
        return np.array([reach for block in self.blocks for reach in block.reaches])

    @property
    def features(self) -> Hashes:
        """All features, words by columns; 0 for none."""
        return np.concatenate([block.features() for block in self.blocks], axis=1)


def hashed(text: str) -> int:
    """A number for a value: CRC-32 of its UTF-8, 0 being kept for what lies outside a sentence."""
    return crc32(text.encode("utf-8", "surrogatepass")) or 1


def salts(offset: int) -> int:
    """What tells features at this offset from the token apart from those at others."""
    return (offset + 3) * _GOLDEN & 0xFFFFFFFF


def slots(features: Hashes, salt: int | Hashes) -> Hashes:
    """The slots of features with a salt, or one a column; 0 for none."""
    spread = (features + np.asarray(salt, np.uint32)) * _MIX
    spread ^= spread >> np.uint32(13)
    return np.where(features == 0, np.uint32(0), (spread * np.uint32(_GOLDEN)) >> np.uint32(32 - BITS))


class Joint:
    """Templates as columns, so that all of a text's are worked out together."""

    def __init__(self, templates: Sequence[Template]) -> None:
        pairs = [[(offset + REACH) * VIEWS + view for view, offset in template] for template in templates]
        # Templates by how many values they combine, the longest last: what is done for the third is done for these.
        self._columns = [
            np.array([row[place] if place < len(row) else -1 for row in pairs]) for place in range(max(map(len, pairs)))
        ]
        self._salts = np.array([(n + 1) * _GOLDEN & 0xFFFFFFFF for n in range(len(templates))], np.uint32)

    def slots(self, views: Hashes) -> Hashes:
        """The slots of all templates (columns) for each token, of its views and its neighbours' side by side."""
        spread = (views[:, self._columns[0]] ^ self._salts) * _MIX
        spread ^= spread >> np.uint32(15)
        for column in self._columns[1:]:
            used = np.flatnonzero(column >= 0)
            part = (spread[:, used] ^ views[:, column[used]]) * _MIX
            part ^= part >> np.uint32(15)
            spread[:, used] = part
        spread *= np.uint32(_GOLDEN)
        return spread >> np.uint32(32 - BITS)


def _salted(blocks: Sequence[npt.NDArray[np.generic]], first: int) -> Hashes:
    width = sum(block.shape[1] for block in blocks)
    values = np.empty((len(blocks[0]), width), np.uint64)
    at = 0
    for block in blocks:
        values[:, at : at + block.shape[1]] = block
        at += block.shape[1]
    return mixed(values, np.arange(first, first + width)) | np.uint32(1)


class _Common:
    """What every model for words with spaces between them looks at."""

    def __init__(self, words: Sequence[str], lexicon: Lexicon, language: str) -> None:
        self.lowered = ["0" * len(word) if word[0].isdigit() else word.lower() for word in words]
        self.letters = Letters(self.lowered)
        self.key = self.letters.whole()
        self.shape = np.fromiter(map(shape, words), np.int64, len(words))
        self.flags, soft = _flags(self.letters, self.key, lexicon, language)
        rank = lexicon.rank(self.key, language)
        upper = np.fromiter((word[0].isupper() for word in words), np.bool_, len(words))
        state = (self.flags.astype(np.uint64) << np.uint64(8)) | (rank.astype(np.uint64) << np.uint64(1)) | soft
        kinds = (state << np.uint64(32)) | (self.shape.astype(np.uint64) << np.uint64(1))
        kinds |= upper.astype(np.uint64)
        listed = Block(_FIRST_SALT, kinds)
        listed.add(WIDE, self.shape)
        listed.add(WIDE, rank)
        listed.add(WIDE, state)
        listed.add(WIDE, rank, where=upper)
        bits = (self.flags[:, None] >> _BITS & np.uint16(1)).astype(np.bool_)
        listed.add(WIDE, np.broadcast_to(soft[:, None], bits.shape), where=bits)
        self.blocks: list[Block | Runs] = [listed]
        written = Letters(words).whole()
        salt = _FIRST_SALT + len(listed.reaches)
        for table in lexicon.clusters:
            cluster = table.get(written)
            has = cluster > 0
            clustered = Block(salt, cluster.astype(np.uint64))
            clustered.add(WIDE, cluster, where=has)
            clustered.add(NEAR, cluster[:, None] & _CLUSTER_WIDTHS, where=has)
            self.blocks.append(clustered)
            salt += len(clustered.reaches)
        self.own = Block(salt)
        self.blocks.append(self.own)
        self.own.add(HERE, self.letters.lengths)
        self.own.add(HERE, written)
        self.lists = (self.shape << 20) | ((self.flags & np.uint16(_NAMES)).astype(np.int64) << 4) | rank

    def signs(self, word: npt.NDArray[np.generic]) -> Signs:
        """All of it; `word` is what stands for the word in features of neighbours together."""
        return Signs(tuple(self.blocks), _views((word, self.shape, self.lists)))


def words_of(words: Sequence[str], lexicon: Lexicon, language: str) -> Signs:
    """What words show to a model trained on texts of their language: their letters, and what the lists know."""
    common = _Common(words, lexicon, language)
    own, letters = common.own, common.letters
    own.add(WIDE, common.key)
    own.add(NEAR, letters.endings(_TWO))
    own.add(NEAR, letters.endings(_THREE))
    own.add(NEAR, letters.beginnings(_THREE))
    sizes = np.arange(1, _LONGEST_AFFIX + 1)
    has = letters.lengths[:, None] >= sizes
    own.add(HERE, letters.beginnings(sizes), where=has)
    own.add(HERE, letters.endings(sizes), where=has)
    common.blocks.append(Runs(letters))
    return common.signs(common.key)


def signs_of(words: Sequence[str], lexicon: Lexicon, language: str) -> Signs:
    """What words show to a model for languages without texts to train on: nothing that only one language has."""
    common = _Common(words, lexicon, language)
    own = common.own
    sounds = Letters([word.translate(_SOUNDS) for word in common.lowered])
    role = lexicon.roles.get(common.key).astype(np.uint64)
    marks = (common.flags & np.uint16(_ROLES)).astype(np.uint64)
    first = np.fromiter((0 if word[0].isalpha() else ord(word[0]) for word in words), np.uint64, len(words))
    kind = (first << np.uint64(32)) | (role << np.uint64(16)) | marks
    own.add(WIDE, kind)
    own.add(NEAR, sounds.endings(_TWO))
    own.add(HERE, sounds.endings(np.array((3, 4))))
    return common.signs(kind)


def characters_of(words: Sequence[str]) -> Signs:
    """What characters (or Latin words, or numbers) of a language without spaces between words show."""
    own = Block(_FIRST_SALT)
    key = Letters(["0" * min(len(word), 4) if word.isdigit() else word.lower() for word in words]).whole()
    form = np.fromiter((_script(word) or shape(word) for word in words), np.int64, len(words))
    own.add(WIDE, key)
    own.add(WIDE, form)
    return Signs((own,), _views((key, form, np.zeros(len(words), np.int64))))


def _views(views: Sequence[npt.NDArray[np.generic]]) -> Hashes:
    return _salted([view[:, None] for view in views], 900)


def shape(word: str) -> int:
    """A number for how a token is written: `Putin`, `PBB`, `a`, `2024` … or the sign itself that it is."""
    first = word[0]
    if first.isdigit():
        return 1 + min(len(word), 4)
    if not first.isalpha():
        return 100 + ord(first)
    if first.isupper():
        if len(word) == 1:
            return 10
        rest = word[1:]
        return 11 if rest.islower() else 12 + min(len(word), 4) if word.isupper() else 20
    if first.islower():
        return (21 if len(word) == 1 else 22) if word.islower() else 23
    return 30 + min(len(word), 4)


def _script(word: str) -> int:
    first = word[0]
    if "\u3040" <= first <= "\u309f":
        return 50
    if "\u30a0" <= first <= "\u30ff":
        return 51
    if "\uac00" <= first <= "\ud7a3":
        return 52
    return 53 if first >= "\u2e80" and first.isalpha() else 0


def _flags(letters: Letters, key: Hashes, lexicon: Lexicon, language: str) -> tuple[Values, npt.NDArray[np.uint64]]:
    """The flags of words; in languages with cases, where one has none, those of its likely stem, marked with 1."""
    flags = lexicon.flags.get(key)
    soft = np.zeros(len(key), np.uint64)
    if language in CASED:
        open_ = np.flatnonzero(flags == 0)
        stems = lexicon.flags.seldom(letters.stems(open_, _CUTS, _ENDINGS)) & np.uint16(_NAMES)
        stems *= (letters.lengths[open_, None] - _CUTS >= _SHORTEST_STEM).repeat(len(_ENDINGS), axis=1)
        # Of the stems that lists know, the one with the most letters.
        stem = stems[np.arange(len(open_)), (stems > 0).argmax(axis=1)]
        flags[open_] = stem
        soft[open_] = stem > 0
    return flags, soft
