"""The saved objects: their shape, that what they refer to is there, each field, and that each panel shows something.

Importing them into a running Kibana has not been tried: none can run here.
"""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from aiohttp import web
from click.testing import CliRunner

from deploy.kibana.__main__ import FOLDER, generated
from deploy.kibana.dashboards import CONTROLS, DASHBOARDS, Dashboard, rules, saved_objects
from deploy.kibana.fields import ITEMS, TIME_FIELDS, NoSuchField, kind_of, properties
from deploy.kibana.panels import LAYER, Panel, asked, columns
from deploy.kibana.places import MAP_ID, places_asked
from pipeline.cli.kibana import command
from pipeline.elastic import Index, Write
from pipeline.observe import Tally, observe
from pipeline.query.places import kilometres_between, place_named
from schemas.alert import Alert
from schemas.index import month_alias
from schemas.settings import Settings
from schemas.side_indices import ALERTS, MENTIONS, OPS, alert_source
from tests.pipeline.search.demo import demo_documents, index_documents
from tests.samples import MATCH

PANELS = [panel for board in DASHBOARDS for panel in board.panels]
BASE = {
    "type": "object",
    "required": ["type", "id", "attributes", "references", "managed", "coreMigrationVersion", "typeMigrationVersion"],
    "properties": {
        "id": {"type": "string"},
        "managed": {"const": False},
        "type": {"enum": ["index-pattern", "dashboard", "search", "visualization"]},
        "attributes": {"type": "object", "required": ["title"]},
        "references": {
            "type": "array",
            "items": {"type": "object", "required": ["type", "id", "name"], "additionalProperties": {"type": "string"}},
        },
        "coreMigrationVersion": {"const": "8.8.0"},
        "typeMigrationVersion": {"enum": ["8.0.0", "8.5.0", "10.2.0"]},
    },
    "additionalProperties": False,
}
PANEL = {
    "type": "object",
    "required": ["type", "panelIndex", "gridData", "embeddableConfig"],
    "properties": {
        "gridData": {
            "type": "object",
            "required": ["x", "y", "w", "h", "i"],
            "properties": {"x": {"minimum": 0}, "w": {"minimum": 1, "maximum": 48}},
        }
    },
}


def test_the_files_are_made_from_the_code() -> None:
    """`python -m deploy.kibana` would change nothing."""
    for name, content in generated().items():
        assert (Path(FOLDER) / name).read_text(encoding="utf-8") == content


def test_each_line_has_the_shape_that_kibana_reads() -> None:
    """One object a line, JSON within JSON where Kibana wants it, no panel over another, none past the edge."""
    for line in generated()["kabar.ndjson"].splitlines():
        made = json.loads(line)
        jsonschema.validate(made, BASE)
        if made["type"] != "dashboard":
            continue
        panels = json.loads(made["attributes"]["panelsJSON"])
        json.loads(made["attributes"]["controlGroupInput"]["panelsJSON"])
        cells: set[tuple[int, int]] = set()
        for panel in panels:
            jsonschema.validate(panel, PANEL)
            grid = panel["gridData"]
            assert grid["i"] == panel["panelIndex"]
            assert grid["x"] + grid["w"] <= 48
            covered = {(x, y) for x in range(grid["x"], grid["x"] + grid["w"])
                       for y in range(grid["y"], grid["y"] + grid["h"])}  # fmt: skip
            assert not covered & cells
            cells |= covered


def test_every_reference_leads_to_an_object_before_it() -> None:
    """Data views and the saved search stand before what refers to them; names are those that panels use."""
    known: set[tuple[str, str]] = set()
    for made in saved_objects():
        names = [reference["name"] for reference in made["references"]]
        assert len(names) == len(set(names))
        assert {(reference["type"], reference["id"]) for reference in made["references"]} <= known
        known.add((made["type"], made["id"]))
        if made["type"] == "dashboard":
            panels = json.loads(made["attributes"]["panelsJSON"])
            wanted = {
                f"{panel['panelIndex']}:indexpattern-datasource-layer-{LAYER}"
                for panel in panels
                if panel["type"] == "lens"
            }
            wanted |= {f"{panel['panelIndex']}:{panel['panelRefName']}" for panel in panels if "panelRefName" in panel}
            assert wanted <= set(names)


@pytest.mark.parametrize("board", DASHBOARDS, ids=[board.id for board in DASHBOARDS])
def test_what_is_chosen_empties_no_panel(board: Dashboard) -> None:
    """Each control's field is one of every data view that the dashboard's panels look at."""
    for _, field in CONTROLS[board.id]:
        for panel in board.panels:
            assert field in properties(panel.view), (field, panel.id)


@pytest.mark.parametrize("panel", PANELS, ids=[panel.id for panel in PANELS])
def test_every_column_is_a_field_of_the_mapping(panel: Panel) -> None:
    """Each field exists, can be counted by, and has the type that the column says."""
    for column in columns(panel).values():
        field = column["sourceField"]
        if field != "___records___":
            assert field in properties(panel.view)
            kind = kind_of(panel.view, field)
            if column["isBucketed"] or kind == "date":
                assert column["dataType"] == kind


