"""The API's description, OpenAPI 3.1, made from the records that it sends and the fields of the query syntax."""

from functools import cache
from importlib.metadata import version
from typing import Any, Final

import msgspec

from pipeline.books import Books
from pipeline.query.fields import FIELDS
from pipeline.search import FACETS, Found, Hit
from pipeline.search.related import Detail, Timeline
from pipeline.web.changes import Changes
from pipeline.web.rule_work import SPANS, NewRule, Tried
from pipeline.web.work import AlertShown, FeedHealth, NewFigure, Pace
from schemas.alert import Figure
from schemas.deadletter import DeadLetter
from schemas.rule import Rule

Json = dict[str, Any]

RECORDS: Final = (
    Found, Detail, Hit, Changes, Figure, NewFigure, Timeline, AlertShown, FeedHealth, Pace, Books, DeadLetter,
    Rule, NewRule, Tried,
)  # fmt: skip
REF: Final = "#/components/schemas/{name}"


def _query(name: str, what: str, schema: Json | None = None) -> Json:
    return {"name": name, "in": "query", "description": what, "schema": schema or {"type": "string"}}


def _path(what: str) -> Json:
    return {"name": "id", "in": "path", "required": True, "description": what, "schema": {"type": "string"}}


def _syntax() -> str:
    fields = "; ".join(f"`{field.name}:` {field.what}" for field in FIELDS)
    return f'words, "phrases", AND, OR, NOT or -, parentheses; {fields}'


_MANY: Final = {"type": "array", "items": {"type": "string"}}
_SEARCH: Final = [
    _query("q", _syntax()),
    *(_query(name, f"only these values of the facet {name}; may be repeated", _MANY) for name in FACETS),
    _query("since", "only of this date or later, such as 2026-03-01 or 7d"),
    _query("until", "only before this date"),
    _query("sort", "the order", {"type": "string", "enum": ["relevance", "newest", "oldest"]}),
]
_PAGE: Final = [
    _query("size", "how many hits", {"type": "integer", "minimum": 0, "maximum": 100}),
    _query("offset", "from which on", {"type": "integer", "minimum": 0, "maximum": 10_000}),
    _query("collapse", "one hit for each story (as usual), or every item", {"type": "boolean"}),
]
_FORMAT: Final = {"type": "string", "enum": ["json", "ninjs", "newsarticle"]}


def _of(record: type) -> Json:
    return {"application/json": {"schema": {"$ref": REF.format(name=record.__name__)}}}


def _list_of(record: type) -> Json:
    return {"application/json": {"schema": {"type": "array", "items": {"$ref": REF.format(name=record.__name__)}}}}


def _operation(  # noqa: PLR0913 - the parts of an operation
    summary: str,
    content: Json | None,
    parameters: list[Json],
    scope: str = "read",
    *,
    status: str = "200",
    body: type | None = None,
) -> Json:
    done: Json = {"description": "done"} if content is None else {"description": "done", "content": content}
    problem = {"description": "a problem (RFC 9457)", "content": {"application/problem+json": {"schema": _PROBLEM}}}
    made: Json = {
        "summary": summary,
        "operationId": summary.lower().replace(" ", "_").replace(",", "").replace("'", ""),
        "parameters": parameters,
        "security": [{"token": [scope]}],
        "responses": {status: done, "4XX": problem, "503": problem},
    }
    if body is not None:
        made["requestBody"] = {"required": True, "content": _of(body)}
    return made


_PROBLEM: Final = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
        "detail": {"type": "string"}, "start": {"type": "integer"}, "end": {"type": "integer"},
    },
}  # fmt: skip
_TEXT: Final = {"schema": {"type": "string"}}
_OBJECT: Final = {"schema": {"type": "object"}}


def _paths() -> dict[str, Json]:
    item, figure = _path("an item's id"), _path("a figure's or entity's id")
    size = _query("size", "how many", {"type": "integer", "minimum": 0, "maximum": 500})
    lines = {"application/jsonl": _TEXT, "text/csv": _TEXT}
    whole = {**_of(Detail), "application/ld+json": _OBJECT}
    export_format = _query("format", "of the answer", {"type": "string", "enum": ["jsonl", "csv"]})
    limit = _query("limit", "how many", {"type": "integer", "minimum": 1, "maximum": 1000})
    cursor = _query("cursor", "what a former answer gave; `now` for one that begins here; none for the beginning")
    return {
        "/search": {"get": _operation("Search items", _of(Found), [*_SEARCH, *_PAGE])},
        "/export": {"get": _operation("Export every hit", lines, [*_SEARCH, export_format])},
        "/items/{id}": {"get": _operation("One item", whole, [item, _query("format", "of the answer", _FORMAT)])},
        "/items/{id}/similar": {"get": _operation("Similar items", _list_of(Hit), [item])},
        "/stories/{id}": {"get": _operation("Items of a story", _list_of(Hit), [_path("a story's id"), size])},
        "/changes": {"get": _operation("Everything indexed since", _of(Changes), [cursor, limit])},
        "/figures": {
            "get": _operation("Figures tracked", _list_of(Figure), []),
            "post": _operation("Track a figure", _of(Figure), [], "write", status="201", body=NewFigure),
        },
        "/figures/{id}": {"delete": _operation("Track a figure no longer", None, [figure], "write", status="204")},
        "/figures/{id}/timeline": {"get": _operation("A figure over time", _of(Timeline), [figure])},
        "/rules": {
            "get": _operation("Rules", _list_of(Rule), []),
            "post": _operation("Set a rule", _of(Rule), [], "write", status="201", body=NewRule),
        },
        "/rules/trial": {
            "post": _operation(
                "What a rule would have sent",
                _of(Tried),
                [
                    _query("since", "how far back", {"type": "string", "enum": list(SPANS), "default": "1d"}),
                ],
                body=NewRule,
            ),
        },
        "/rules/{id}": {"delete": _operation("Remove a rule", None, [_path("a rule's id")], "write", status="204")},
        "/alerts": {
            "get": _operation("Alerts told", _list_of(AlertShown), [_query("figure", "only of this id"), size])
        },
        "/feeds": {"get": _operation("Feeds with their health", _list_of(FeedHealth), [])},
        "/pipeline": {"get": _operation("The pipelines pace", _of(Pace), [])},
        "/books": {"get": _operation("The books", _of(Books), [])},
        "/deadletters": {"get": _operation("Dead letters", _list_of(DeadLetter), [])},
        "/deadletters/{id}/retry": {
            "post": _operation("Retry a dead letter", {"application/json": _OBJECT}, [_path("its id")], "admin")
        },
        "/openapi.json": {"get": _operation("This description", {"application/json": _OBJECT}, [])},
    }


@cache
def document() -> Json:
    """The whole description."""
    _, schemas = msgspec.json.schema_components(RECORDS, ref_template=REF)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kabar",
            "version": version("kabar"),
            "description": "News as it is published. Bearer tokens are made by `kabar web token`; a scope includes"
            " those before it: read, write, admin. On a loopback address reading needs none.",
        },
        "servers": [{"url": "/api/v1"}],
        "paths": _paths(),
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }
