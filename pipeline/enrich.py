"""Step 1, `enrich`: what is new, in what language, and whom and what does it name?

Reads `news.items` and `news.backfill` by item id. Its table holds one row an item: when it was first seen, the hash
of its content, and for which source offset each revision was decided, so that a record that Kafka delivers again is
answered as it was. An unchanged item ends here and only moves a counter.
"""

from collections.abc import Callable, Iterable

import msgspec

from pipeline.decision import Decision, Lookup, Output, set_aside
from pipeline.entities import MENTION_LIMIT
from pipeline.language import detect, language_group
from schemas.codec import from_millis, millis, now
from schemas.document import Enriched, Mention
from schemas.intake import Refused, decode_item
from schemas.item import Item, content_hash
from schemas.message import Message
from schemas.topics import BACKFILL, ENRICHED

# More than can be delivered again after a crash: one item would have to change so often within a second.
REMEMBERED_REVISIONS = 50
NAMED_IN_HEADLINE = 20


class Revision(msgspec.Struct, frozen=True, array_like=True):
    """One revision: the record it was decided for, its version (fetch time, ms), and whom its headline names."""

    topic: str
    offset: int
    number: int
    version_ms: int
    headline: tuple[str, ...] = ()


class Row(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of one item. `high` is the last offset handled, by topic."""

    first_seen_ms: int
    language_group: str
    content_hash: str
    revisions: tuple[Revision, ...]
    high: dict[str, int]
    unchanged: int = 0
    superseded: int = 0
    forgotten: int = 0


class Understanding(msgspec.Struct, frozen=True):
    """What a text says of itself: its language and its mentions."""

    language: str
    confidence: float
    second: str | None
    reason: str | None
    mentions: tuple[Mention, ...]


FindMentions = Callable[[Item, str], tuple[Mention, ...]]
IsForgotten = Callable[[Item, tuple[Mention, ...]], bool]


def understand(item: Item, find_mentions: FindMentions) -> Understanding:
    """The language and the mentions of an item; the one path for agents and for `kabar enrich`."""
    language = detect(item.title, item.summary, item.body, item.language_hint)
    return Understanding(
        language.code, language.confidence, language.second, language.reason, find_mentions(item, language.code)
    )


class Enricher:
    """Decides about records of `news.items` and `news.backfill`."""

    def __init__(self, find_mentions: FindMentions, forgotten: IsForgotten = lambda _item, _mentions: False) -> None:
        self._find_mentions = find_mentions
        self._forgotten = forgotten

    def restore(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Nothing is kept beside the table."""

    def decide(self, message: Message, lookup: Lookup) -> Decision:
        """A new revision, an unchanged repeat, an older version that came late, or a dead letter."""
        if message.value is None:
            return Decision()
        item = decode_item(message.value, at=from_millis(message.timestamp_ms))
        if isinstance(item, Refused):
            return Decision(outputs=(set_aside("enrich", message, item.reason),))
        if message.key != item.id:
            reason = f"the record's key is {message.key!r}, the item's id {item.id!r}: key items by their id"
            return Decision(outputs=(set_aside("enrich", message, reason),))
        found = lookup(item.id)
        row = None if found is None else decode_row(found)
        if row is not None and message.offset <= row.high.get(message.topic, -1):
            return self._again(message, item, row)
        return self._first_time(message, item, row)

    def _again(self, message: Message, item: Item, row: Row) -> Decision:
        for revision in reversed(row.revisions):
            if (revision.topic, revision.offset) == (message.topic, message.offset):
                known = understand(item, self._find_mentions)
                return Decision(outputs=(_output(message, item, row, revision, known),))
        return Decision()

    def _first_time(self, message: Message, item: Item, row: Row | None) -> Decision:
        digest = content_hash(item)
        version = millis(item.fetched_at)
        if row is None:
            row = Row(message.timestamp_ms, "", "", (), {})
        high = {**row.high, message.topic: message.offset}
        if self._forgotten(item, ()):
            return _rows(item, msgspec.structs.replace(row, high=high, forgotten=row.forgotten + 1))
        if row.content_hash == digest:
            return _rows(item, msgspec.structs.replace(row, high=high, unchanged=row.unchanged + 1))
        last = row.revisions[-1] if row.revisions else None
        if last is not None and version < last.version_ms:
            return _rows(item, msgspec.structs.replace(row, high=high, superseded=row.superseded + 1))
        if last is not None and version == last.version_ms:
            version += 1  # two contents at one moment: the later record wins
        number = last.number + 1 if last else 1
        known = understand(item, self._find_mentions)
        if self._forgotten(item, known.mentions):
            return _rows(item, msgspec.structs.replace(row, high=high, forgotten=row.forgotten + 1))
        headline = tuple(dict.fromkeys(m.entity_id for m in known.mentions if m.field == "title"))[:NAMED_IN_HEADLINE]
        revision = Revision(message.topic, message.offset, number, version, headline)
        row = msgspec.structs.replace(
            row,
            language_group=row.language_group or language_group(known.language),
            content_hash=digest,
            revisions=(*row.revisions, revision)[-REMEMBERED_REVISIONS:],
            high=high,
        )
        return Decision(_rows(item, row).rows, (_output(message, item, row, revision, known),))


def _output(message: Message, item: Item, row: Row, revision: Revision, known: Understanding) -> Output:
    repairs = item.repairs if len(known.mentions) < MENTION_LIMIT else (*item.repairs, "mentions-capped")
    enriched = Enriched(
        item=msgspec.structs.replace(item, fetched_at=from_millis(revision.version_ms), repairs=repairs),
        revision=revision.number,
        first_seen_at=from_millis(row.first_seen_ms),
        content_hash=content_hash(item),
        language=known.language,
        language_confidence=known.confidence,
        language_second=known.second,
        language_reason=known.reason,
        language_group=row.language_group,
        mentions=known.mentions,
        enriched_at=now(),
        quiet=message.topic == BACKFILL,
        headline_before=next((r.headline for r in row.revisions if r.number == revision.number - 1), None),
    )
    return Output(ENRICHED, row.language_group, enriched.encode())


def decode_row(data: bytes) -> Row:
    """The row that these bytes of the table hold."""
    return _decoder.decode(data)


def _rows(item: Item, row: Row) -> Decision:
    return Decision(rows=((item.id, _encoder.encode(row)),))


_decoder = msgspec.msgpack.Decoder(Row)
_encoder = msgspec.msgpack.Encoder()
