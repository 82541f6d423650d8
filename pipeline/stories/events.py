"""Stories of one event in different languages, joined by what is the same in all of them.

Words differ between languages; who and where (ids of the knowledge base), numbers, and names in the same letters do
not (`tellings`). Each has a weight by its rarity among the stories so far. The first telling of a story joins the event
of a story in another language where what they share is much (in nats) and a large part of both (cosine). Both bounds
prefer precision: a story that stands alone is shown twice, one that is joined wrongly is not shown.

An event has the id of its first story, so it is known as soon as that story is, and what was given never changes.
"""

from array import array
from collections.abc import Iterable, Mapping
from datetime import timedelta
from heapq import nsmallest

import msgspec
import numpy as np

from pipeline.stories.chains import Chains
from pipeline.stories.tellings import FEATURES, KIND_BITS, SHARES

LEAST_SHARED = 3  # features
LEAST_NATS = 15.0
LEAST_COSINE = 0.25
WITHIN = timedelta(days=3)  # an event is told in all languages on the same days
QUERIED = 16  # of its features, by which others are found
STEPS = 16  # along one feature's chain
COMPARED = 16
WORTH = 200.0  # stories that a guess of rarity is worth
SWEPT = 4_096  # tellings between two looks for what ended
COUNTED_BITS = 17
_WHOLE = 1_024  # of a nat, so that sums have no order
_SPREAD = np.uint32(2_654_435_761)


class Told(msgspec.Struct, frozen=True):
    """The first telling of a story: numbers of the story and its event, language group, seconds, packed features."""

    story: int
    event: int
    group: str
    moment: int
    features: bytes


