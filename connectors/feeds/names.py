"""What tells that two feeds are one where their addresses do not: the name that both give themselves, and their items.

Two hosts' feeds may be two processes', so their names stand on `news.feed-names`, which every poller follows. There are
those of feeds that name another address than their own, and of the feeds that these name; most feeds name themselves,
and nobody else does. A name is believed for two ceilings of the time between polls, in which its feed says it again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from connectors.feeds.health import FAILURES
from connectors.feeds.schedule import Followed
from schemas.codec import Undecodable
from schemas.feed import FeedName, FeedState


@dataclass(slots=True)
class Names:
    """The names that are known, by what is named and then by feed. `ceiling` is the longest time between two polls."""

    ceiling: timedelta
    _groups: dict[str, dict[str, FeedName]] = field(default_factory=dict)
    _named: dict[str, str] = field(default_factory=dict)  # feed id -> what it names

    def take(self, feed_id: str, value: bytes | None) -> set[str]:
        """A record of `news.feed-names`; the ids of the feeds for which it may mean something."""
        try:
            name = FeedName.decode(value) if value is not None else None
        except Undecodable:
            return set()
        return self.keep(feed_id, name)

    def keep(self, feed_id: str, name: FeedName | None) -> set[str]:
        """What a feed is called now, or (None) no longer; the ids of the feeds for which it may mean something."""
        before = self._groups.get(self._named.pop(feed_id, ""), {})
        before.pop(feed_id, None)
        touched = set(before)
        if name is not None:
            # One spelling for all that share it.
            key = next(iter(self._groups.get(name.itself, {}).values()), name).itself
            self._named[feed_id] = key
            group = self._groups.setdefault(key, {})
            group[feed_id] = name
            touched |= set(group)
        return touched

    def to_tell(self, followed: Followed, state: FeedState, at: datetime) -> FeedName | None:
        """What the others must be told of this feed after a poll that left `state`, if anything."""
        key = followed.named(state)
        if not key or state.shown is None:
            return None
        group = self._groups.get(key, {})
        known = group.get(followed.feed.id)
        elsewhere = key != followed.address()
        if not elsewhere and known is None and not group:
            return None
        until = known.until if known else at
        name = FeedName(
            feed_id=followed.feed.id,
            url=followed.feed.url,
            itself=key,
            shown=state.shown,
            elsewhere=elsewhere,
            failing=state.failures >= FAILURES,
            until=until,
        )
        if name == known and until - at > self.ceiling:
            return None
        return msgspec.structs.replace(name, until=at + 2 * self.ceiling)

    def alike(self, followed: Followed, at: datetime) -> Iterator[FeedName]:
        """The feeds that have this one's name and showed the same entries when last polled."""
        key = followed.named(followed.state)
        for name in self._groups.get(key, {}).values() if key else ():
            if name.shown == followed.state.shown and name.until > at and name.feed_id != followed.feed.id:
                yield name
