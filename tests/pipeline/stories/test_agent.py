"""The step by itself: what a kill between its row and its record does, and that rows go when the window has passed."""

import pytest

from pipeline.decision import Decision
from pipeline.stories import window as windows
from pipeline.stories.agent import StoryDecider
from pipeline.stories.rows import InMemory
from pipeline.stories.state import Row
from schemas.document import Document, Enriched, Placement
from schemas.message import Message
from tests.pipeline.stories.texts import Writer, after, news


def message(event: Enriched, offset: int) -> Message:
    """The event as it stands in the topic."""
    return Message(
        topic="news.enriched",
        partition=0,
        offset=offset,
        key=event.language_group,
        value=event.encode(),
        timestamp_ms=0,
    )


def written(decision: Decision, table: InMemory) -> None:
    """Do what the agent does first: write the rows."""
    for key, row in decision.rows:
        table.put(key, row)


def placement(decision: Decision) -> Placement:
    """What the sent document says."""
    [output] = decision.outputs
    return Document.decode(output.value).placement


def restarted(table: InMemory, days: float = 7.0) -> StoryDecider:
    """The step as it starts again with what was written."""
    decider = StoryDecider(days)
    decider.restore(table.kept.items())
    return decider


@pytest.mark.parametrize("rows_kept", [True, False])
def test_a_kill_around_the_write_of_a_row_changes_no_mark(*, rows_kept: bool) -> None:
    """Killed after each row and before its record, or before both: the redelivered event gets the mark it would have.

    No item is lost, none is a copy of itself, and what is repeated is an item that was sent.
    """
    writer = Writer("en", 8)
    words = writer.words(80)
    bodies = [" ".join(words), writer.text(80), " ".join([*writer.words(6), *words]), " ".join(words[:60])]
    events = [news(f"n{number}", body=body, at=after(hours=number)) for number, body in enumerate(bodies)]
    plain, table = StoryDecider(7.0), InMemory()
    expected = []
    for offset, event in enumerate(events):
        decision = plain.decide(message(event, offset), table.get)
        written(decision, table)
        expected.append(placement(decision))
    assert [mark.duplicate_of for mark in expected] == [None, None, events[0].item.id, events[0].item.id]

    decider, table = StoryDecider(7.0), InMemory()
    sent: dict[str, Placement] = {}
    for offset, event in enumerate(events):
        lost = decider.decide(message(event, offset), table.get)  # and its record is never sent
        if rows_kept:
            written(lost, table)
        decider = restarted(table)
        again = decider.decide(message(event, offset), table.get)
        written(again, table)
        sent[event.item.id] = placement(again)
    assert list(sent.values()) == expected
    assert all(mark.duplicate_of is None or mark.duplicate_of in sent for mark in expected)


def test_rows_of_a_silent_language_go_with_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """A language in which nothing comes any more keeps no row when others have moved on; what is kept stays flat."""
    monkeypatch.setattr(windows, "REDELIVERED", 20)
    decider, table = StoryDecider(1.0), InMemory()
    writer = Writer("en", 9)
    kept = []
    for number in range(400):
        silent = number < 50
        event = news(f"n{number}", body=writer.text(30), at=after(hours=number))
        if silent and number % 2:
            event = _in_group(event, "yy")
        written(decider.decide(message(event, number), table.get), table)
        kept.append(len(table.kept))
    groups = {Row.decode(row).group for row in table.kept.values()}
    assert groups == {"xx"}
    assert max(kept[200:]) <= 24 + 20 + 8  # a day's items, and those that may come again
    assert len(restarted(table, 1.0)._windows["xx"]) <= 25  # noqa: SLF001 - what is in memory is the claim


def _in_group(event: Enriched, group: str) -> Enriched:
    return Enriched(**{name: getattr(event, name) for name in event.__struct_fields__} | {"language_group": group})


def test_what_is_no_record_writes_no_row() -> None:
    """Bytes that are no enriched item are set aside, and a deleted one is passed over."""
    decider = StoryDecider(7.0)
    base = message(news("a"), 0)
    broken = Message(**{name: getattr(base, name) for name in base.__struct_fields__} | {"value": b"{"})
    assert decider.decide(broken, InMemory().get).rows == ()
    deleted = Message(**{name: getattr(base, name) for name in base.__struct_fields__} | {"value": None})
    assert decider.decide(deleted, InMemory().get) == Decision()
