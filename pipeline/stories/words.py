"""Words as numbers of 64 bits, by which a text is worked on as a whole; each word is looked at once.

    32 bits  the term (`terms`), 0 for a word that says nothing
    18 bits  a hash of the word without its case, the high part
     2 bits  how it is written: in small letters, with a capital, otherwise
    12 bits  the hash's low part; where words are sorted, the place in the text

Sorted, a term's words stand side by side, of them each word's, and there the small letters first.
"""

from collections import Counter
from collections.abc import Callable
from itertools import chain, islice
from math import log
from typing import Final
from zlib import crc32

import msgspec
import numpy as np

from pipeline.stories.terms import TERM_TOKENS, term_of, term_of_entity, terms_of_words
from schemas.document import Mention

TITLE = 1.3  # for each time that a title says it
MOST_IN_TITLE = 8
NAME = 1.6
ENTITY = 0.6
ENTITIES = 10

REMEMBERED = 1 << 17  # words, about 20 MB
_SPREAD = 2_654_435_761  # Knuth's multiplicative hashing
SMALL, CAPITAL, OTHERWISE = range(3)

_TERM: Final = np.uint64(32)
_WORD: Final = np.uint64(14)
_CASE: Final = np.uint64(12)
_PLACES: Final = np.uint64((1 << 12) - 1)
_CASES: Final = np.uint64(3)
_NO_PLACE: Final = ~_PLACES
_NO_CASE: Final = ~(_CASES << _CASE)
_FIRST_TERM: Final = np.uint64(1 << 32)
_OFTEN: Final = np.array([0.0, *(1.0 + log(count) for count in range(1, TERM_TOKENS + 1))], np.float32)
_IN_TITLE: Final = np.float32(TITLE) ** np.arange(TERM_TOKENS + 1, dtype=np.float32).clip(max=MOST_IN_TITLE)
_NOTHING: Final = np.zeros(0, np.uint64)


class Emphases(msgspec.Struct, frozen=True):
    """What a text tells of: terms, each once, in no order that matters.

    `weights` says how much each stands out: how often, where, and whether a name. `firsts` is where it first stands.
    """

    terms: np.ndarray
    weights: np.ndarray
    firsts: np.ndarray


class _Memory(dict[str, int]):
    """A number for each word, worked out when it is first met. Full, it begins anew: what it gives stays the same."""

    def __init__(self, number: Callable[[str], int]) -> None:
        super().__init__()
        self._number = number

    def __missing__(self, word: str) -> int:
        if len(self) >= REMEMBERED:
            self.clear()
        found = self[word] = self._number(word)
        return found


def _number(word: str) -> int:
    folded = word.casefold()
    case = SMALL if word == folded else CAPITAL if word[0].isupper() else OTHERWISE
    spread = crc32(folded.encode("utf-8", "replace")) * _SPREAD & 0x3FFF_FFFF
    return term_of(folded) << 32 | (spread >> 12) << 14 | case << 12 | spread & 0xFFF


_words: Final = _Memory(_number)


def numbered(words: list[str]) -> np.ndarray:
    """The numbers of words as they are written."""
    return np.fromiter(map(_words.__getitem__, words), np.uint64, len(words))


def without_case(numbers: np.ndarray) -> np.ndarray:
    """The numbers of the same words in any case."""
    return numbers & _NO_CASE


def emphases(numbers: np.ndarray, in_title: int, mentions: tuple[Mention, ...]) -> Emphases:
    """The terms of the beginning of a text in words, of which so many are the title."""
    return _emphasised(numbers[:TERM_TOKENS], in_title, mentions)


def unspaced_emphases(title: list[str], rest: list[str], mentions: tuple[Mention, ...]) -> Emphases:
    """The terms of a title and the beginning of a text in a script without spaces."""
    in_title, in_rest = (
        terms_of_words([word.casefold() for word in words])
        for words in (title[:TERM_TOKENS], rest[: max(TERM_TOKENS - len(title), 0)])
    )
    terms = np.fromiter(chain(in_title, in_rest), np.uint64, len(in_title) + len(in_rest))
    return _emphasised(terms << _TERM, len(in_title), mentions)


def _emphasised(numbers: np.ndarray, in_title: int, mentions: tuple[Mention, ...]) -> Emphases:
    entities = Counter(mention.entity_id for mention in islice(mentions, 200)).most_common(ENTITIES)
    terms, weights, firsts = _weighed(numbers, in_title)
    if not entities:
        return Emphases(terms, weights, firsts)
    return Emphases(
        np.concatenate((terms, np.array([term_of_entity(entity) for entity, _ in entities], np.uint32))),
        np.concatenate((weights, np.array([ENTITY * (1.0 + log(count)) for _, count in entities], np.float32))),
        np.concatenate((firsts, np.arange(TERM_TOKENS, TERM_TOKENS + len(entities), dtype=np.uint64))),
    )


def _weighed(numbers: np.ndarray, in_title: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The terms of words in their order, ascending; how much each stands out; and where it stands first."""
    keys = numbers & _NO_PLACE | np.arange(len(numbers), dtype=np.uint64)
    keys.sort()
    keys = keys[keys.searchsorted(_FIRST_TERM) :]
    if not len(keys):
        return _NOTHING.astype(np.uint32), _NOTHING.astype(np.float32), _NOTHING
    terms = keys >> _TERM
    starts = np.flatnonzero(first_of_each(terms))
    # A name is a word that the text writes with a capital and nowhere without.
    names = first_of_each(keys >> _WORD)
    names &= keys >> _CASE & _CASES == CAPITAL
    places = keys & _PLACES
    counts = np.empty_like(starts)
    np.subtract(starts[1:], starts[:-1], out=counts[:-1])
    counts[-1] = len(keys) - starts[-1]
    weights = _OFTEN[counts]
    weights *= _IN_TITLE[np.add.reduceat(places < in_title, starts, dtype=np.intp)]
    weights[np.logical_or.reduceat(names, starts)] *= np.float32(NAME)
    return terms[starts].astype(np.uint32), weights, np.minimum.reduceat(places, starts)


def first_of_each(ascending: np.ndarray) -> np.ndarray:
    """A mask of what differs from the one before."""
    first = np.ones(len(ascending), bool)
    np.not_equal(ascending[1:], ascending[:-1], out=first[1:])
    return first
