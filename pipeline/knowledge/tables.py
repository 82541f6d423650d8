"""The tables that people review: `figures.tsv`, `organisations.tsv` and `places.tsv`, one entity a line.

Columns: id, kind, name, country, role, aliases, and for places latitude and longitude. Aliases are separated by `|`;
`~Putin` is a surname that stands alone, `AS@id,ms` counts only in texts of these languages.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Final

from pipeline.knowledge.entity import Entity, Limited
from schemas.document import EntityType

TABLES: Final = ("figures.tsv", "organisations.tsv", "places.tsv")
_TYPES: Final[dict[str, EntityType]] = {"person": "PER", "organisation": "ORG", "place": "LOC"}
_COLUMNS: Final = 6
_COLUMNS_OF_PLACES: Final = 8
_ID: Final = re.compile(r"Q[1-9]\d*|kabar:[a-z0-9]+(?:-[a-z0-9]+)*|iso3166:[A-Z]{2}|geonames:[1-9]\d*")
_LIMIT: Final = re.compile(r"(.+)@([A-Za-z-]+(?:,[A-Za-z-]+)*)")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


def read(table: str) -> str:
    """The text of one of the tables."""
    return (files("pipeline.knowledge") / table).read_text("utf-8")


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
        if written.startswith("~"):
            surnames.append(written[1:])
        elif found := _LIMIT.fullmatch(written):
            limited.append(Limited(found[1], tuple(found[2].split(","))))
        else:
            aliases.append(written)
    return tuple(aliases), tuple(surnames), tuple(limited)


def problems(entities: Iterable[Entity]) -> list[str]:
    """Everything that is wrong with these entities, one sentence each; empty when they may be used together."""
    found: list[str] = []
    ids: set[str] = set()
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for entity in entities:
        found += [f"{entity.id}: {problem}" for problem in _problems_of(entity)]
        if entity.id in ids:
            found.append(f"{entity.id}: the id occurs twice")
        ids.add(entity.id)
        for name in {entity.name, *entity.aliases}:
            owners[name].add(entity.id)
    found += [f"{name!r} names {', '.join(sorted(who))}" for name, who in owners.items() if len(who) > 1]
    return found


def _problems_of(entity: Entity) -> Iterator[str]:
    if not _ID.fullmatch(entity.id):
        yield "the id has no known form"
    if entity.country is not None and not _COUNTRY.fullmatch(entity.country):
        yield f"country {entity.country!r} is not ISO 3166-1 alpha-2"
    names = [entity.name, *entity.aliases, *entity.surnames, *(limited.name for limited in entity.limited)]
    if len(set(names)) != len(names):
        yield f"a name occurs twice: {sorted({name for name in names if names.count(name) > 1})}"
    for name in names:
        if len(name) < 2 or name != name.strip() or unicodedata.normalize("NFC", name) != name:  # noqa: PLR2004
            yield f"{name!r} is too short, padded, or not in normal form C"
        if any(mark in name for mark in "~@|\t"):
            yield f"{name!r} holds a mark of the table"
        if mixed := _mixed(name):
            yield f"{name!r} mixes scripts: {mixed}"


def _mixed(name: str) -> str:
    """The scripts of a name that has letters of two alphabets that look alike, such as a Latin `a` in Cyrillic."""
    scripts = {unicodedata.name(character, "?").split()[0] for character in name if character.isalpha()}
    alike = scripts & {"LATIN", "CYRILLIC", "GREEK"}
    words = re.findall(r"[^\W\d_]+", name)
    for word in words:
        within = {unicodedata.name(character, "?").split()[0] for character in word} & alike
        if len(within) > 1:
            return " and ".join(sorted(within))
    return ""
