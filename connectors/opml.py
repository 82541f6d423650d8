"""Lists of feeds: OPML, nested and with categories, and YAML with each feed's settings."""

import math
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec
import yaml
from lxml import etree

from connectors.charset import decode
from connectors.parse.entry import Unreadable
from connectors.parse.xml import read_xml
from connectors.urls import canonical_url, feed_address
from schemas.feed import Feed
from schemas.intake import clean
from schemas.page import FullText


class ListError(ValueError):
    """A file that is no list of feeds. The message says why and where."""


class _YamlFeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A feed in a YAML list, by the names of `schemas.feed.Feed`."""

    url: str
    name: str | None = None
    country: str | None = None
    language: str | None = None
    categories: tuple[str, ...] = ()
    interval_seconds: float | None = None
    alert_existing: bool = False
    full_text: FullText = "feed"


def feed_id(url: str) -> str:
    """The id of a feed: 32 hex digits of BLAKE2b of its canonical URL, so that one address is one feed."""
    return blake2b(f"feed\n{canonical_url(url) or url}".encode("utf-8", "replace"), digest_size=16).hexdigest()


def read_feeds(path: Path, unusable: list[str] | None = None) -> list[Feed]:
    """The feeds of an OPML or YAML file, each address once, in the file's order.

    Args:
        path: the file.
        unusable: takes the addresses of an OPML file that are none, and are left out.

    Raises:
        ListError: the file is neither, or names what is no feed.
        OSError: it cannot be read.
    """
    text, _ = decode(path.read_bytes())
    return read_opml(text, unusable) if text.lstrip("\ufeff \t\r\n").startswith("<") else read_yaml(text)


def read_opml(text: str, unusable: list[str] | None = None) -> list[Feed]:
    """The feeds of an OPML text. An outline without an address is a folder: its name is a category of what is in it.

    Raises:
        ListError: it is not OPML. Outlines whose address is none are left out, and told in `unusable`.
    """
    found = read_xml(text.lstrip("\ufeff"))
    if isinstance(found, Unreadable):
        raise ListError(found.reason)
    root, _ = found
    if str(root.tag).lower() != "opml":
        raise ListError(f"XML, but not OPML: its root is <{str(root.tag)[:60]}>")
    return _once(_outlines(root, [] if unusable is None else unusable))


def _outlines(root: etree._Element, unusable: list[str]) -> Iterator[Feed]:
    for outline in root.iter():
        if str(outline.tag).lower() != "outline":
            continue
        attributes = {str(name).lower(): str(value).strip() for name, value in outline.attrib.items()}
        is_feed = attributes.get("type", "").lower() in {"rss", "atom"}
        address = attributes.get("xmlurl") or (attributes.get("url", "") if is_feed else "")
        url = feed_address(address)
        if url is None:
            unusable += [address] if address else []
            continue
        above = [label for outer in outline.iterancestors() if (label := _label(outer))]
        folders = tuple(dict.fromkeys(reversed(above)))
        own = [part.strip(" /") for part in attributes.get("category", "").split(",")]
        yield Feed(
            id=feed_id(url),
            url=url,
            name=name if (name := _label(outline)) and name != url else None,
            language=attributes.get("language") or None,
            categories=tuple(dict.fromkeys(name for name in (*folders, *own) if name)),
            folders=len(folders),
        )


def _label(outline: etree._Element) -> str:
    return " ".join(str(outline.get("title") or outline.get("text") or "").split())


def write_opml(feeds: Sequence[Feed]) -> bytes:
    """These feeds as OPML 2.0, in the folders of the list they came from; read again, the same.

    A feed that came from no folder is put into one of its first category. Further categories are in `category`.
    """
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = "Feeds that Kabar follows"
    places: dict[tuple[str, ...], etree._Element] = {(): etree.SubElement(root, "body")}
    for feed in sorted(feeds, key=lambda feed: (feed.categories[: feed.folders or 1], feed.name or feed.url)):
        path, more = feed.categories[: feed.folders or 1], feed.categories[feed.folders or 1 :]
        for depth, name in enumerate(path):
            if path[: depth + 1] not in places:
                places[path[: depth + 1]] = etree.SubElement(places[path[:depth]], "outline", text=clean(name))
        outline = etree.SubElement(places[path], "outline", type="rss", text=clean(feed.name or feed.url))
        outline.set("xmlUrl", clean(feed.url))
        if feed.language:
            outline.set("language", clean(feed.language))
        if more:
            outline.set("category", clean(",".join(more)))
    return etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)


def read_yaml(text: str) -> list[Feed]:
    """The feeds of a YAML list, or of a list under `feeds:`; an entry is an address or a mapping with `url`.

    Raises:
        ListError: it is not such a list; the message names the entry and what is wrong.
    """
    try:
        plain = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ListError(f"not YAML: {error}") from error
    if isinstance(plain, dict):
        plain = plain.get("feeds")
    if not isinstance(plain, list):
        raise ListError("neither OPML nor a YAML list of feeds")
    return _once(_from_yaml(number, value) for number, value in enumerate(plain, start=1))


def _from_yaml(number: int, value: Any) -> Feed:  # noqa: ANN401 - what YAML held, checked here
    try:
        wire = msgspec.convert({"url": value} if isinstance(value, str) else value, _YamlFeed)
    except msgspec.ValidationError as error:
        raise ListError(f"entry {number}: {error}") from error
    if wire.interval_seconds is not None and not 0 < wire.interval_seconds < math.inf:
        raise ListError(f"entry {number}: interval_seconds must be more than 0, not {wire.interval_seconds:g}")
    url = feed_address(wire.url)
    if url is None:
        raise ListError(f"entry {number}: {wire.url!r} is not an http(s) address")
    return Feed(**msgspec.structs.asdict(wire) | {"id": feed_id(url), "url": url})


def _once(feeds: Iterator[Feed]) -> list[Feed]:
    by_id: dict[str, Feed] = {}
    for feed in feeds:
        by_id.setdefault(feed.id, feed)
    return list(by_id.values())
