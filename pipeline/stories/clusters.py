"""The open stories of a window: what each is about, and which is nearest to an item.

A story is compared by the mean of its members' vectors, as long as it lives: single-pass clustering with centroids, in
the order of arrival (Allan, Papka and Lavrenko 1998). Copies add nothing to the mean. Stories are found by their most
telling terms; a story is the newest of its terms again whenever it grows.
"""

from array import array
from collections.abc import Callable, Iterable, Mapping
from heapq import nsmallest
from itertools import repeat
from math import log, sqrt
from operator import mul

import msgspec
import numpy as np

from pipeline.stories.chains import Chains
from pipeline.stories.frequencies import Frequencies
from pipeline.stories.vectors import LOUDEST, VECTOR, WHOLE, Vector, joined
from pipeline.stories.words import Emphases

POSTED = 10
QUERIED = 12
STEPS = 48  # along one term's chain
COMPARED = 8

THRESHOLD = 0.25
LONG_LOSS = 0.06  # texts of 400 words and more say much besides: what they share of an event is a smaller part
SHORT_WORDS, LONG_WORDS = 80, 400
BESIDE = 0.06  # of the similarity, what one name alone cannot give
NAME_TERMS = 4
SHORT_NAMED = 40  # words
FADE_SECONDS = 14 * 24 * 3600  # similarity counts half where the story last moved so long ago
_SPARE = 4096
_FULL_WORD, _PLACE = np.uint64((1 << 32) - 1), np.uint64((1 << 16) - 1)
_HALF, _QUARTER = np.uint64(32), np.uint64(16)

Parts = Callable[[], Iterable[tuple[int, int]]]


class Grown(msgspec.Struct, frozen=True):
    """Stories as columns, one row each; `moved` says in which order the terms that they are found by were renewed."""

    ids: np.ndarray
    last: np.ndarray
    voices: np.ndarray
    terms: np.ndarray
    weights: np.ndarray
    posted: np.ndarray
    moved: np.ndarray
    frequencies: Frequencies

    @classmethod
    def of(cls, ids: np.ndarray, last: np.ndarray) -> "Grown":
        """Stories of these names, which moved last at these times, with nothing in them."""
        count = len(ids)
        frequencies = Frequencies()
        frequencies.stories = count
        return cls(
            ids=ids,
            last=last,
            voices=np.ones(count, np.uint32),
            terms=np.zeros((count, VECTOR), np.uint32),
            weights=np.zeros((count, VECTOR), np.uint16),
            posted=np.zeros((count, POSTED), np.uint32),
            moved=np.zeros((count, POSTED), np.uint32),
            frequencies=frequencies,
        )