class Events:
    """The events of the last days, of all language groups. Not thread-safe. Times in seconds."""

    def __init__(self, span: timedelta) -> None:
        self._span = span // timedelta(seconds=1)
        self._within = min(span, WITHIN) // timedelta(seconds=1)
        self._clock = 0
        # Tellings 0, 1, 2 … in the order in which they came.
        self._stories = array("Q")
        self._events = array("Q")
        self._groups = array("H")
        self._moments = array("I")
        self._features = Chains(FEATURES)
        self._numbers: dict[str, int] = {}  # of groups
        self._counts = np.zeros(1 << COUNTED_BITS, np.uint32)
        self._taken = 0
        self._joined: dict[int, set[int]] = {}  # the groups that have a story of an event, where it has several
        self._of_story: dict[int, tuple[int, int]] = {}  # a story's event, where that is another's, and when seen last

    def __len__(self) -> int:
        """How many tellings are held."""
        return len(self._stories)

    def event_of(self, story: int, moment: int) -> int:
        """The event of a story that was found before."""
        self._clock = max(self._clock, moment)
        event, last = self._of_story.get(story, (story, 0))
        if event != story:
            self._of_story[story] = event, max(last, moment)
        return event

    def found(self, story: int, group: str, moment: int, features: np.ndarray) -> int:
        """The event of a new story by its first telling: its own, where none in another language agrees with it."""
        known = self.event_of(story, moment)
        if known != story:
            return known
        number = self._numbers.setdefault(group, len(self._numbers))
        agreeing = self._agreeing(features, number, moment)
        event = story if agreeing is None else self._events[agreeing]
        if agreeing is not None:
            self._join(story, event, {number, self._groups[agreeing]}, moment)
        self._features.add(features.tolist())
        self._hold(story, event, number, moment)
        counts = self._counts.data
        for place in _places(features).tolist():
            counts[place] += 1
        if self._taken % SWEPT == 0:
            self._sweep()
        return event

    def restore(self, tellings: Iterable[Told], joined: Mapping[int, tuple[int, int]]) -> None:
        """Go on after these tellings, in the order of time; `joined` is as `_of_story`, of all stories."""
        self._of_story |= joined
        group_of: dict[int, int] = {}
        for told in tellings:
            number = self._numbers.setdefault(told.group, len(self._numbers))
            group_of[told.story] = number
            if told.event != told.story:
                known = {group_of[told.event]} if told.event in group_of else set()
                self._join(told.story, told.event, {number, *known}, told.moment)
            self._clock = max(self._clock, told.moment)
            self._features.hold(array("I", told.features).tolist())
            self._hold(told.story, told.event, number, told.moment)
        self._features.rebuild()
        features = np.frombuffer(self._features.keys, np.uint32)
        np.add.at(self._counts, _places(features[features > 0]), 1)

    def _join(self, story: int, event: int, groups: set[int], moment: int) -> None:
        self._joined.setdefault(event, set()).update(groups)
        _, last = self._of_story.get(story, (event, 0))
        self._of_story[story] = event, max(last, moment)

    def _hold(self, story: int, event: int, group: int, moment: int) -> None:
        self._stories.append(story)
        self._events.append(event)
        self._groups.append(group)
        self._moments.append(moment)
        self._taken += 1

    def _agreeing(self, features: np.ndarray, group: int, moment: int) -> int | None:
        """The telling of another language that agrees most, if enough."""
        if len(self._numbers) == 1:  # nothing here is in another language
            return None
        weights = self._weights(features)
        heaviest = np.argsort(-weights, kind="stable")[:QUERIED]
        asked = zip(features[heaviest].tolist(), np.rint(weights[heaviest] * _WHOLE).astype(int).tolist(), strict=True)
        shares = self._features.tally(asked, 0, STEPS)
        # An event has one story of a language: two that were told apart are not joined by the way round.
        likely = [
            -negative
            for _, negative in nsmallest(COMPARED, [(-nats, -number) for number, nats in shares.items()])
            if abs(self._moments[-negative] - moment) <= self._within and group not in self._groups_of(-negative)
        ]
        if not likely:
            return None
        likenesses = self._likenesses(features, weights, likely)
        best = max(zip(likenesses, likely, strict=True))
        return best[1] if best[0] >= LEAST_COSINE else None

    def _groups_of(self, telling: int) -> set[int]:
        return self._joined.get(self._events[telling], set()) | {self._groups[telling]}

    def _likenesses(self, features: np.ndarray, weights: np.ndarray, tellings: list[int]) -> list[float]:
        """The cosine of a telling with each of others, 0 where too little is shared to tell."""
        held = np.array([self._features.keys[one * FEATURES : (one + 1) * FEATURES] for one in tellings], np.uint32)
        theirs = np.where(held > 0, self._weights(held), 0.0)
        shared = (held[:, :, None] == features).any(axis=2)
        nats = np.where(shared, theirs, 0.0)
        enough = (np.count_nonzero(shared, axis=1) >= LEAST_SHARED) & (nats.sum(axis=1) >= LEAST_NATS)
        lengths = np.sqrt((weights**2).sum() * (theirs**2).sum(axis=1))
        cosines: list[float] = np.where(enough, (nats**2).sum(axis=1) / np.maximum(lengths, 1.0), 0.0).tolist()
        return cosines

    def _weights(self, features: np.ndarray) -> np.ndarray:
        """How much each feature tells, in nats."""
        expected = self._counts[_places(features)] + WORTH * SHARES[features & KIND_BITS]
        told: np.ndarray = np.log((self._taken + WORTH) / (expected + 0.5))
        np.maximum(told, 0.0, out=told)
        return told

    def _sweep(self) -> None:
        """Forget tellings too old to be joined, and events that ended."""
        seen = self._clock - self._span
        self._of_story = {story: known for story, known in self._of_story.items() if known[1] >= seen}
        open_events = {event for event, _ in self._of_story.values()}
        self._joined = {event: groups for event, groups in self._joined.items() if event in open_events}
        kept = np.flatnonzero(np.frombuffer(self._moments, np.uint32) >= self._clock - self._within)
        if len(kept) == len(self):
            return
        self._stories = array("Q", np.frombuffer(self._stories, np.uint64)[kept].tobytes())
        self._events = array("Q", np.frombuffer(self._events, np.uint64)[kept].tobytes())
        self._groups = array("H", np.frombuffer(self._groups, np.uint16)[kept].tobytes())
        self._moments = array("I", np.frombuffer(self._moments, np.uint32)[kept].tobytes())
        self._features.keep(kept)
        features = np.frombuffer(self._features.keys, np.uint32)
        self._counts = np.bincount(_places(features[features > 0]), minlength=1 << COUNTED_BITS).astype(np.uint32)
        self._taken = len(self)


def _places(features: np.ndarray) -> np.ndarray:
    places: np.ndarray = features * _SPREAD >> np.uint32(32 - COUNTED_BITS)
    return places
