"""JSON Feed 1.0 and 1.1. Whatever has a wrong type is left out, field by field, with a note."""

import json
from typing import Any

from connectors.dates import DateReader
from connectors.parse import fields as f
from connectors.parse.entry import Entry, ParsedFeed, Repairs, Unreadable
from connectors.parse.json_text import read_json
from connectors.parse.links import link
from connectors.parse.taking import Taking
from connectors.text import one_line, plain

WRONG_TYPES = "json-wrong-types"
_TEXTS = ("content_html", "content_text", "summary", "title", "url", "id")


def read_jsonfeed(text: str, taking: Taking) -> ParsedFeed | Unreadable:
    """A JSON Feed. What is no object among its items is counted as skipped."""
    try:
        feed, mended = read_json(text)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text) or error.msg.startswith("Unterminated string")
        return Unreadable(reason="cut off: the JSON ends before it is whole" if cut else f"not a JSON Feed: {error}")
    except ValueError as error:
        return Unreadable(reason=f"not a JSON Feed: {error}")
    if isinstance(feed, list) and len(feed) == 1 and isinstance(feed[0], dict):
        feed = feed[0]
    if not isinstance(feed, dict) or not isinstance(items := feed.get("items"), list):
        return Unreadable(reason="JSON, but not a JSON Feed: it has no list of items")
    repairs = Repairs()
    repairs.add(*mended)
    version = feed.get("version")
    if not (isinstance(version, str) and "jsonfeed.org" in version):
        if not _looks_like_one(items):
            return Unreadable(reason="JSON, but not a JSON Feed: its version does not name jsonfeed.org")
        version = ""
        repairs.add("json-version-missing")
    language = f.tidy_language(_text(feed, "language", repairs))
    dates = DateReader(language)
    itself = link(_text(feed, "feed_url", repairs), taking.url, Repairs())
    home = link(_text(feed, "home_page_url", repairs), taking.url or itself or "", Repairs())
    objects = [item for item in items if isinstance(item, dict)]
    authors = _authors(feed, repairs)
    base = home or taking.url or itself or ""
    return ParsedFeed(
        kind=f"JSON Feed {version.rstrip('/').rpartition('/')[2][:8] or '1.1'}",
        title=one_line(plain(_text(feed, "title", repairs))),
        url=itself or home,
        language=language,
        entries=taking.objects(objects, lambda item: _entry(item, base, language, authors, dates)),
        skipped=len(items) - len(objects),
        hub=_hub(feed.get("hubs"), base),
        repairs=repairs.all(),
    )


def _looks_like_one(items: list[Any]) -> bool:
    first = next((item for item in items if isinstance(item, dict)), {})
    return sum(name in first for name in _TEXTS) >= 2  # noqa: PLR2004 - one name alone is in any JSON


def _hub(hubs: object, base: str) -> str | None:
    found = [hub.get("url") for hub in hubs if isinstance(hub, dict)] if isinstance(hubs, list) else []
    return next((a for url in found if isinstance(url, str) and (a := link(url, base, Repairs()))), None)


def _entry(raw: dict[str, Any], base: str, language: str | None, authors: tuple[str, ...], dates: DateReader) -> Entry:
    repairs = Repairs()
    guid = _text(raw, "id", repairs, numbers=True)
    body = plain(_text(raw, "content_html", repairs)) or _text(raw, "content_text", repairs).strip()
    summary = plain(_text(raw, "summary", repairs))
    if not guid:
        repairs.add("guid-missing")
    address, anchor = _url(raw, guid, base, repairs)
    return Entry(
        guid=guid or None,
        url=address,
        anchor=anchor,
        title=one_line(plain(_text(raw, "title", repairs))),
        summary="" if summary == body else summary,
        body=body,
        published_at=f.date(dates, iter([_text(raw, "date_published", repairs, numbers=True)]), repairs),
        updated_at=f.date(dates, iter([_text(raw, "date_modified", repairs, numbers=True)]), repairs),
        language=f.tidy_language(_text(raw, "language", repairs)) or language,
        authors=_authors(raw, repairs) or authors,
        categories=f.names(_strings(raw.get("tags"), repairs)),
        repairs=repairs.all(),
    )


def _url(raw: dict[str, Any], guid: str, base: str, repairs: Repairs) -> tuple[str | None, bool]:
    text = _text(raw, "url", repairs)
    found = link(text, base, repairs)
    if found:
        return found, "#" in text
    if guid.lower().startswith(("http://", "https://")):
        repairs.add("link-from-guid")
        return link(guid, base, repairs), "#" in guid
    text = _text(raw, "external_url", repairs)
    return link(text, base, repairs), "#" in text


def _text(raw: dict[str, Any], name: str, repairs: Repairs, *, numbers: bool = False) -> str:
    value = raw.get(name)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        if name != "id":
            repairs.add(WRONG_TYPES)
        if not numbers:
            return ""
        return f"{value:g}" if isinstance(value, float) and not value.is_integer() else str(int(value))
    repairs.add(WRONG_TYPES)
    return ""


def _strings(value: object, repairs: Repairs) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        repairs.add(WRONG_TYPES)
        return value.split(",")
    if not isinstance(value, list):
        repairs.add(WRONG_TYPES)
        return []
    found = [text for text in value if isinstance(text, str)]
    if len(found) < len(value):
        repairs.add(WRONG_TYPES)
    return found


def _authors(raw: dict[str, Any], repairs: Repairs) -> tuple[str, ...]:
    given = raw.get("authors") or raw.get("author")
    people = given if isinstance(given, list) else [given] if given else []
    found = []
    for person in people:
        if isinstance(person, dict):
            found.append(_text(person, "name", repairs) or _text(person, "url", repairs))
        elif isinstance(person, str):
            repairs.add(WRONG_TYPES)
            found.append(person)
        else:
            repairs.add(WRONG_TYPES)
    return f.names(found)
