"""The pages: each reads its request, asks, and fills a template. They use what the API uses, so both say the same."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline.books import books, dead_letters
from pipeline.query import QueryError, parse
from pipeline.query.fields import FIELDS
from pipeline.search import FacetCount, Found, Query, search
from pipeline.search.compile import Context, compiled
from pipeline.search.related import similar, story, timeline
from pipeline.search.request import DEEPEST
from pipeline.trace import trace
from pipeline.web import access, charts, work
from pipeline.web.access import Denied, Scope, require
from pipeline.web.api import Endpoint, NotFound, found_item
from pipeline.web.desk import Desk, desk_of
from pipeline.web.history import revisions
from pipeline.web.marking import MARKS, paragraphs, with_mentions
from pipeline.web.params import PAGE, BadParameter, address, pairs_of, query_of
from pipeline.web.render import LANGUAGES, THEMES, page
from schemas.alert import Figure
from schemas.codec import now
from schemas.errors import BrokerError, IndexRefused, IndexUnavailable

COOKIE_SECONDS: Final = 180 * 86_400
FORM_LIMIT: Final = 100_000
SHOWN_FACETS: Final = ("language", "country", "source", "topic", "figure", "person", "organisation", "place")
MAP_PLACES: Final = 150
SEE_OTHER: Final = 303
LETTERS_SHOWN: Final = 100


def guarded(scope: Scope) -> Callable[[Endpoint], Callable[[Request], Response]]:
    """A page for those with a scope; its errors become pages."""

    def decorate(endpoint: Endpoint) -> Callable[[Request], Response]:
        @wraps(endpoint)
        def guarded_endpoint(request: Request) -> Response:
            try:
                require(desk_of(request).settings, request, scope)
                return endpoint(request)
            except Denied as denied:
                return page(request, "sign_in.html", {"error": denied.sentence}, denied.status)
            except (NotFound, BadParameter, work.BadFigure) as error:
                return failure(request, 404 if isinstance(error, NotFound) else 400, str(error))
            except (BrokerError, IndexUnavailable) as error:
                return failure(request, 503, str(error))
            except IndexRefused:
                return failure(request, 400, "Elasticsearch refused the request.")

        return guarded_endpoint

    return decorate


def failure(request: Request, status: int, sentence: str) -> Response:
    """A page that says what went wrong."""
    return page(request, "failure.html", {"status": status, "sentence": sentence}, status)


@guarded("read")
def search_(request: Request) -> Response:
    """Search: the box, facets, the timeline, story cards."""
    desk = desk_of(request)
    query = query_of(request.query_params, marks=MARKS)
    error: QueryError | None = None
    try:
        found = search(desk.index, query, desk.names())
    except QueryError as wrong:
        error, found = wrong, Found(total=0, stories=0, took_ms=0, hits=[])
    values = {
        "query": query,
        "found": found,
        "error": error,
        "facets": _facets(query, found),
        "bars": charts.bars(found.moments, found.interval),
        "pairs": pairs_of(query),
        "offsets": _offsets(query, found),
        "fields": FIELDS,
        "figures": desk.figures(),
        "chart": charts,
    }
    fragment = request.headers.get("x-kabar-fragment") == "results"
    return page(request, "results.html" if fragment else "search.html", values)


def _facets(query: Query, found: Found) -> dict[str, list[FacetCount]]:
    """What can be chosen: what was counted, and what is chosen though nothing of it is left."""
    facets = {}
    for name in SHOWN_FACETS:
        counts = found.facets.get(name, [])
        known = {count.value for count in counts}
        lost = [FacetCount(value, 0) for value in query.selected.get(name, ()) if value not in known]
        if counts or lost:
            facets[name] = [*lost, *counts]
    return facets


def _offsets(query: Query, found: Found) -> dict[str, int | None]:
    total = found.stories if query.collapse else found.total
    following = query.offset + PAGE
    return {
        "from": query.offset,
        "previous": max(0, query.offset - PAGE) if query.offset else None,
        "next": following if following < min(total, DEEPEST) and len(found.hits) == PAGE else None,
    }


@guarded("read")
def item_(request: Request) -> Response:
    """One item: its text with whom it names, its story, its times, what is like it."""
    desk, detail = desk_of(request), found_item(request)
    tracked = frozenset(desk.figures())
    marked = {name: [m for m in detail.mentions if m.field == name] for name in ("title", "summary", "body")}
    entities = {m.entity_id: m for m in detail.mentions}
    values = {
        "detail": detail,
        "hit": detail.hit,
        "title": with_mentions(detail.hit.title, marked["title"], tracked),
        "summary": with_mentions(detail.hit.summary, marked["summary"], tracked),
        "body": paragraphs(detail.body, marked["body"], tracked),
        "entities": {kind: [m for m in entities.values() if m.type == kind] for kind in ("PER", "ORG", "LOC")},
        "tracked": tracked,
        "story": [hit for hit in story(desk.index, detail.hit.story_id) if hit.id != detail.hit.id],
        "similar": similar(desk.index, detail.hit.id),
    }
    return page(request, "item.html", values)


@guarded("read")
def history(request: Request) -> Response:
    """An item's revisions as a diff, and its way through the pipeline."""
    desk, detail = desk_of(request), found_item(request)
    values = {
        "hit": detail.hit,
        "revisions": revisions(desk.settings, detail.hit.id),
        "passages": trace(desk.settings, desk.index, detail.hit.id),
    }
    return page(request, "history.html", values)


