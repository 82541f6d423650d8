"""Who is polled next: a heap of due times, and what this worker knows of each feed."""

import heapq
import itertools
from dataclasses import dataclass, field

from schemas.feed import Feed, FeedState


@dataclass(slots=True)
class Followed:
    """One feed of this worker, with its state. `due` is in seconds of the loop's clock, `round` dates heap entries."""

    feed: Feed
    state: FeedState
    partition: int
    round: int = 0
    busy: bool = False


@dataclass(slots=True)
class Schedule:
    """The feeds of this worker, by id, and the order in which they are due."""

    feeds: dict[str, Followed] = field(default_factory=dict)
    _heap: list[tuple[float, int, str, int]] = field(default_factory=list)
    _ties: "itertools.count[int]" = field(default_factory=itertools.count)

    def plan(self, feed_id: str, due: float) -> None:
        """Poll this feed at `due`, and not at the time planned before."""
        followed = self.feeds.get(feed_id)
        if followed:
            followed.round += 1
            heapq.heappush(self._heap, (due, next(self._ties), feed_id, followed.round))

    def take_due(self, now: float) -> list[Followed]:
        """The feeds that are due and not being polled, earliest first."""
        due = []
        while self._heap and self._heap[0][0] <= now:
            _, _, feed_id, round_ = heapq.heappop(self._heap)
            followed = self.feeds.get(feed_id)
            if followed and followed.round == round_ and not followed.busy:
                due.append(followed)
        return due

    def next_due(self) -> float | None:
        """When the next feed is due, or None where nothing waits."""
        return self._heap[0][0] if self._heap else None

    def drop_partition(self, partition: int) -> None:
        """Forget the feeds of a partition that another worker has now."""
        self.feeds = {key: followed for key, followed in self.feeds.items() if followed.partition != partition}
