"""Events: stories of different languages are one where who, where and how many agree, and only there."""

from datetime import timedelta
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.stories import events
from pipeline.stories.agent import StoryDecider
from pipeline.stories.events import Events
from pipeline.stories.grouping import Grouper
from pipeline.stories.rows import InMemory
from schemas.document import Document, Mention
from schemas.item import Item
from schemas.message import Message
from tests.pipeline.stories.texts import Writer, after, named, news

ENGLISH: dict[str, Any] = {
    "id": "en",
    "language": "en",
    "title": "Quake of 6.4 hits Lombok",
    "body": "An earthquake of magnitude 6.4 struck Lombok at 05:47, killing 137 people. Sutopo Nugroho said that 2,450"
    " homes were damaged near Mataram, and 11,300 people slept outside.",
    "mentions": ["Q125384", "Q99", "Q7"],
}
GERMAN: dict[str, Any] = {
    "id": "de",
    "language": "de",
    "title": "Beben der Stärke 6,4 auf Lombok",
    "body": "Bei einem Erdbeben der Stärke 6,4 auf Lombok starben um 05:47 Uhr 137 Menschen. Laut Sutopo Nugroho wurden"
    " bei Mataram 2.450 Häuser beschädigt, 11 300 Menschen schliefen im Freien.",
    "mentions": ["Q125384", "Q99", "Q7"],
}
OTHER: dict[str, Any] = {
    "id": "other",
    "language": "de",
    "title": "Neuer Hafen auf Lombok eröffnet",
    "body": "Auf Lombok wurde ein neuer Hafen für 52 Millionen eröffnet. Händler begrüßten die kürzeren Wege.",
    "mentions": ["Q125384"],
}


def nobody(_item: Item, language: str | None) -> tuple[str, tuple[Mention, ...]]:
    """No mentions: the lines say them."""
    return language or "und", ()


def grouped(*lines: dict[str, Any], days: float = 7) -> dict[str, tuple[str, str]]:
    """The story and the event of each line."""
    grouper = Grouper(nobody, InMemory(), timedelta(days=days))
    answers = [grouper.place(line, number) for number, line in enumerate(lines, 1)]
    return {str(answer["id"]): (str(answer["story_id"]), str(answer["event_id"])) for answer in answers}


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59Z", "2106-03-01T00:00:00Z", "0001-01-01T00:00:00", -5, 1e300])
def test_a_time_that_no_news_has_is_passed_over(moment: str | float) -> None:
    """What lies outside of the seconds that a window counts is no time; the line comes after the one before it."""
    marks = grouped(ENGLISH | {"first_seen_at": moment}, ENGLISH | {"id": "again", "first_seen_at": moment}, GERMAN)
    assert marks["again"] == marks["en"]
    assert marks["de"][1] == marks["en"][1]


def test_one_event_in_two_languages() -> None:
    """Two stories in two languages that agree in people, places and numbers are one event, named after the first."""
    marks = grouped(ENGLISH, OTHER, GERMAN)
    assert marks["en"][0] != marks["de"][0]
    assert marks["de"][1] == marks["en"][1] == marks["en"][0]


def test_one_place_in_common_is_no_event() -> None:
    """Another event at the same place stays alone, and its event has its story's id."""
    story, event = grouped(ENGLISH, OTHER)["other"]
    assert event == story


def test_an_event_ends_with_the_window() -> None:
    """The same agreement after the window joins nothing."""
    early = ENGLISH | {"first_seen_at": "2024-01-01T00:00:00Z"}
    late = GERMAN | {"first_seen_at": "2024-01-09T00:00:00Z"}
    marks = grouped(early, late)
    assert marks["de"][1] == marks["de"][0]


def test_events_that_ended_are_forgotten() -> None:
    """A look for what ended leaves nothing of it, and what is open goes on."""
    kept = Events(timedelta(days=7))
    told = np.arange(8, 8 * 20, 8, dtype=np.uint32)
    assert kept.found(1, "en", 0, told) == 1
    assert kept.found(2, "de", 60, told) == 1
    later = 10 * 24 * 3600
    for number in range(events.SWEPT):
        kept.found(10 + number, "en", later, told[:0])
    assert len(kept) <= events.SWEPT
    assert kept.event_of(2, later) == 2, "nothing is known of what ended"
    assert kept.found(9, "de", later, told) == 9


def test_a_story_of_an_event_keeps_it_as_long_as_it_lives() -> None:
    """Later items of the story have its event, whatever they say."""
    later = GERMAN | {"id": "later", "title": "Lombok am Tag danach", "mentions": ["Q99"]}
    marks = grouped(ENGLISH, GERMAN, later)
    assert marks["later"][0] == marks["de"][0]
    assert marks["later"][1] == marks["en"][0]


def test_a_name_counts_once() -> None:
    """The words of an entity's name are no further evidence: one person in common is no event."""
    one = "Tarvin Maria Oskelund"
    line = {"mentions": [{"entity_id": "Q5", "text": one, "type": "PER"}], "body": f"{one} …"}
    marks = grouped(
        {"id": "a", "language": "en", "title": f"{one} opens a harbour"} | line,
        {"id": "b", "language": "de", "title": f"{one} hält eine Rede"} | line,
    )
    assert marks["b"][1] == marks["b"][0] != marks["a"][1]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from("abc"), st.integers(0, 40)), max_size=30), st.data())
def test_a_restart_changes_no_event(drawn: list[tuple[int, str, int]], data: st.DataObject) -> None:
    """Stories of three groups, killed anywhere, go on as without it once the rows are read again."""
    stream = [_told(number, *entry) for number, entry in enumerate(drawn)]
    killed = data.draw(st.integers(0, len(stream)))
    decider, again, table = StoryDecider(7), StoryDecider(7), InMemory()
    expected = [_event(decider, message, table) for message in stream]
    table = InMemory()
    before = StoryDecider(7)
    answers = [_event(before, message, table) for message in stream[:killed]]
    again.restore(table.kept.items())
    answers += [_event(again, message, table) for message in stream[killed:]]
    assert answers == expected


def _told(number: int, about: int, group: str, hours: int) -> Message:
    """A telling in one group of one of a few events, by a redrawn choice of what belongs to it."""
    said = [f"Q{10 * about + place}" for place in range(8) if (number >> place % 3) & 1 or place > 3]
    writer = Writer("en", 10 * about + ord(group))
    item = news(
        f"n{number}", title=writer.text(6), body=writer.text(60), at=after(hours=hours),
        mentions=tuple(named(entity) for entity in said),
    )  # fmt: skip
    enriched = msgspec.structs.replace(item, language_group=group)
    return Message(
        topic="news.enriched", partition=ord(group) % 2, offset=number, key=group, value=enriched.encode(),
        timestamp_ms=0,
    )  # fmt: skip


def _event(decider: StoryDecider, message: Message, table: InMemory) -> str | None:
    decision = decider.decide(message, table.get)
    for key, row in decision.rows:
        table.put(key, row)
    return Document.decode(decision.outputs[0].value or b"").placement.event_id
