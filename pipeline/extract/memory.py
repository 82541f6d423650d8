"""What is remembered of a host: which records were handled, and which paragraphs its pages have in common."""

from collections.abc import Sequence

import msgspec

# Paragraphs seen once are many and mostly never come again; those seen twice are what walls are known by.
ONCE_LIMIT, OFTEN_LIMIT = 600, 400
ACCEPTED_LIMIT = 100
RECENT_LIMIT = 100


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """A paragraph: on how many pages it was, the item of the first, and the UTF-8 bytes of the longest."""

    pages: int
    first_item: str
    longest: int = 0


class Judged(msgspec.Struct, frozen=True, array_like=True):
    """What was decided about a page, to be said again when its record comes again.

    `flag` is why the page is not used, or None; `removed` are the paragraphs left out; `corrected` is the item whose
    page turned out to be the same wall.
    """

    flag: str | None
    removed: tuple[int, ...] = ()
    corrected: str | None = None


class Row(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of one host.

    `high` is the last offset of `news.pages` handled, `marks` the last wanted offset of each lane, so that a page that
    a new worker fetched again goes no further. `handled` counts wanted records that were answered, for the books.
    """

    high: int = -1
    marks: dict[str, int] = {}
    handled: int = 0
    paragraphs: dict[int, Seen] = {}
    accepted: tuple[str, ...] = ()
    recent: dict[int, Judged] = {}


def remember(known: dict[int, Seen], paragraphs: Sequence[int], item_id: str, size: int) -> dict[int, Seen]:
    """The paragraphs known after a page of this item, of `size` bytes; another version of the item counts once."""
    after = dict(known)
    for paragraph in dict.fromkeys(paragraphs):
        seen = after.pop(paragraph, Seen(0, item_id))
        same = seen.first_item == item_id and seen.pages > 0
        after[paragraph] = Seen(seen.pages + (not same), seen.first_item, max(seen.longest, size))
    return _bounded(after)


def _bounded(known: dict[int, Seen]) -> dict[int, Seen]:
    # Oldest first, each kind within its own limit.
    spare = {1: 0, 2: 0}
    for seen in known.values():
        spare[min(seen.pages, 2)] += 1
    spare = {1: spare[1] - ONCE_LIMIT, 2: spare[2] - OFTEN_LIMIT}
    if max(spare.values()) <= 0:
        return known
    kept = {}
    for paragraph, seen in known.items():
        kind = min(seen.pages, 2)
        if spare[kind] > 0:
            spare[kind] -= 1
        else:
            kept[paragraph] = seen
    return kept


def decode_row(data: bytes | None) -> Row:
    """The row of a host, or a new one."""
    return Row() if data is None else _decoder.decode(data)


def encode_row(row: Row) -> bytes:
    """The row as bytes of the table."""
    return _encoder.encode(row)


_decoder = msgspec.msgpack.Decoder(Row)
_encoder = msgspec.msgpack.Encoder()
