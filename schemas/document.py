"""What the pipeline knows of an item: first understood (`Enriched`), then placed in its story (`Document`).

Topics `news.enriched` (key: language group) and `news.documents` (key: story id).
"""

from datetime import datetime
from typing import Literal

import msgspec

from schemas.codec import Record
from schemas.item import Item

EntityType = Literal["PER", "ORG", "LOC"]
Field = Literal["title", "summary", "body"]


class Mention(msgspec.Struct, frozen=True, kw_only=True):
    """One place in an item's text that names someone or something.

    `start` and `end` are code points in the field as stored: `item.<field>[start:end] == text`. `entity_id` is a
    figure's id, a Wikidata QID, or a stable local key; `name` is the entity's name for readers. `confidence` is
    between 0 and 1. `why` says which rule or alias decided.
    """

    text: str
    type: EntityType
    start: int
    end: int
    field: Field
    entity_id: str
    name: str
    confidence: float
    why: str


class Enriched(Record, frozen=True, kw_only=True):
    """One revision of an item with its language and its mentions.

    `revision` counts from 1 with each change of content. `first_seen_at` is the Kafka timestamp of the item's first
    record. `language` is a BCP 47 code, or `und` with `language_reason`. `language_group` is fixed at the first
    revision and keys the topic. `quiet` items (backfills) fill the ledger of alerts and send nothing.
    `headline_before` are the ids of whom the headline of the revision before named; None at the first.
    """

    item: Item
    revision: int
    first_seen_at: datetime
    content_hash: str
    language: str
    language_confidence: float
    language_group: str
    enriched_at: datetime
    language_second: str | None = None
    language_reason: str | None = None
    mentions: tuple[Mention, ...] = ()
    quiet: bool = False
    headline_before: tuple[str, ...] | None = None


def dated(enriched: Enriched) -> datetime:
    """When an item counts as published: as it says, but never after it was first seen, so that none stays on top."""
    return min(enriched.item.published_at or enriched.first_seen_at, enriched.first_seen_at)


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """What `stories` decided: the story, and whether the text repeats an earlier item.

    `duplicate_similarity` is the measured overlap between 0 and 1, `duplicate_reason` one of `same content`,
    `near copy`. `event_id` is the id of the first story of those, in different languages, that tell of one event: the
    story's own where it is the first or alone.
    """

    story_id: str
    duplicate_of: str | None = None
    duplicate_similarity: float | None = None
    duplicate_reason: str | None = None
    event_id: str | None = None

    @property
    def event(self) -> str:
        """The event's id; what was placed before there were events is one of its own."""
        return self.event_id or self.story_id


class Document(Record, frozen=True, kw_only=True):
    """An enriched revision and its placement: all that is indexed and matched against rules."""

    enriched: Enriched
    placement: Placement
    placed_at: datetime
