"""Events made again from the rows of all groups: the first telling of each story, in the order of time."""

from array import array
from collections.abc import Iterator

import numpy as np

from pipeline.stories.events import Events, Told
from pipeline.stories.state import Row
from pipeline.stories.tellings import FEATURES
from pipeline.stories.window import story_number_of

_EMPTY = bytes(4 * FEATURES)


class RestoringEvents:
    """Takes rows in any order, and gives events what they knew. In columns, since a start has a million of them."""

    def __init__(self) -> None:
        self._entered, self._joined_at, self._moments = array("I"), array("Q"), array("I")
        self._stories, self._events = array("Q"), array("Q")
        self._groups, self._names = array("H"), dict[str, int]()
        self._features = array("I")
        self._joined: dict[int, tuple[int, int]] = {}

    def add(self, row: Row) -> None:
        """One row of any group."""
        moment = max(row.first_seen // 1000, 0)
        story = story_number_of(row.story)
        event = story if row.event is None else story_number_of(row.event)
        if event != story:
            _, last = self._joined.get(story, (event, 0))
            self._joined[story] = event, max(last, moment)
        if row.telling:
            self._entered.append(row.entered)
            self._joined_at.append(row.joined)
            self._moments.append(moment)
            self._stories.append(story)
            self._events.append(event)
            self._groups.append(self._names.setdefault(row.group, len(self._names)))
            self._features.frombytes((row.telling + _EMPTY)[: 4 * FEATURES])

    def give(self, events: Events) -> None:
        """Let events go on from here, once all rows are there."""
        events.restore(self._in_order(), self._joined)

    def _in_order(self) -> Iterator[Told]:
        names = list(self._names)
        ranks = np.argsort(np.argsort(np.array(names))) if names else np.zeros(0, int)
        order = np.lexsort((np.array(self._joined_at), ranks[np.array(self._groups, np.intp)], np.array(self._entered)))
        for place in order.tolist():
            features = self._features[place * FEATURES : (place + 1) * FEATURES]
            while features and not features[-1]:
                features.pop()
            yield Told(
                self._stories[place], self._events[place], names[self._groups[place]], self._moments[place],
                features.tobytes(),
            )  # fmt: skip
