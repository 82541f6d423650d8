"""What a poll of a feed means: pure, from what was known and what came to what is sent, kept and when to ask again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

import msgspec

from connectors.fetch import Failed, Fetched, NotModified, Validators
from connectors.parse import Entry, ParsedFeed
from connectors.protocol import Refused
from connectors.urls import host_of
from schemas.feed import Feed, FeedState
from schemas.intake import repair
from schemas.item import Item, content_hash, item_id

BACKOFF_CEILING_SECONDS = 6 * 3600.0
# Some servers say 304 for ever. So often a poll asks without conditions, and the hash of the body decides.
UNCONDITIONAL_EVERY = 24
# What stays in memory of a feed beyond what it shows now: feeds that drop an item and bring it back are common.
SEEN_LIMIT = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A new body that is a feed."""

    fetched: Fetched
    feed: ParsedFeed


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to be done after a poll: send `items` (and `refused`), then keep `state`, then wait.

    `quiet` items are a backfill. `wait_seconds` is the time to the next poll.
    """

    state: FeedState
    wait_seconds: float
    items: tuple[Item, ...] = ()
    refused: tuple[Refused, ...] = ()
    quiet: bool = False


def validators(state: FeedState) -> Validators:
    """What the next poll may say that it has already; without conditions each 24th time."""
    if state.polls % UNCONDITIONAL_EVERY == UNCONDITIONAL_EVERY - 1:
        return Validators(body_hash=state.body_hash)
    return Validators(etag=state.etag, last_modified=state.last_modified, body_hash=state.body_hash)


def is_quiet(feed: Feed, state: FeedState) -> bool:
    """Whether the next whole reply is this feed's first, and so a backfill."""
    return state.changed_at is None and not feed.alert_existing


def decide(feed: Feed, state: FeedState, outcome: Changed | NotModified | Failed, at: datetime) -> Decision:
    """What this outcome means for this feed.

    Args:
        feed: as the user has it.
        state: what the polls before left.
        outcome: what came. A body that is no feed is a `Failed`.
        at: the moment of the poll.
    """
    polled = msgspec.structs.replace(state, polls=state.polls + 1, polled_at=at)
    match outcome:
        case Failed(reason=reason, retry_after=retry_after):
            failures = state.failures + 1
            failed = msgspec.structs.replace(polled, failures=failures, last_error=reason)
            return Decision(state=failed, wait_seconds=wait(feed, failures, retry_after))
        case NotModified(etag=etag, last_modified=modified):
            same = msgspec.structs.replace(
                polled,
                failures=0,
                last_error=None,
                etag=etag or state.etag,
                last_modified=modified or state.last_modified,
            )
            return Decision(state=same, wait_seconds=wait(feed, 0))
        case Changed(fetched=fetched, feed=parsed):
            return _changed(feed, polled, fetched, parsed, at)


def wait(feed: Feed, failures: int, retry_after: float | None = None) -> float:
    """Seconds to the next poll: the feed's interval, doubled with each failure up to 6 hours, or as the server asks."""
    interval = max(feed.interval_seconds, 0.1)
    backoff = min(interval * 2.0 ** min(failures, 30), max(BACKOFF_CEILING_SECONDS, interval))
    return max(backoff, retry_after or 0.0)


def due_in(feed: Feed, state: FeedState, at: datetime) -> float:
    """Seconds until a feed that was taken over is due; 0 for one that was never polled."""
    if state.polled_at is None:
        return 0.0
    return max(0.0, wait(feed, state.failures) - (at - state.polled_at) / timedelta(seconds=1))


def _changed(feed: Feed, state: FeedState, fetched: Fetched, parsed: ParsedFeed, at: datetime) -> Decision:
    # Feeds list the newest first; what is sent arrives oldest first. An id that comes twice is taken once, the first.
    items: dict[str, Item] = {}
    refused: list[Refused] = []
    for entry in parsed.entries:
        found = to_item(entry, feed, parsed, fetched.final_url, at)
        if isinstance(found, Refused):
            refused.append(found)
        else:
            items.setdefault(found.id, found)
    hashes = {identity: content_hash(item) for identity, item in items.items()}
    new = tuple(item for item in reversed(items.values()) if state.seen.get(item.id) != hashes[item.id])
    after = msgspec.structs.replace(
        state,
        etag=fetched.etag,
        last_modified=fetched.last_modified,
        body_hash=fetched.body_hash,
        seen=_remember(state.seen, hashes),
        changed_at=at if new or state.changed_at is None else state.changed_at,
        failures=0,
        last_error=None,
        items_sent=state.items_sent + len(new),
    )
    return Decision(
        state=after, wait_seconds=wait(feed, 0), items=new, refused=tuple(refused), quiet=is_quiet(feed, state)
    )


def _remember(before: dict[str, str], now: dict[str, str]) -> dict[str, str]:
    # Oldest first, so that what a feed shows now is the last to be forgotten.
    kept = {identity: digest for identity, digest in before.items() if identity not in now} | now
    extra = len(kept) - max(SEEN_LIMIT, 2 * len(now))
    return dict(list(kept.items())[extra:]) if extra > 0 else kept


def to_item(entry: Entry, feed: Feed, parsed: ParsedFeed, url: str, at: datetime) -> Item | Refused:
    """The item that an entry is, or why it is none; `url` is where the feed was fetched, for the refusal."""
    if entry.title or entry.summary or entry.body:
        return item_of(entry, feed, parsed, at)
    label = entry.url or entry.guid or "nothing to tell it by"
    return Refused(
        reason="a required field is missing: the entry has neither title, summary nor body",
        origin=f"{url} {label[:300]}",
        raw=msgspec.json.encode(entry),
    )


def item_of(entry: Entry, feed: Feed, parsed: ParsedFeed, at: datetime) -> Item:
    """An entry as an item.

    Its source is the feed's name, or the feed's host where it has none. Without a URL its identity is feed and guid;
    without both, its text, so that an edit of it is a new item.
    """
    guid, repairs = entry.guid, (*parsed.repairs, *entry.repairs)
    if not (entry.url or guid):
        guid, repairs = _text_guid(entry), (*repairs, "guid-missing")
    return repair(
        Item(
            id=_identity(entry, feed, guid),
            source=feed.name or host_of(entry.source_url or "") or host_of(feed.url) or feed.id,
            fetched_at=at,
            title=entry.title,
            summary=entry.summary,
            body=entry.body,
            url=entry.url,
            guid=guid,
            source_name=feed.name or entry.source_name or parsed.title or None,
            source_country=feed.country,
            published_at=entry.published_at,
            updated_at=entry.updated_at,
            language_hint=entry.language or feed.language,
            authors=entry.authors,
            categories=tuple(dict.fromkeys((*entry.categories, *feed.categories))),
            repairs=tuple(dict.fromkeys(repairs)),
        ),
        at=at,
    )


def _identity(entry: Entry, feed: Feed, guid: str | None) -> str:
    if not entry.shared:
        return item_id(url=entry.url, source=feed.id, guid=guid)
    # Neither the link nor (where it is one of many of that name) the guid tells it apart; with its title, it does.
    alone = entry.guid if entry.guid and "guid-duplicate" not in entry.repairs else None
    return item_id(url=None, source=feed.id, guid=alone or f"{guid}\n{entry.url}\n{entry.title or _text_guid(entry)}")


def _text_guid(entry: Entry) -> str:
    text = f"{entry.title}\x1f{entry.summary}\x1f{entry.body}"
    return "text:" + blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()
