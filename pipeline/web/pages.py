"""The pages: each reads its request, asks, and fills a template. They use what the API uses, so both say the same."""

from typing import Final
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline.books import books, dead_letters
from pipeline.query import QueryError, parse
from pipeline.query.fields import FIELDS
from pipeline.search import FacetCount, Found, Query, search
from pipeline.search.compile import Context, compiled
from pipeline.search.related import elsewhere, item, similar, story
from pipeline.search.request import DEEPEST, selections
from pipeline.trace import trace
from pipeline.web import access, charts, figure_pages, rule_pages, work
from pipeline.web.api import NotFound, found_item
from pipeline.web.desk import Desk, desk_of
from pipeline.web.forms import SEE_OTHER, Form, form_of, guarded, posted
from pipeline.web.history import revisions
from pipeline.web.marking import MARKS, paragraphs, with_mentions
from pipeline.web.params import PAGE, BadDate, address, iso, pairs_of, query_of
from pipeline.web.render import KEYS, LANGUAGES, THEMES, page, words_of
from schemas.codec import now
from schemas.said import Said

COOKIE_SECONDS: Final = 180 * 86_400
SHOWN_FACETS: Final = ("language", "country", "source", "topic", "figure", "person", "organisation", "place", "day")
SHOWN_DAYS: Final = 31
MAP_PLACES: Final = 150
LETTERS_SHOWN: Final = 100
FIGURES_LISTED: Final = 500


@guarded("read")
def search_(request: Request) -> Response:
    """Search: the box, facets, the timeline, story cards."""
    desk, params = desk_of(request), request.query_params
    query, error = _asked(params)
    found = Found(total=0, stories=0, took_ms=0, hits=[])
    if error is None:
        try:
            found = search(desk.index, query, desk.names())
        except QueryError as wrong:
            error = wrong
    values = {
        "query": query,
        "found": found,
        "error": error,
        # As one wrote it where it cannot be read, so that it can be put right.
        "limits": {
            "since": iso(query.since) if query.since else params.get("since", ""),
            "until": iso(query.until) if query.until else params.get("until", ""),
        },
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


def _asked(params: QueryParams) -> tuple[Query, QueryError | None]:
    """The search that a request asks for; a date that cannot be read is left out, and told as a query's mistake is."""
    try:
        return query_of(params, marks=MARKS), None
    except BadDate as wrong:
        rest = QueryParams([pair for pair in params.multi_items() if pair[0] not in {"since", "until"}])
        return query_of(rest, marks=MARKS), QueryError(wrong.sentence, wrong.text, 0, len(wrong.text))


def _facets(query: Query, found: Found) -> dict[str, list[FacetCount]]:
    """What can be chosen: what was counted, and what is chosen though nothing of it is left."""
    facets = {}
    for name in SHOWN_FACETS:
        counts = found.facets.get(name, [])
        if name == "day":
            counts = counts[::-1][:SHOWN_DAYS]
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
    tracked, say = frozenset(desk.figures()), words_of(request)
    marked = {name: [m for m in detail.mentions if m.field == name] for name in ("title", "summary", "body")}
    entities = {m.entity_id: m for m in detail.mentions}
    values = {
        "detail": detail,
        "hit": detail.hit,
        "title": with_mentions(detail.hit.title, marked["title"], tracked, say),
        "summary": with_mentions(detail.hit.summary, marked["summary"], tracked, say),
        "body": paragraphs(detail.body, marked["body"], tracked, say),
        "entities": {kind: [m for m in entities.values() if m.type == kind] for kind in ("PER", "ORG", "LOC")},
        "tracked": tracked,
        "copied": detail.hit.duplicate_of is not None and item(desk.index, detail.hit.duplicate_of) is not None,
        "alerted_at": work.alerted_at(desk.index, detail.hit.id),
        "story": [hit for hit in story(desk.index, detail.hit.story_id) if hit.id != detail.hit.id],
        "elsewhere": elsewhere(desk.index, detail.hit),
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
def alerts(request: Request) -> Response:
    """What was told, the newest first."""
    desk = desk_of(request)
    chosen = request.query_params.get("figure") or None
    figures = figure_pages.listed(desk.figures().values(), FIGURES_LISTED)
    if chosen in desk.figures() and chosen not in {figure.id for figure in figures}:
        figures.append(desk.figures()[chosen])
    values = {"alerts": work.alerts(desk.index, 100, chosen), "figures": figures, "chosen": chosen}
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


@posted("admin")
def retry(request: Request, form: Form) -> Response:
    """Send a dead letter back."""
    if not work.retry(desk_of(request).settings, form.text("id")):
        raise NotFound("There is no dead letter of this id that was kept whole and not tried again yet.")
    return RedirectResponse("/pipeline", SEE_OTHER)


@guarded("read")
def map_(request: Request) -> Response:
    """Places that the items of a search name."""
    desk = desk_of(request)
    query, error = _asked(request.query_params)
    made: list[charts.Dot] = []
    if error is None:
        try:
            made = _places(desk, query)
        except QueryError as wrong:
            error = wrong
    values = {
        "query": query, "error": error, "pairs": pairs_of(query), "dots": made, "ground": charts.ground(),
        "chart": charts,
    }  # fmt: skip
    return page(request, "map.html", values)


def _places(desk: Desk, query: Query) -> list[charts.Dot]:
    context = Context(desk.names(), now())
    items = {"bool": {"filter": [compiled(parse(query.text), context), *selections(query, context).values()]}}
    ids = {"terms": {"field": "entity_ids", "size": 2000}}
    found = desk.index.search({"query": items, "size": 0, "aggs": {"ids": ids}}).get("aggregations", {})
    counts = [(FacetCount(b["key"], b["doc_count"]), b["key"]) for b in found.get("ids", {}).get("buckets", [])]
    return charts.dots(counts)[:MAP_PLACES]


def choose(request: Request) -> Response:
    """Keep the reader's language, colours, or whether keys do something, and go back."""
    answer = RedirectResponse(_local(request.query_params.get("next", "/")), SEE_OTHER)
    for name, allowed in (("language", LANGUAGES), ("theme", THEMES), ("keys", KEYS)):
        value = request.query_params.get(name, "")
        if value in allowed:
            answer.set_cookie(f"kabar_{name}", value, max_age=COOKIE_SECONDS, samesite="lax", httponly=True)
    return answer


def sign_in_page(request: Request) -> Response:
    """Where a token is given."""
    return page(request, "sign_in.html", {"error": None})


async def sign_in(request: Request) -> Response:
    """Keep a token in a cookie that no script reads and no other site sends."""
    form = await form_of(request) or Form({})

    def endpoint() -> Response:
        held = access.scope_of_secret(desk_of(request).settings, form.text("token"))
        if held is None:
            unknown = Said("This token is not known, or was revoked: make one with `kabar web token`.")
            return page(request, "sign_in.html", {"error": unknown.told(words_of(request))}, 401)
        answer = RedirectResponse("/", SEE_OTHER)
        secure = request.url.scheme == "https"
        answer.set_cookie(access.COOKIE, form.text("token"), httponly=True, samesite="strict", secure=secure)
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


ROUTES: Final = [
    Route("/", search_),
    Route("/items/{id}", item_),
    Route("/items/{id}/history", history),
    *figure_pages.ROUTES,
    *rule_pages.ROUTES,
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
