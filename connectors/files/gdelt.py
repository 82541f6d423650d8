"""GDELT's lists of documents as items. Pure.

Four of them name news articles: the Global Article List (JSON Lines), the DOC API's article list (JSON or CSV), the
Global Knowledge Graph 2.1 and the Mentions table (tab-separated). They have addresses,
times and sometimes titles, never texts: `--full-text page` fetches those. Source: the codebooks at https://www.gdeltproject.org/data.html.
"""

import html
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from babel import Locale

from connectors.protocol import Refused
from connectors.text import one_line, plain
from connectors.urls import canonical_url, host_of
from schemas.codec import now
from schemas.intake import repair
from schemas.item import Item, item_id

GKG_COLUMNS, MENTIONS_COLUMNS = 27, (14, 16)
_PAGE = {
    name: re.compile(f"<{name}>(.*?)</{name}>", re.DOTALL)
    for name in ("PAGE_TITLE", "PAGE_AUTHORS", "PAGE_PRECISEPUBTIMESTAMP")
}
_TRANSLATED = re.compile(r"srclc:([a-z]{2,3})")
_BIBLICAL = {"zho": "zh", "eng": "en"}


def is_gdelt(found: dict[str, Any]) -> bool:
    """Whether a JSON object is an article of GDELT's article lists."""
    return (
        isinstance(found.get("url"), str)
        and "domain" in found
        and not found.keys().isdisjoint({"seendate", "socialimage", "outletName", "desc"})
    )


def from_object(found: dict[str, Any], *, source: str, origin: str, raw: bytes = b"") -> Item | Refused:
    """The item of an article in a JSON list."""
    language, country = str(found.get("lang") or found.get("language") or ""), str(found.get("sourcecountry") or "")
    return _item(
        url=str(found["url"]),
        title=str(found.get("title") or ""),
        summary=str(found.get("desc") or ""),
        moment=_moment(str(found.get("seendate") or found.get("date") or "")),
        authors=[str(found["author"])] if found.get("author") else [],
        language=_language(language),
        country=_country(country),
        name=str(found.get("outletName") or found.get("domain") or ""),
        source=source, origin=origin, raw=raw,
    )  # fmt: skip


def from_row(cells: Sequence[str], *, source: str, origin: str, raw: bytes = b"") -> Item | Refused | None:
    """The item of a row: of the GKG, of the Mentions, or of an article list; None for a row of headings."""
    if len(cells) == GKG_COLUMNS and cells[2].strip() in {"1", "2", "3", "4", "5", "6"}:
        extras = {name: (match[1] if (match := pattern.search(cells[26])) else "") for name, pattern in _PAGE.items()}
        language = _TRANSLATED.search(cells[25])
        return _item(
            url=cells[4] if cells[2].strip() == "1" else "",
            title=html.unescape(extras["PAGE_TITLE"]),
            summary="",
            moment=_moment(extras["PAGE_PRECISEPUBTIMESTAMP"] or cells[1]),
            authors=[name for name in extras["PAGE_AUTHORS"].split(";") if name.strip()],
            language=_language(language[1]) if language else "en",
            country=None,
            name=cells[3],
            source=source, origin=origin, raw=raw,
        )  # fmt: skip
    if len(cells) in range(*MENTIONS_COLUMNS) and cells[3].strip().isdecimal() and cells[5].strip():
        return _item(
            url=cells[5], title="", summary="", moment=_moment(cells[2]), authors=[], language=None, country=None,
            name=cells[4], source=source, origin=origin, raw=raw,
        )  # fmt: skip
    if len(cells) == 4 and cells[0].strip().lower() == "url":  # noqa: PLR2004 - the article list's columns
        return None
    if len(cells) == 4:  # noqa: PLR2004
        return _item(
            url=cells[0], title=cells[3], summary="", moment=_moment(cells[2]), authors=[], language=None,
            country=None, name="", source=source, origin=origin, raw=raw,
        )  # fmt: skip
    return Refused(reason=f"not a row of a GDELT list: it has {len(cells)} columns", origin=origin, raw=raw)


def _item(  # noqa: PLR0913 - an item's fields, by name
    *, url: str, title: str, summary: str, moment: datetime | None, authors: list[str], language: str | None,
    country: str | None, name: str, source: str, origin: str, raw: bytes,
) -> Item | Refused:  # fmt: skip
    address = canonical_url(url)
    if address is None:
        return Refused(reason="a required field is missing: GDELT names no web address", origin=origin, raw=raw)
    return repair(
        Item(
            id=item_id(url=address), source=source, source_name=name or host_of(address), source_country=country,
            fetched_at=now(), title=one_line(plain(title)), summary=plain(summary), url=address, published_at=moment,
            language_hint=language, authors=tuple(one_line(plain(author)) for author in authors),
        )
    )  # fmt: skip


def _moment(text: str) -> datetime | None:
    digits = re.sub(r"\D", "", text)[:14]
    for length, form in ((14, "%Y%m%d%H%M%S"), (8, "%Y%m%d")):
        if len(digits) >= length:
            try:
                return datetime.strptime(digits[:length], form).replace(tzinfo=UTC)
            except ValueError:
                return None
    return None


def _language(text: str) -> str | None:
    """A code for what GDELT calls a language: a code of two or three letters, or its English name."""
    name = text.strip().lower()
    return _languages().get(name) or (name if 2 <= len(name) <= 3 and name.isalpha() else None) or None  # noqa: PLR2004 - ISO 639


def _country(text: str) -> str | None:
    return _countries().get(text.strip().lower())


@cache
def _languages() -> dict[str, str]:
    # CLDR names no code of three letters where there is one of two; GDELT has the two commonest so.
    return {name.lower(): code for code, name in Locale("en").languages.items() if len(code) <= 3} | _BIBLICAL  # noqa: PLR2004


@cache
def _countries() -> dict[str, str]:
    return {name.lower(): code for code, name in Locale("en").territories.items() if len(code) == 2}  # noqa: PLR2004
