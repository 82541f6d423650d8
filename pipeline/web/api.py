"""The API, version 1: JSON in, JSON out; what can go wrong is an RFC 9457 problem. `openapi` describes it."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from pipeline.books import books, dead_letters
from pipeline.query import QueryError
from pipeline.rules.asked import RuleMistake
from pipeline.search import Found, Query, search
from pipeline.search.export import csv_lines, every, json_lines
from pipeline.search.related import Detail, item, similar, story, timeline
from pipeline.web import changes, rule_work, work
from pipeline.web.access import Denied, Scope, require
from pipeline.web.desk import desk_of
from pipeline.web.formats import atom, json_feed, news_article, ninjs
from pipeline.web.openapi import document
from pipeline.web.params import BadParameter, address, number, pairs_of, query_of
from schemas.codec import now
from schemas.errors import BrokerError, IndexRefused, IndexUnavailable
from schemas.rule import Rule
from schemas.said import Mistake
from schemas.settings import SettingsError

BASE: Final = "/api/v1"
PROBLEM: Final = "application/problem+json"
FEED_SIZE: Final = 50
BODY_LIMIT: Final = 100_000

Endpoint = Callable[[Request], Response]


class NotFound(Mistake):
    """There is nothing of that id."""


def answer(value: object, status: int = 200, media_type: str = "application/json") -> Response:
    """A value as JSON."""
    return Response(msgspec.json.encode(value), status_code=status, media_type=media_type)


def problem(status: int, title: str, detail: str, **more: object) -> Response:
    """What went wrong."""
    made = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    headers = {"www-authenticate": "Bearer"} if status == 401 else {}  # noqa: PLR2004 - unauthorized
    return Response(msgspec.json.encode(made), status_code=status, media_type=PROBLEM, headers=headers)


def told(error: Exception) -> Response | None:  # noqa: PLR0911 - one line a kind of error
    """The problem that an error is, or None for one that nobody expected."""
    match error:
        case QueryError():
            return problem(400, "The query cannot be read", str(error), start=error.start, end=error.end)
        case BadParameter() | changes.BadCursor() | work.BadFigure() | RuleMistake():
            return problem(400, "A parameter cannot be read", str(error))
        case Denied():
            return problem(error.status, "Not allowed", str(error))
        case NotFound():
            return problem(404, "Not found", str(error))
        case BrokerError() | IndexUnavailable():
            return problem(503, "A server does not answer", str(error))
        case SettingsError():
            return problem(503, "A setting cannot be used", str(error))
        case IndexRefused():
            return problem(400, "The index does not take this", "Elasticsearch refused the request.")
        case _:
            return None


def guarded(scope: Scope) -> Callable[[Endpoint], Callable[[Request], Response]]:
    """An endpoint for those with a scope; its errors become problems."""

    def decorate(endpoint: Endpoint) -> Callable[[Request], Response]:
        @wraps(endpoint)
        def guarded_endpoint(request: Request) -> Response:
            try:
                require(desk_of(request).settings, request, scope)
                return endpoint(request)
            except Exception as error:
                made = told(error)
                if made is None:
                    raise
                return made

        return guarded_endpoint

    return decorate


@guarded("read")
def search_(request: Request) -> Response:
    """Items that a query finds, with facets."""
    desk = desk_of(request)
    return answer(search(desk.index, query_of(request.query_params), desk.names()))


@guarded("read")
def export(request: Request) -> Response:
    """Every item that a query finds, as JSON Lines or CSV."""
    desk = desk_of(request)
    form = request.query_params.get("format", "jsonl")
    if form not in {"jsonl", "csv"}:
        raise BadParameter("{} is one of {}.", "format", "jsonl, csv")
    hits = every(desk.index, query_of(request.query_params), desk.names())
    lines = json_lines(hits) if form == "jsonl" else csv_lines(hits)
    kind = "application/jsonl" if form == "jsonl" else "text/csv; charset=utf-8"
    headers = {"content-disposition": f'attachment; filename="kabar.{form}"'}
    return StreamingResponse(_begun(lines), media_type=kind, headers=headers)


def _begun(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The lines; the first is made now, so that a query that cannot be read is told instead of a broken stream."""
    first = next(lines, b"")

    def rest() -> Iterator[bytes]:
        yield first
        yield from lines

    return rest()


