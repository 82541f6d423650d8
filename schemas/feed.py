"""A source that is polled, and what is remembered of it.

Topics `news.feeds` and `news.feed-state` (compacted, keys as below, partition by the feed's host), `news.feed-names`.
"""

from datetime import datetime

from schemas.codec import Record
from schemas.page import FullText


class Feed(Record, frozen=True, kw_only=True):
    """A feed that the user follows.

    `interval_seconds` is a fixed time between polls; None follows the feed's own rhythm. `alert_existing` makes the
    items of the first poll alert as live ones do; else they are a quiet backfill. The first `folders` of its categories
    are folders of a list, one inside the other. `moved_from` is the address before,
    where the feed moved by permanent redirects. `full_text` says whether an item's page is fetched: never (`feed`),
    always (`page`), or where the feed's own text is short (`auto`).
    """

    id: str
    url: str
    name: str | None = None
    country: str | None = None
    language: str | None = None
    categories: tuple[str, ...] = ()
    interval_seconds: float | None = None
    alert_existing: bool = False
    full_text: FullText = "feed"
    moved_from: str | None = None
    folders: int = 0


class FeedState(Record, frozen=True, kw_only=True):
    """What one feed's last polls left: validators, rhythm and health. Key: feed id.

    Polls: `next_poll_at` is when the next is due, whatever process has the feed then. `body_hash` is that of the last
    whole reply, since some servers send an unchanged body with a new ETag. `asked_seconds` is how seldom the feed asks
    to be polled (`ttl`, `Cache-Control`), `skip_hours` and `skip_days` when not to (UTC; Monday is 0).
    Rhythm: `gap_seconds` is the usual time between items, `longest_gap_seconds` the longest of late; `changed_at` is
    when something new last came. Health: `failures` counts failed polls in a row since `failing_since`, `last_error`
    is the last one's reason; `told_at` is when ill health was last told. `moved_to` is where the feed redirected
    permanently, `moved_times` in a row; `twin_of` the URL of the same feed, which is polled in this one's place.
    `itself` is the address that the feed gives as its own, `shown` 16 hex digits of a hash of the entries in it.
    Hub: the WebSub hub that the feed names, and the address under which the hub knows the feed.
    """

    feed_id: str
    polls: int = 0
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    polled_at: datetime | None = None
    next_poll_at: datetime | None = None
    changed_at: datetime | None = None
    asked_seconds: float = 0.0
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()
    gap_seconds: float | None = None
    longest_gap_seconds: float | None = None
    failures: int = 0
    failing_since: datetime | None = None
    last_error: str | None = None
    told_at: datetime | None = None
    items_sent: int = 0
    moved_to: str | None = None
    moved_times: int = 0
    twin_of: str | None = None
    itself: str | None = None
    shown: str | None = None
    hub: str | None = None
    hub_topic: str | None = None


class FeedName(Record, frozen=True, kw_only=True):
    """What a feed calls itself, for the pollers of other hosts. Topic `news.feed-names` (compacted, key: feed id).

    `itself` is the address that it gives as its own, without what makes no other feed (scheme, `www.`, tracking);
    `elsewhere` whether that is not the address where it is polled. `shown` is as in `FeedState`; `failing` after three
    failed polls. Nobody believes it after `until`.
    """

    feed_id: str
    url: str
    itself: str
    shown: str
    elsewhere: bool
    failing: bool
    until: datetime


class FeedSeen(Record, frozen=True, kw_only=True):
    """What a feed showed, so that only what is new is read and sent. Key: the feed's id and `/seen`.

    `entries` holds 24 bytes an entry, oldest first: 8 of the hash of its own XML or JSON, 8 of its item's id, 8 of the
    hash of its content when last sent. Apart from `FeedState`, since most polls change that and not this.
    """

    feed_id: str
    entries: bytes = b""
