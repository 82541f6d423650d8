"""One search: read the query, ask the index, and where nothing is found, ask what may have been meant."""

from datetime import datetime

import msgspec

from pipeline.elastic import Index
from pipeline.query import parse
from pipeline.query.ast import Node
from pipeline.search.answer import Found, read, read_stories, stories_request, with_story
from pipeline.search.compile import Context, compiled
from pipeline.search.meant import corrected, meant_request
from pipeline.search.names import Names
from pipeline.search.request import Query, request, selections
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
    found = read(index.search(request(query, tree, context)), _labels(context.names), query.marks)
    if query.collapse and found.hits:
        found = _with_stories(index, query, tree, context, found)
    return found if found.total or not query.text.strip() else _with_suggestion(index, query, context, found)


def _with_stories(index: Index, query: Query, tree: Node, context: Context, found: Found) -> Found:
    ids = list(dict.fromkeys(hit.story_id for hit in found.hits))
    filters = list(selections(query, context).values())
    stories = read_stories(index.search(stories_request(compiled(tree, context), filters, ids)))
    hits = [with_story(hit, stories[hit.story_id]) if hit.story_id in stories else hit for hit in found.hits]
    return msgspec.structs.replace(found, hits=hits)


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
