"""Who is polled next: a heap of due times, and what this worker knows of each feed."""

import asyncio
import heapq
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field

from connectors.feeds.health import FAILURES
from connectors.fetch import Validators
from connectors.urls import canonical_url
from schemas.feed import Feed, FeedName, FeedState


@dataclass(slots=True)
class Followed:
    """One feed of this worker: its state, what it has shown (packed). `round` dates its entries in the heap.

    `fetching` is the task that asks for it now; `lost` that another worker has it. `parts` is what the last replies
    of the sitemaps of an index left, by address. `key` is that of its address, once it was asked for; `name` the
    address that it gives itself, with its key.
    """

    feed: Feed
    state: FeedState
    partition: int
    seen: bytes = b""
    round: int = 0
    busy: bool = False
    lost: bool = False
    fetching: "asyncio.Task[None] | None" = None
    parts: dict[str, Validators] = field(default_factory=dict)
    key: str = ""
    name: tuple[str, str] = ("", "")

    def address(self) -> str:
        """The key of its address, worked out once, since every poll asks for it."""
        if not self.key:
            self.key = address_key(self.feed.url)
        return self.key

    def named(self, state: FeedState) -> str:
        """The key of the address that the feed gives itself; empty where it gives none."""
        itself = state.itself or ""
        if not itself or itself == self.feed.url:
            return itself and self.address()
        if self.name[0] != itself:
            self.name = itself, address_key(itself)
        return self.name[1]


@dataclass(slots=True)
class Schedule:
    """The feeds of this worker, by id, and the order in which they are due."""

    feeds: dict[str, Followed] = field(default_factory=dict)
    _addresses: dict[str, set[str]] = field(default_factory=dict)
    _heap: list[tuple[float, int, str, int]] = field(default_factory=list)
    _ties: "itertools.count[int]" = field(default_factory=itertools.count)

    def plan(self, feed_id: str, due: float) -> None:
        """Poll this feed at `due`, and not at the time planned before."""
        followed = self.feeds.get(feed_id)
        if followed:
            followed.round += 1
            heapq.heappush(self._heap, (due, next(self._ties), feed_id, followed.round))

    def take_due(self, now: float, at_most: int = 200) -> list[Followed]:
        """The feeds that are due and not being polled, earliest first, so many at a time."""
        due: list[Followed] = []
        while self._heap and self._heap[0][0] <= now and len(due) < at_most:
            _, _, feed_id, round_ = heapq.heappop(self._heap)
            followed = self.feeds.get(feed_id)
            if followed and followed.round == round_ and not followed.busy:
                due.append(followed)
        return due

    def next_due(self) -> float | None:
        """When the next feed is due, or None where nothing waits."""
        return self._heap[0][0] if self._heap else None

    def add(self, followed: Followed) -> None:
        """Follow one more feed."""
        self.remove(followed.feed.id)
        self.feeds[followed.feed.id] = followed
        self._addresses.setdefault(followed.address(), set()).add(followed.feed.id)

    def edit(self, followed: Followed, feed: Feed) -> None:
        """The same feed with other settings, or another address."""
        self._forget_address(followed)
        followed.feed, followed.key, followed.name = feed, "", ("", "")
        self._addresses.setdefault(followed.address(), set()).add(feed.id)

    def remove(self, feed_id: str) -> None:
        """Follow it no longer."""
        followed = self.feeds.pop(feed_id, None)
        if followed:
            self._forget_address(followed)

    def _forget_address(self, followed: Followed) -> None:
        key = followed.address()
        ids = self._addresses.get(key, set())
        ids.discard(followed.feed.id)
        if not ids:
            self._addresses.pop(key, None)

    def same_address(self, followed: Followed) -> set[str]:
        """The ids of the feeds whose address is this one's, but for what makes no other; its own among them."""
        return self._addresses.get(followed.address(), set())

    def twin(self, followed: Followed, alike: Iterable[FeedName] = ()) -> str | None:
        """The URL of the feed that is polled in this one's place: of the same address, or of those that are `alike`.

        Of several, the one is polled whose address is the one that it gives itself, then the one with the smallest id;
        one that fails only where all do.
        """
        same = (self.feeds[i] for i in self.same_address(followed) if i in self.feeds)
        ranks = [_rank(one) for one in same] or [_rank(followed)]
        first = min((*ranks, *((name.failing, name.elsewhere, name.feed_id, name.url) for name in alike)))
        return first[-1] if first[-2] != followed.feed.id else None

    def drop_partition(self, partition: int) -> None:
        """Forget the feeds of a partition that another worker has now, and let go of their hosts at once."""
        for followed in [followed for followed in self.feeds.values() if followed.partition == partition]:
            self.remove(followed.feed.id)
            followed.lost = True
            if followed.fetching:
                followed.fetching.cancel()


def address_key(url: str) -> str:
    """What two addresses of one feed share: all but the scheme, `www.`, a slash at the end, and what only tracks."""
    canonical = canonical_url(url) or url
    return canonical.partition("://")[2].removeprefix("www.").rstrip("/")


def _rank(one: Followed) -> tuple[bool, bool, str, str]:
    elsewhere = one.named(one.state) not in {"", one.address()}
    return one.state.failures >= FAILURES, elsewhere, one.feed.id, one.feed.url
