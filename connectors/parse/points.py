"""Where an entry places itself: GeoRSS, in its simple form and as GML, and the W3C's `geo:lat` and `geo:long`."""

import re
from collections.abc import Iterator

from connectors.parse import fields as f
from schemas.item import is_on_earth

# (latitude, longitude) in degrees north and east.
Point = tuple[float, float]
_NUMBER = re.compile(r"[-+]?\d{1,3}(?:\.\d{1,15})?")


def points(fields: f.Fields) -> tuple[Point, ...]:
    """The points of an entry, each once; what is no place on Earth is left out."""
    return tuple(dict.fromkeys(point for text in _texts(fields) if (point := _point(text)) is not None))


def _texts(fields: f.Fields) -> Iterator[str]:
    yield from f.all_raw(fields, "georss:point", "gml:pos")
    for element in fields.get("georss:where", []):
        yield from (f.inner_text(e) for e in element.iter("{*}pos"))
    for group in (fields, *(f.fields_of(element) for element in fields.get("geo:point", []))):
        latitude, longitude = f.raw(group, "geo:lat"), f.raw(group, "geo:long", "geo:lon")
        if latitude and longitude:
            yield f"{latitude} {longitude}"


def _point(text: str) -> Point | None:
    # Some write a comma between the two.
    parts = text.replace(",", " ").split()
    if len(parts) != 2 or not all(map(_NUMBER.fullmatch, parts)):  # noqa: PLR2004 - latitude and longitude
        return None
    latitude, longitude = map(float, parts)
    # Nothing at 0, 0 makes news: it is what programs write that know no place.
    point = latitude, longitude
    return point if any(point) and is_on_earth(point) else None
