"""Panels: what each counts, as Kibana's Lens has it and as Elasticsearch is asked, from one description."""

import json
from typing import Any, Final, Literal

import msgspec

from deploy.kibana.fields import TIME_FIELDS, kind_of, view_id

Json = dict[str, Any]
Shape = Literal["metric", "bar_stacked", "bar_horizontal", "line", "donut", "table"]
Measure = Literal["count", "unique_count", "max", "sum", "last", "percentile"]

LAYER: Final = "layer"
VALUES: Final = 10


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """One panel. `by` are the fields that it divides by, in order; `over_time` divides by time first.

    `measure` of `field` is what it shows, `percent` which percentile. `where` is a KQL filter `field: value`.
    """

    id: str
    title: str
    view: str
    shape: Shape
    by: tuple[str, ...] = ()
    over_time: bool = False
    measure: Measure = "count"
    field: str | None = None
    percent: int = 95
    where: tuple[str, str] | None = None
    size: int = VALUES


def columns(panel: Panel) -> dict[str, Json]:
    """Lens's columns by id, in the order of division; the measure is `value`."""
    made: dict[str, Json] = {}
    if panel.over_time:
        made["time"] = {
            "operationType": "date_histogram", "sourceField": TIME_FIELDS[panel.view], "label": TIME_FIELDS[panel.view],
            "dataType": "date", "isBucketed": True, "scale": "interval",
            "params": {"interval": "auto", "includeEmptyRows": True, "dropPartials": False},
        }  # fmt: skip
    for number, field in enumerate(panel.by):
        made[f"by{number}"] = {
            "operationType": "terms", "sourceField": field, "label": field, "dataType": kind_of(panel.view, field),
            "isBucketed": True, "scale": "ordinal",
            "params": {
                "size": panel.size, "orderBy": {"type": "column", "columnId": "value"}, "orderDirection": "desc",
                "otherBucket": panel.shape in {"bar_stacked", "donut"}, "missingBucket": False,
                "parentFormat": {"id": "terms"}, "include": [], "exclude": [], "includeIsRegex": False,
                "excludeIsRegex": False,
            },
        }  # fmt: skip
    made["value"] = _measure(panel)
    return made


def _measure(panel: Panel) -> Json:
    common: Json = {"isBucketed": False, "scale": "ratio", "dataType": "number", "label": panel.title}
    if panel.measure == "count" or panel.field is None:
        return {**common, "operationType": "count", "sourceField": "___records___", "params": {"emptyAsNull": True}}
    if kind_of(panel.view, panel.field) == "date" and panel.measure == "max":
        common["dataType"] = "date"  # else Lens shows its milliseconds
    params: Json = {"emptyAsNull": True}
    operation: str = panel.measure
    if panel.measure == "percentile":
        params = {"percentile": panel.percent}
    elif panel.measure == "last":
        operation, params = "last_value", {"sortField": TIME_FIELDS[panel.view]}
    elif panel.measure == "max":
        params = {}
    return {**common, "operationType": operation, "sourceField": panel.field, "params": params}


def _visualization(panel: Panel) -> tuple[str, Json]:
    """The kind of Lens visualization and its state."""
    by = [f"by{number}" for number in range(len(panel.by))]
    if panel.shape == "metric":
        return "lnsMetric", {"layerId": LAYER, "layerType": "data", "metricAccessor": "value"}
    if panel.shape == "donut":
        layer = {
            "layerId": LAYER, "layerType": "data", "primaryGroups": by, "metrics": ["value"],
            "numberDisplay": "percent", "categoryDisplay": "default", "legendDisplay": "show",
        }  # fmt: skip
        return "lnsPie", {"shape": "donut", "layers": [layer]}
    if panel.shape == "table":
        shown = [*(["time"] if panel.over_time else []), *by, "value"]
        return "lnsDatatable", {
            "layerId": LAYER, "layerType": "data",
            "columns": [{"columnId": name, "isTransposed": False, "isMetric": name == "value"} for name in shown],
        }  # fmt: skip
    axis = "time" if panel.over_time else by[0]
    split = by if panel.over_time else by[1:]
    xy: Json = {
        "layerId": LAYER, "layerType": "data", "seriesType": panel.shape, "xAccessor": axis, "accessors": ["value"],
        "position": "top", "showGridlines": False, **({"splitAccessor": split[0]} if split else {}),
    }  # fmt: skip
    return "lnsXY", {
        "preferredSeriesType": panel.shape, "legend": {"isVisible": bool(split), "position": "right"},
        "valueLabels": "hide", "fittingFunction": "None", "layers": [xy],
    }  # fmt: skip


def lens(panel: Panel, x: int, y: int, w: int, h: int) -> Json:
    """The panel as an element of a dashboard."""
    kind, visualization = _visualization(panel)
    made = columns(panel)
    where = f'{panel.where[0]}: "{panel.where[1]}"' if panel.where else ""
    if panel.where:
        kind_of(panel.view, panel.where[0])
    state = {
        "query": {"query": where, "language": "kuery"},
        "filters": [],
        "internalReferences": [],
        "adHocDataViews": {},
        "datasourceStates": {
            "formBased": {
                "layers": {LAYER: {"columnOrder": list(made), "columns": made, "incompleteColumns": {}, "sampling": 1}}
            }
        },
        "visualization": visualization,
    }
    reference = {
        "type": "index-pattern", "id": view_id(panel.view), "name": f"indexpattern-datasource-layer-{LAYER}"
    }  # fmt: skip
    attributes = {
        "title": panel.title, "type": "lens", "visualizationType": kind, "references": [reference], "state": state
    }  # fmt: skip
    return {
        "type": "lens",
        "panelIndex": panel.id,
        "gridData": {"x": x, "y": y, "w": w, "h": h, "i": panel.id},
        "title": panel.title,
        "embeddableConfig": {"enhancements": {}, "hidePanelTitles": False, "attributes": attributes},
    }


def asked(panel: Panel) -> Json:
    """What the panel asks of Elasticsearch, in the terms of the embedded node: a search body without hits."""
    inner = _measured(panel)
    for field in reversed(panel.by):
        inner = {field: {"terms": {"field": field, "size": panel.size}, **({"aggs": inner} if inner else {})}}
    if panel.over_time:
        histogram = {"field": TIME_FIELDS[panel.view], "calendar_interval": "hour", "min_doc_count": 1}
        inner = {"time": {"date_histogram": histogram, **({"aggs": inner} if inner else {})}}
    query = {"term": {panel.where[0]: panel.where[1]}} if panel.where else {"match_all": {}}
    return {"size": 0, "track_total_hits": True, "query": query, "aggs": inner}


def _measured(panel: Panel) -> Json:
    if panel.measure == "count" or panel.field is None:
        return {}
    match panel.measure:
        case "unique_count":
            return {"value": {"cardinality": {"field": panel.field}}}
        case "percentile":
            return {"value": {"percentiles": {"field": panel.field, "percents": [panel.percent]}}}
        case "last":
            return {"value": {"max": {"field": panel.field}}}
        case _:
            return {"value": {panel.measure: {"field": panel.field}}}


def text(value: object) -> str:
    """JSON within JSON, as saved objects have it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
