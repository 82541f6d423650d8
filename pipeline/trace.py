"""Where one item went: every record of it, in every topic and the index, in the order of time."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from pipeline.elastic import Index
from pipeline.reasons import said
from schemas.alert import Alert, Match
from schemas.broker import partition_for, read_all
from schemas.codec import Record, Undecodable, from_millis
from schemas.deadletter import DeadLetter
from schemas.document import Document, Enriched
from schemas.item import Item
from schemas.message import Message
from schemas.said import Said
from schemas.settings import Settings
from schemas.topics import ALERTS, BACKFILL, DEADLETTERS, DOCUMENTS, ENRICHED, ITEMS, MATCHES


class Passage(msgspec.Struct, frozen=True):
    """An item at one place: when, where, and what happened there in words."""

    at: datetime
    where: str
    what: Said


def trace(settings: Settings, index: Index, item_id: str) -> list[Passage]:
    """Every passage of an item, oldest first; empty where it was never seen."""
    passages = list(_items(settings, item_id))
    if passages:
        since = int(min(p.at for p in passages).timestamp() * 1000)
        for topic, kind in _LATER.items():
            passages += _passages(settings, topic, kind, item_id, since)
        passages += _indexed(index, item_id)
    return sorted(passages, key=lambda passage: passage.at)


def _items(settings: Settings, item_id: str) -> Iterator[Passage]:
    partition = partition_for(item_id, settings.partitions)
    for topic in (ITEMS, BACKFILL):
        for message in read_all(settings, topic, partition):
            if message.key == item_id and message.value is not None:
                yield _passage(message, Item, item_id) or _unreadable(message)


def _passages(settings: Settings, topic: str, kind: type[Record], item_id: str, since: int) -> Iterator[Passage]:
    needle = item_id.encode()
    for message in read_all(settings, topic, since_ms=since):
        # Most records are of other items: looking at the bytes first is ten times faster than decoding them all.
        if message.value is not None and (needle in message.value or needle in (message.key or "").encode()):
            passage = _passage(message, kind, item_id)
            if passage is not None:
                yield passage


def _passage(message: Message, kind: type[Record], item_id: str) -> Passage | None:
    try:
        record = kind.decode(message.value or b"")
    except Undecodable:
        return None
    what = _describe(record, item_id)
    if what is None:
        return None
    return Passage(from_millis(message.timestamp_ms), f"{message.topic}/{message.partition}/{message.offset}", what)


def _unreadable(message: Message) -> Passage:
    where = f"{message.topic}/{message.partition}/{message.offset}"
    return Passage(from_millis(message.timestamp_ms), where, Said("a record that is not a whole item"))


def _describe(record: Record, item_id: str) -> Said | None:  # noqa: PLR0911 - one line a kind of record
    match record:
        case Item():
            if record.repairs:
                return Said("fetched from {}, repaired: {}", (record.source, ", ".join(record.repairs)))
            return Said("fetched from {}", (record.source,))
        case Enriched() if record.item.id == item_id:
            return Said(
                "revision {}, language {}, {} mentions", (record.revision, record.language, len(record.mentions))
            )
        case Document() if record.enriched.item.id == item_id:
            placed = record.enriched.revision, record.placement.story_id
            if record.placement.duplicate_of:
                return Said("revision {}, story {}, a copy of {}", (*placed, record.placement.duplicate_of))
            return Said("revision {}, story {}", placed)
        case Match() if record.item_id == item_id:
            return Said("names {} ({})", (record.figure_name, said(record.why)))
        case Alert() if record.match.item_id == item_id:
            return Said("alert for {}", (record.match.figure_name or record.match.rule_name,))
        case DeadLetter():
            return Said("set aside by {}: {}", (record.step, record.reason)) if record.key == item_id else None
        case _:
            return None


def _indexed(index: Index, item_id: str) -> list[Passage]:
    found = index.search({"query": {"ids": {"values": [item_id]}}, "source_includes": ["indexed_at", "revision"]})
    return [
        Passage(
            datetime.fromisoformat(hit["_source"]["indexed_at"]),
            hit["_index"],
            Said("revision {} indexed", (hit["_source"]["revision"],)),
        )
        for hit in found["hits"]["hits"]
    ]


_LATER: dict[str, type[Record]] = {
    ENRICHED: Enriched,
    DOCUMENTS: Document,
    MATCHES: Match,
    ALERTS: Alert,
    DEADLETTERS: DeadLetter,
}
