"""What a poll of a feed means: pure, from what was known and what came to what is sent, kept and when to ask again."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b

import msgspec

from connectors.feeds.rhythm import Bounds, interval, learn, learn_from_dates, next_poll, retry
from connectors.feeds.seen import Seen, cut
from connectors.fetch import Failed, Fetched, NotModified, Validators
from connectors.parse import Entry, ParsedFeed
from connectors.protocol import Refused
from connectors.urls import canonical_url, host_of
from connectors.websub.decide import from_header
from schemas.feed import Feed, FeedState
from schemas.intake import repair
from schemas.item import Item, content_hash, item_id

# Some servers say 304 for ever. So often a poll asks without conditions, and the hash of the body decides.
UNCONDITIONAL_EVERY = 24
# A feed's address is changed once it redirected permanently so often in a row: some redirects are accidents.
MOVED_TIMES = 3
BOUNDS = Bounds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A new body that is a feed."""

    fetched: Fetched
    feed: ParsedFeed


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to be done after a poll: send `items` (and `refused`), then keep `state`, then wait.

    `quiet` items are a backfill. `seen` is what the feed has shown, None where that did not change. `wait_seconds` is
    the time to the next poll, `moved` the feed's new address, where it has one.
    """

    state: FeedState
    wait_seconds: float
    seen: Seen | None = None
    items: tuple[Item, ...] = ()
    refused: tuple[Refused, ...] = ()
    quiet: bool = False
    moved: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of a feed: its state, and what it has shown."""

    state: FeedState
    seen: Seen = field(default_factory=Seen)


def validators(state: FeedState) -> Validators:
    """What the next poll may say that it has already; without conditions each 24th time."""
    if not is_conditional(state):
        return Validators(body_hash=state.body_hash)
    return Validators(etag=state.etag, last_modified=state.last_modified, body_hash=state.body_hash)


def is_conditional(state: FeedState) -> bool:
    """Whether the next poll believes a server that says that nothing changed."""
    return state.polls % UNCONDITIONAL_EVERY != UNCONDITIONAL_EVERY - 1


def is_quiet(feed: Feed, state: FeedState) -> bool:
    """Whether the next whole reply is this feed's first, and so a backfill."""
    return state.changed_at is None and not feed.alert_existing


def decide(
    feed: Feed, known: Known, outcome: Changed | NotModified | Failed, at: datetime, bounds: Bounds = BOUNDS
) -> Decision:
    """What this outcome means for this feed.

    Args:
        feed: as the user has it.
        known: what the polls before left.
        outcome: what came. A body that is no feed is a `Failed`.
        at: the moment of the poll.
        bounds: of the time between two polls.
    """
    state = msgspec.structs.replace(known.state, polls=known.state.polls + 1, polled_at=at, twin_of=None)
    match outcome:
        case Failed(reason=reason):
            return _failed(feed, state, outcome, reason, at, bounds)
        case NotModified():
            same = msgspec.structs.replace(
                state,
                etag=outcome.etag or state.etag,
                last_modified=outcome.last_modified or state.last_modified,
                gap_seconds=learn(state, 0, at)[0],
            )
            return _well(feed, same, outcome, at, bounds)
        case Changed():
            return _changed(feed, Known(state, known.seen), outcome, at, bounds)


def _failed(feed: Feed, state: FeedState, outcome: Failed, reason: str, at: datetime, bounds: Bounds) -> Decision:  # noqa: PLR0913, PLR0917
    failures = state.failures + 1
    due = retry(feed, failures, at, bounds, outcome)
    failed = msgspec.structs.replace(
        state,
        failures=failures,
        failing_since=state.failing_since or at,
        last_error=reason,
        next_poll_at=due,
        moved_to=None,
        moved_times=0,
    )
    return Decision(state=failed, wait_seconds=_seconds(due, at))


def _well(feed: Feed, state: FeedState, outcome: NotModified | Fetched, at: datetime, bounds: Bounds) -> Decision:
    times = state.moved_times + 1 if outcome.moved_to and outcome.moved_to == state.moved_to else 1
    state = msgspec.structs.replace(
        state,
        failures=0,
        failing_since=None,
        last_error=None,
        asked_seconds=max(outcome.cache_seconds, state.asked_seconds if isinstance(outcome, NotModified) else 0.0),
        moved_to=outcome.moved_to,
        moved_times=times if outcome.moved_to else 0,
    )
    due = next_poll(feed, state, at, bounds)
    moved = state.moved_to if state.moved_times >= MOVED_TIMES else None
    return Decision(state=msgspec.structs.replace(state, next_poll_at=due), wait_seconds=_seconds(due, at), moved=moved)


