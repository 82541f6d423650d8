"""What is refused and what is repaired, decided in one place.

Refused: not JSON, no text at all, nothing to tell the item by, over 10 MB. All else is mended or cut, and each
mending is named in `Item.repairs`.
"""

import json
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from schemas.codec import now
from schemas.item import BODY_LIMIT, LIST_LIMIT, SUMMARY_LIMIT, TITLE_LIMIT, WORD_LIMIT, Item, is_on_earth, item_id

RAW_LIMIT = 10_000_000
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
MILLISECONDS = 1e11
LEEWAY = timedelta(days=1)

# NUL and the other control characters, without tab, line feed and carriage return; lone surrogates; noncharacters.
_BAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Refused(msgspec.Struct, frozen=True):
    """An item that cannot be taken, and why, in words for people."""

    reason: str


def decode_item(raw: bytes, *, at: datetime | None = None) -> Item | Refused:
    """The item that these bytes hold, repaired, or why there is none. `at` is now, for the clamping of dates."""
    if len(raw) > RAW_LIMIT:
        return Refused(f"{len(raw):,} bytes; an item may have {RAW_LIMIT:,}")
    try:
        item = Item.decode(raw)
    except ValueError:  # an odd or broken record: the slow way knows what can be mended
        return _decode_odd(raw, at or now())
    if not item.body and (b'"text"' in raw or not (item.title or item.summary)):
        return _decode_odd(raw, at or now())  # its body may stand under the other name, or it has no text at all
    return repair(item, at=at)


def repair(item: Item, *, at: datetime | None = None) -> Item:
    """The same item within its limits, with every mending named in `repairs`; unchanged where nothing is wrong."""
    at = at or now()
    mended = dict.fromkeys(item.repairs[:LIST_LIMIT])
    texts = {
        name: _text(getattr(item, name), limit, name, mended)
        for name, limit in (("title", TITLE_LIMIT), ("summary", SUMMARY_LIMIT), ("body", BODY_LIMIT))
    }
    words = {
        name: _text(value, WORD_LIMIT * 4 if name == "url" else WORD_LIMIT, name, mended)
        for name in ("url", "guid", "source_name", "source_country", "language_hint")
        if (value := getattr(item, name)) is not None
    }
    lists = {name: _words(getattr(item, name), name, mended) for name in ("authors", "categories")}
    changed = {
        **texts,
        **words,
        **lists,
        "coordinates": _on_earth(item.coordinates, mended),
        "source": _text(item.source, WORD_LIMIT, "source", mended),
        "published_at": _clamp(item.published_at, at, mended),
        "updated_at": _clamp(item.updated_at, at, mended),
        "fetched_at": _fetched(item.fetched_at, at, mended),
        "repairs": tuple(mended),
    }
    different = {name: value for name, value in changed.items() if getattr(item, name) != value}
    return msgspec.structs.replace(item, **different) if different else item


def clean(text: str) -> str:
    """Text without NULs, control characters, lone surrogates and noncharacters."""
    return _BAD.sub("", text) if _BAD.search(text) else text


def _text(value: str, limit: int, name: str, mended: dict[str, None]) -> str:
    cleaned = clean(value)
    if cleaned != value:
        mended[f"{name}-control-characters"] = None
    if len(cleaned) > limit:
        mended[f"{name}-capped"] = None
        cleaned = _cut(cleaned, limit)
    return cleaned


def _cut(text: str, limit: int) -> str:
    # Never between a letter and its combining marks. A text of marks alone is cut all the same.
    end = limit
    while end > limit - 50 and unicodedata.combining(text[end]):
        end -= 1
    return text[:end]


def _words(values: tuple[str, ...], name: str, mended: dict[str, None]) -> tuple[str, ...]:
    if len(values) > LIST_LIMIT:
        mended[f"{name}-capped"] = None
    return tuple(_text(value, WORD_LIMIT, name, mended) for value in values[:LIST_LIMIT])


def _on_earth(coordinates: tuple[tuple[float, float], ...], mended: dict[str, None]) -> tuple[tuple[float, float], ...]:
    # The index refuses others, and with them the whole item.
    kept = tuple(filter(is_on_earth, coordinates))[:LIST_LIMIT]
    if len(kept) < len(coordinates):
        mended["coordinates-implausible"] = None
    return kept


