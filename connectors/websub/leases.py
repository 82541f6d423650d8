"""For the poller: which feeds a hub sends now, so that their poll may be slow."""

from dataclasses import dataclass, field

from connectors.websub.decide import SLOW_POLL_SECONDS, is_active
from schemas.broker import Follower
from schemas.codec import Undecodable, now
from schemas.feed import Feed, FeedState
from schemas.settings import Settings
from schemas.subscription import Subscription
from schemas.topics import SUBSCRIPTIONS


@dataclass(slots=True)
class Leases:
    """The subscriptions, by feed id. Written by the follower's thread."""

    known: dict[str, Subscription] = field(default_factory=dict)

    def follow(self, settings: Settings) -> Follower:
        """Follow them from now on; close what is returned."""
        return Follower(settings, SUBSCRIPTIONS, self.take)

    def take(self, key: str, value: bytes | None) -> None:
        """A record of `news.subscriptions`."""
        try:
            found = Subscription.decode(value) if value is not None else None
        except Undecodable:
            return
        if found is None:
            self.known.pop(key, None)
        else:
            self.known[key] = found

    def wait(self, feed: Feed, state: FeedState, seconds: float) -> float:
        """Seconds to the next poll: two hours where a hub sends the feed, unless the user set a time or it fails."""
        if feed.interval_seconds is not None or state.failures or not is_active(self.known.get(feed.id), now()):
            return seconds
        return max(seconds, SLOW_POLL_SECONDS)
