"""From a body to entries, whatever the format: `parse` decides by the content, never by the header alone.

    bytes ──► charset ──► { ──► jsonfeed ─────────────────────┐
                          < ──► xml ──► root: rss, rdf ──► rss │──► ParsedFeed(entries), or Unreadable(reason)
                                        feed, entry ──► atom   │
                                        urlset ──► sitemap ────┘

Pure, and safe on anything: see `xml` for what is refused. Each reader is wire shape, adapter, then `Entry`.
"""

import dataclasses
import re
import zlib
from collections.abc import Callable

from lxml import etree

from connectors.charset import decode
from connectors.fetch import BODY_LIMIT
from connectors.parse import fields
from connectors.parse.atom import read_atom
from connectors.parse.entry import ENTRIES_LIMIT, Entry, ParsedFeed, Unreadable
from connectors.parse.jsonfeed import read_jsonfeed
from connectors.parse.rss import read_rss
from connectors.parse.sitemap import read_sitemap, read_sitemap_index
from connectors.parse.xml import read_xml

__all__ = ["Entry", "ParsedFeed", "Unreadable", "parse"]

READERS: dict[str, Callable[[etree._Element, str], ParsedFeed]] = {
    "rss": read_rss,
    "rdf:rdf": read_rss,
    "channel": read_rss,
    "atom:feed": read_atom,
    "feed": read_atom,
    "?:feed": read_atom,
    "atom:entry": read_atom,
    "entry": read_atom,
    "urlset": read_sitemap,
    "sitemapindex": read_sitemap_index,
}
_HTML = re.compile(
    r"(?:\s|<!--.{0,2000}?-->|<\?xml[^>]{0,300}\?>)*<(?:!doctype\s+html|html|head|body|script)\b",
    re.IGNORECASE | re.DOTALL,
)
_INSIDE = re.compile(r"<(?:feed|rss|rdf:RDF)[\s>]")
_GZIP = b"\x1f\x8b"


def parse(body: bytes, *, url: str, content_type: str | None = None) -> ParsedFeed | Unreadable:
    """The feed in a body.

    Args:
        body: as fetched; a gzip file (`sitemap.xml.gz`) is unpacked.
        url: where it came from, for relative links.
        content_type: the header, whose charset is one hint among others.
    """
    if body.startswith(_GZIP):
        body = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(body, BODY_LIMIT)
    text, repairs = decode(body, content_type)
    found = _read(text, url)
    if isinstance(found, Unreadable):
        return found
    if len(found.entries) > ENTRIES_LIMIT:
        repairs += ("entries-capped",)
        found = dataclasses.replace(found, entries=found.entries[:ENTRIES_LIMIT])
    return dataclasses.replace(found, repairs=(*repairs, *found.repairs))


def _read(text: str, url: str) -> ParsedFeed | Unreadable:
    start = text.lstrip("\ufeff \t\r\n\x00")[:1]
    if start in {"{", "["}:
        return read_jsonfeed(text.strip("\ufeff \t\r\n\x00"), url)
    if not start:
        return Unreadable(reason="an empty body")
    if _HTML.match(text.lstrip("\ufeff")) and not _INSIDE.search(text):
        return Unreadable(reason="an HTML page, not a feed")
    found = read_xml(text.lstrip("\ufeff"))
    if isinstance(found, Unreadable):
        return found
    root, repairs = found
    name = fields.name_of(root)
    if name.removeprefix("xhtml:") == "html":
        root = next((e for e in root.iter("{*}feed", "{*}rss", "{*}RDF") if fields.name_of(e) in READERS), root)
        name, repairs = fields.name_of(root), (*repairs, "feed-inside-html")
    reader = READERS.get(name)
    if reader is None:
        return Unreadable(reason=f"XML, but no feed: its root is <{etree.QName(root).localname[:60]}>")
    feed = reader(root, url)
    return dataclasses.replace(feed, repairs=(*repairs, *feed.repairs))