def test_a_renamed_field_breaks_the_making() -> None:
    """A panel over a field that the mapping does not have cannot be made, nor one over text."""
    for field in ("no_such_field", "title", "mentions"):
        with pytest.raises(NoSuchField):
            columns(Panel(id="x", title="x", view=ITEMS, shape="table", by=(field,)))


@pytest.fixture(scope="module")
def index(kabar_settings: Settings) -> Iterator[Index]:
    """The demo's news with alerts and the pipeline's health, as the step `index` writes them."""
    settings = kabar_settings.model_copy(update={"index_prefix": "news-kibana"})
    index_documents(settings, demo_documents())
    with Index(settings) as opened:
        at = datetime.now(UTC)
        alert = Alert(id="k1", alerted_at=at, match=MATCH)
        source = msgspec.json.encode(alert_source(alert))
        opened.bulk([Write(month_alias(settings.index_prefix, at, ALERTS), "k1", 1, source)])
        observe(settings, opened, Tally(), with_books=True)
        # What only a longer run has: a feed.
        feed = {"@timestamp": at, "kind": "feed", "name": "f", "feed": "F", "silent_seconds": 5, "failures": 0}
        opened.bulk([Write(month_alias(settings.index_prefix, at, OPS), "f", 1, msgspec.json.encode(feed))])
        opened.refresh()
        yield opened


@pytest.mark.parametrize("panel", PANELS, ids=[panel.id for panel in PANELS])
def test_every_panel_shows_something(index: Index, panel: Panel) -> None:
    """Its aggregation, asked of the real index, is not empty."""
    found = index.search(asked(panel), index=f"{index.prefix}-{panel.view}")
    assert found["hits"]["total"]["value"] > 0
    for name, aggregation in found.get("aggregations", {}).items():
        assert aggregation.get("buckets", True), name


def test_the_map_shows_places(index: Index) -> None:
    """The drawing is on the newsroom; what it asks of the real index has places with where they are."""
    made = {entry["id"]: entry for entry in saved_objects()}
    panels = json.loads(made["kabar-newsroom"]["attributes"]["panelsJSON"])
    assert [panel["type"] for panel in panels if panel["panelIndex"] == "map"] == ["visualization"]
    drawing = json.loads(made[MAP_ID]["attributes"]["visState"])
    asked_of = json.loads(drawing["params"]["spec"])["data"]["url"]
    assert asked_of["body"] == places_asked()
    assert asked_of["%timefield%"] in properties(MENTIONS)
    answer = index.search(asked_of["body"], index=f"{index.prefix}-{MENTIONS}")
    places = {
        found["key"]: found["where"]["location"] for found in answer["aggregations"]["located"]["places"]["buckets"]
    }
    jakarta = place_named("Jakarta")
    assert jakarta
    shown = (places["Jakarta"]["lat"], places["Jakarta"]["lon"])
    assert kilometres_between(shown, (jakarta.latitude, jakarta.longitude)) < 1


def test_rules_name_fields_that_are_there() -> None:
    """The field of time and the one that they group by; each has an id of its own."""
    made = rules()
    assert len({rule["id"] for rule in made}) == len(made)
    for rule in made:
        params = rule["body"]["params"]
        view = params["searchConfiguration"]["index"].removeprefix("kabar-")
        assert view in TIME_FIELDS
        assert {params["timeField"], params["termField"]} <= set(properties(view))


@pytest.mark.parametrize("success", [True, False])
def test_install_imports_over_http(success: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    """The importer sends one .ndjson file with Kibana's header, and tells of objects refused in an answer of 200."""
    monkeypatch.setenv("KABAR_INDEX_PREFIX", "news")
    got: dict[str, Any] = {}

    async def imported(request: web.Request) -> web.Response:
        part = await (await request.multipart()).next()
        assert part is not None
        got.update(name=part.filename, body=await part.text(), xsrf=request.headers.get("kbn-xsrf"))  # type: ignore[union-attr]
        errors = [] if success else [{"type": "dashboard", "id": "kabar-newsroom", "error": {"type": "conflict"}}]
        return web.json_response({"success": success, "successCount": 8, "errors": errors})

    async def run() -> Any:  # noqa: ANN401
        app = web.Application()
        app.router.add_post("/s/desk/api/saved_objects/_import", imported)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        words = ["install", "--url", f"http://127.0.0.1:{port}", "--space", "desk"]
        try:
            return await asyncio.to_thread(CliRunner().invoke, command, words)
        finally:
            await runner.cleanup()

    done = asyncio.run(run())
    assert done.exit_code == (0 if success else 1), done.output
    assert ("imported 8 objects" if success else "refused dashboard kabar-newsroom") in done.output
    assert got["name"].endswith(".ndjson")
    assert got["xsrf"] == "true"
    assert got["body"] == generated()["kabar.ndjson"]
