"""An item's revisions as the archive has them, and what changed from each to the next."""

import difflib
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final, Literal

import msgspec

from schemas.broker import partition_for, read_all
from schemas.codec import from_millis
from schemas.intake import Refused, decode_item
from schemas.item import Item, content_hash
from schemas.settings import Settings
from schemas.topics import BACKFILL, ITEMS

# A comparison of words takes time by the square of the text.
MOST_WORDS: Final = 6_000
_WORDS: Final = re.compile(r"\s+|[^\s]+")


class Piece(msgspec.Struct, frozen=True):
    """A part of a text that is the same, new, or gone."""

    kind: Literal["same", "new", "gone"]
    text: str


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """A version of an item whose content differs from the one before; without pieces where it is the first."""

    number: int
    at: datetime
    title: list[Piece]
    text: list[Piece]


def revisions(settings: Settings, item_id: str) -> list[Revision]:
    """The versions that the archive still has, oldest first; compaction leaves at least the newest."""
    found: list[Revision] = []
    before: Item | None = None
    for at, item in _versions(settings, item_id):
        if before is None or content_hash(item) != content_hash(before):
            found.append(_revision(len(found) + 1, at, before, item))
            before = item
    return found


def _versions(settings: Settings, item_id: str) -> Iterator[tuple[datetime, Item]]:
    partition = partition_for(item_id, settings.partitions)
    found = []
    for topic in (ITEMS, BACKFILL):
        for message in read_all(settings, topic, partition):
            if message.key == item_id and message.value is not None:
                item = decode_item(message.value, at=from_millis(message.timestamp_ms))
                if not isinstance(item, Refused):
                    found.append((from_millis(message.timestamp_ms), item))
    yield from sorted(found, key=lambda version: version[0])


def _revision(number: int, at: datetime, before: Item | None, item: Item) -> Revision:
    text = "\n".join(part for part in (item.summary, item.body) if part)
    if before is None:
        return Revision(number=number, at=at, title=[Piece("same", item.title)], text=[Piece("same", text)])
    old = "\n".join(part for part in (before.summary, before.body) if part)
    return Revision(number=number, at=at, title=compared(before.title, item.title), text=compared(old, text))


def compared(old: str, new: str) -> list[Piece]:
    """What became of a text, by words."""
    a, b = _WORDS.findall(old), _WORDS.findall(new)
    if len(a) + len(b) > MOST_WORDS:
        return [Piece("gone", old), Piece("new", new)]
    pieces: list[Piece] = []
    for kind, a1, a2, b1, b2 in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(Piece("same", "".join(a[a1:a2])))
            continue
        pieces += [Piece("gone", "".join(a[a1:a2]))] if a2 > a1 else []
        pieces += [Piece("new", "".join(b[b1:b2]))] if b2 > b1 else []
    return pieces
