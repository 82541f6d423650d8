"""One JSON object as a connector sends it: canonical, named, without markup, its id made where it has none. Pure."""

import msgspec

from connectors.files.gdelt import from_object, is_gdelt
from connectors.files.ninjs import from_ninjs, is_ninjs
from connectors.protocol import Refused
from connectors.text import has_tag, plain
from connectors.urls import canonical_url
from schemas import intake
from schemas.intake import RAW_LIMIT
from schemas.item import Item, item_id


def read_object(raw: bytes, *, source: str, origin: str) -> Item | Refused:
    """The item in the bytes of one JSON object, or why there is none.

    Args:
        raw: one JSON object, as UTF-8.
        source: names the source of an item that names none itself.
        origin: where it came from, for the refusal.
    """
    raw = raw.strip().removeprefix(b"\xef\xbb\xbf")
    if len(raw) > RAW_LIMIT:
        return Refused(reason=f"{len(raw):,} bytes; an item may have {RAW_LIMIT:,}", origin=origin, raw=raw)
    special = _special(raw, source=source, origin=origin)
    if special is not None:
        return special
    found = intake.decode_item(raw)
    if isinstance(found, intake.Refused):
        return Refused(reason=found.reason, origin=origin, raw=raw)
    return settle(found, source)


def _special(raw: bytes, *, source: str, origin: str) -> Item | Refused | None:
    """What an object means that is written in another vocabulary than Kabar's own, or None."""
    if not any(mark in raw for mark in _MARKS):
        return None  # the bytes are looked at first: decoding every line twice would cost more than the rest
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    if is_ninjs(found):
        return from_ninjs(found, source=source, origin=origin, raw=raw)
    if is_gdelt(found):
        return from_object(found, source=source, origin=origin, raw=raw)
    return None


_MARKS = (b'"uri"', b'"ninjs"', b'"domain"')


def settle(item: Item, source: str) -> Item:
    """The same item as a connector sends it.

    Its URL is canonical and its source named. Texts hold no HTML: who sends it wants its words, and nothing in the
    news may run where it is shown. The id is made from URL or guid where the item gave none of its own.
    """
    derived = (item.url or item.guid) and item.id == item_id(url=item.url, source=item.source, guid=item.guid)
    named = source if item.source == "unknown" else item.source
    url = canonical_url(item.url)
    repairs = [*item.repairs, *(["link-unusable"] if item.url and not url else [])]
    texts = {}
    for name in ("title", "summary", "body"):
        text = getattr(item, name)
        if has_tag(text):
            texts[name] = plain(text)
            repairs.append(f"html-in-{name}")
    identity = item.id
    if derived:
        guid = item.guid or (item.url if not url else None)
        identity = item_id(url=url, source=named, guid=guid)
    return msgspec.structs.replace(item, id=identity, source=named, url=url, repairs=tuple(repairs), **texts)
