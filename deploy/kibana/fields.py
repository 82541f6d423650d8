"""The data views and the fields that they have, from the mappings."""

from typing import Any, Final

from schemas.index import mapping
from schemas.side_indices import ALERTS, MENTIONS, OPS, side_mapping

ITEMS: Final = "items"
# Data view -> its field of time. Items by when they were published, the rest by when it happened.
TIME_FIELDS: Final = {ITEMS: "date", ALERTS: "alerted_at", MENTIONS: "date", OPS: "@timestamp"}
TITLES: Final = {ITEMS: "News items", ALERTS: "News alerts", MENTIONS: "News mentions", OPS: "News operations"}
# What Kibana calls the types of the mapping.
KINDS: Final = {
    "keyword": "string", "text": "string", "date": "date", "boolean": "boolean", "integer": "number", "long": "number",
    "float": "number", "geo_point": "geo_point",
}  # fmt: skip
AGGREGATABLE: Final = frozenset({"keyword", "date", "boolean", "integer", "long", "float", "geo_point"})


class NoSuchField(KeyError):
    """A panel names a field that the mapping does not have, or that cannot be counted by."""


def properties(view: str) -> dict[str, Any]:
    """The fields of a data view as its mapping has them."""
    made = mapping() if view == ITEMS else side_mapping(view)
    found: dict[str, Any] = made["properties"]
    return found


def kind_of(view: str, field: str) -> str:
    """What Kibana calls the type of a field that can be counted by.

    Raises:
        NoSuchField: there is none, or it is text.
    """
    entry = properties(view).get(field)
    if entry is None or entry.get("type") not in AGGREGATABLE:
        raise NoSuchField(f"the mapping of {view} has no field {field} that can be counted by")
    return KINDS[entry["type"]]


def view_id(view: str) -> str:
    """The id of a data view."""
    return f"kabar-{view}"


def data_view(view: str, prefix: str = "news") -> dict[str, Any]:
    """The saved object of a data view."""
    kind_of(view, TIME_FIELDS[view])
    return {
        "type": "index-pattern",
        "id": view_id(view),
        "attributes": {
            "title": f"{prefix}-{view}*",
            "name": TITLES[view],
            "timeFieldName": TIME_FIELDS[view],
            "fieldFormatMap": "{}",
            "runtimeFieldMap": "{}",
            "sourceFilters": "[]",
            "fieldAttrs": "{}",
        },
        "references": [],
        "managed": False,
        "coreMigrationVersion": "8.8.0",
        "typeMigrationVersion": "8.0.0",
    }
