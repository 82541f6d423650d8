"""From a body to entries, whatever the format: `parse` decides by the content, never by the header alone.

    bytes ──► charset ──► { ──► jsonfeed ─────────────────────┐
                          < ──► xml ──► root: rss, rdf ──► rss │──► identity ──► ParsedFeed(entries)
                                        feed, entry ──► atom   │            or Unreadable(reason)
                                        urlset ──► sitemap ────┘

Pure, and safe on anything: see `xml` for what is refused. Each reader is wire shape, adapter, then `Entry`.
"""

import dataclasses
import re
import zlib
from collections.abc import Callable, Container

from lxml import etree

from connectors.charset import decode
from connectors.fetch import BODY_LIMIT
from connectors.parse import fields
from connectors.parse.atom import read_atom
from connectors.parse.entry import ENTRIES_LIMIT, Entry, ParsedFeed, Unreadable
from connectors.parse.foreign import foreign, is_binary
from connectors.parse.identity import told_apart
from connectors.parse.jsonfeed import read_jsonfeed
from connectors.parse.page import judge
from connectors.parse.rss import read_rss
from connectors.parse.sitemap import read_sitemap, read_sitemap_index
from connectors.parse.slices import cut, is_utf8
from connectors.parse.taking import Taking, digest_of
from connectors.parse.xml import RECOVERED, read_xml

__all__ = ["ENTRIES_LIMIT", "Entry", "ParsedFeed", "Unreadable", "parse"]

READERS: dict[str, Callable[[etree._Element, Taking], ParsedFeed]] = {
    "rss": read_rss,
    "rdf:rdf": read_rss,
    "rdf": read_rss,
    "channel": read_rss,
    "atom:feed": read_atom,
    "feed": read_atom,
    "atom:entry": read_atom,
    "entry": read_atom,
    "urlset": read_sitemap,
    "sitemapindex": read_sitemap_index,
}
_OTHERS = {
    "opml": "a list of feeds (OPML): `kabar feeds import` takes it",
    "nitf": "one article (NITF), not a feed",
    "newsml": "NewsML, which is not read",
    "newsmessage": "NewsML-G2, which is not read",
    "svg": "an image (SVG), not a feed",
    "error": "an error message in XML, not a feed",
}
_HTML = re.compile(
    r"(?:\s|<!--.{0,2000}?-->|<\?xml[^>]{0,300}\?>)*<(?:!doctype\s+html|html|head|body|script|meta|title|br|div|p|b|h1|center|font)\b",
    re.IGNORECASE | re.DOTALL,
)
_END = re.compile(r"</(?:\w{1,20}:)?(?:rss|feed|rdf|channel|urlset|sitemapindex)\s*>", re.IGNORECASE)
# A tag, a declaration or a comment: what no document of XML is without.
_MARKUP = re.compile(r"<[A-Za-z!?]")
_INSIDE = re.compile(r"<(?:feed|rss|rdf:RDF)[\s>]")
_BEFORE_JSON = re.compile(r"(?:\)\]\}'?,?|for\s*\(;;\);|/\*\*/|(?:/\*\*/\s*)?[A-Za-z_$][\w.$]{0,60}\()\s*(?=[\[{])")
_GZIP = b"\x1f\x8b"
_EDGE = "\ufeff \t\r\n\x00"


def parse(
    body: bytes, *, url: str, content_type: str | None = None, known: Container[bytes] = ()
) -> ParsedFeed | Unreadable:
    """The feed in a body.

    Args:
        body: as fetched; a gzip file (`sitemap.xml.gz`) is unpacked.
        url: where it came from, for relative links; may be empty.
        content_type: the header, whose charset is one hint among others.
        known: digests of entries that need not be read again (`ParsedFeed.digests` of an earlier parse).
    """
    if body.startswith(_GZIP):
        try:
            body = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(body, BODY_LIMIT)
        except zlib.error as error:
            return Unreadable(reason=f"a gzip file that is broken: {error}")
        if not body:
            return Unreadable(reason="a gzip file that is broken: it ends before its content")
    if what := foreign(body):
        return Unreadable(reason=what)
    return _parse_slices(body, url, content_type, known) or _parse_whole(
        body, content_type, Taking(url=url, known=known)
    )


