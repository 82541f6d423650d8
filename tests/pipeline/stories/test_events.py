"""Events: stories of different languages are one where who, where and how many agree, and only there."""

from datetime import timedelta
from typing import Any

from pipeline.stories import events
from pipeline.stories.events import Events
from pipeline.stories.grouping import Grouper
from pipeline.stories.rows import InMemory
from schemas.document import Mention
from schemas.item import Item

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
    """A sweep leaves nothing of what is older than the window, and what is open goes on."""
    grouper = Grouper(nobody, InMemory())
    grouper.place(ENGLISH | {"first_seen_at": "2024-01-01T00:00:00Z"}, 1)
    for number in range(events.SWEPT):
        line: dict[str, Any] = {
            "id": f"n{number}",
            "language": "xx",
            "mentions": [],
            "first_seen_at": "2024-02-01T00:00:00Z",
        }
        grouper.place(line | {"title": f"word{number}"}, number + 2)
    kept = grouper._events  # noqa: SLF001 - what is kept is the claim
    assert isinstance(kept, Events)
    assert not any(feature.startswith("e Q125384") for feature in kept._holders)  # noqa: SLF001
