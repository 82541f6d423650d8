"""Numbers as shapes: bars over time, and places on a map. Pure; the templates draw them."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Final

import msgspec

from pipeline.knowledge import load
from pipeline.query.places import place_of
from pipeline.search.answer import FacetCount, Moment
from schemas.said import Said, Say

WIDTH, HEIGHT = 600, 72
MAP_WIDTH, MAP_HEIGHT = 1000, 460
NORTH, SOUTH = 78.0, -56.0
LETTER, LINE, LABELS = 8.0, 15.0, 22
SECONDS: Final = {"m": 60, "h": 3_600, "d": 86_400}
_LENGTHS: Final = {"m": Said("{} min"), "h": Said("{} h"), "d": Said("{} d")}


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One bar in a drawing of `WIDTH` by `HEIGHT`, and the moments that it stands for."""

    x: float
    y: float
    width: float
    height: float
    count: int
    start: datetime
    end: datetime


class Dot(msgspec.Struct, frozen=True, kw_only=True):
    """One place on the map."""

    x: float
    y: float
    radius: float
    name: str
    count: int
    labelled: bool = False


def length_of(interval: str) -> timedelta:
    """The length of an interval such as `5m` or `7d`."""
    return timedelta(seconds=int(interval[:-1]) * SECONDS[interval[-1]]) if interval else timedelta()


def length_told(interval: str, say: Say) -> str:
    """The length of an interval for readers."""
    return msgspec.structs.replace(_LENGTHS[interval[-1]], values=(interval[:-1],)).told(say)


def bars(moments: Sequence[Moment], interval: str, width: int = WIDTH, height: int = HEIGHT) -> list[Bar]:
    """Bars side by side, the highest as high as the drawing."""
    if not moments:
        return []
    most = max(moment.count for moment in moments) or 1
    each = min(width / len(moments), 24.0)
    made = []
    for number, moment in enumerate(moments):
        tall = 0 if not moment.count else max(2.0, moment.count / most * (height - 4))
        made.append(Bar(
            x=round(number * each, 2), y=round(height - tall, 2), width=round(max(1.0, each - 1.5), 2),
            height=round(tall, 2), count=moment.count, start=moment.start, end=moment.start + length_of(interval),
        ))  # fmt: skip
    return made


def dots(places: Sequence[tuple[FacetCount, str]]) -> list[Dot]:
    """Places by (count, entity id), the largest first so that small ones stay above; those without degrees are left."""
    most = max((count.count for count, _ in places), default=1)
    made = []
    for count, identity in places:
        place = place_of(identity)
        if place is not None and SOUTH < place.latitude < NORTH:
            x, y = project(place.latitude, place.longitude)
            radius = 3 + 15 * math.sqrt(count.count / most)
            made.append(Dot(x=x, y=y, radius=round(radius, 1), name=place.name, count=count.count))
    return _labelled(sorted(made, key=lambda dot: -dot.radius))


def _labelled(made: list[Dot]) -> list[Dot]:
    """The largest dots get their names, as long as no name covers another."""
    taken: list[tuple[float, float, float]] = []
    found = []
    for dot in made:
        left, right = dot.x + dot.radius, dot.x + dot.radius + LETTER * len(dot.name)
        free = right < MAP_WIDTH and all(
            abs(dot.y - y) > LINE or right < begin or left > end for begin, end, y in taken
        )
        if free and len(taken) < LABELS:
            taken.append((left, right, dot.y))
            dot = msgspec.structs.replace(dot, labelled=True)  # noqa: PLW2901 - the same dot, named
        found.append(dot)
    return found


def project(latitude: float, longitude: float) -> tuple[float, float]:
    """Degrees to the map, equirectangular."""
    x = (longitude + 180) / 360 * MAP_WIDTH
    y = (NORTH - latitude) / (NORTH - SOUTH) * MAP_HEIGHT
    return round(x, 1), round(y, 1)


@cache
def ground() -> str:
    """The map's ground: all cities that are known, as one path of points, which draws the continents."""
    places = (place_of(entity.id) for entity in load().entities if entity.type == "LOC")
    shown = (place for place in places if place is not None and SOUTH < place.latitude < NORTH)
    return "".join("M{} {}h0".format(*project(place.latitude, place.longitude)) for place in shown)
