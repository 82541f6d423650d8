"""What is found in an item's texts: candidates for each place, and the mentions that stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from pipeline.entities.names import Kind
from pipeline.entities.normalise import Normal
from pipeline.knowledge import Entity
from schemas.document import Field

Span = tuple[Field, int, int]
_FIELD_ORDER: Final[dict[Field, int]] = {"title": 0, "summary": 1, "body": 2}


def place(field: Field, start: int) -> tuple[int, int]:
    """A place in an item, to sort by."""
    return _FIELD_ORDER[field], start


def take(taken: Mapping[Field, bytearray], span: Span) -> None:
    """Claim a span that is free."""
    field, start, end = span
    taken[field][start:end] = b"\x01" * (end - start)


def is_free(taken: Mapping[Field, bytearray], span: Span) -> bool:
    """Whether no longer name holds a part of a span."""
    field, start, end = span
    return 1 not in taken[field][start:end]


class Candidate(msgspec.Struct, frozen=True):
    """A name found in a field. `figure` is the tracked figure that the entity is, `rivals` how many share the name."""

    field: Field
    start: int
    end: int
    entity: Entity
    figure: Entity | None
    kind: Kind
    written: str
    rivals: int


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A mention that stands. `base` is the name without the ending of its case."""

    field: Field
    start: int
    end: int
    entity: Entity
    figure: Entity | None
    confidence: float
    why: str
    base: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What resolving needs to know of an item: its texts, its language, and first names that tell a namesake."""

    texts: Mapping[Field, Normal]
    language: str
    given: frozenset[str]

    def original(self, field: Field) -> str:
        """The text of a field as stored."""
        return self.texts[field].original


@dataclass(frozen=True, slots=True)
class Person:
    """Someone whom the item names in full, and where for the first time."""

    entity: Entity
    figure: Entity | None
    first: tuple[int, int]

    @property
    def id(self) -> str:
        """The tracked figure's id, else the entity's."""
        return self.figure.id if self.figure else self.entity.id
