"""The dashboards: Newsroom, Figure, Operations; a saved search; and rules as API calls."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from deploy.kibana.fields import ITEMS, TIME_FIELDS, data_view, kind_of, view_id
from deploy.kibana.panels import Panel, lens, text
from deploy.kibana.places import MAP_ID, places_map
from schemas.side_indices import ALERTS, MENTIONS, OPS

Json = dict[str, Any]
WIDTH: Final = 48
SEARCH_ID: Final = "kabar-newest"

NEWSROOM: Final = (
    Panel(id="items", title="Items", view=ITEMS, shape="metric"),
    Panel(id="outlets", title="Outlets", view=ITEMS, shape="metric", measure="unique_count", field="source"),
    Panel(id="stories", title="Stories", view=ITEMS, shape="metric", measure="unique_count", field="story_id"),
    Panel(id="alerts", title="Alerts", view=ALERTS, shape="metric"),
    Panel(id="volume", title="Items over time by language", view=ITEMS, shape="bar_stacked", over_time=True,
          by=("language",)),
    Panel(id="people", title="Top people", view=MENTIONS, shape="table", by=("name",), where=("type", "PER"),
          measure="unique_count", field="story_id"),
    Panel(id="sources", title="Top outlets", view=ITEMS, shape="bar_horizontal", by=("source",)),
    Panel(id="copies", title="Copies", view=ITEMS, shape="donut", by=("is_duplicate",)),
    Panel(id="places", title="Places", view=MENTIONS, shape="table", by=("name",), where=("type", "LOC")),
    Panel(id="largest", title="Largest stories", view=ITEMS, shape="table", by=("story_id",)),
    Panel(id="alerted", title="Newest alerts", view=ALERTS, shape="table", by=("figure_name", "source"),
          measure="max", field="alerted_at"),
)  # fmt: skip
# All of it looks at items: a figure is chosen by a field of theirs, which mentions do not have.
FIGURE: Final = (
    Panel(id="mentioned", title="Items that mention", view=ITEMS, shape="metric"),
    Panel(id="told", title="Stories that mention", view=ITEMS, shape="metric", measure="unique_count",
          field="story_id"),
    Panel(id="mentions", title="Mentions over time", view=ITEMS, shape="bar_stacked", over_time=True,
          by=("language",)),
    Panel(id="by-source", title="Sources", view=ITEMS, shape="bar_horizontal", by=("source",)),
    Panel(id="by-language", title="Languages", view=ITEMS, shape="donut", by=("language",)),
    Panel(id="with-people", title="Named beside: people", view=ITEMS, shape="table", by=("people",)),
    Panel(id="with-organisations", title="Named beside: organisations", view=ITEMS, shape="table",
          by=("organisations",)),
    Panel(id="with-places", title="Named beside: places", view=ITEMS, shape="table", by=("places",)),
)  # fmt: skip
OPERATIONS: Final = (
    Panel(id="ingest-50", title="First seen to searchable, median (ms)", view=ITEMS, shape="metric",
          measure="percentile", field="ingest_lag_ms", percent=50),
    Panel(id="ingest-95", title="First seen to searchable, 95 % (ms)", view=ITEMS, shape="line", over_time=True,
          measure="percentile", field="ingest_lag_ms"),
    Panel(id="alert-95", title="Published to alerted, 95 % (ms)", view=ALERTS, shape="line", over_time=True,
          measure="percentile", field="publish_to_alert_ms"),
    Panel(id="lag", title="Records waiting, by step", view=OPS, shape="line", over_time=True, by=("step",),
          measure="max", field="lag", where=("kind", "lag")),
    Panel(id="silent", title="Feeds: seconds without news", view=OPS, shape="table", by=("feed",), measure="max",
          field="silent_seconds", where=("kind", "feed")),
    Panel(id="failing", title="Feeds that fail", view=OPS, shape="table", by=("feed",), measure="max",
          field="failures", where=("kind", "feed")),
    Panel(id="letters", title="Dead letters", view=OPS, shape="line", over_time=True, measure="max", field="count",
          where=("kind", "deadletters")),
    Panel(id="rejected", title="Refused by the index", view=OPS, shape="line", over_time=True, measure="max",
          field="rejected", where=("kind", "writes")),
    Panel(id="books", title="Difference of the books", view=OPS, shape="line", over_time=True, measure="max",
          field="difference", where=("kind", "books")),
)  # fmt: skip
# What is chosen in a control narrows every panel of its dashboard, and one whose data view lacks the field shows
# nothing then: so each field is one that all of them have. Operations looks at three kinds of things without any.
CONTROLS: Final = {
    "newsroom": ((ITEMS, "language"), (ITEMS, "source")),
    "figure": ((ITEMS, "people"), (ITEMS, "organisations"), (ITEMS, "places"), (ITEMS, "language"), (ITEMS, "source")),
    "operations": (),
}


class Dashboard(msgspec.Struct, frozen=True, kw_only=True):
    """A dashboard: its panels, and over which time it looks at first."""

    id: str
    title: str
    what: str
    panels: tuple[Panel, ...]
    since: str


DASHBOARDS: Final = (
    Dashboard(id="newsroom", title="Kabar: Newsroom", what="What is told, by whom, of whom.", panels=NEWSROOM,
              since="now-24h"),
    Dashboard(id="figure", title="Kabar: Figure", what="One figure: choose its name above.", panels=FIGURE,
              since="now-7d"),
    Dashboard(id="operations", title="Kabar: Operations", what="How the pipeline does.", panels=OPERATIONS,
              since="now-6h"),
)  # fmt: skip


def saved_objects(prefix: str = "news") -> list[Json]:
    """All objects, those referred to before those that refer to them."""
    views = [data_view(view, prefix) for view in TIME_FIELDS]
    return [*views, _newest(), places_map(prefix), *(_dashboard(board) for board in DASHBOARDS)]


def _placed(panels: Sequence[Panel]) -> list[Json]:
    """Small numbers in a row, the rest two side by side."""
    made, x, y = [], 0, 0
    numbers = [panel for panel in panels if panel.shape == "metric"]
    for number, panel in enumerate(numbers):
        width = WIDTH // len(numbers)
        made.append(lens(panel, number * width, 0, width, 6))
    y = 6 if numbers else 0
    for panel in panels:
        if panel.shape != "metric":
            made.append(lens(panel, x, y, WIDTH // 2, 12))
            x, y = (0, y + 12) if x else (WIDTH // 2, y)
    return made


def _dashboard(board: Dashboard) -> Json:
    panels = _placed(board.panels)
    controls = CONTROLS[board.id]
    references = [
        {"type": "index-pattern", "id": view_id(panel.view), "name": f"{panel.id}:indexpattern-datasource-layer-layer"}
        for panel in board.panels
    ]
    references += [_control_reference(view, field) for view, field in controls]
    if board.id == "newsroom":
        for kind, identity, name in (("visualization", MAP_ID, "map"), ("search", SEARCH_ID, "newest")):
            below = max(panel["gridData"]["y"] + panel["gridData"]["h"] for panel in panels)
            panels.append(_referred(kind, name, below))
            references.append({"type": kind, "id": identity, "name": f"{name}:panel_{name}"})
    return {
        "type": "dashboard",
        "id": f"kabar-{board.id}",
        "coreMigrationVersion": "8.8.0",
        "typeMigrationVersion": "10.2.0",
        "managed": False,
        "attributes": {
            "title": board.title,
            "description": board.what,
            "version": 1,
            "timeRestore": True,
            "timeFrom": board.since,
            "timeTo": "now",
            "refreshInterval": {"pause": False, "value": 30_000},
            "kibanaSavedObjectMeta": {
                "searchSourceJSON": text({"query": {"query": "", "language": "kuery"}, "filter": []})
            },
            "optionsJSON": text(
                {"useMargins": True, "syncColors": True, "syncCursor": True, "syncTooltips": False,
                 "hidePanelTitles": False}
            ),
            "panelsJSON": text(panels),
            "controlGroupInput": {
                "chainingSystem": "HIERARCHICAL",
                "controlStyle": "oneLine",
                "showApplySelections": False,
                "ignoreParentSettingsJSON": text(
                    {"ignoreFilters": False, "ignoreQuery": False, "ignoreTimerange": False,
                     "ignoreValidations": False}
                ),
                "panelsJSON": text({_control_id(*pair): _control(n, *pair) for n, pair in enumerate(controls)}),
            },
        },
        "references": references,
    }  # fmt: skip


def _control_reference(view: str, field: str) -> Json:
    name = f"controlGroup_{_control_id(view, field)}:optionsListDataView"
    return {"type": "index-pattern", "id": view_id(view), "name": name}


def _control_id(view: str, field: str) -> str:
    return f"{view}-{field}"


def _control(order: int, view: str, field: str) -> Json:
    kind_of(view, field)
    return {
        "order": order,
        "width": "medium",
        "grow": True,
        "type": "optionsListControl",
        "explicitInput": {
            "id": _control_id(view, field),
            "dataViewId": view_id(view),
            "fieldName": field,
            "title": field.replace("_", " ").capitalize(),
            "searchTechnique": "prefix",
            "selectedOptions": [],
            "sort": {"by": "_count", "direction": "desc"},
        },
    }


def _referred(kind: str, name: str, y: int) -> Json:
    """A panel as wide as the dashboard that shows another saved object."""
    return {
        "type": kind,
        "panelIndex": name,
        "gridData": {"x": 0, "y": y, "w": WIDTH, "h": 15, "i": name},
        "panelRefName": f"panel_{name}",
        "embeddableConfig": {"enhancements": {}},
    }


def _newest() -> Json:
    shown = ("source", "language", "title", "people", "places", "story_id")
    source = {
        "query": {"query": "", "language": "kuery"}, "filter": [],
        "indexRefName": "kibanaSavedObjectMeta.searchSourceJSON.index",
    }  # fmt: skip
    return {
        "type": "search",
        "id": SEARCH_ID,
        "attributes": {
            "title": "Kabar: newest items",
            "description": "Every item, the newest first.",
            "columns": list(shown),
            "sort": [[TIME_FIELDS[ITEMS], "desc"]],
            "grid": {},
            "hideChart": False,
            "isTextBasedQuery": False,
            "timeRestore": False,
            "kibanaSavedObjectMeta": {"searchSourceJSON": text(source)},
        },
        "references": [
            {"type": "index-pattern", "id": view_id(ITEMS), "name": "kibanaSavedObjectMeta.searchSourceJSON.index"}
        ],
        "managed": False,
        "coreMigrationVersion": "8.8.0",
        "typeMigrationVersion": "8.0.0",
    }


def rules() -> list[Json]:
    """Rules as bodies of `POST /api/alerting/rule/<id>`; they go by when a thing was indexed, so late items count too.

    Without actions: which connectors there are is the user's. Kabar's own alerts do not need them.
    """
    kind_of(ALERTS, "figure_id")
    kind_of(OPS, "lag")
    return [
        {
            "id": "6b1f3c64-0c5e-5c0a-9c7e-2f6f5f0b9a01",
            "body": _rule("Kabar: new alert on a figure", "figure_id: *", ALERTS, 0, "figure_id"),
        },
        {
            "id": "6b1f3c64-0c5e-5c0a-9c7e-2f6f5f0b9a02",
            "body": _rule("Kabar: records wait", "kind: lag and lag > 500", OPS, 3, "step"),
        },
        {
            "id": "6b1f3c64-0c5e-5c0a-9c7e-2f6f5f0b9a03",
            "body": _rule("Kabar: a feed fails", "kind: feed and failures > 5", OPS, 3, "feed"),
        },
    ]


def _rule(name: str, query: str, view: str, above: int, by: str) -> Json:
    kind_of(view, by)
    kind_of(view, "@timestamp")
    return {
        "name": name,
        "rule_type_id": ".es-query",
        "consumer": "stackAlerts",
        "tags": ["kabar"],
        "schedule": {"interval": "1m"},
        "params": {
            "searchType": "searchSource",
            "searchConfiguration": {
                "query": {"query": query, "language": "kuery"}, "index": view_id(view), "filter": []
            },
            "timeField": "@timestamp",
            "timeWindowSize": 2,
            "timeWindowUnit": "m",
            "threshold": [above],
            "thresholdComparator": ">",
            "size": 100,
            "aggType": "count",
            "groupBy": "top",
            "termField": by,
            "termSize": 50,
            "excludeHitsFromPreviousRun": True,
        },
        "actions": [],
    }  # fmt: skip
