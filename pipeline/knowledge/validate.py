"""Whether the tables are sound: `python -m pipeline.knowledge.validate` lists every problem and counts what is there.

Checked: ids and countries have a known form and occur once; names are in normal form C, without stray spaces and marks
of the table, of one alphabet; no person or organisation goes by a small word of some language; no two entities share a
name that is not listed in `shared.tsv`; there are as many entities and scripts as are promised.
"""

import argparse
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

import click

from pipeline.knowledge.entity import Entity
from pipeline.knowledge.tables import ORGANISATIONS, PEOPLE, PLACES, TABLES, read, table, tables
from pipeline.language.markers import words

_ID: Final = re.compile(r"Q[1-9]\d*|kabar:[a-z0-9]+(?:-[a-z0-9]+)*|iso3166:[A-Z]{2}|geonames:[1-9]\d*")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_WORD: Final = re.compile(r"[^\W\d_]+")
_ALIKE: Final = frozenset({"LATIN", "CYRILLIC", "GREEK"})
# What is promised: entities of a kind, and scripts in each of which so many entities are written.
MINIMUM: Final = {"people": 3_000, "organisations": 1_900, "places": 700, "people and organisations": 5_000}
MINIMUM_SCRIPTS: Final = 13
ENTITIES_OF_A_SCRIPT: Final = 50


def problems(entities: Iterable[Entity], shared: frozenset[str] = frozenset()) -> list[str]:
    """Everything that is wrong with these entities, one sentence each; empty when they may be used together.

    `shared` are the names, folded as by `fold`, that more than one of them may have.
    """
    found: list[str] = []
    ids: set[str] = set()
    owners: defaultdict[str, dict[str, frozenset[str]]] = defaultdict(dict)
    for entity in entities:
        found += [f"{entity.id}: {problem}" for problem in _problems_of(entity)]
        if entity.id in ids:
            found.append(f"{entity.id}: the id occurs twice")
        ids.add(entity.id)
        for name, languages in _with_languages(entity):
            owners[fold(name)][entity.id] = languages | owners[fold(name)].get(entity.id, frozenset())
    found += [
        f"{name!r} names {', '.join(sorted(who))}"
        for name, who in owners.items()
        if name not in shared and _collide(who.values())
    ]
    return found


def fold(name: str) -> str:
    """A name as it is looked for: without regard to case, diacritics, hyphens and spacing."""
    # Here, since the entities package imports this one.
    from pipeline.entities.normalise import folded  # noqa: PLC0415

    return folded(name)


def listed_as_shared() -> frozenset[str]:
    """The names of `shared.tsv`, folded."""
    lines = read("shared.tsv").splitlines()
    return frozenset(fold(line) for line in lines if line and not line.startswith("#"))


def counts(entities: Iterable[Entity]) -> Counter[str]:
    """In how many entities each script occurs, by the first word of its letters' Unicode names (`HANGUL`, `CJK`)."""
    return Counter(script for entity in entities for script in {s for name in names_of(entity) for s in scripts(name)})


def scripts(name: str) -> frozenset[str]:
    """The scripts of the letters of a name."""
    return frozenset(unicodedata.name(letter, "?").split()[0] for letter in name if letter.isalpha())


def names_of(entity: Entity) -> tuple[str, ...]:
    """All names of an entity, the surnames and those limited to some languages included."""
    return (entity.name, *entity.aliases, *entity.surnames, *(limited.name for limited in entity.limited))


def shortfalls() -> list[str]:
    """What is promised and not there, one sentence each."""
    people, organisations, places = (len(tables(names)) for names in (PEOPLE, ORGANISATIONS, PLACES))
    held = {
        "people": people,
        "organisations": organisations,
        "places": places,
        "people and organisations": people + organisations,
    }
    found = [f"{held[kind]} {kind}, promised {least}" for kind, least in MINIMUM.items() if held[kind] < least]
    enough = [script for script, number in counts(tables(TABLES)).items() if number >= ENTITIES_OF_A_SCRIPT]
    if len(enough) < MINIMUM_SCRIPTS:
        found.append(f"{len(enough)} scripts with {ENTITIES_OF_A_SCRIPT} entities, promised {MINIMUM_SCRIPTS}")
    return found


def main() -> int:
    """Print the counts, then the problems; 1 where there is any."""
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.knowledge.validate",
        description="Check the tables of people, organisations and places that are known.",
    )
    parser.parse_args()
    try:
        for name in TABLES:
            click.echo(f"{name:32} {len(table(name)):5} entities")
        everything = tables(TABLES)
    except ValueError as error:
        click.echo(f"A line cannot be read: {error}", err=True)
        return 1
    click.echo(f"{'names':32} {sum(len(names_of(entity)) for entity in everything):5}")
    for script, number in sorted(counts(everything).items(), key=lambda entry: (-entry[1], entry[0])):
        click.echo(f"{script:32} {number:5} entities")
    found = [*problems(everything, listed_as_shared()), *shortfalls()]
    for problem in found:
        click.echo(problem, err=True)
    click.echo(f"{len(found)} problems")
    return 1 if found else 0


def _with_languages(entity: Entity) -> Iterator[tuple[str, frozenset[str]]]:
    """The full names of an entity with the languages in which each counts, none for all languages."""
    for name in (entity.name, *entity.aliases):
        yield name, frozenset({"*"})
    for limited in entity.limited:
        yield limited.name, frozenset(limited.languages)


def _collide(languages: Iterable[frozenset[str]]) -> bool:
    """Whether two entities have a name in one language. A name for all languages yields to one for some."""
    seen: set[str] = set()
    for spoken in languages:
        if seen & spoken:
            return True
        seen |= spoken
    return False


def _problems_of(entity: Entity) -> Iterator[str]:
    if not _ID.fullmatch(entity.id):
        yield "the id has no known form"
    if entity.country is not None and not _COUNTRY.fullmatch(entity.country):
        yield f"country {entity.country!r} is not ISO 3166-1 alpha-2"
    names = names_of(entity)
    if len(set(names)) != len(names):
        yield f"a name occurs twice: {sorted({name for name in names if names.count(name) > 1})}"
    for name in names:
        yield from (f"{name!r} {problem}" for problem in _problems_of_name(name))
    if entity.type != "LOC":
        everywhere = (entity.name, *entity.aliases, *entity.surnames)
        yield from (f"{name!r} is a small word of some language" for name in everywhere if _is_small_word(name))


def _problems_of_name(name: str) -> Iterator[str]:
    if len(name) < 2 or " ".join(name.split()) != name or unicodedata.normalize("NFC", name) != name:  # noqa: PLR2004
        yield "is too short, has stray spaces, or is not in normal form C"
    if any(mark in name for mark in "~@|\t"):
        yield "holds a mark of the table"
    if mixed := _mixed(name):
        yield f"mixes scripts: {mixed}"


def _is_small_word(name: str) -> bool:
    return not name.isupper() and any(name.casefold() in listed for listed in words().values())


def _mixed(name: str) -> str:
    """The scripts of a word that has letters of two alphabets that look alike, such as a Latin `a` in Cyrillic."""
    within = (scripts(word) & _ALIKE for word in _WORD.findall(name))
    return next((" and ".join(sorted(found)) for found in within if len(found) > 1), "")


if __name__ == "__main__":
    sys.exit(main())