def found_item(request: Request) -> Detail:
    """The item that the path names.

    Raises:
        NotFound: there is none.
    """
    detail = item(desk_of(request).index, request.path_params["id"])
    if detail is None:
        raise NotFound("There is no item of this id.")
    return detail


@guarded("read")
def item_(request: Request) -> Response:
    """One item whole; as ninjs or NewsArticle if asked."""
    detail = found_item(request)
    match request.query_params.get("format", "json"):
        case "json":
            return answer(detail)
        case "ninjs":
            return answer(ninjs(detail))
        case "newsarticle":
            return answer(news_article(detail), media_type="application/ld+json")
        case _:
            raise BadParameter("{} is one of {}.", "format", "json, ninjs, newsarticle")


@guarded("read")
def similar_(request: Request) -> Response:
    """Items of other stories that are like one."""
    return answer(similar(desk_of(request).index, found_item(request).hit.id))


@guarded("read")
def story_(request: Request) -> Response:
    """The items of a story, oldest first."""
    hits = story(desk_of(request).index, request.path_params["id"], number(request.query_params, "size", 50, 500))
    if not hits:
        raise NotFound("There is no story of this id.")
    return answer(hits)


@guarded("read")
def changes_(request: Request) -> Response:
    """Everything indexed since a cursor."""
    desk, params = desk_of(request), request.query_params
    cursor = params.get("cursor")
    if cursor == "now":
        return answer(changes.Changes(changes=[], cursor=changes.newest(desk.settings), more=False))
    limit = number(params, "limit", 500, changes.MOST)
    return answer(changes.changes(desk.settings, cursor, limit, desk.forgotten))


@guarded("read")
def figures(request: Request) -> Response:
    """Who is tracked."""
    return answer(sorted(desk_of(request).figures().values(), key=lambda figure: figure.name))


@guarded("read")
def timeline_(request: Request) -> Response:
    """What is said of a figure, or of any entity."""
    return answer(timeline(desk_of(request).index, request.path_params["id"]))


@guarded("read")
def alerts(request: Request) -> Response:
    """Alerts told, the newest first."""
    size = number(request.query_params, "size", 50, 500)
    return answer(work.alerts(desk_of(request).index, size, request.query_params.get("figure")))


@guarded("read")
def feeds(request: Request) -> Response:
    """The feeds that are followed, with their health."""
    return answer(work.feeds(desk_of(request).settings))


@guarded("read")
def pipeline(request: Request) -> Response:
    """Rates, delays, and what waits before each step."""
    desk = desk_of(request)
    return answer(work.pace(desk.settings, desk.index))


@guarded("read")
def books_(request: Request) -> Response:
    """What became of everything that was fetched."""
    desk = desk_of(request)
    found = books(desk.settings, desk.index)
    return answer({**msgspec.to_builtins(found), "difference": found.difference})


@guarded("read")
def dead_letters_(request: Request) -> Response:
    """What could not be handled, without its content."""
    letters = dead_letters(desk_of(request).settings)
    return answer([msgspec.structs.replace(letter, sample="") for letter in letters])


@guarded("admin")
def retry(request: Request) -> Response:
    """Send a dead letter back to where it came from."""
    if not work.retry(desk_of(request).settings, request.path_params["id"]):
        raise NotFound("There is no dead letter of this id that was kept whole and not tried again yet.")
    return answer({"retried": request.path_params["id"]})


async def track(request: Request) -> Response:
    """Track a figure, from now on."""
    body = await _body(request)

    @guarded("write")
    def endpoint(request: Request) -> Response:
        try:
            wanted = msgspec.json.decode(body, type=work.NewFigure)
        except msgspec.DecodeError as error:
            raise BadParameter("The body is no figure: {}.", error) from error
        return answer(work.track(desk_of(request).settings, wanted), 201)

    return await run_in_threadpool(endpoint, request)


@guarded("write")
def untrack(request: Request) -> Response:
    """Track a figure no longer."""
    desk = desk_of(request)
    if request.path_params["id"] not in desk.figures():
        raise NotFound("No figure of this id is tracked.")
    work.untrack(desk.settings, request.path_params["id"])
    return Response(status_code=204)


@guarded("read")
def rules(request: Request) -> Response:
    """Who is told of what, and how."""
    return answer(rule_work.rules(desk_of(request).settings))


