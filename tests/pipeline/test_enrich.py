"""The first step's decisions, without servers: revisions, repeats, redeliveries, refusals."""

from datetime import timedelta

import msgspec

from pipeline.decision import Decision
from pipeline.enrich import Enricher, decode_row
from schemas.codec import millis
from schemas.deadletter import DeadLetter
from schemas.document import Enriched, Mention
from schemas.item import Item
from schemas.message import Message
from schemas.topics import BACKFILL, DEADLETTERS, ENRICHED, ITEMS
from tests.samples import ITEM, MENTION, MOMENT


def _mentions(_item: Item, _language: str) -> tuple[Mention, ...]:
    return (MENTION,)


class _Table:
    """The step with its rows in a dict, as the agent has them in a table."""

    def __init__(self) -> None:
        self.rows: dict[str, bytes] = {}
        self.decider = Enricher(_mentions)
        self.offset = -1

    def send(self, item: Item, *, topic: str = ITEMS, offset: int | None = None) -> list[Enriched]:
        self.offset = self.offset + 1 if offset is None else offset
        message = Message(
            topic=topic, partition=0, offset=self.offset, key=item.id, value=item.encode(), timestamp_ms=millis(MOMENT)
        )
        return [Enriched.decode(output.value) for output in self.decide(message).outputs]

    def decide(self, message: Message) -> Decision:
        decision = self.decider.decide(message, self.rows.get)
        for key, row in decision.rows:
            assert row is not None
            self.rows[key] = row
        return decision


def _later(item: Item, **changes: object) -> Item:
    return msgspec.structs.replace(item, fetched_at=item.fetched_at + timedelta(seconds=60), **changes)


def test_a_new_item_is_revision_1_in_its_language_group() -> None:
    """A new item comes out with language, mentions and the time when it was first seen."""
    table = _Table()
    (enriched,) = table.send(ITEM)
    assert (enriched.revision, enriched.language, enriched.language_group) == (1, "id", "id-ms")
    assert enriched.first_seen_at == MOMENT
    assert enriched.mentions == (MENTION,)
    assert not enriched.quiet


def test_an_unchanged_item_only_counts() -> None:
    """The same content again, even with other metadata, moves a counter and nothing else."""
    table = _Table()
    table.send(ITEM)
    assert table.send(_later(ITEM, categories=("new",))) == []
    assert decode_row(table.rows[ITEM.id]).unchanged == 1


def test_a_change_is_a_revision_of_the_same_item() -> None:
    """An edited text is revision 2, first seen when revision 1 was."""
    table = _Table()
    table.send(ITEM)
    (enriched,) = table.send(_later(ITEM, body="Teks yang diperbaiki."))
    assert enriched.revision == 2
    assert enriched.first_seen_at == MOMENT
    assert enriched.item.id == ITEM.id


def test_an_older_version_that_comes_late_does_not_win() -> None:
    """A version fetched before the newest one is counted as superseded and goes no further."""
    table = _Table()
    table.send(_later(ITEM))
    assert table.send(msgspec.structs.replace(ITEM, body="older")) == []
    assert decode_row(table.rows[ITEM.id]).superseded == 1


def test_two_contents_of_one_moment_keep_their_order() -> None:
    """The second of two versions with one fetch time gets a higher version, so that the index takes it."""
    table = _Table()
    table.send(ITEM)
    (second,) = table.send(msgspec.structs.replace(ITEM, body="second"))
    assert second.item.fetched_at == ITEM.fetched_at + timedelta(milliseconds=1)


def test_a_redelivered_record_is_answered_as_before() -> None:
    """After a crash the same offsets come again: each revision is sent again as it was, no counter moves."""
    table = _Table()
    edited = _later(ITEM, body="edited")
    first = table.send(ITEM)
    second = table.send(edited)
    table.send(edited)
    rows = dict(table.rows)
    again = [table.send(ITEM, offset=0), table.send(edited, offset=1), table.send(edited, offset=2)]
    same = [[_undated(e) for e in sent] for sent in again]
    assert same == [[_undated(e) for e in first], [_undated(e) for e in second], []]
    assert table.rows == rows


def _undated(enriched: Enriched) -> Enriched:
    return msgspec.structs.replace(enriched, enriched_at=MOMENT)


def test_a_backfill_is_quiet_and_shares_the_rows() -> None:
    """An old item comes out quiet, and the same item live afterwards is unchanged."""
    table = _Table()
    (enriched,) = table.send(ITEM, topic=BACKFILL)
    assert enriched.quiet
    assert table.send(ITEM, topic=ITEMS, offset=0) == []


def test_what_is_refused_becomes_a_dead_letter_with_its_origin() -> None:
    """A record that is no item goes to the dead letters whole, with the reason and where it came from."""
    table = _Table()
    message = Message(topic=ITEMS, partition=3, offset=9, key="k", value=b"not json", timestamp_ms=0)
    (output,) = table.decide(message).outputs
    letter = DeadLetter.decode(output.value)
    assert output.topic == DEADLETTERS
    assert letter.origin == "news.items/3/9"
    assert "not JSON" in letter.reason
    assert letter.payload() == b"not json"


def test_a_record_under_a_wrong_key_is_refused() -> None:
    """An item under another key would meet another partition's rows, and is set aside instead."""
    table = _Table()
    message = Message(topic=ITEMS, partition=0, offset=0, key="other", value=ITEM.encode(), timestamp_ms=0)
    (output,) = table.decide(message).outputs
    assert output.topic == DEADLETTERS


def test_a_tombstone_is_no_item() -> None:
    """A record without value makes nothing."""
    table = _Table()
    message = Message(topic=ITEMS, partition=0, offset=0, key="k", value=None, timestamp_ms=0)
    assert table.decide(message) == Decision()


def test_outputs_are_keyed_by_language_group_for_ever() -> None:
    """A revision in another language keeps the key of the first, so that its story stays in one partition."""
    table = _Table()
    table.send(ITEM)
    message = Message(
        topic=ITEMS, partition=0, offset=1, key=ITEM.id, timestamp_ms=millis(MOMENT) + 60_000,
        value=_later(ITEM, title="The President will visit the capital", body="He said so on Monday evening.").encode(),
    )  # fmt: skip
    (output,) = table.decide(message).outputs
    assert (output.topic, output.key) == (ENRICHED, "id-ms")