def _seconds(due: datetime, at: datetime) -> float:
    return (due - at) / timedelta(seconds=1)


def due_in(feed: Feed, state: FeedState, at: datetime) -> float:
    """Seconds until a feed that was taken over is due; 0 for one that was never polled."""
    if state.polled_at is None or state.next_poll_at is None:
        return 0.0
    due = state.next_poll_at
    if not state.failures and feed.interval_seconds is not None:
        # The user may have shortened it since.
        due = min(due, state.polled_at + timedelta(seconds=interval(feed, state, BOUNDS)))
    return max(0.0, _seconds(due, at))


def _changed(feed: Feed, known: Known, outcome: Changed, at: datetime, bounds: Bounds) -> Decision:
    fetched, parsed = outcome.fetched, outcome.feed
    read = _read(feed, known.seen, parsed, fetched.final_url, at)
    new = tuple(reversed(read.new))
    state = known.state
    first = state.changed_at is None
    if first:
        usual, longest = learn_from_dates([d for item in new if (d := item.published_at)], at)
    else:
        usual, longest = learn(state, len(new), at)
    hub, itself = from_header(fetched.link, fetched.final_url)
    after = msgspec.structs.replace(
        state,
        etag=fetched.etag,
        last_modified=fetched.last_modified,
        body_hash=fetched.body_hash,
        gap_seconds=usual,
        longest_gap_seconds=longest,
        changed_at=at if new or first else state.changed_at,
        items_sent=state.items_sent + len(new),
        skip_hours=tuple(sorted(parsed.skip_hours)),
        skip_days=tuple(sorted(parsed.skip_days)),
        itself=canonical_url(parsed.url) or state.itself,
        shown=blake2b(b"".join(sorted(parsed.digests)), digest_size=8).hexdigest(),
        hub=hub or parsed.hub,
        hub_topic=(itself or parsed.url or fetched.final_url) if hub or parsed.hub else None,
    )
    well = _well(feed, after, fetched, at, bounds)
    if parsed.minutes and 60 * parsed.minutes > well.state.asked_seconds:
        after = msgspec.structs.replace(well.state, asked_seconds=60 * parsed.minutes)
        due = next_poll(feed, after, at, bounds)
        after = msgspec.structs.replace(after, next_poll_at=due)
        well = Decision(state=after, wait_seconds=_seconds(due, at), moved=well.moved)
    return Decision(
        state=well.state,
        wait_seconds=well.wait_seconds,
        moved=well.moved,
        seen=known.seen.after(parsed.digests, read.rows),
        items=new,
        refused=read.refused,
        quiet=is_quiet(feed, state),
    )


@dataclass(frozen=True, slots=True)
class _Read:
    """Of the entries of a document: what is new in them, what cannot be items, and what to remember of each."""

    new: list[Item]
    refused: tuple[Refused, ...]
    rows: dict[bytes, tuple[bytes, bytes]]


def _read(feed: Feed, seen: Seen, parsed: ParsedFeed, url: str, at: datetime) -> _Read:
    # Feeds list the newest first; what is sent arrives oldest first. An id that comes twice is taken once, the first.
    sent = seen.contents()
    found: dict[bytes, bytes] = {}
    new: list[Item] = []
    refused: list[Refused] = []
    rows: dict[bytes, tuple[bytes, bytes]] = {}
    for entry, digest in zip(parsed.entries, parsed.taken, strict=True):
        item = to_item(entry, feed, parsed, url, at)
        if isinstance(item, Refused):
            if "sitemap" not in parsed.kind:  # most pages of a sitemap are no news and have no text
                refused.append(item)
            rows[digest] = digest, digest
            continue
        identity = cut(item.id)
        if identity not in found:
            found[identity] = cut(content_hash(item))
            if sent.get(identity) != found[identity]:
                new.append(item)
        rows[digest] = identity, found[identity]
    return _Read(new, tuple(refused), rows)


def meets_known(feed: Feed, seen: Seen, parsed: ParsedFeed, at: datetime) -> bool:
    """Whether an entry that was read has the id of one that was not, in the same document.

    Then only the whole document tells which of both is the newer, or that its links do not tell its entries apart.
    """
    taken = set(parsed.taken)
    shown = seen.shown(digest for digest in parsed.digests if digest not in taken)
    ids = (cut(item_of(entry, feed, parsed, at).id) for entry in parsed.entries)
    return any(identity in shown for identity in ids)


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
            coordinates=entry.points,
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