def _parse_slices(body: bytes, url: str, content_type: str | None, known: Container[bytes]) -> ParsedFeed | None:
    """A regular document by its entries' own bytes, of which only the unknown are parsed; None for any other."""
    slices = cut(body)
    if slices is None:
        return None
    digests = [digest_of(part) for part in slices.parts[:ENTRIES_LIMIT]]
    new = [number for number, digest in enumerate(digests) if digest not in known]
    # The known ones were UTF-8 when they were read.
    if not is_utf8(document := slices.only(new)):
        return None
    taking = Taking(url=url, given=[digests[number] for number in new])
    found = _parse_whole(document, content_type, taking)
    if isinstance(found, Unreadable) or len(taking.digests) != len(new):
        return None
    repairs = found.repairs if len(slices.parts) <= ENTRIES_LIMIT else (*found.repairs, "entries-capped")
    return dataclasses.replace(found, digests=tuple(digests), repairs=repairs)


def _parse_whole(body: bytes, content_type: str | None, taking: Taking) -> ParsedFeed | Unreadable:
    text, repairs = decode(body, content_type)
    found = _read(text, taking)
    if isinstance(found, Unreadable):
        return found
    if RECOVERED in found.repairs and not (taking.digests or found.children) and not _END.search(text):
        return Unreadable(reason="cut off: the document ends before its first item")
    if taking.capped:
        repairs += ("entries-capped",)
    return dataclasses.replace(
        found,
        entries=told_apart(found.entries, fields.home_of(found.url)),
        digests=tuple(taking.digests),
        taken=tuple(taking.taken),
        repairs=(*repairs, *found.repairs),
    )


def _read(text: str, taking: Taking) -> ParsedFeed | Unreadable:
    start = text.lstrip(_EDGE)
    start = _BEFORE_JSON.sub("", start, count=1) if start[:1] not in "<{[" else start
    if not start:
        return Unreadable(reason="an empty body")
    if start[0] in "{[":
        return read_jsonfeed(start.rstrip(_EDGE), taking)
    if _HTML.match(start) and not _INSIDE.search(text):
        page = judge(start, taking.url)
        return Unreadable(reason=page.reason, feeds=page.feeds, wall=page.wall)
    if not _MARKUP.search(start):
        return Unreadable(reason="binary data, not a feed" if is_binary(start) else "plain text, not a feed")
    found = read_xml(start)
    if isinstance(found, Unreadable):
        return found
    return _from_tree(*found, taking)


def _from_tree(root: etree._Element, repairs: tuple[str, ...], taking: Taking) -> ParsedFeed | Unreadable:
    name = _kind(root)
    if name not in READERS:
        inner = next((e for e in root.iter("{*}feed", "{*}rss", "{*}RDF", "{*}urlset") if _kind(e) in READERS), None)
        if inner is not None:
            inside = "feed-inside-html" if name.removeprefix("xhtml:") == "html" else "feed-inside-xml"
            root, name, repairs = inner, _kind(inner), (*repairs, inside)
    reader = READERS.get(name)
    if reader is None:
        local = str(root.tag).rpartition("}")[2]
        reason = _OTHERS.get(local.lower(), f"XML, but no feed: its root is <{local[:60]}>")
        return Unreadable(reason=reason)
    feed = reader(root, taking)
    return dataclasses.replace(feed, repairs=tuple(dict.fromkeys((*repairs, *feed.repairs))))


def _kind(root: etree._Element) -> str:
    """The name that decides who reads this: a wrong namespace on an unmistakable root means nothing."""
    name = fields.name_of(root)
    local = name.rpartition(":")[2]
    return local if name.startswith(("?:", "atom:")) and local in {"rss", "feed", "urlset", "sitemapindex"} else name
