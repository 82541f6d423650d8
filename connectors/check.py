"""One look at one address, now: the feed there, or what is wrong and what to do, or the feeds that a page names."""

import asyncio
from datetime import datetime

import aiohttp
import msgspec
from yarl import URL

from connectors.feeds.decide import to_item
from connectors.feeds.health import advice
from connectors.feeds.meaning import joined, newest_sitemaps
from connectors.fetch import Failed, Fetched, Outcome, fetch
from connectors.guard import guarded_session
from connectors.opml import feed_id
from connectors.parse import ParsedFeed, Unreadable, parse
from schemas.codec import now
from schemas.feed import Feed
from schemas.item import Item
from schemas.settings import Settings

OK = 200
# Where sites keep a feed that no page names, the commonest first.
USUAL = ("feed", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml")


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """What was found at `url`. `error` is a sentence, or None where all is well; `status` is that of HTTP.

    `format` is the kind of feed with its version. `items` counts what could be taken, `newest` is the latest
    date among them, `repairs` names all that had to be mended. `advice` says what to do about an error, `feeds` are
    the addresses of feeds that a page in the feed's place names.
    """

    url: str
    final_url: str | None = None
    status: int | None = None
    format: str | None = None
    title: str | None = None
    language: str | None = None
    items: int = 0
    newest: datetime | None = None
    repairs: tuple[str, ...] = ()
    error: str | None = None
    advice: str | None = None
    feeds: tuple[str, ...] = ()


async def check(url: str, settings: Settings) -> Check:
    """Fetch `url` once, through the guard, and read it as the poller would. Never raises for what is found there."""
    async with guarded_session(settings) as session:
        found = await _look(session, url)
    return msgspec.structs.replace(found, advice=advice(found.error) or None) if found.error else found


async def find(url: str, settings: Settings) -> Check:
    """The feed at an address, or the best of those that the page there names or its site has in the usual places.

    The check's `final_url` is the feed's address; an `error` means that none was found.
    """
    first = await check(url, settings)
    if first.status != OK or not first.error:
        return first
    named = first.feeds or tuple(str(URL(first.final_url or url).join(URL(f"/{path}"))) for path in USUAL)
    for address in named:
        found = await check(address, settings)
        if not found.error:
            return found
    return first


async def _look(session: aiohttp.ClientSession, url: str) -> Check:
    outcome = await fetch(session, url)
    if not isinstance(outcome, Fetched):
        return _unread(url, outcome)
    parsed = await asyncio.to_thread(parse, outcome.body, url=outcome.final_url, content_type=outcome.content_type)
    if isinstance(parsed, Unreadable):
        return Check(url=url, final_url=outcome.final_url, status=OK, error=parsed.reason, feeds=parsed.feeds)
    if not parsed.children:
        return _described(url, outcome, parsed, parsed.kind)
    parts = []
    for child in newest_sitemaps(parsed.children):
        part = await fetch(session, child)
        inner = parse(part.body, url=part.final_url) if isinstance(part, Fetched) else None
        if isinstance(inner, ParsedFeed):
            parts.append(inner)
    whole = joined(parsed, parts) if parts else parsed
    return _described(url, outcome, whole, f"sitemap index of {len(parsed.children)}")


def _unread(url: str, outcome: Outcome) -> Check:
    if isinstance(outcome, Failed):
        return Check(url=url, status=outcome.status, error=outcome.reason)
    return Check(url=url, status=304, error="the server says 304 Not Modified to an unconditional request")


def _described(url: str, fetched: Fetched, parsed: ParsedFeed, kind: str) -> Check:
    feed = Feed(id=feed_id(url), url=url)
    taken = [to_item(entry, feed, parsed, fetched.final_url, now()) for entry in parsed.entries]
    items = [item for item in taken if isinstance(item, Item)]
    dates = [date for item in items if (date := item.published_at or item.updated_at)]
    return Check(
        url=url,
        final_url=fetched.final_url,
        status=OK,
        format=kind,
        title=parsed.title or None,
        language=parsed.language,
        items=len(items),
        newest=max(dates, default=None),
        repairs=tuple(dict.fromkeys((*parsed.repairs, *(name for item in items for name in item.repairs)))),
        error=_trouble(len(items), parsed),
    )


def _trouble(items: int, parsed: ParsedFeed) -> str | None:
    if items:
        return None
    if parsed.children:
        return f"a sitemap index of {len(parsed.children)} sitemaps, of which none could be read"
    if parsed.skipped:
        return f"{parsed.skipped} entries, none of them news with a title"
    return "a feed without items"
