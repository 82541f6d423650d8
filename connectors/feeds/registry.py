"""What stands on `news.feeds` and `news.feed-state`, and where a feed belongs."""

from typing import Protocol

from connectors.urls import host_of
from schemas.broker import partition_for, read_all
from schemas.codec import Undecodable
from schemas.feed import Feed, FeedState
from schemas.settings import Settings
from schemas.topics import FEED_STATE


class Sender(Protocol):
    """The part of `schemas.broker.Producer` that connectors use."""

    def send(self, topic: str, key: str, value: bytes | None, *, partition: int | None = None) -> None:
        """Buffer one record."""

    def flush(self) -> None:
        """Wait until Kafka has all of it."""


def partition_of(feed: Feed, settings: Settings) -> int:
    """The partition of a feed and of its state: by host, so that one worker has all feeds of a host."""
    return partition_for(host_of(feed.url), settings.partitions)


def read_states(settings: Settings, partition: int | None = None) -> dict[str, FeedState]:
    """What is remembered of feeds now, by id."""
    states: dict[str, FeedState] = {}
    for message in read_all(settings, FEED_STATE, partition):
        if message.key is None:
            continue
        states.pop(message.key, None)
        if message.value is not None:
            try:
                states[message.key] = FeedState.decode(message.value)
            except Undecodable:
                # The next poll starts afresh and writes a good one; what it sends again is harmless.
                continue
    return states


def decode_feed(value: bytes | None) -> Feed | None:
    """The feed in a record, or None for a tombstone and for what is none."""
    if value is None:
        return None
    try:
        return Feed.decode(value)
    except Undecodable:
        return None
