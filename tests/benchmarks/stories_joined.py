"""News that was not made for it, to see how well stories are joined into events across languages.

The demo's news, which was written for the demo in many languages, with gold that nothing is served of; and labelled
English news as if half of it were in another language: every second story there is another of the same kind by the same
people, told in the same minute, which is harder than anything a week brings. Names are recognised as `enrich` does.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

import msgspec

from connectors.demo.records import news
from pipeline.entities import Recogniser
from pipeline.knowledge import load
from pipeline.stories.events import Events
from pipeline.stories.rows import InMemory, decide
from pipeline.stories.window import WINDOW, Window
from schemas.document import Enriched
from schemas.item import Item
from tests.samples import passed_on

START = datetime(2024, 1, 21, tzinfo=UTC)
_MINUTES = {"m": 1, "h": 60, "d": 24 * 60}


class Gold(msgspec.Struct, frozen=True):
    """An item, and what it tells of."""

    enriched: Enriched
    story: str


def recorded() -> list[Gold]:
    """The demo's news that has any text, in the order of time."""
    recogniser = Recogniser(load().entities)
    made = []
    for record in news():
        if record.text():
            minutes = int(record.published[1:-1]) * _MINUTES[record.published[-1]]
            item = Item(
                id=record.key, source="demo", fetched_at=START - timedelta(minutes=minutes), title=record.title,
                summary=record.summary, body="\n".join(record.paragraphs),
            )  # fmt: skip
            mentions = recogniser.mentions(item, record.language)
            made.append(Gold(passed_on(item, record.language, mentions), record.story))
    return sorted(made, key=lambda gold: (gold.enriched.first_seen_at, gold.enriched.item.id))


def parted(labelled: Sequence[tuple[Enriched, str]]) -> list[Gold]:
    """Labelled items of one language, of which each is given to one of two groups by its id."""
    recogniser = Recogniser(load().entities)
    return [
        Gold(
            msgspec.structs.replace(
                enriched,
                mentions=recogniser.mentions(enriched.item, enriched.language),
                language_group=f"half {crc32(enriched.item.id.encode()) & 1}",
            ),
            story,
        )
        for enriched, story in labelled
    ]


def events_of(golds: Sequence[Gold]) -> list[Any]:
    """The event of each item, as decided when it came."""
    events, windows, rows = Events(WINDOW), dict[str, Window](), InMemory()
    found = []
    for number, gold in enumerate(golds):
        group = gold.enriched.language_group
        window = windows.setdefault(group, Window(group, events=events))
        found.append(decide(window, gold.enriched, number, rows).placement.event_id)
    return found
