"""One look at one feed, now: what it is, or what is wrong with it."""

from datetime import datetime

import msgspec

from connectors.feeds.decide import to_item
from connectors.fetch import Failed, Fetched, fetch
from connectors.guard import guarded_session
from connectors.opml import feed_id
from connectors.parse import Unreadable, parse
from schemas.codec import now
from schemas.feed import Feed
from schemas.item import Item
from schemas.settings import Settings

OK = 200


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """What was found at `url`. `error` is a sentence, or None where all is well; `status` is that of HTTP.

    `format` is the kind of feed with its version. `items` counts what could be taken, `newest` is the latest
    date among them, `repairs` names all that had to be mended.
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


async def check(url: str, settings: Settings) -> Check:
    """Fetch `url` once, through the guard, and read it as the poller would. Never raises for what is found there."""
    async with guarded_session(settings) as session:
        outcome = await fetch(session, url)
    if isinstance(outcome, Failed):
        return Check(url=url, status=outcome.status, error=outcome.reason)
    if not isinstance(outcome, Fetched):
        return Check(url=url, status=304, error="the server says 304 Not Modified to an unconditional request")
    return _read(url, outcome)


def _read(url: str, fetched: Fetched) -> Check:
    parsed = parse(fetched.body, url=fetched.final_url, content_type=fetched.content_type)
    if isinstance(parsed, Unreadable):
        return Check(url=url, final_url=fetched.final_url, status=OK, error=parsed.reason)
    feed = Feed(id=feed_id(url), url=url)
    taken = [to_item(entry, feed, parsed, fetched.final_url, now()) for entry in parsed.entries]
    items = [item for item in taken if isinstance(item, Item)]
    dates = [date for item in items if (date := item.published_at or item.updated_at)]
    return Check(
        url=url,
        final_url=fetched.final_url,
        status=OK,
        format=parsed.kind,
        title=parsed.title or None,
        language=parsed.language,
        items=len(items),
        newest=max(dates, default=None),
        repairs=tuple(dict.fromkeys((*parsed.repairs, *(name for item in items for name in item.repairs)))),
        error=_trouble(len(items), parsed.children, parsed.skipped),
    )


def _trouble(items: int, children: tuple[str, ...], skipped: int) -> str | None:
    if items:
        return None
    if children:
        return f"a sitemap index of {len(children)} sitemaps: follow one of them, for instance {children[0]}"
    if skipped:
        return f"{skipped} entries, none of them news with a title"
    return "a feed without items"