def _clamp(moment: datetime | None, at: datetime, mended: dict[str, None]) -> datetime | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        mended["date-without-zone"] = None
        moment = moment.replace(tzinfo=UTC)
    if moment > at + LEEWAY or moment < EARLIEST:
        mended["date-implausible"] = None
        return None
    return moment


def _fetched(moment: datetime, at: datetime, mended: dict[str, None]) -> datetime:
    # The fetch time is the document's version: one far in the future would shut out every later revision.
    plausible = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not EARLIEST <= plausible <= at + timedelta(minutes=10):
        mended["fetch-time-implausible"] = None
        return at
    return plausible


def _decode_odd(raw: bytes, at: datetime) -> Item | Refused:
    mended: dict[str, None] = {}
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("utf-8", "replace")
        mended["invalid-utf-8"] = None
    try:
        plain = json.loads(text.removeprefix("\ufeff"), strict=False)
    except (ValueError, RecursionError) as error:
        return Refused(f"not JSON: {error}")
    if not isinstance(plain, dict):
        return Refused(f"not a JSON object but {type(plain).__name__}")
    version = plain.get("v", 1)
    if isinstance(version, int) and version > Item.VERSION:
        return Refused(f"an item of version {version}; this Kabar knows up to {Item.VERSION}: upgrade it")
    return _from_plain(plain, mended, at)


def _from_plain(plain: dict[str, Any], mended: dict[str, None], at: datetime) -> Item | Refused:
    values = {name: _string(plain.get(name), name, mended) for name in _STRINGS}
    values["body"] = values["body"] or _string(plain.get("text"), "text", mended)
    if not any(values[name] for name in ("title", "summary", "body")):
        return Refused("a required field is missing: it has neither title, summary nor body")
    source = values["source"] or "unknown"
    identity = values["id"]
    if not identity:
        if not (values["url"] or values["guid"]):
            return Refused("a required field is missing: it has neither id, url nor guid")
        identity = item_id(url=values["url"], source=source, guid=values["guid"])
    item = Item(
        id=clean(identity)[:WORD_LIMIT],
        source=source,
        fetched_at=_moment(plain.get("fetched_at"), "fetched_at", mended) or at,
        title=values["title"] or "",
        summary=values["summary"] or "",
        body=values["body"] or "",
        url=values["url"],
        guid=values["guid"],
        source_name=values["source_name"],
        source_country=values["source_country"],
        published_at=_moment(plain.get("published_at"), "published_at", mended),
        updated_at=_moment(plain.get("updated_at"), "updated_at", mended),
        language_hint=values["language_hint"],
        authors=_strings(plain.get("authors"), "authors", mended),
        categories=_strings(plain.get("categories"), "categories", mended),
        coordinates=_points(plain.get("coordinates"), mended),
        repairs=(*_strings(plain.get("repairs"), "repairs", mended), *mended),
    )
    return repair(item, at=at)


_STRINGS = (
    "id source title summary body url guid source_name source_country language_hint".split()  # noqa: SIM905 - a row
)


def _string(value: object, name: str, mended: dict[str, None]) -> str | None:
    if value is None or isinstance(value, str):
        return value
    mended[f"{name}-not-text"] = None
    return json.dumps(value, ensure_ascii=False) if isinstance(value, int | float) else None


def _strings(value: object, name: str, mended: dict[str, None]) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        value = [value]
    return tuple(text for part in value[: LIST_LIMIT + 1] if (text := _string(part, name, mended)))


def _points(value: object, mended: dict[str, None]) -> tuple[tuple[float, float], ...]:
    try:
        return msgspec.convert(value, tuple[tuple[float, float], ...]) if value else ()
    except msgspec.ValidationError:
        mended["coordinates-unreadable"] = None
        return ()


def _moment(value: object, name: str, mended: dict[str, None]) -> datetime | None:
    if value is None:
        return None
    try:
        if isinstance(value, int | float):
            # Seconds or milliseconds since 1970: news is from neither 1973 nor 5138.
            return datetime.fromtimestamp(value if abs(value) < MILLISECONDS else value / 1000, UTC)
        return _iso_or_mail(str(value))
    except (ValueError, OverflowError, OSError):
        mended[f"{name}-unreadable"] = None
        return None


def _iso_or_mail(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return parsedate_to_datetime(text)
