"""Where places are: for `near:` in a query, for the map, and for whoever evaluates a query in memory."""

import math
import re
from functools import lru_cache
from typing import Final

import msgspec

from pipeline.knowledge import load
from pipeline.query.ast import Near
from schemas.said import Said

DEFAULT_KILOMETRES: Final = 50.0
MOST_KILOMETRES: Final = 20_100.0
EARTH_KILOMETRES: Final = 6_371.0
HINT: Final = Said('near: takes a place and a distance, such as near:Jakarta,50km or near:"New York,50km".')
_DISTANCE: Final = re.compile(r"(.*?)[,;]\s*(\d{1,5}(?:\.\d{1,3})?)\s?(km|mi|m)", re.IGNORECASE)
# What was meant as a distance and is none: without a unit, below zero, or of too many digits.
_NO_DISTANCE: Final = re.compile(r".*[^\d\s][,;]\s*[-+]?\d[\d.]*\s?\w{0,10}")
_DEGREES: Final = re.compile(r"(-?\d{1,2}(?:\.\d{1,8})?)\s?,\s?(-?\d{1,3}(?:\.\d{1,8})?)")
_UNITS: Final = {"km": 1.0, "m": 0.001, "mi": 1.609344}


class Place(msgspec.Struct, frozen=True):
    """A place with its WGS 84 degrees; `country` is ISO 3166-1 alpha-2."""

    id: str
    name: str
    latitude: float
    longitude: float
    country: str | None


def near(text: str) -> Near | Said:
    """What a value of `near:` means, or the sentence that says what is wrong with it."""
    distance = _DISTANCE.fullmatch(text)
    where = distance[1].strip() if distance else text.strip()
    kilometres = float(distance[2]) * _UNITS[distance[3].lower()] if distance else DEFAULT_KILOMETRES
    if not where or not 0 < kilometres <= MOST_KILOMETRES:
        return HINT
    degrees = _DEGREES.fullmatch(where)
    if degrees:
        latitude, longitude = float(degrees[1]), float(degrees[2])
        if abs(latitude) > 90 or abs(longitude) > 180:  # noqa: PLR2004 - degrees
            return Said("near: takes a latitude between -90 and 90 and a longitude between -180 and 180.")
        return Near(place=where, latitude=latitude, longitude=longitude, kilometres=kilometres)
    place = place_named(where)
    if place is None:
        if _NO_DISTANCE.fullmatch(where):
            return HINT
        return Said(
            "No place named “{}” is known with its coordinates; near: also takes degrees, as 3.1,101.7,100km.", (where,)
        )
    return Near(place=where, latitude=place.latitude, longitude=place.longitude, kilometres=kilometres)


def place_named(name: str) -> Place | None:
    """The most prominent place of that name or alias, compared folded."""
    return _tables()[1].get(_key(name))


def place_of(entity_id: str) -> Place | None:
    """Where an entity is: None for one that is no place or has no known coordinates."""
    return _tables()[0].get(entity_id)


def kilometres_between(a: tuple[float, float], b: tuple[float, float]) -> float:
    """The length of the great circle between two (latitude, longitude) in degrees, by the haversine formula."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*a, *b))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KILOMETRES * math.asin(min(1.0, math.sqrt(h)))


@lru_cache(maxsize=1)
def _tables() -> tuple[dict[str, Place], dict[str, Place]]:
    by_id: dict[str, Place] = {}
    by_name: dict[str, Place] = {}
    limited: list[tuple[str, Place]] = []
    for entity in load().entities:
        if entity.type != "LOC" or entity.latitude is None or entity.longitude is None:
            continue
        place = Place(entity.id, entity.name, entity.latitude, entity.longitude, entity.country)
        by_id.setdefault(entity.id, place)
        for name in (entity.name, *entity.aliases):
            by_name.setdefault(_key(name), place)
        limited += [(name.name, place) for name in entity.limited]
    # What counts in texts of some languages alone (`東京`) names a place here too, where no other name is the same.
    for name, place in limited:
        by_name.setdefault(_key(name), place)
    return by_id, by_name


def _key(name: str) -> str:
    # Here, since the entities package loads the automaton, which most queries do not need.
    from pipeline.entities.normalise import folded  # noqa: PLC0415

    return folded(name)
