"""Which feeds are this worker's: its share of `news.feeds`, as the consumer group divides it, with their states."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from connectors.feeds.registry import Remembered, decode_feed, read_remembered
from schemas.broker import GroupConsumer, read_all
from schemas.errors import BrokerError
from schemas.feed import Feed
from schemas.message import Message
from schemas.settings import Settings
from schemas.steps import PAGE_FETCHER
from schemas.topics import FEEDS

POLL_SECONDS = 0.25
RETRY_SECONDS = 1.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A partition that is this worker's from now on, with all that is in it."""

    partition: int
    feeds: dict[str, Feed]
    remembered: Remembered


@dataclass(frozen=True, slots=True)
class Lost:
    """A partition that another worker has now."""

    partition: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedChanged:
    """A feed was added or edited, or (feed None) removed. One that moved here brings what is remembered of it."""

    feed_id: str
    partition: int
    feed: Feed | None
    remembered: Remembered | None = None


Change = Taken | Lost | FeedChanged


@dataclass(slots=True)
class Membership:
    """Follows the group. `poll` blocks and belongs in a thread of its own.

    Positions are never committed: whoever takes a partition reads all of it, since it is compacted.
    """

    settings: Settings
    consumer: GroupConsumer
    _mine: dict[int, int] = field(default_factory=dict)  # partition -> offset read up to

    def poll(self, timeout_seconds: float) -> list[Change]:
        """What changed within the timeout, in order.

        Raises:
            BrokerError: Kafka does not answer; poll again.
        """
        messages = self.consumer.poll(timeout_seconds)
        assigned = {partition for topic, partition in self.consumer.assigned() if topic == FEEDS}
        changes: list[Change] = [Lost(partition) for partition in sorted(self._mine.keys() - assigned)]
        for lost in changes:
            if isinstance(lost, Lost):
                del self._mine[lost.partition]
        changes += [self._take(partition) for partition in sorted(assigned - self._mine.keys())]
        changes += [change for message in messages if (change := self._change(message))]
        return changes

    def _take(self, partition: int) -> Taken:
        feeds: dict[str, Feed] = {}
        last = -1
        for message in read_all(self.settings, FEEDS, partition):
            last = message.offset
            feed = decode_feed(message.value)
            if message.key is not None and feed:
                feeds[message.key] = feed
            elif message.key is not None:
                feeds.pop(message.key, None)
        remembered = read_remembered(self.settings, partition)
        self._mine[partition] = last
        return Taken(partition=partition, feeds=feeds, remembered=remembered)

    def _change(self, message: Message) -> FeedChanged | None:
        # What `_take` read comes again through the group's own position.
        if message.key is None or message.offset <= self._mine.get(message.partition, -1):
            return None
        feed = decode_feed(message.value)
        # Of a feed that another worker had until now, there is something to know; a new one has nothing yet.
        remembered = read_remembered(self.settings, message.partition) if feed and feed.moved_from else None
        return FeedChanged(feed_id=message.key, partition=message.partition, feed=feed, remembered=remembered)


def follow(settings: Settings, place: str, on_change: Callable[[Change], None], stop: Callable[[], bool]) -> None:
    """Run a membership until `stop()`; leaves the group at the end, so that others take over at once.

    The group is that of the fetchers of pages: at one `place` (see `connectors.turns`) is all that is asked of a host.
    """
    with GroupConsumer(settings, PAGE_FETCHER.group, [FEEDS], place=place) as consumer:
        membership = Membership(settings, consumer)
        while not stop():
            try:
                changes = membership.poll(POLL_SECONDS)
            except BrokerError as error:
                log.warning("Kafka does not answer; trying again", error=str(error))
                time.sleep(RETRY_SECONDS)
                continue
            for change in changes:
                on_change(change)
