"""A name to look for, and what it is to its entity."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import msgspec

from pipeline.knowledge import Entity

_LONG: Final = 6


class Kind(IntEnum):
    """How a name stands for its entity."""

    NAME = 0
    ALIAS = 1
    FORM = 2
    SURNAME = 3
    SURNAME_FORM = 4
    # A surname that no one marked, but that is told from lists.
    UNCOMMON = 5
    UNCOMMON_FORM = 6
    # A surname that counts beside the word for an office.
    TITLED = 7
    TITLED_FORM = 8

    def inflected(self) -> "Kind":
        """The kind of a form of a name of this kind."""
        return Kind(self + 1) if self in {Kind.SURNAME, Kind.UNCOMMON, Kind.TITLED} else Kind.FORM


@dataclass(frozen=True, slots=True)
class Name:
    """One name to look for. `owner` numbers the entity; `languages` limits it to texts in these."""

    written: str
    owner: int
    kind: Kind
    languages: frozenset[str] | None = None

    def counts(self, language: str) -> bool:
        """Whether a name limited to some languages counts; in a text of no known language, where it is long."""
        limited = self.languages
        return limited is None or language in limited or (language == "und" and len(self.written) >= _LONG)


class Hit(msgspec.Struct, frozen=True):
    """A name found: the span in the original text, who it may be (the likeliest first), and the surface."""

    start: int
    end: int
    names: tuple[Name, ...]


def names_of(entities: Sequence[Entity]) -> Iterator[Name]:
    """All names of all entities: first the names proper, so that they come before others' aliases."""
    for number, entity in enumerate(entities):
        yield Name(entity.name, number, Kind.NAME)
    for number, entity in enumerate(entities):
        for alias in entity.aliases:
            yield Name(alias, number, Kind.ALIAS)
        for limited in entity.limited:
            yield Name(limited.name, number, Kind.ALIAS, frozenset(limited.languages))
        for surname in entity.surnames:
            yield Name(surname, number, Kind.SURNAME)
        for surname in entity.uncommon:
            yield Name(surname, number, Kind.UNCOMMON)
        for surname in entity.titled:
            yield Name(surname, number, Kind.TITLED)
