"""The tables that people review: people, organisations and places, one entity a line.

Columns: id, kind, name, country, role, aliases, and for places latitude and longitude. Aliases are separated by `|`;
`~Putin` is a surname that stands alone, `Владимир ~Путин` a full name and the surname that stands alone, `AS@id,ms`
counts only in texts of these languages.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Final

from pipeline.knowledge.entity import Entity, Limited
from schemas.document import EntityType

# In each kind the most prominent first: of two that share a name, the earlier one is meant.
PEOPLE: Final = (
    "figures.tsv",
    "figures-asia.tsv",
    "figures-europe.tsv",
    "figures-middle-east.tsv",
    "figures-africa.tsv",
    "figures-americas.tsv",
    "figures-business.tsv",
)
ORGANISATIONS: Final = ("organisations.tsv", "organisations-public.tsv", "organisations-business.tsv")
PLACES: Final = ("places.tsv", "places-regions.tsv")
TABLES: Final = (*PEOPLE, *ORGANISATIONS, *PLACES)
_TYPES: Final[dict[str, EntityType]] = {"person": "PER", "organisation": "ORG", "place": "LOC"}
_COLUMNS: Final = 6
_COLUMNS_OF_PLACES: Final = 8
_LIMIT: Final = re.compile(r"(.+)@([A-Za-z-]+(?:,[A-Za-z-]+)*)")


def read(table: str) -> str:
    """The text of one of the tables."""
    return (files("pipeline.knowledge") / table).read_text("utf-8")


def tables(names: Iterable[str]) -> tuple[Entity, ...]:
    """The entities of several tables, one table after another."""
    return tuple(entity for name in names for entity in table(name))


@lru_cache(maxsize=len(TABLES))
def table(name: str) -> tuple[Entity, ...]:
    """The entities of one table, in its order.

    Raises:
        ValueError: a line is malformed; the message names it.
    """
    return tuple(_entities(name, read(name).splitlines()))


def _entities(name: str, lines: Iterable[str]) -> Iterator[Entity]:
    for number, line in enumerate(lines, 1):
        if line and not line.startswith("#"):
            try:
                yield _entity(line)
            except ValueError as error:
                raise ValueError(f"{name}:{number}: {error}") from error


def _entity(line: str) -> Entity:
    columns = line.split("\t")
    if len(columns) not in {_COLUMNS, _COLUMNS_OF_PLACES}:
        raise ValueError(f"{len(columns)} columns, expected {_COLUMNS} or {_COLUMNS_OF_PLACES}")
    identity, kind, name, country, role, listed = columns[:_COLUMNS]
    if kind not in _TYPES:
        raise ValueError(f"kind {kind!r} is none of {', '.join(_TYPES)}")
    aliases, surnames, limited = _names(listed)
    latitude, longitude = map(float, columns[_COLUMNS:]) if len(columns) > _COLUMNS else (None, None)
    return Entity(
        id=identity,
        type=_TYPES[kind],
        name=name,
        aliases=aliases,
        surnames=surnames,
        limited=limited,
        country=country or None,
        latitude=latitude,
        longitude=longitude,
        role=role,
        confidence=0.97 if kind == "person" else 0.95,
    )


def _names(listed: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Limited, ...]]:
    aliases, surnames, limited = [], [], []
    for written in filter(None, listed.split("|")):
        given, mark, surname = written.partition("~")
        if mark:
            surnames.append(surname)
            aliases += [given + surname] if given else []
        elif found := _LIMIT.fullmatch(written):
            limited.append(Limited(found[1], tuple(found[2].split(","))))
        else:
            aliases.append(written)
    return tuple(aliases), tuple(surnames), tuple(limited)