class Clusters:
    """Stories 0, 1, 2 …, about 350 bytes each."""

    def __init__(self) -> None:
        self.frequencies = Frequencies()
        self.ids = array("Q")
        self.last = array("I")
        self._voices = array("I")
        self._terms = array("I")
        self._weights = array("H")
        self._lengths = array("f")
        self._posts = Chains(POSTED)
        self._check = _SPARE

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, grown: Grown) -> None:
        """Be these stories."""
        self.frequencies = grown.frequencies
        self.ids = array("Q", grown.ids.tobytes())
        self.last = array("I", grown.last.tobytes())
        self._voices = array("I", grown.voices.tobytes())
        self._terms = array("I", grown.terms.tobytes())
        self._weights = array("H", grown.weights.tobytes())
        heavy = grown.weights.astype(np.float64)
        self._lengths = array("f", np.sqrt(np.einsum("ij,ij->i", heavy, heavy)).astype(np.float32).tobytes())
        self._posts.fill(grown.posted, grown.moved)

    def vector(self, emphases: Emphases, language: str) -> Vector:
        """What an item is compared by, with what its terms tell at this moment."""
        rarity = self.frequencies.rarity(emphases.terms, language)
        weights = (emphases.weights * rarity).astype(np.float32)
        # The weightiest first, of equal weights the first in the text: the bits of numbers above 0 rise with them.
        keys = (_FULL_WORD - weights.view(np.uint32)) << _HALF
        keys |= emphases.firsts << _QUARTER
        keys |= np.arange(len(keys), dtype=np.uint64)
        keys.sort()
        order = (keys[:VECTOR] & _PLACE).astype(np.intp)
        kept = weights[order].astype(np.float64)
        kept = kept[: np.count_nonzero(kept > 0.0)]
        length = sqrt(float(kept @ kept)) or 1.0
        whole = np.rint(kept * (WHOLE / length)).astype(np.uint16)
        return Vector(array("I", emphases.terms[order[: len(kept)]].tobytes()), array("H", whole.tobytes()))

    def nearest(self, item: Vector, words: int, moment: int, oldest: int, parts: Parts) -> int | None:
        """The story that the item belongs to, if any. Times in seconds; `words` is the length of the text.

        `parts` tells which terms of the item may be parts of one name; it is asked only where that decides.
        """
        likely = self._likely(item, oldest)
        least = threshold(words)
        scored = []
        for rank, (story, score) in enumerate(zip(likely, self._scores(item, likely), strict=True)):
            faded = score / (1.0 + abs(self.last[story] - moment) / FADE_SECONDS)
            if faded >= least:
                scored.append((-faded, rank, story))
        for _, _, story in sorted(scored):
            if self._more_than_a_name(item, story, beside(words), parts):
                return story
        return None

    def found(self, name: int, item: Vector, moment: int) -> int:
        """A new story of one item."""
        self.ids.append(name)
        self.last.append(moment)
        self._voices.append(1)
        count = len(item.terms)
        self._terms.extend(item.terms)
        self._terms.frombytes(bytes(4 * (VECTOR - count)))
        self._weights.extend(item.weights)
        self._weights.frombytes(bytes(2 * (VECTOR - count)))
        self._lengths.append(_length(item.weights))
        self._posts.add(item.terms[:POSTED].tolist())
        self.frequencies.add(np.frombuffer(item.terms, np.uint32))
        self.frequencies.stories += 1
        return len(self.ids) - 1

    def named(self, name: int) -> int | None:
        """The number of the newest story of this name, if it is still here."""
        found = np.flatnonzero(np.frombuffer(self.ids, np.uint64) == name)
        return int(found[-1]) if len(found) else None

    def join(self, story: int, item: Vector, moment: int) -> None:
        """One more item that says it in its own words."""
        first, last = story * VECTOR, (story + 1) * VECTOR
        voices = self._voices[story]
        mean, new = joined(self._held(story), voices, item)
        rest = VECTOR - len(mean)
        weights = array("H", mean.values())
        self._terms[first:last] = array("I", [*mean, *repeat(0, rest)])
        self._weights[first:last] = array("H", [*weights, *repeat(0, rest)])
        self._lengths[story] = _length(weights)
        self._voices[story] = min(voices + 1, LOUDEST)
        self.touch(story, moment)
        if new:
            self.frequencies.add(np.array(new, np.uint32))
        self._post(story, item.terms[:POSTED].tolist())

    def touch(self, story: int, moment: int) -> None:
        """Something of the story was seen again."""
        self.last[story] = max(self.last[story], moment)

    def compact(self, oldest: int) -> np.ndarray | None:
        """Forget stories that ended, where they are many: the new number of each story, by its old one, or None."""
        if len(self) < self._check:
            return None
        last = np.frombuffer(self.last, np.uint32)
        kept = np.flatnonzero(last >= oldest)
        if len(kept) * 4 > len(self) * 3:
            self._check = len(self) + max(_SPARE, len(self) // 8)
            return None
        numbers = np.zeros(len(self), np.uint32)
        numbers[kept] = np.arange(len(kept))
        moments = last[kept]
        del last
        self.ids = array("Q", np.frombuffer(self.ids, np.uint64)[kept].tobytes())
        self._voices = array("I", np.frombuffer(self._voices, np.uint32)[kept].tobytes())
        self._terms = array("I", np.frombuffer(self._terms, np.uint32).reshape(-1, VECTOR)[kept].tobytes())
        self._weights = array("H", np.frombuffer(self._weights, np.uint16).reshape(-1, VECTOR)[kept].tobytes())
        self._lengths = array("f", np.frombuffer(self._lengths, np.float32)[kept].tobytes())
        self.last = array("I", moments.tobytes())
        self._posts.keep(kept, np.repeat(moments, POSTED))
        self.frequencies = Frequencies()
        self.frequencies.stories = len(kept)
        counted = np.frombuffer(self._terms, np.uint32)
        self.frequencies.add(counted[counted > 0])
        self._check = len(self) + max(_SPARE, len(self) // 4)
        return numbers

    def _held(self, story: int) -> dict[int, int]:
        """The mean vector of a story."""
        first, last = story * VECTOR, (story + 1) * VECTOR
        held = dict(zip(self._terms[first:last], self._weights[first:last], strict=True))
        held.pop(0, None)
        return held

    def _likely(self, item: Vector, oldest: int) -> list[int]:
        """The stories that share its most telling terms, the likeliest first."""
        pairs = zip(item.terms[:QUERIED], item.weights[:QUERIED], strict=True)
        last = self.last
        scores = self._posts.tally(pairs, 0, STEPS)
        alive = [(-score, -story) for story, score in scores.items() if last[story] >= oldest]
        return [-story for _, story in nsmallest(COMPARED, alive)]

    def _scores(self, item: Vector, stories: list[int]) -> list[float]:
        """The cosine of the item with each story."""
        weight = dict(zip(item.terms, item.weights, strict=True)).get
        scores = []
        for story in stories:
            first, last = story * VECTOR, (story + 1) * VECTOR
            product = sum(map(mul, self._weights[first:last], map(weight, self._terms[first:last], repeat(0))))
            scores.append(product / WHOLE / max(self._lengths[story], 1.0))
        return scores

    def _more_than_a_name(self, item: Vector, story: int, least: float, parts: Parts) -> bool:
        """Whether they share something beside one name: whoever is named did more than one thing this week."""
        held = self._held(story)
        whole = WHOLE * max(self._lengths[story], 1.0)
        pairs = zip(item.terms, item.weights, strict=True)
        shared = {term: weight * held[term] / whole for term, weight in pairs if term in held}
        heaviest = sorted(shared.values(), reverse=True)[:NAME_TERMS]
        if sum(shared.values()) - sum(heaviest) >= least:
            return True
        return beside_one_name(shared, parts()) >= least

    def _post(self, story: int, terms: list[int]) -> None:
        first = story * POSTED
        places = self._posts.keys[first : first + POSTED]
        for term in terms:
            if term in places:
                self._posts.renew(term, story, STEPS)
            elif 0 in places:
                place = places.index(0)
                self._posts.set(first + place, term)
                places[place] = term


def _length(weights: "array[int]") -> float:
    return sqrt(sum(map(mul, weights, weights)))


def beside_one_name(shared: Mapping[int, float], parts: Iterable[tuple[int, int]]) -> float:
    """What is shared beside the weightiest name; `parts` are pairs of terms that belong to one.

    More than `NAME_TERMS` terms side by side are a phrase and no name.
    """
    group = {term: term for term in shared}

    def root(term: int) -> int:
        while group[term] != term:
            term = group[term]
        return term

    for one, other in parts:
        if one in group and other in group:
            group[root(one)] = root(other)
    sums: dict[int, list[float]] = {}
    for term, weight in shared.items():
        sums.setdefault(root(term), []).append(weight)
    heaviest = max((sum(weights) for weights in sums.values() if len(weights) <= NAME_TERMS), default=0.0)
    return sum(shared.values()) - heaviest


def beside(words: int) -> float:
    """What a text of so many words must share beside one name; a long one about someone tells more of them."""
    return BESIDE * min(max((2.0 - words / SHORT_NAMED), 0.0), 1.0)


def threshold(words: int) -> float:
    """How near a text of so many words must be to a story to belong to it."""
    return THRESHOLD - LONG_LOSS * length(words)


def length(words: int) -> float:
    """How long a text is, from 0 for one of `SHORT_WORDS` and less to 1 for one of `LONG_WORDS` and more."""
    return min(max(log(max(words, 1) / SHORT_WORDS) / log(LONG_WORDS / SHORT_WORDS), 0.0), 1.0)
