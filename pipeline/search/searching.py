"""One search: read the query, ask the index, and where nothing is found, ask what may have been meant."""

from datetime import datetime

import msgspec

from pipeline.elastic import Index
from pipeline.query import parse
from pipeline.query.ast import Node
from pipeline.search.answer import (
    Found,
    beside_request,
    read,
    read_moments,
    read_span,
    read_stories,
    with_story,
)
from pipeline.search.compile import Context, compiled
from pipeline.search.meant import corrected, meant_request
from pipeline.search.names import Names
from pipeline.search.request import Query, interval_of, request, selections
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
    found = read(answer, _labels(context.names), query.marks)
    if not found.total:
        return _with_suggestion(index, query, context, found) if query.text.strip() else found
    seconds = read_span(answer) if query.facets else None
    return _with_beside(index, query, tree, context, found, interval_of(seconds) if seconds is not None else None)


def _with_beside(  # noqa: PLR0913, PLR0917 - the parts of one search
    index: Index, query: Query, tree: Node, context: Context, found: Found, interval: str | None
) -> Found:
    stories = list(dict.fromkeys(hit.story_id for hit in found.hits)) if query.collapse else []
    if not stories and not interval:
        return found
    filters = list(selections(query, context).values())
    answer = index.search(beside_request(compiled(tree, context), filters, stories, interval))
    known = read_stories(answer)
    hits = [with_story(hit, known[hit.story_id]) if hit.story_id in known else hit for hit in found.hits]
    moments = read_moments(answer.get("aggregations", {}).get("moments", {}))
    return msgspec.structs.replace(found, hits=hits, interval=interval or "", moments=moments)


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
