"""What a query means: a frozen tree, and what each of its nodes says of one item.

To evaluate a tree on one item, ask each node by what stands in its docstring: `And`, `Or` and `Not` are those of logic
over their parts. Text is compared folded: without regard to case, accents, and compatibility forms.
"""

from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

EntityField = Literal["figure", "person", "organisation", "place"]
ValueField = Literal["language", "source", "country", "topic", "story", "event", "id"]


class Everything(msgspec.Struct, frozen=True, tag=True):
    """Holds for every item: the empty query."""


class Text(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Holds where `text` occurs in the title, summary or body, or with `title_only` in the title.

    A single word, in any form that the language of the item has (its stem); a word that is a name or an alias of a
    known entity also holds where that entity is mentioned. With `phrase`, one or more words that stand together in
    this order. Words without a letter or digit hold nowhere.
    """

    text: str
    phrase: bool = False
    title_only: bool = False


class Named(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Holds where someone or something is mentioned.

    `name` is an entity's id, or a name or alias of it, compared folded and whole. `figure` takes any type of entity,
    the others one of PER, ORG, LOC. Where no known entity has that name, it holds where an item's mention has it as
    the name that readers see or, as whole words, within it: `person:Putin` finds an unknown `Igor Putin`.
    """

    field: EntityField
    name: str


class Value(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Holds where a plain field has the value, without regard to case.

    `language`: the item's code, or one that begins with it and a hyphen (`zh` holds for `zh-Hans`). `source`: the
    source's id, its name, or the host of the item's URL. `country`: that of the source, ISO 3166-1 alpha-2. `topic`:
    one of the item's categories. `story`: the story's id. `event`: that of the event's first story, alone or not.
    `id`: the item's.
    """

    field: ValueField
    value: str


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """A moment: `at` in UTC, or `ago_seconds` before now, or the beginning of the UTC day `days_ago` before today."""

    at: datetime | None = None
    ago_seconds: float | None = None
    days_ago: int | None = None

    def resolve(self, now: datetime) -> datetime:
        """The moment itself, where it is `now`."""
        if self.at is not None:
            return self.at
        if self.ago_seconds is not None:
            # Longer ago than there are dates, as in `after:9999y`, is the first of them.
            first, ago = datetime.min.replace(tzinfo=UTC), timedelta(seconds=self.ago_seconds)
            return now - ago if ago < now - first else first
        today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return today - timedelta(days=self.days_ago or 0)


class Dated(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Holds where `since <= date < until`; `date` is `published_at` or, without one, `first_seen_at`."""

    since: Moment | None = None
    until: Moment | None = None


class Near(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Holds where a mentioned place with known coordinates lies within so many kilometres, on a sphere of 6,371 km.

    `place` is what was asked for; `latitude` and `longitude` are its WGS 84 degrees.
    """

    place: str
    latitude: float
    longitude: float
    kilometres: float


class And(msgspec.Struct, frozen=True, tag=True):
    """Holds where all parts hold; there are two or more."""

    parts: tuple["Node", ...]


class Or(msgspec.Struct, frozen=True, tag=True):
    """Holds where any part holds; there are two or more."""

    parts: tuple["Node", ...]


class Not(msgspec.Struct, frozen=True, tag=True):
    """Holds where its part does not."""

    part: "Node"


Node = Everything | Text | Named | Value | Dated | Near | And | Or | Not
Leaf = Text | Named | Value | Dated | Near