async def set_rule(request: Request) -> Response:
    """Set a rule, from now on; one of the same id is replaced."""
    body = await _body(request)

    @guarded("write")
    def endpoint(request: Request) -> Response:
        rule = _asked_rule(request, body)
        rule_work.save(desk_of(request).settings, rule)
        return answer(rule, 201)

    return await run_in_threadpool(endpoint, request)


async def try_rule(request: Request) -> Response:
    """What a rule would have sent, without setting it."""
    body = await _body(request)

    @guarded("read")
    def endpoint(request: Request) -> Response:
        desk, since = desk_of(request), request.query_params.get("since", "1d")
        if since not in rule_work.SPANS:
            raise BadParameter("{} is one of {}.", "since", ", ".join(rule_work.SPANS))
        span = rule_work.SPANS[since]
        found = rule_work.tried(desk.settings, desk.figures(), _asked_rule(request, body), span)
        return answer(found) if found else problem(503, "Busy", "Another rule is being tried; ask again in a moment.")

    return await run_in_threadpool(endpoint, request)


def _asked_rule(request: Request, body: bytes) -> Rule:
    desk = desk_of(request)
    try:
        asked = msgspec.json.decode(body, type=rule_work.NewRule)
    except msgspec.DecodeError as error:
        raise BadParameter("The body is no rule: {}.", error) from error
    return rule_work.rule_of(desk.settings, desk.figures(), asked)


@guarded("write")
def remove_rule(request: Request) -> Response:
    """Take a rule away."""
    if not rule_work.remove(desk_of(request).settings, request.path_params["id"]):
        raise NotFound("There is no rule of this id.")
    return Response(status_code=204)


async def _body(request: Request) -> bytes:
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > BODY_LIMIT:
            return b""
    return data


@guarded("read")
def atom_(request: Request) -> Response:
    """A search as an Atom feed."""
    title, page, hits = _feed(request)
    made = atom(title, page, str(request.url), hits.hits, now())
    return Response(made, media_type="application/atom+xml")


@guarded("read")
def json_feed_(request: Request) -> Response:
    """A search as a JSON Feed."""
    title, page, hits = _feed(request)
    return answer(json_feed(title, page, str(request.url), hits.hits), media_type="application/feed+json")


def _feed(request: Request) -> tuple[str, str, Found]:
    desk = desk_of(request)
    asked = query_of(request.query_params, size=FEED_SIZE)
    query: Query = msgspec.structs.replace(asked, sort="newest", facets=False)
    page = str(request.base_url).rstrip("/") + address("/", pairs_of(asked))
    title = f"Kabar: {query.text}" if query.text else "Kabar"
    return title, page, search(desk.index, query, desk.names())


def openapi(request: Request) -> Response:
    """This description."""
    del request
    return answer(document())


ROUTES: Final = [
    Route(f"{BASE}/search", search_),
    Route(f"{BASE}/export", export),
    Route(f"{BASE}/items/{{id}}", item_),
    Route(f"{BASE}/items/{{id}}/similar", similar_),
    Route(f"{BASE}/stories/{{id}}", story_),
    Route(f"{BASE}/changes", changes_),
    Route(f"{BASE}/figures", figures, methods=["GET"]),
    Route(f"{BASE}/figures", track, methods=["POST"]),
    Route(f"{BASE}/figures/{{id}}", untrack, methods=["DELETE"]),
    Route(f"{BASE}/figures/{{id}}/timeline", timeline_),
    Route(f"{BASE}/rules", rules, methods=["GET"]),
    Route(f"{BASE}/rules", set_rule, methods=["POST"]),
    Route(f"{BASE}/rules/trial", try_rule, methods=["POST"]),
    Route(f"{BASE}/rules/{{id}}", remove_rule, methods=["DELETE"]),
    Route(f"{BASE}/alerts", alerts),
    Route(f"{BASE}/feeds", feeds),
    Route(f"{BASE}/pipeline", pipeline),
    Route(f"{BASE}/books", books_),
    Route(f"{BASE}/deadletters", dead_letters_),
    Route(f"{BASE}/deadletters/{{id:path}}/retry", retry, methods=["POST"]),
    Route(f"{BASE}/openapi.json", openapi),
    Route("/feeds/atom.xml", atom_),
    Route("/feeds/feed.json", json_feed_),
]
