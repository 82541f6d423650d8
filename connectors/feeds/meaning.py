"""Between a reply and a decision: what a body holds for this feed, what is told of its health, what a move writes."""

import dataclasses
from collections.abc import Sequence
from itertools import chain

import msgspec
import structlog

from connectors.feeds.decide import Decision, meets_known
from connectors.feeds.health import alert_of, is_to_tell, trouble
from connectors.feeds.registry import partition_of, seen_key
from connectors.feeds.schedule import Followed
from connectors.feeds.seen import Seen
from connectors.feeds.writer import Written
from connectors.fetch import Fetched
from connectors.parse import ParsedFeed, Unreadable, parse
from schemas.alert import Alert
from schemas.codec import now
from schemas.feed import Feed, FeedSeen
from schemas.settings import Settings
from schemas.topics import FEED_STATE, FEEDS

SITEMAPS = 5

log = structlog.get_logger(__name__)


def interpret(feed: Feed, seen: Seen, fetched: Fetched) -> ParsedFeed | Unreadable:
    """What a body holds, without the entries that are known. Never raises."""
    try:
        parsed = parse(fetched.body, url=fetched.final_url, content_type=fetched.content_type, known=seen.rows)
        if isinstance(parsed, ParsedFeed) and seen.rows and parsed.entries and meets_known(feed, seen, parsed, now()):
            parsed = parse(fetched.body, url=fetched.final_url, content_type=fetched.content_type)
    except Exception as error:
        # A defect in a reader, or memory: this feed fails and says so; no other may be touched by it.
        log.exception("a feed could not be parsed", feed=feed.id, url=feed.url)
        return Unreadable(reason=f"it could not be parsed ({type(error).__name__}: {error})"[:300])
    return parsed


def newest_sitemaps(children: Sequence[str]) -> list[str]:
    """Those few of an index's sitemaps that news comes by: named for it, else the last changed."""
    named = [child for child in children if "news" in child.rpartition("/")[2].lower() or "latest" in child.lower()]
    return list(dict.fromkeys((*named, *children)))[:SITEMAPS] if not named else named[:SITEMAPS]


def joined(index: ParsedFeed, parts: Sequence[ParsedFeed]) -> ParsedFeed:
    """An index's sitemaps as one feed."""
    return ParsedFeed(
        kind=parts[0].kind,
        title=next((part.title for part in parts if part.title), ""),
        url=index.url,
        entries=tuple(chain.from_iterable(part.entries for part in parts)),
        skipped=sum(part.skipped for part in parts),
        digests=tuple(chain.from_iterable(part.digests for part in parts)),
        taken=tuple(chain.from_iterable(part.taken for part in parts)),
        repairs=tuple(dict.fromkeys(chain.from_iterable(part.repairs for part in parts))),
    )


def told(feed: Feed, decision: Decision) -> tuple[Decision, Alert | None]:
    """The decision with what it tells of the feed's health, and the alert that tells it, if it is time."""
    state = decision.state
    at = state.polled_at or now()
    found = trouble(feed, state, at)
    if found is None:
        well = msgspec.structs.replace(state, told_at=None) if state.told_at else state
        return dataclasses.replace(decision, state=well), None
    if not is_to_tell(found, state, at):
        return decision, None
    return dataclasses.replace(decision, state=msgspec.structs.replace(state, told_at=at)), alert_of(found, feed, at)


def moving(followed: Followed, decision: Decision, settings: Settings) -> tuple[Written, ...]:
    """The records that give a feed its new address, with all that is known of it, in the new host's partition."""
    feed, old = followed.feed, followed.partition
    new_feed = msgspec.structs.replace(feed, url=decision.moved or feed.url, moved_from=feed.url)
    new = partition_of(new_feed, settings)
    state = msgspec.structs.replace(decision.state, moved_to=None, moved_times=0)
    entries = decision.seen.pack() if decision.seen is not None else followed.seen
    seen = FeedSeen(feed_id=feed.id, entries=entries)
    written = [
        Written(topic=FEED_STATE, key=seen_key(feed.id), value=seen.encode(), partition=new),
        Written(topic=FEED_STATE, key=feed.id, value=state.encode(), partition=new),
        Written(topic=FEEDS, key=feed.id, value=new_feed.encode(), partition=new),
    ]
    if new != old:
        written += [
            Written(topic=FEEDS, key=feed.id, value=None, partition=old),
            Written(topic=FEED_STATE, key=feed.id, value=None, partition=old),
            Written(topic=FEED_STATE, key=seen_key(feed.id), value=None, partition=old),
        ]
    return tuple(written)
