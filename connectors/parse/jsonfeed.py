"""JSON Feed 1.0 and 1.1."""

import json
from typing import Any

import msgspec

from connectors.dates import DateReader
from connectors.parse import fields as f
from connectors.parse.entry import Entry, ParsedFeed, Repairs, Unreadable
from connectors.text import one_line, plain


class _Author(msgspec.Struct, frozen=True):
    name: str | None = None


class _Item(msgspec.Struct, frozen=True):
    """An item on the wire. Ids are text by the standard, and numbers in some feeds."""

    id: str | int | float | None = None
    url: str | None = None
    external_url: str | None = None
    title: str | None = None
    content_html: str | None = None
    content_text: str | None = None
    summary: str | None = None
    date_published: str | None = None
    date_modified: str | None = None
    author: _Author | None = None
    authors: tuple[_Author, ...] | None = None
    tags: tuple[str, ...] | None = None
    language: str | None = None


class _Feed(msgspec.Struct, frozen=True):
    version: str
    items: list[Any]
    title: str | None = None
    home_page_url: str | None = None
    language: str | None = None
    author: _Author | None = None
    authors: tuple[_Author, ...] | None = None


def read_jsonfeed(text: str, url: str) -> ParsedFeed | Unreadable:
    """A JSON Feed. An item of a wrong shape is taken field by field; what is no object at all is counted."""
    try:
        plain_object = json.loads(text, strict=False)
        feed = msgspec.convert(plain_object, _Feed)
    except (ValueError, RecursionError) as error:
        return Unreadable(reason=f"not a JSON Feed: {error}")
    if "jsonfeed.org" not in feed.version:
        return Unreadable(reason="JSON, but not a JSON Feed: its version does not name jsonfeed.org")
    language = f.tidy_language(feed.language)
    dates = DateReader(language)
    authors = _names(feed.authors, feed.author)
    base = f.link(feed.home_page_url, url, Repairs()) or url
    objects = [item for item in feed.items if isinstance(item, dict)]
    return ParsedFeed(
        kind=f"JSON Feed {feed.version.rstrip('/').rpartition('/')[2][:8]}",
        title=one_line(plain(feed.title)),
        language=language,
        entries=tuple(_entry(item, base, language, authors, dates) for item in objects),
        skipped=len(feed.items) - len(objects),
    )


def _entry(raw: dict[str, Any], base: str, language: str | None, authors: tuple[str, ...], dates: DateReader) -> Entry:
    repairs = Repairs()
    item = _shape(raw, repairs)
    body = plain(item.content_html) or (item.content_text or "").strip()
    summary = plain(item.summary)
    return Entry(
        guid=None if item.id in {None, ""} else str(item.id),
        url=f.link(item.url, base, repairs) or _permalink(item, repairs) or f.link(item.external_url, base, repairs),
        title=one_line(plain(item.title)),
        summary="" if summary == body else summary,
        body=body,
        published_at=f.date(dates, iter([item.date_published or ""]), repairs),
        updated_at=f.date(dates, iter([item.date_modified or ""]), repairs),
        language=f.tidy_language(item.language) or language,
        authors=_names(item.authors, item.author) or authors,
        categories=f.names(iter(item.tags or ())),
        repairs=repairs.all(),
    )


def _shape(raw: dict[str, Any], repairs: Repairs) -> _Item:
    try:
        return msgspec.convert(raw, _Item)
    except msgspec.ValidationError:
        repairs.add("json-wrong-types")
    kept = {}
    for name in _Item.__struct_fields__:
        if name not in raw:
            continue
        try:
            msgspec.convert({name: raw[name]}, _Item)
        except msgspec.ValidationError:
            continue
        kept[name] = raw[name]
    return msgspec.convert(kept, _Item)


def _permalink(item: _Item, repairs: Repairs) -> str | None:
    if not isinstance(item.id, str) or not item.id.lower().startswith(("http://", "https://")):
        return None
    repairs.add("link-from-guid")
    return f.link(item.id, "", repairs)


def _names(authors: tuple[_Author, ...] | None, author: _Author | None) -> tuple[str, ...]:
    people = authors or ((author,) if author else ())
    return f.names(person.name or "" for person in people)
