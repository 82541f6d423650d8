"""The pages of figures: who is tracked, one of them over time, and the form with the workbench's checks."""

import heapq
from collections.abc import Iterable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline.search.related import timeline
from pipeline.web import charts, work
from pipeline.web.api import NotFound
from pipeline.web.bench import Checked, checked
from pipeline.web.desk import Desk, desk_of
from pipeline.web.forms import SEE_OTHER, Form, guarded, posted
from pipeline.web.render import page, words_of
from schemas.alert import Figure

MOST_SHOWN: Final = 200


@guarded("read")
def figures(request: Request) -> Response:
    """Who is tracked, with how much is said of each; of many the first by name, or those with some letters in it."""
    desk = desk_of(request)
    letters = request.query_params.get("find", "")[: work.NAME_LIMIT]
    tracked = listed(desk.figures().values(), MOST_SHOWN, letters)
    week = {"filter": {"range": {"date": {"gte": "now-7d"}}}}
    counted = desk.index.search({
        "size": 0,
        "aggs": {"figures": {
            "terms": {"field": "entity_ids", "include": [figure.id for figure in tracked] or ["-"], "size": MOST_SHOWN},
            "aggs": {"stories": {"cardinality": {"field": "story_id"}}, "week": week,
                     "newest": {"max": {"field": "date"}}},
        }},
    }).get("aggregations", {})  # fmt: skip
    found = {bucket["key"]: bucket for bucket in counted.get("figures", {}).get("buckets", [])}
    values = {"figures": tracked, "counts": found, "find": letters, "total": len(desk.figures())}
    return page(request, "figures.html", values)


def listed(figures: Iterable[Figure], most: int, letters: str = "") -> list[Figure]:
    """The first by name, of those with a name that has these letters in it: a million may be tracked."""
    wanted = letters.strip().casefold()
    fit = (f for f in figures if not wanted or any(wanted in name.casefold() for name in (f.name, *f.aliases)))
    return heapq.nsmallest(most, fit, key=lambda figure: (figure.name.casefold(), figure.id))


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


@guarded("write")
def edit_page(request: Request) -> Response:
    """The form of a figure that is tracked."""
    tracked = _tracked(request)
    return _form(request, work.wanted_of(tracked), tracked)


@posted("write")
def track(request: Request, form: Form) -> Response:
    """Track a figure; with `check`, only show what would be tracked and what its names find."""
    return _save(request, _wanted(form), None, check="check" in form)


@posted("write")
def edit(request: Request, form: Form) -> Response:
    """Change a figure that is tracked; with `check`, only show what it would find then."""
    return _save(request, _wanted(form), _tracked(request), check="check" in form)


@posted("write")
def untrack(request: Request, form: Form) -> Response:
    """Track a figure no longer."""
    del form
    work.untrack(desk_of(request).settings, request.path_params["id"])
    return RedirectResponse("/figures", SEE_OTHER)


def _tracked(request: Request) -> Figure:
    found = desk_of(request).figures().get(request.path_params["id"])
    if found is None:
        raise NotFound("No figure of this id is tracked.")
    return found


def _wanted(form: Form) -> work.NewFigure:
    kind = form.text("kind")
    return work.NewFigure(
        name=form.text("name"), kind=kind if kind in work.KINDS else None, aliases=form.lines("aliases"),
        groups=form.lines("groups"), context=form.lines("context"), ambiguous=form.lines("ambiguous"),
        must_match=form.lines("must_match"), must_not_match=form.lines("must_not_match"),
        # A box that is not ticked is not sent: the form says that it has one.
        alert="alert" in form if "has_alert" in form else None,
    )  # fmt: skip


def _save(request: Request, wanted: work.NewFigure, base: Figure | None, *, check: bool) -> Response:
    desk = desk_of(request)
    try:
        made = work.figure_of(wanted) if base is None else work.edited_figure(base, wanted)
    except work.BadFigure as error:
        return _form(request, wanted, base, error=error.sentence.told(words_of(request)))
    if check:
        return _form(request, wanted, base, preview=checked(desk.index, desk.names(), made))
    work.save(desk.settings, made)
    return RedirectResponse("/figures", SEE_OTHER)


def _form(
    request: Request, wanted: work.NewFigure, base: Figure | None, *, error: str = "", preview: Checked | None = None
) -> Response:
    values: dict[str, Any] = {"wanted": wanted, "base": base, "error": error, "preview": preview}
    return page(request, "figure_form.html", values, 400 if error else 200)


ROUTES: Final = [
    Route("/figures", figures, methods=["GET"]),
    Route("/figures", track, methods=["POST"]),
    Route("/figures/{id}", figure),
    Route("/figures/{id}/edit", edit_page, methods=["GET"]),
    Route("/figures/{id}/edit", edit, methods=["POST"]),
    Route("/figures/{id}/remove", untrack, methods=["POST"]),
]
