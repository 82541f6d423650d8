"""ninjs, the IPTC's JSON for news, versions 1, 2 and 3, as an item. Pure.

Source: https://iptc.org/std/ninjs/. Version 3 has its texts in lists of objects (`headlines`, `bodies`); version 1 has
one field a text (`headline`, `body_html`), and version 2 either.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from connectors.dates import parse_date
from connectors.parse.fields import tidy_language
from connectors.protocol import Refused
from connectors.text import one_line, plain
from connectors.urls import canonical_url
from schemas.codec import now
from schemas.intake import repair
from schemas.item import Item, item_id

_MARKS = frozenset(
    "headlines bodies descriptions headline body_text body_html body_xhtml description_text versioncreated "  # noqa: SIM905 - a list of names
    "versionCreated pubStatus pubstatus representationType representationtype".split()
)
_PUBLISHED = (
    "firstCreated", "firstcreated", "contentCreated", "contentcreated", "versionCreated", "versioncreated",
)  # fmt: skip
_UPDATED = ("versionCreated", "versioncreated", "contentModified")
_WITHDRAWN = frozenset({"canceled", "cancelled", "withheld"})


def is_ninjs(plain_object: dict[str, Any]) -> bool:
    """Whether a JSON object is ninjs: it says so, or has an `uri` and at least one of ninjs's own names."""
    standard = plain_object.get("standard")
    if isinstance(standard, dict) and str(standard.get("name", "")).lower() == "ninjs":
        return True
    return isinstance(plain_object.get("uri"), str) and bool(_MARKS & plain_object.keys())


def from_ninjs(found: dict[str, Any], *, source: str, origin: str, raw: bytes = b"") -> Item | Refused:
    """The item, or why there is none: withdrawn by its publisher, or without text."""
    status = str(found.get("pubStatus") or found.get("pubstatus") or "usable").lower()
    if status in _WITHDRAWN:
        return Refused(reason=f"ninjs: the publisher says {status}", origin=origin, raw=raw)
    title = one_line(_text(found, "headlines", "headline") or plain(_string(found.get("title"))))
    summary = _text(found, "descriptions", "description_text", "description_html")
    body = _text(found, "bodies", "body_xhtml", "body_html", "body_text")
    guid = _string(found.get("uri")) or _string(found.get("guid"))
    url = canonical_url(_string(found.get("url")) or guid)
    if not (title or summary or body):
        return Refused(
            reason="a required field is missing: ninjs without headline, description and body", origin=origin, raw=raw
        )
    if not (guid or url):
        return Refused(reason="a required field is missing: ninjs without uri", origin=origin, raw=raw)
    names = tuple(name for name in _names(found.get("infoSources") or found.get("infosource")) if name)
    published, updated = (_date(found, *names) for names in (_PUBLISHED, _UPDATED))
    return repair(
        Item(
            id=item_id(url=url, source=source, guid=guid),
            source=source,
            source_name=names[0]
            if names
            else _string(found.get("copyrightHolder") or found.get("copyrightholder")) or None,
            fetched_at=now(),
            title=title,
            summary=summary if summary != body else "",
            body=body,
            url=url,
            guid=guid or None,
            published_at=published,
            updated_at=updated,
            language_hint=tidy_language(_string(found.get("language"))),
            authors=tuple(_authors(found)),
            categories=tuple(_names(found.get("subjects") or found.get("subject"))),
        )
    )


def _text(found: dict[str, Any], several: str, *single: str) -> str:
    # The main one of several: the role that says so, else the longest; plain text where both forms are given.
    parts = [part for part in found.get(several) or [] if isinstance(part, dict) and _string(part.get("value"))]
    main = [part for part in parts if _string(part.get("role")).lower() in {"main", "headline", "body"}]
    main = main or [part for part in parts if not part.get("role")] or parts
    if main:
        return max((plain(_string(part["value"])) for part in main), key=len)
    return next((plain(_string(found[name])) for name in single if _string(found.get(name)).strip()), "")


def _names(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield one_line(plain(value))
    for part in value if isinstance(value, list) else []:
        name = part.get("name") if isinstance(part, dict) else part
        if isinstance(name, str) and name.strip():
            yield one_line(plain(name))


def _authors(found: dict[str, Any]) -> Iterator[str]:
    for name in ("by", "byline", "bylines", "authors"):
        value = found.get(name)
        for part in value if isinstance(value, list) else [value]:
            text = (part.get("value") or part.get("name") or part.get("by")) if isinstance(part, dict) else part
            if isinstance(text, str) and text.strip():
                yield one_line(plain(text))


def _date(found: dict[str, Any], *names: str) -> datetime | None:
    for name in names:
        moment, _ = parse_date(_string(found.get(name)))
        if moment:
            return moment
    return None


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