@guarded("read")
def figures(request: Request) -> Response:
    """Who is tracked, with how much is said of each."""
    return page(request, "figures.html", _figures(request))


def _figures(request: Request) -> dict[str, Any]:
    desk = desk_of(request)
    tracked = sorted(desk.figures().values(), key=lambda figure: figure.name.casefold())
    week = {"filter": {"range": {"date": {"gte": "now-7d"}}}}
    counted = desk.index.search({
        "size": 0,
        "aggs": {"figures": {
            "terms": {"field": "entity_ids", "include": [figure.id for figure in tracked] or ["-"], "size": 1000},
            "aggs": {"stories": {"cardinality": {"field": "story_id"}}, "week": week,
                     "newest": {"max": {"field": "date"}}},
        }},
    }).get("aggregations", {})  # fmt: skip
    found = {bucket["key"]: bucket for bucket in counted.get("figures", {}).get("buckets", [])}
    return {"figures": tracked, "counts": found, "error": None, "wanted": None, "preview": None}


@guarded("read")
def figure(request: Request) -> Response:
    """One figure: over time, with whom and where, newest stories, aliases and how they matched."""
    desk = desk_of(request)
    identity = request.path_params["id"]
    known = timeline(desk.index, identity)
    tracked = desk.figures().get(identity)
    if not known.total and tracked is None:
        raise NotFound("Nobody of this id is tracked or mentioned.")
    values = {
        "identity": identity,
        "figure": tracked,
        "name": tracked.name if tracked else _name_of(identity, desk),
        "known": known,
        "bars": charts.bars(known.moments, known.interval),
        "alerts": work.alerts(desk.index, 10, identity),
        "chart": charts,
    }
    return page(request, "figure.html", values)


def _name_of(identity: str, desk: Desk) -> str:
    body = {"query": {"term": {"entity_id": identity}}, "size": 1, "source_includes": ["name"]}
    for hit in desk.index.search(body, index=f"{desk.index.prefix}-mentions")["hits"]["hits"]:
        return str(hit["_source"]["name"])
    return identity


async def track(request: Request) -> Response:
    """Track a figure; with `check`, only show what would be tracked."""
    form = await _form(request)

    @guarded("write")
    def endpoint(request: Request) -> Response:
        aliases = tuple(line for line in form.get("aliases", "").replace(",", "\n").splitlines() if line.strip())
        wanted = work.NewFigure(name=form.get("name", ""), aliases=aliases, id=form.get("id") or None)
        settings = desk_of(request).settings
        try:
            if "check" not in form:
                work.track(settings, wanted)
                return RedirectResponse("/figures", SEE_OTHER)
            checked = work.figure_of(wanted)
        except work.BadFigure as error:
            return page(request, "figures.html", {**_figures(request), "error": str(error), "wanted": wanted}, 400)
        return page(
            request, "figures.html", {**_figures(request), "wanted": wanted, "preview": _preview(request, checked)}
        )

    return await run_in_threadpool(endpoint, request)


def _preview(request: Request, checked: Figure) -> dict[str, Any]:
    """What the figure would match in what is indexed: items by spelling."""
    desk = desk_of(request)
    spellings = (checked.name, *checked.aliases)[:40]
    context = Context(desk.names(), now())
    asked = {f"s{number}": {"filter": compiled(parse(f'"{name.replace(chr(34), " ")}"'), context)}
             for number, name in enumerate(spellings)}  # fmt: skip
    found = desk.index.search({"size": 0, "aggs": asked}).get("aggregations", {})
    counts = [(name, found.get(f"s{number}", {}).get("doc_count", 0)) for number, name in enumerate(spellings)]
    return {"figure": checked, "spellings": counts}


async def untrack(request: Request) -> Response:
    """Track a figure no longer."""

    @guarded("write")
    def endpoint(request: Request) -> Response:
        work.untrack(desk_of(request).settings, request.path_params["id"])
        return RedirectResponse("/figures", SEE_OTHER)

    return await run_in_threadpool(endpoint, request)


@guarded("read")
def alerts(request: Request) -> Response:
    """What was told, the newest first."""
    desk = desk_of(request)
    chosen = request.query_params.get("figure") or None
    values = {"alerts": work.alerts(desk.index, 100, chosen), "figures": desk.figures(), "chosen": chosen}
    return page(request, "alerts.html", values)


