"""The open stories of a window: what each is about, and which is nearest to an item.

A story is compared by the mean of its members' vectors, as long as it lives: single-pass clustering with centroids, in
the order of arrival (Allan, Papka and Lavrenko 1998). Copies add nothing to the mean. Stories are found by their most
telling terms; a story is the newest of its terms again whenever it grows.
"""

from array import array
from collections.abc import Callable, Iterable, Mapping
from math import log

import msgspec
import numpy as np

from pipeline.stories.chains import Chains
from pipeline.stories.frequencies import Frequencies

VECTOR = 32
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
_FULL = 65_535
_SPARE = 4096

Parts = Callable[[], Iterable[tuple[int, int]]]


class Vector(msgspec.Struct, frozen=True):
    """What an item is compared by: at most `VECTOR` terms, the weightiest first; their squares sum to 1."""

    terms: np.ndarray
    weights: np.ndarray

    def pack(self) -> bytes:
        """4 bytes a term, then 2 bytes a weight."""
        return self.terms.tobytes() + np.round(self.weights * _FULL).astype(np.uint16).tobytes()

    @classmethod
    def unpack(cls, packed: bytes) -> "Vector":
        """The vector that was packed."""
        count = len(packed) // 6
        terms = np.frombuffer(packed, np.uint32, count)
        return cls(terms, np.frombuffer(packed, np.uint16, count, 4 * count).astype(np.float32) / _FULL)


NOTHING = Vector(np.zeros(0, np.uint32), np.zeros(0, np.float32))


class Clusters:
    """Stories 0, 1, 2 …, about 350 bytes each."""

    def __init__(self) -> None:
        self.frequencies = Frequencies()
        self.ids = array("Q")
        self.last = array("I")
        self._voices = array("I")
        self._terms = array("I")
        self._weights = array("H")
        self._posts = Chains(POSTED)
        self._check = _SPARE

    def __len__(self) -> int:
        return len(self.ids)

    def vector(self, emphases: Mapping[int, float], language: str) -> Vector:
        """What an item is compared by, with what its terms tell at this moment."""
        terms = np.fromiter(emphases, np.uint32, len(emphases))
        weights = np.fromiter(emphases.values(), np.float32, len(emphases)) * self.frequencies.rarity(terms, language)
        order = np.lexsort((terms, -weights))[:VECTOR]
        order = order[weights[order] > 0.0]
        kept = weights[order]
        length = float(np.sqrt(kept @ kept))
        packed = (
            np.round(kept / (length or 1.0) * _FULL) / _FULL
        )  # as a row keeps it, so that a restart changes nothing
        return Vector(terms[order], packed.astype(np.float32))

    def nearest(self, item: Vector, words: int, moment: int, oldest: int, parts: Parts) -> int | None:
        """The story that the item belongs to, if any. Times in seconds; `words` is the length of the text.

        `parts` tells which terms of the item may be parts of one name; it is asked only where that decides.
        """
        likely = self._likely(item, oldest)
        if not likely:
            return None
        scores = self._scores(item, likely)
        gaps = np.abs(np.array([self.last[story] for story in likely], np.float64) - moment)
        faded = scores / (1.0 + gaps / FADE_SECONDS)
        least = threshold(words)
        order: list[int] = np.argsort(-faded, kind="stable").tolist()
        for best in order:
            if faded[best] < least:
                return None
            if self._more_than_a_name(item, likely[best], beside(words), parts):
                return likely[best]
        return None

    def found(self, name: int, item: Vector, moment: int) -> int:
        """A new story of one item."""
        self.ids.append(name)
        self.last.append(moment)
        self._voices.append(1)
        count = len(item.terms)
        self._terms.frombytes(item.terms.tobytes() + bytes(4 * (VECTOR - count)))
        self._weights.frombytes(
            np.round(item.weights * _FULL).astype(np.uint16).tobytes() + bytes(2 * (VECTOR - count))
        )
        self._posts.add(item.terms[:POSTED].tolist())
        self.frequencies.add(item.terms)
        self.frequencies.stories += 1
        return len(self.ids) - 1

    def join(self, story: int, item: Vector, moment: int) -> None:
        """One more item that says it in its own words."""
        first, last = story * VECTOR, (story + 1) * VECTOR
        voices = self._voices[story]
        held = dict(zip(self._terms[first:last], self._weights[first:last], strict=True))
        held.pop(0, None)
        added = dict(zip(item.terms.tolist(), (item.weights * _FULL).tolist(), strict=True))
        new = [term for term in added if term not in held]
        mean = {term: (weight * voices + added.pop(term, 0.0)) / (voices + 1) for term, weight in held.items()}
        mean.update((term, weight / (voices + 1)) for term, weight in added.items())
        kept = sorted(mean.items(), key=lambda pair: (-pair[1], pair[0]))[:VECTOR]
        kept += [(0, 0.0)] * (VECTOR - len(kept))
        self._terms[first:last] = array("I", [term for term, _ in kept])
        self._weights[first:last] = array("H", [round(weight) for _, weight in kept])
        self._voices[story] = voices + 1
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
        self.last = array("I", moments.tobytes())
        self._posts.keep(kept, moments)
        self.frequencies = Frequencies()
        self.frequencies.stories = len(kept)
        counted = np.frombuffer(self._terms, np.uint32)
        self.frequencies.add(counted[counted > 0])
        self._check = len(self) + max(_SPARE, len(self) // 4)
        return numbers

    def terms_of(self, story: int) -> dict[int, float]:
        """The mean vector of a story."""
        first, last = story * VECTOR, (story + 1) * VECTOR
        pairs = zip(self._terms[first:last], self._weights[first:last], strict=True)
        return {term: weight / _FULL for term, weight in pairs if term}

    def _likely(self, item: Vector, oldest: int) -> list[int]:
        """The stories that share its most telling terms, the likeliest first."""
        scores: dict[int, float] = {}
        for term, weight in zip(item.terms[:QUERIED].tolist(), item.weights[:QUERIED].tolist(), strict=True):
            for story in self._posts.owners(term, 0, STEPS):
                scores[story] = scores.get(story, 0.0) + weight
        last = self.last
        alive = [(-score, -story) for story, score in scores.items() if last[story] >= oldest]
        alive.sort()
        return [-story for _, story in alive[:COMPARED]]

    def _scores(self, item: Vector, stories: list[int]) -> np.ndarray:
        """The cosine of the item with each story."""
        order = np.argsort(item.terms)
        terms, weights = item.terms[order], item.weights[order]
        theirs = np.frombuffer(self._terms, np.uint32).reshape(-1, VECTOR)[stories]
        heavy = np.frombuffer(self._weights, np.uint16).reshape(-1, VECTOR)[stories].astype(np.float32)
        at = np.minimum(np.searchsorted(terms, theirs), len(terms) - 1)
        products = np.where(terms[at] == theirs, heavy * weights[at], 0.0).sum(axis=1)
        lengths = np.sqrt((heavy * heavy).sum(axis=1))
        scores: np.ndarray = products / np.maximum(lengths, 1.0)
        return scores

    def _more_than_a_name(self, item: Vector, story: int, least: float, parts: Parts) -> bool:
        """Whether they share something beside one name: whoever is named did more than one thing this week."""
        held = self.terms_of(story)
        norm = sum(weight * weight for weight in held.values()) ** 0.5
        pairs = zip(item.terms.tolist(), item.weights.tolist(), strict=True)
        shared = {term: weight * held[term] / norm for term, weight in pairs if term in held}
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
