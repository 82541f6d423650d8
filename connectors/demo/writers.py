"""An edition of a feed as text: one writer a format, and what is broken on purpose.

Writers get entries whose faults that touch the text were already made; faults of the wire (missing guid, raw
entity) are the writers' own. Formats: https://www.rssboard.org (0.91, 2.0), https://web.resource.org/rss/1.0/spec,
RFC 4287, https://www.jsonfeed.org/version/1.1/ and https://www.google.com/schemas/sitemap-news/0.9.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape
from urllib.parse import urlsplit

from connectors.demo.feeds import DemoFeed, Format, age
from connectors.demo.records import NewsItem

_RSS2_SPACES = 'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
_RSS1_SPACES = (
    f'xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" {_RSS2_SPACES}'
)
_SITEMAP_SPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
)
_HTML_PAGE = """<!DOCTYPE html>
<html lang="sw">
<head><meta charset="utf-8"><title>{name}</title></head>
<body>
<h1>{name}</h1>
<p>Tovuti yetu iko kwenye matengenezo. Tafadhali rudi baadaye.<br>
<p>Our site is being rebuilt. Please come back later &amp; thank you for reading.
</body>
</html>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An item as one feed shows it. Dates are texts already where a fault made them impossible as values."""

    item: NewsItem
    url: str
    guid: str | None
    title: str
    html: str
    plain: str
    moment: datetime

    @property
    def rfc822(self) -> str:
        """The date of RSS 2.0; of the year 9999 where the fault says so."""
        return self._faulty(format_datetime(self.moment))

    @property
    def iso(self) -> str:
        """The date of Atom, JSON Feed, RSS 1.0 and sitemaps; of the year 9999 where the fault says so."""
        return self._faulty(self.moment.isoformat(timespec="seconds"))

    def _faulty(self, date: str) -> str:
        return re.sub(r"\b20\d\d\b", "9999", date) if self.item.fault == "date-9999" else date


Writer = Callable[[DemoFeed, Sequence[Entry], datetime], str]


def entry(item: NewsItem, query: str, start: datetime) -> Entry:
    """The item as served by a server that started at `start`, its faults of text and link made."""
    paragraphs = list(item.paragraphs)
    if item.fault == "nul":
        paragraphs[0] = paragraphs[0].replace(" ", " \x00", 1) if " " in paragraphs[0] else "\x00" + paragraphs[0]
    if item.fault == "invalid-utf8":
        paragraphs = [_latin1_bytes(paragraph) for paragraph in paragraphs]
    url = item.url
    if item.fault == "relative-link":
        url = urlsplit(url).path
    if query:
        url = f"{url}{'&' if '?' in url else '?'}{query}"
    return Entry(
        item=item,
        url=url,
        guid=None if item.fault == "no-guid" else item.url,
        title=_marked_up(item.title) if item.fault == "html-title" else item.title,
        html="\n".join(f"<p>{escape(paragraph, quote=False)}</p>" for paragraph in paragraphs),
        plain="\n\n".join(paragraphs),
        moment=start - age(item),
    )


def _latin1_bytes(text: str) -> str:
    """`é` as the lone byte E9, smuggled through a surrogate until the text is encoded."""
    return text.replace("é", "\udce9")


def _marked_up(title: str) -> str:
    first, _, rest = title.partition(" ")
    return f"<b>{escape(first, quote=False)}</b> <em>{escape(rest, quote=False)}</em>"


def _element(name: str, text: str | None) -> str:
    return f"<{name}>{escape(text, quote=False)}</{name}>\n" if text else ""


def _xml(feed: DemoFeed, body: str) -> str:
    return f'<?xml version="1.0" encoding="{feed.charset}"?>\n{body}'


def _channel_head(feed: DemoFeed) -> str:
    return (
        _element("title", feed.name)
        + _element("link", feed.site)
        + _element("description", feed.name)
        + _element("language", feed.language)
    )


def _rss_title(shown: Entry) -> str:
    text = _element("title", shown.title)
    return text.replace("–", "&ndash;") if shown.item.fault == "undeclared-entity" else text


def write_rss_091(feed: DemoFeed, entries: Sequence[Entry], _start: datetime) -> str:
    """RSS 0.91: title, link and description only; no dates, no guids."""
    items = "".join(
        "<item>\n"
        + _rss_title(shown)
        + _element("link", shown.url)
        + _element("description", shown.item.summary or shown.plain)
        + "</item>\n"
        for shown in entries
    )
    return _xml(feed, f'<rss version="0.91">\n<channel>\n{_channel_head(feed)}{items}</channel>\n</rss>\n')


def write_rss_1(feed: DemoFeed, entries: Sequence[Entry], _start: datetime) -> str:
    """RSS 1.0 (RDF) with the Dublin Core and content modules."""
    sequence = "".join(f'<rdf:li rdf:resource="{escape(shown.url)}"/>\n' for shown in entries)
    items = "".join(
        f'<item rdf:about="{escape(shown.url)}">\n'
        + _rss_title(shown)
        + _element("link", shown.url)
        + _element("description", shown.item.summary)
        + _element("content:encoded", shown.html)
        + "".join(_element("dc:creator", author) for author in shown.item.authors)
        + "".join(_element("dc:subject", category) for category in shown.item.categories)
        + _element("dc:date", shown.iso)
        + _element("dc:language", shown.item.language)
        + "</item>\n"
        for shown in entries
    )
    channel = (
        f'<channel rdf:about="{escape(feed.site)}">\n{_channel_head(feed)}'
        f"<items><rdf:Seq>\n{sequence}</rdf:Seq></items>\n</channel>\n"
    )
    return _xml(feed, f"<rdf:RDF {_RSS1_SPACES}>\n{channel}{items}</rdf:RDF>\n")


def write_rss_2(feed: DemoFeed, entries: Sequence[Entry], start: datetime) -> str:
    """RSS 2.0 with `content:encoded` in CDATA, as most publishing systems write it."""
    items = "".join(
        "<item>\n"
        + _rss_title(shown)
        + _element("link", shown.url)
        + (f'<guid isPermaLink="true">{escape(shown.guid)}</guid>\n' if shown.guid else "")
        + f"<pubDate>{shown.rfc822}</pubDate>\n"
        + "".join(_element("dc:creator", author) for author in shown.item.authors)
        + "".join(_element("category", category) for category in shown.item.categories)
        + ("" if feed.language else _element("dc:language", shown.item.language))
        + _element("description", shown.item.summary)
        + (f"<content:encoded><![CDATA[{shown.html}]]></content:encoded>\n" if shown.html else "")
        + "</item>\n"
        for shown in entries
    )
    built = _element("lastBuildDate", format_datetime(start))
    channel = f"<channel>\n{_channel_head(feed)}{built}{items}</channel>\n"
    return _xml(feed, f'<rss version="2.0" {_RSS2_SPACES}>\n{channel}</rss>\n')


def write_atom(feed: DemoFeed, entries: Sequence[Entry], start: datetime) -> str:
    """Atom 1.0, each entry with its `xml:lang`."""
    items = "".join(
        f'<entry xml:lang="{shown.item.language}">\n'
        + _element("title", shown.title)
        + f'<link rel="alternate" type="text/html" href="{escape(shown.url)}"/>\n'
        + _element("id", shown.guid)
        + _element("published", shown.iso)
        + _element("updated", shown.iso)
        + "".join(f"<author><name>{escape(author)}</name></author>\n" for author in shown.item.authors)
        + "".join(f'<category term="{escape(category)}"/>\n' for category in shown.item.categories)
        + _element("summary", shown.item.summary)
        + (f'<content type="html">{escape(shown.html, quote=False)}</content>\n' if shown.html else "")
        + "</entry>\n"
        for shown in entries
    )
    head = (
        _element("title", feed.name)
        + f'<link rel="alternate" href="{escape(feed.site)}"/>\n'
        + _element("id", f"{feed.site}/")
        + _element("updated", start.isoformat(timespec="seconds"))
        + f"<author><name>{escape(feed.name)}</name></author>\n"
    )
    language = f' xml:lang="{feed.language}"' if feed.language else ""
    return _xml(feed, f'<feed xmlns="http://www.w3.org/2005/Atom"{language}>\n{head}{items}</feed>\n')


def write_json(feed: DemoFeed, entries: Sequence[Entry], _start: datetime) -> str:
    """JSON Feed 1.1, with `content_html`."""
    items = [
        {
            "id": shown.guid,
            "url": shown.url,
            "title": shown.title,
            "summary": shown.item.summary,
            "content_html": shown.html,
            "date_published": shown.iso,
            "language": shown.item.language,
            "tags": list(shown.item.categories),
            "authors": [{"name": author} for author in shown.item.authors],
        }
        for shown in entries
    ]
    whole = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.name,
        "home_page_url": feed.site,
        "items": [{name: value for name, value in item.items() if value} for item in items],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1)


def write_sitemap(feed: DemoFeed, entries: Sequence[Entry], _start: datetime) -> str:
    """A Google news sitemap: title, date and language, no text."""
    items = "".join(
        "<url>\n"
        + _element("loc", shown.url)
        + "<news:news>\n"
        + "<news:publication>\n"
        + _element("news:name", feed.name)
        + _element("news:language", shown.item.language.lower())
        + "</news:publication>\n"
        + _element("news:publication_date", shown.iso)
        + _element("news:title", shown.title)
        + "</news:news>\n</url>\n"
        for shown in entries
    )
    return _xml(feed, f"<urlset {_SITEMAP_SPACES}>\n{items}</urlset>\n")


WRITERS: dict[Format, Writer] = {
    "rss-0.91": write_rss_091,
    "rss-1.0": write_rss_1,
    "rss-2.0": write_rss_2,
    "atom": write_atom,
    "json": write_json,
    "sitemap": write_sitemap,
}


def write(feed: DemoFeed, entries: Sequence[Entry], start: datetime) -> bytes:
    """The feed's bytes in its charset, broken where the feed is.

    A character that a legacy charset lacks becomes a numeric reference, which XML allows.
    """
    text = WRITERS[feed.format](feed, entries, start)
    if feed.breakage == "broken-xml":
        text = break_xml(text)
    utf8 = feed.charset == "utf-8"
    return text.encode(feed.charset, "surrogateescape" if utf8 else "xmlcharrefreplace")


def break_xml(text: str) -> str:
    """The feed with bare ampersands and without its last end tags, as cut off by a full disk."""
    return text.replace("&amp;", "&").removesuffix("</channel>\n</rss>\n")


def html_page(feed: DemoFeed) -> bytes:
    """The page that some servers send, with status 200, where the feed was."""
    return _HTML_PAGE.format(name=escape(feed.name)).encode()
