"""What an HTML page in a feed's place is: a bot wall by its maker's name, a sign-in, an error, or a page with feeds."""

import re
from dataclasses import dataclass

from lxml import etree

from connectors.text import html_root, one_line
from connectors.urls import absolute_url
from connectors.walls import LOOKED_AT, wall_in

FEEDS_LIMIT = 20
TITLE_LIMIT = 80

_SIGN_IN = re.compile(r"type\s*=\s*[\"']?password", re.IGNORECASE)
_PARKED = re.compile(r"domain (?:is|may be) for sale|buy this domain|parked (?:free|domain)|sedoparking", re.IGNORECASE)
_GONE = re.compile(r"\b(?:404|410|not found|page introuvable|no encontrada|nicht gefunden)\b", re.IGNORECASE)
# What sites call feeds that they name for people alone: `/rss`, `/feed/`, `/news.atom`, `/rss/world.xml`, `?as=rss`.
_FEED_LINK = re.compile(r"(?:[/.=_-]|^)(?:rss2?|feeds?|atom|rdf)(?:/?|\.xml|/[\w-]+\.xml)(?:[?#].*)?$", re.IGNORECASE)
_FEED_TYPE = re.compile(r"application/(?:rss|atom|rdf|feed)\+?(?:xml|json)?|text/(?:rss|atom)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a page is. `wall` is who built the wall; `feeds` are the addresses that it names, best first."""

    reason: str
    wall: str | None = None
    feeds: tuple[str, ...] = ()


def judge(text: str, url: str) -> Page:
    """What this HTML page is, and the feeds it names."""
    root = html_root(text[:LOOKED_AT])
    feeds = _feeds(root, url) if root is not None else ()
    wall = None if feeds else wall_in(text)
    feeds = feeds or (() if wall or root is None else _linked(root, url))
    if feeds:
        return Page(reason=f"an HTML page, not a feed; it names {len(feeds)}, the first is {feeds[0]}", feeds=feeds)
    if wall:
        return Page(
            reason=f"a bot wall ({wall}) instead of the feed: ask the publisher to let this program in", wall=wall
        )
    if _SIGN_IN.search(text[:LOOKED_AT]):
        return Page(reason="a sign-in page, not a feed: the feed needs an account, or moved")
    title = _title(root)
    if _PARKED.search(text[:LOOKED_AT]):
        return Page(reason="a parked domain, not a feed: the site is gone")
    if _GONE.search(title):
        return Page(reason=f"an error page ({title}), not a feed: look for the feed's new address")
    return Page(reason=f"an HTML page ({title}), not a feed" if title else "an HTML page, not a feed")


def _title(root: etree._Element | None) -> str:
    element = next(root.iter("title"), None) if root is not None else None
    return one_line(element.text or "")[:TITLE_LIMIT] if element is not None else ""


def _feeds(root: etree._Element, url: str) -> tuple[str, ...]:
    start = _base(root, url)
    found: dict[str, int] = {}
    for element in root.iter("link"):
        rel = (element.get("rel") or "").lower().split()
        kind = (element.get("type") or "").strip()
        if {"alternate", "feed"} & set(rel) and ("feed" in rel or _FEED_TYPE.match(kind)):
            address = absolute_url(element.get("href"), start)
            if address:
                # A page's comments are the last that anyone wants.
                found.setdefault(address, "comment" in f"{address} {element.get('title') or ''}".lower())
    return tuple(sorted(found, key=lambda address: found[address])[:FEEDS_LIMIT])


def _linked(root: etree._Element, url: str) -> tuple[str, ...]:
    """The feeds that a page has links to in its text."""
    start = _base(root, url)
    links = (absolute_url(e.get("href"), start) for e in root.iter("a") if _FEED_LINK.search(e.get("href") or ""))
    return tuple(dict.fromkeys(address for address in links if address))[:FEEDS_LIMIT]


def _base(root: etree._Element, url: str) -> str:
    base = next((e.get("href") for e in root.iter("base") if e.get("href")), None)
    return absolute_url(base, url) or url
