"""What stands on `news.feeds` and `news.feed-state`, and where a feed belongs."""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from connectors.urls import host_of
from schemas.broker import partition_for, read_newest
from schemas.codec import Undecodable
from schemas.feed import Feed, FeedSeen, FeedState
from schemas.settings import Settings
from schemas.topics import FEED_STATE

SEEN = "/seen"


class Sender(Protocol):
    """The part of `schemas.broker.Producer` that connectors use."""

    def send(self, topic: str, key: str, value: bytes | None, *, partition: int | None = None) -> None:
        """Buffer one record."""

    def flush(self) -> None:
        """Wait until Kafka has all of it."""


def partition_of(feed: Feed, settings: Settings) -> int:
    """The partition of a feed and of its state: by host, so that one worker has all feeds of a host."""
    return partition_for(host_of(feed.url), settings.partitions)


def seen_key(feed_id: str) -> str:
    """The key of a feed's `FeedSeen`."""
    return f"{feed_id}{SEEN}"


@dataclass(slots=True)
class Remembered:
    """What is remembered of feeds, by feed id: their states, and what they have shown, packed (see `seen`)."""

    states: dict[str, FeedState] = field(default_factory=dict)
    seen: dict[str, bytes] = field(default_factory=dict)


def read_remembered(settings: Settings, partition: int | None = None) -> Remembered:
    """All that is remembered of feeds now."""
    found = Remembered()
    for key, value in read_newest(settings, FEED_STATE, partition).items():
        # One that does not decode: the next poll starts afresh and writes a good one; what it sends again is harmless.
        with suppress(Undecodable):
            if key.endswith(SEEN):
                found.seen[key.removesuffix(SEEN)] = FeedSeen.decode(value).entries
            else:
                found.states[key] = FeedState.decode(value)
    return found


def read_states(settings: Settings, partition: int | None = None) -> dict[str, FeedState]:
    """The states of feeds now, by id."""
    return read_remembered(settings, partition).states


def decode_feed(value: bytes | None) -> Feed | None:
    """The feed in a record, or None for a tombstone and for what is none."""
    if value is None:
        return None
    try:
        return Feed.decode(value)
    except Undecodable:
        return None
