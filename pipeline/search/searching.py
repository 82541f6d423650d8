"""One search: read the query, ask the index, and where nothing is found, ask what may have been meant."""

from datetime import datetime

import msgspec

from pipeline.elastic import Index
from pipeline.query import parse
from pipeline.search.answer import Found, beside, moments_of_days, read, read_languages, read_span, with_facets
from pipeline.search.compile import Context, compiled
from pipeline.search.meant import corrected, meant_request
from pipeline.search.names import Names
from pipeline.search.request import A_DAY, Hits, Query, facets_request, interval_of, request
from schemas.codec import now as present


def search(index: Index, query: Query, names: Names | None = None, *, now: datetime | None = None) -> Found:
    """Ask the index.

    Raises:
        QueryError: the text is no query; the error points at the place.
        IndexUnavailable: the index does not answer.
        IndexRefused: it does not take the request.
    """
    tree = parse(query.text)
    # To the minute, so that the pages of one search are of one order.
    moment = (now or present()).replace(second=0, microsecond=0)
    context = Context(names or Names(), moment)
    answer = index.search(request(query, tree, context))
    found = read(answer, query.marks)
    if not found.total and query.text.strip():
        found = _with_suggestion(index, query, context, found)
    if not found.total and not query.selected:
        return found
    stories = list(dict.fromkeys(hit.story_id for hit in found.hits)) if query.collapse else []
    seconds = read_span(answer)
    interval = interval_of(seconds) if seconds is not None else ""
    if not query.facets and not stories:
        return found
    # Where nothing else is asked of days, the facet counts the same.
    counted = query.facets and interval == A_DAY and not query.selected.get("day")
    more = beside(stories, "" if counted else interval)
    asked = facets_request(query, tree, context, Hits(found.total, read_languages(answer)), more)
    made = with_facets(found, index.search(asked), _labels(context.names))
    moments = moments_of_days(made.facets["day"]) if counted else made.moments
    return msgspec.structs.replace(made, interval=interval, moments=moments)


def _with_suggestion(index: Index, query: Query, context: Context, found: Found) -> Found:
    asked = meant_request(query.text)
    text = corrected(query.text, index.search(asked)) if asked else None
    if text is None:
        return found
    meant = {"query": compiled(parse(text), context), "size": 0, "terminate_after": 1}
    some = index.search(meant)["hits"]["total"]["value"]
    return msgspec.structs.replace(found, suggestion=text if some else None)


def _labels(names: Names) -> dict[str, str]:
    return {figure.id: figure.name for figure in names.figures.values()}
