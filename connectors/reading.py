"""One feed as items, from a file, standard input or an address, without a server: what `kabar feeds parse` shows.

An entry without any text is shown too, as `no-text`; the poller leaves it out.
"""

import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from connectors.feeds.decide import item_of
from connectors.fetch import BODY_LIMIT, Failed, Fetched, fetch
from connectors.guard import guarded_session
from connectors.opml import feed_id
from connectors.parse import ParsedFeed, Unreadable, parse
from connectors.urls import SCHEMES, absolute_url, host_of
from schemas.codec import now
from schemas.feed import Feed
from schemas.settings import Settings

NO_TEXT = "no-text"
STDIN = "-"


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One item as it would be sent, in the names of `schemas.item.Item`."""

    id: str
    guid: str | None
    url: str | None
    title: str
    summary: str
    body: str
    published_at: datetime | None
    updated_at: datetime | None
    language_hint: str | None
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    source: str
    repairs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """The items of a feed, in its order. `note` says what a reader of no items should know."""

    kind: str
    items: tuple[Reading, ...] = ()
    note: str | None = None


def is_address(place: str) -> bool:
    """Whether this is an http(s) address and not a path."""
    return place.partition("://")[0].lower() in SCHEMES and "://" in place


def read_file(path: str, *, url: str | None = None) -> Read | Unreadable:
    """The items of a file, or of standard input (`-`).

    Args:
        path: a file with one feed.
        url: the address that the feed is from, for relative links and the source.
    """
    try:
        if path == STDIN:
            body = sys.stdin.buffer.read(BODY_LIMIT + 1)
        else:
            with Path(path).open("rb") as stream:
                body = stream.read(BODY_LIMIT + 1)
    except OSError as error:
        return Unreadable(reason=error.strerror or str(error))
    if len(body) > BODY_LIMIT:
        return Unreadable(reason=f"over {BODY_LIMIT:,} bytes, which no feed may have")
    return read_body(body, url=url or "")


async def read_url(url: str, settings: Settings) -> Read | Unreadable:
    """The items at an address, fetched once through the guard."""
    if absolute_url(url, None) is None:
        return Unreadable(reason="not an http(s) address")
    async with guarded_session(settings) as session:
        outcome = await fetch(session, url)
    match outcome:
        case Fetched(body=body, final_url=final, content_type=content_type):
            return read_body(body, url=final, content_type=content_type)
        case Failed(reason=reason):
            return Unreadable(reason=reason)
        case _:
            return Unreadable(reason="the server says 304 Not Modified to an unconditional request")


def read_body(body: bytes, *, url: str, content_type: str | None = None) -> Read | Unreadable:
    """The items of a body; `url` may be empty where nobody knows it."""
    parsed = parse(body, url=url, content_type=content_type)
    if isinstance(parsed, Unreadable):
        return parsed
    at = now()
    address = url or parsed.url or ""
    feed = Feed(id=feed_id(address), url=address)
    items = []
    for entry in parsed.entries:
        item = item_of(entry, feed, parsed, at)
        source = item.source if address else host_of(entry.source_url or entry.url or "") or parsed.title or "unknown"
        repairs = item.repairs if item.title or item.summary or item.body else (*item.repairs, NO_TEXT)
        values = {name: getattr(item, name) for name in Reading.__struct_fields__}
        items.append(Reading(**values | {"guid": entry.guid, "source": source, "repairs": repairs}))
    return Read(kind=parsed.kind, items=tuple(items), note=None if items else _note(parsed))


def _note(parsed: ParsedFeed) -> str:
    if parsed.children:
        return f"a sitemap index of {len(parsed.children)} sitemaps; the first is {parsed.children[0]}"
    return f"{parsed.kind} without items"