@guarded("read")
def feeds(request: Request) -> Response:
    """The feeds with their health."""
    return page(request, "feeds.html", {"feeds": work.feeds(desk_of(request).settings)})


@guarded("read")
def pipeline(request: Request) -> Response:
    """The pipeline as it is now."""
    desk = desk_of(request)
    letters = dead_letters(desk.settings)[::-1]
    values = {
        "pace": work.pace(desk.settings, desk.index),
        "letters": letters[:LETTERS_SHOWN],
        "letters_total": len(letters),
        "books": books(desk.settings, desk.index) if "books" in request.query_params else None,
    }
    fragment = request.headers.get("x-kabar-fragment") == "live"
    return page(request, "live.html" if fragment else "pipeline.html", values)


async def retry(request: Request) -> Response:
    """Send a dead letter back."""
    form = await _form(request)

    @guarded("admin")
    def endpoint(request: Request) -> Response:
        if not work.retry(desk_of(request).settings, form.get("id", "")):
            raise NotFound("There is no dead letter of this id that was kept whole and not tried again yet.")
        return RedirectResponse("/pipeline", SEE_OTHER)

    return await run_in_threadpool(endpoint, request)


@guarded("read")
def map_(request: Request) -> Response:
    """Places that the news names."""
    desk = desk_of(request)
    asked = query_of(request.query_params, size=0)
    try:
        tree = compiled(parse(asked.text), Context(desk.names(), now()))
    except QueryError as error:
        raise BadParameter(error.sentence) from error
    items = {"bool": {"filter": [tree]}}
    ids = {"terms": {"field": "entity_ids", "size": 2000}}
    found = desk.index.search({"query": items, "size": 0, "aggs": {"ids": ids}}).get("aggregations", {})
    counts = [(FacetCount(b["key"], b["doc_count"]), b["key"]) for b in found.get("ids", {}).get("buckets", [])]
    made = charts.dots(counts)[:MAP_PLACES]
    return page(request, "map.html", {"query": asked, "dots": made, "ground": charts.ground(), "chart": charts})


def choose(request: Request) -> Response:
    """Keep the reader's language or colours, and go back."""
    answer = RedirectResponse(_local(request.query_params.get("next", "/")), SEE_OTHER)
    for name, allowed in (("language", LANGUAGES), ("theme", THEMES)):
        value = request.query_params.get(name, "")
        if value in allowed:
            answer.set_cookie(f"kabar_{name}", value, max_age=COOKIE_SECONDS, samesite="lax", httponly=True)
    return answer


def sign_in_page(request: Request) -> Response:
    """Where a token is given."""
    return page(request, "sign_in.html", {"error": None})


async def sign_in(request: Request) -> Response:
    """Keep a token in a cookie that no script reads and no other site sends."""
    form = await _form(request)

    def endpoint() -> Response:
        held = access.scope_of_secret(desk_of(request).settings, form.get("token", "").strip())
        if held is None:
            return page(request, "sign_in.html", {"error": "This token is not known, or was revoked."}, 401)
        answer = RedirectResponse("/", SEE_OTHER)
        secure = request.url.scheme == "https"
        answer.set_cookie(access.COOKIE, form["token"].strip(), httponly=True, samesite="strict", secure=secure)
        return answer

    return await run_in_threadpool(endpoint)


async def sign_out(request: Request) -> Response:
    """Forget the token."""
    del request
    answer = RedirectResponse("/", SEE_OTHER)
    answer.delete_cookie(access.COOKIE)
    return answer


def _local(target: str) -> str:
    """The target where it is a page of ours, else the first page."""
    parts = urlsplit(target)
    local = not parts.scheme and not parts.netloc and target.startswith("/") and not target.startswith(("//", "/\\"))
    return address(parts.path, []) + (f"?{parts.query}" if parts.query else "") if local else "/"


async def _form(request: Request) -> dict[str, str]:
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > FORM_LIMIT:
            return {}
    fields = parse_qs(data.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=50)
    return {name: values[0] for name, values in fields.items()}


ROUTES: Final = [
    Route("/", search_),
    Route("/items/{id}", item_),
    Route("/items/{id}/history", history),
    Route("/figures", figures, methods=["GET"]),
    Route("/figures", track, methods=["POST"]),
    Route("/figures/{id}", figure),
    Route("/figures/{id}/remove", untrack, methods=["POST"]),
    Route("/alerts", alerts),
    Route("/feeds", feeds),
    Route("/pipeline", pipeline),
    Route("/deadletters/retry", retry, methods=["POST"]),
    Route("/map", map_),
    Route("/choose", choose),
    Route("/sign-in", sign_in_page, methods=["GET"]),
    Route("/sign-in", sign_in, methods=["POST"]),
    Route("/sign-out", sign_out, methods=["POST"]),
]
