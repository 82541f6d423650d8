"""A source that is polled, and what is remembered of it.

Topics `news.feeds` and `news.feed-state` (compacted, key: feed id, partition by the feed's host).
"""

from datetime import datetime

from schemas.codec import Record
from schemas.page import FullText


class Feed(Record, frozen=True, kw_only=True):
    """A feed that the user follows. `interval_seconds` is the time between polls.

    `alert_existing` makes the items of the first poll alert as live ones do; else they are a quiet backfill.
    `full_text` says whether an item's page is fetched: never (`feed`), always (`page`), or where the feed's own text is
    short (`auto`).
    """

    id: str
    url: str
    name: str | None = None
    country: str | None = None
    language: str | None = None
    categories: tuple[str, ...] = ()
    interval_seconds: float = 600.0
    alert_existing: bool = False
    full_text: FullText = "feed"


class FeedState(Record, frozen=True, kw_only=True):
    """What one feed's last polls left: validators, hashes, and its health.

    `seen` maps an item's id to the hash of its content when last sent. `body_hash` is that of the last whole reply,
    since some servers send an unchanged body with a new ETag. `failures` counts failed polls in a row.
    """

    feed_id: str
    polls: int = 0
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    seen: dict[str, str] = {}  # noqa: RUF012 - msgspec copies a mutable default for each instance
    polled_at: datetime | None = None
    changed_at: datetime | None = None
    failures: int = 0
    last_error: str | None = None
    items_sent: int = 0
