"""A request's body as items: one JSON object, an array of them, or JSON Lines, told by what it is. Pure."""

import hashlib
import json
from collections.abc import Sequence

import msgspec

from connectors.protocol import Refused
from connectors.settle import read_object
from schemas.item import Item

LINES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"})
ITEMS_LIMIT = 10_000
INVALID = "invalid-utf-8"


class Malformed(ValueError):
    """A body of which nothing can be told apart; the message says why."""


def read_body(body: bytes, content_type: str, *, source: str) -> list[Item | Refused]:
    """An item, or why there is none, for each object in a body.

    Args:
        body: the whole body, decompressed.
        content_type: only one that says JSON Lines decides anything.
        source: names the source of items that name none themselves.

    Raises:
        Malformed: nothing in it, no JSON at all, or over 10,000 objects.
    """
    parts = split(body, content_type)
    if not parts:
        raise Malformed("the body is empty: send a JSON object, an array of them, or JSON Lines")
    if len(parts) > ITEMS_LIMIT:
        raise Malformed(f"{len(parts):,} items; a request may have {ITEMS_LIMIT:,}: send several")
    # A repeat of the same request is the same dead letters, and not further ones.
    origin = f"push/{hashlib.sha256(body).hexdigest()[:16]}"
    return [read_object(part, source=source, origin=f"{origin}/{number}") for number, part in enumerate(parts)]


def split(body: bytes, content_type: str) -> Sequence[bytes]:
    """The bytes of each object.

    Raises:
        Malformed: an array that is broken.
    """
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"[" and content_type not in LINES:
        return _elements(body)
    if start == b"{" and content_type not in LINES and _is_one(body):
        return [body]
    return [line for line in body.split(b"\n") if line.strip()]


def _is_one(body: bytes) -> bool:
    # An object may be spread over lines; several of them, one a line, are JSON Lines whatever the header says. What
    # is neither is taken for lines too, unless its first line alone is no object.
    try:
        msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, RecursionError):
        first = body.strip().partition(b"\n")[0].strip()
        return not first.endswith(b"}")
    return True


def _elements(body: bytes) -> Sequence[bytes]:
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        return [bytes(raw) for raw in msgspec.json.decode(body, type=list[msgspec.Raw])]
    except (msgspec.DecodeError, RecursionError):
        pass
    try:  # what can be mended in one object (control characters, bytes that are no UTF-8) must not cost the others
        found = json.loads(body.decode("utf-8", "replace"), strict=False)
        return [json.dumps(element, ensure_ascii=True).encode() for element in found]
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not JSON: {error}") from error
