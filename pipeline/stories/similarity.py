"""How near an item is to a story: cosine over weighted terms, title and entities among them.

A term weighs what it tells: its inverse document frequency in the window (Spärck Jones 1972), estimated with a prior
by word length, because a young window knows no stop words and short words are common in every language (Zipf 1935).
"""

from array import array
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from math import log, sqrt

import msgspec

from pipeline.stories.fingerprint import ENTITY_BIT, KEY_SHIFT, TITLE_BIT

PRIOR_ITEMS = 40.0
PRIOR_SHARE = (0.20, 0.06, 0.03, 0.012)  # of words of 3, 4, 5, and more letters
ENTITY_SHARE = 0.01
TITLE_WEIGHT = 1.5
ENTITY_WEIGHT = 1.5
PROFILE_TERMS = 64
LEAST_SHARED_TERMS = 3
MEMBER_TERMS = 36  # of each, those that told most when it came
MANY_MEMBERS = 3  # from here on a story is what at least two of its members share
_COUNT = 1024.0  # above any sum of emphases
_FREQUENCY = (1.0, 1.4, 1.7, 2.0)


class Frequencies:
    """In how many items of the window each term occurs."""

    __slots__ = ("_counts", "items")

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self.items = 0

    def add(self, keys: Iterable[int]) -> None:
        """Count one item's terms."""
        counts = self._counts
        self.items += 1
        for key in keys:
            counts[key] = counts.get(key, 0) + 1

    def remove(self, keys: Iterable[int]) -> None:
        """Uncount one item's terms."""
        counts = self._counts
        self.items -= 1
        for key in keys:
            left = counts[key] - 1
            if left:
                counts[key] = left
            else:
                del counts[key]

    def rarities(self, keys: Iterable[int]) -> list[float]:
        """How much each term tells, in nats: the negative logarithm of the share of items that have it."""
        total = log(self.items + 1 + PRIOR_ITEMS)
        count = self._counts.get
        return [total - _log_count(count(key, 0), key & 7) for key in keys]


class Story(msgspec.Struct, frozen=True):
    """What a story is compared by: the mean weight of each term over the members looked at."""

    terms: Mapping[int, float]


class Vector(msgspec.Struct, frozen=True):
    """What an item is compared by: the weight of each term, and the sum of their squares."""

    weights: Mapping[int, float]
    square: float


def keys(terms: Iterable[int]) -> list[int]:
    """The terms without what differs from text to text: frequency and title."""
    return [term >> KEY_SHIFT for term in terms]


def vector(terms: Iterable[int], frequencies: Frequencies) -> Vector:
    """The weight of each term of one item, the heaviest first."""
    marked = {term >> KEY_SHIFT: term & 15 for term in terms}
    rarities = frequencies.rarities(marked)
    weighed = [(-_emphasis(marks) * rare, key) for (key, marks), rare in zip(marked.items(), rarities, strict=True)]
    weighed.sort()
    return Vector({key: -weight for weight, key in weighed}, sum([weight * weight for weight, _ in weighed]))


def profile(members: Iterable[bytes]) -> Story:
    """A story from the packed terms of some of its members: what they share, or all of it while they are few."""
    weights: dict[int, float] = {}
    get = weights.get
    counted = _counted()
    number = 0
    for packed in members:
        number += 1
        for term in array("I", packed)[:MEMBER_TERMS]:
            key = term >> KEY_SHIFT
            weights[key] = get(key, 0.0) + counted[term & 15]
    least = _COUNT if number < MANY_MEMBERS else 2 * _COUNT
    kept = [(-weight, key) for key, weight in weights.items() if weight >= least]
    kept.sort()
    return Story({key: -weight % _COUNT / number for weight, key in kept[:PROFILE_TERMS]})


def cosine(item: Vector, story: Story, frequencies: Frequencies, least: float) -> float:
    """The similarity of an item and a story, between 0 and 1; 0 where it is below `least`."""
    terms, weights = story.terms, item.weights
    shared = [weight * weight for key, weight in weights.items() if key in terms]
    # By Cauchy and Schwarz the cosine is at most the part of the item's length that lies in the shared terms.
    if len(shared) < LEAST_SHARED_TERMS or sum(shared) < least * least * item.square:
        return 0.0
    norm = product = 0.0
    for (key, emphasis), rare in zip(terms.items(), frequencies.rarities(terms), strict=True):
        weight = emphasis * rare
        norm += weight * weight
        if key in weights:
            product += weight * weights[key]
    score = product / sqrt(norm * item.square) if norm and item.square else 0.0
    return score if score >= least else 0.0


@lru_cache(maxsize=1 << 20)
def _log_count(count: int, kind: int) -> float:
    return log(count + 1 + PRIOR_ITEMS * _prior(kind))


@cache
def _counted() -> tuple[float, ...]:
    """The emphasis of each set of marks, plus `_COUNT`: one sum adds up emphases and counts occurrences."""
    return tuple(_COUNT + _emphasis(marks) for marks in range(16))


@cache
def _emphasis(marks: int) -> float:
    title = TITLE_WEIGHT if marks & TITLE_BIT else 1.0
    entity = ENTITY_WEIGHT if marks & ENTITY_BIT else 1.0
    return _FREQUENCY[marks & 3] * title * entity


@cache
def _prior(kind: int) -> float:
    """The share of items expected to have a term of this kind (the lowest 3 bits of its key)."""
    return ENTITY_SHARE if kind & 1 else PRIOR_SHARE[kind >> 1]
