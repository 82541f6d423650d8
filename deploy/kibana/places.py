"""The map of places: a Vega-Lite drawing by reference, since Kibana's maps take their ground from another server."""

import json
from typing import Any, Final

from deploy.kibana.fields import TIME_FIELDS, kind_of
from deploy.kibana.panels import text
from schemas.side_indices import MENTIONS

Json = dict[str, Any]

MAP_ID: Final = "kabar-places"
MOST: Final = 200
LINES: Final = "#98a2b3"
DOTS: Final = "#a3231b"


def places_asked() -> Json:
    """What the map asks of Elasticsearch: the places that are named most, each with where it is.

    Without a query, which Kibana adds: the time and the choices of the dashboard.
    """
    for field in ("name", "location"):
        kind_of(MENTIONS, field)
    places = {"terms": {"field": "name", "size": MOST}, "aggs": {"where": {"geo_centroid": {"field": "location"}}}}
    return {
        "size": 0,
        "aggs": {"located": {"filter": {"exists": {"field": "location"}}, "aggs": {"places": places}}},
    }


def _spec(prefix: str) -> Json:
    of = {"index": f"{prefix}-{MENTIONS}*", "%context%": True, "%timefield%": TIME_FIELDS[MENTIONS]}
    lines = {"type": "geoshape", "filled": False, "stroke": LINES}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {
            "url": {**of, "body": places_asked()},
            "format": {"property": "aggregations.located.places.buckets"},
        },
        "projection": {"type": "equalEarth"},
        "layer": [
            {"data": {"sphere": True}, "mark": lines},
            {"data": {"graticule": {"step": [30, 30]}}, "mark": {**lines, "strokeWidth": 0.4}},
            {
                "transform": [
                    {"calculate": "datum.where.location.lon", "as": "longitude"},
                    {"calculate": "datum.where.location.lat", "as": "latitude"},
                ],
                "mark": {"type": "circle", "color": DOTS, "opacity": 0.55},
                "encoding": {
                    "longitude": {"field": "longitude", "type": "quantitative"},
                    "latitude": {"field": "latitude", "type": "quantitative"},
                    "size": {"field": "doc_count", "type": "quantitative", "legend": None,
                             "scale": {"range": [20, 900]}},
                    "tooltip": [{"field": "key", "type": "nominal", "title": "Place"},
                                {"field": "doc_count", "type": "quantitative", "title": "Items"}],
                },
            },
        ],
    }  # fmt: skip


def places_map(prefix: str) -> Json:
    """The saved object."""
    title = "Kabar: places in the news"
    drawing = {"title": title, "type": "vega", "aggs": [], "params": {"spec": json.dumps(_spec(prefix), indent=1)}}
    source = {"query": {"query": "", "language": "kuery"}, "filter": []}
    return {
        "type": "visualization",
        "id": MAP_ID,
        "attributes": {
            "title": title,
            "description": "Each dot is a place that items name; its size says how many.",
            "version": 1,
            "visState": text(drawing),
            "uiStateJSON": "{}",
            "kibanaSavedObjectMeta": {"searchSourceJSON": text(source)},
        },
        "references": [],
        "managed": False,
        "coreMigrationVersion": "8.8.0",
        "typeMigrationVersion": "8.5.0",
    }
