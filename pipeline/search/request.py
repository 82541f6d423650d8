"""A query as people pose it (text, facet values, order, page) as the body of a search request; pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

import msgspec

from pipeline.query.ast import Node
from pipeline.search.compile import NO_LANGUAGES, Context, Json, compiled, has_text, stems_asked
from schemas.index import localized_language

Sort = Literal["relevance", "newest", "oldest"]

# What people can narrow by, and the field that says it. Values of one facet are alternatives.
FACETS: Final = {
    "language": "language",
    "source": "source",
    "country": "source_country",
    "topic": "categories",
    "person": "people",
    "organisation": "organisations",
    "place": "places",
    "figure": "entity_ids",
    "day": "date",
}
FACET_SIZE: Final = 50
# Facets with as many values as there are names in the news. For few hits their values are read from the hits: the
# ordinals of all values, which Elasticsearch counts by otherwise, are made anew each time that something is indexed.
MANY_VALUED: Final = frozenset({"source", "person", "organisation", "place", "figure"})
FEW: Final = 10_000
# Under which the aggregations of all that is chosen stand.
WHOLE: Final = "whole"
MOST_DAYS: Final = 400
# Elasticsearch pages collapsed hits only so far; `export` goes on without collapsing.
# The lengths that a bar of the timeline can have, in seconds.
INTERVALS: Final = {
    "1m": 60, "5m": 300, "15m": 900, "1h": 3_600, "3h": 10_800, "12h": 43_200, "1d": 86_400, "7d": 604_800,
    "30d": 2_592_000, "90d": 7_776_000, "365d": 31_536_000,
}  # fmt: skip
MOMENTS: Final = 60
A_DAY: Final = "1d"
# A request that lists more tracked figures than these would be larger than its answer is worth.
MOST_FIGURES: Final = 10_000
DEEPEST: Final = 10_000
MARKS: Final = ("«", "»")
STORED: Final = ["localized", "body", "mentions", "names", "locations", "guid"]
# Relevance is the match times 0.6 + 0.4 · 2^(-age / 3 days): the news of today before the same of last month.
RECENCY_SHARE: Final = 0.4
RECENCY_HALF_LIFE: Final = "3d"


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for: text in the query syntax, and per facet the values of which one must hold.

    `since` and `until` limit the date, as choosing from the timeline does. `size` hits from number `offset` on.
    `collapse` shows one item for each story. `marks` stand around what matched.
    """

    text: str = ""
    selected: dict[str, tuple[str, ...]] = {}
    since: datetime | None = None
    until: datetime | None = None
    sort: Sort = "relevance"
    size: int = 10
    offset: int = 0
    collapse: bool = True
    facets: bool = True
    marks: tuple[str, str] = MARKS


def request(query: Query, tree: Node, context: Context) -> Json:
    """The body that asks for a page of hits, how many there are, and from when to when; `facets` asks for the rest."""
    chosen = list(selections(query, context).values())
    asked = ranked(tree, context) if query.sort == "relevance" else compiled(tree, context)
    body: Json = {
        "query": {"bool": {"must": [asked], "filter": chosen}} if chosen else asked,
        "from": query.offset,
        "size": max(0, min(query.size, DEEPEST - query.offset)),
        "track_total_hits": True,
        "source_excludes": STORED,
        "sort": order(query.sort, tree),
    }
    if has_text(tree):
        body["highlight"] = _highlight(query.marks, tree, context, stems_asked(tree))
    if query.facets:
        body["aggs"] = {name: {name: {"field": "date"}} for name in ("min", "max")}
    if asks_languages_first(query):
        body["aggs"]["language"] = _aggregation("language", context, few=True)
    if query.collapse:
        body["collapse"] = {"field": "story_id"}
    return body


def asks_languages_first(query: Query) -> bool:
    """Whether the facet of languages is counted with the hits, so that what follows asks for stems of these alone.

    Not where something is chosen: then facets count items that are no hits.
    """
    return query.facets and not any(query.selected.values())


class Hits(msgspec.Struct, frozen=True):
    """What is known of all hits when the facets are asked for: how many, and their languages, where those are told."""

    total: int
    languages: tuple[str, ...] = ()


def facets_request(query: Query, tree: Node, context: Context, hits: Hits, beside: Mapping[str, Json]) -> Json:
    """The body that asks how many stories there are among the hits, for the facets, and what else stands `beside`.

    No hit is ranked or loaded. Each facet counts under the values chosen in the others, so that a further value of its
    own can be added; facets of which nothing is chosen count together, under all that is. Only the stems of the hits'
    languages are asked for, since each language has fields of its own, in which each word is looked up.
    """
    chosen = selections(query, context)
    few = hits.total < FEW
    aggregations = {
        name: made for name in FACETS if (made := _aggregation(name, context, few=few and name not in chosen))
    }
    if not query.facets:
        aggregations = {}
    if asks_languages_first(query):
        del aggregations["language"]
    stories = {"cardinality": {"field": "story_id", **({"execution_hint": "direct"} if few else {})}}
    whole = {"stories": stories, **beside, **{name: made for name, made in aggregations.items() if name not in chosen}}
    within = _in_these(hits.languages, tree, context)
    body: Json = {"query": {"bool": {"filter": within}}, "size": 0, "track_total_hits": False}
    if not chosen:
        return {**body, "aggs": whole}
    under = {WHOLE: _under(list(chosen.values()), whole)}
    for name, made in aggregations.items():
        if name in chosen:
            under[name] = _under([one for other, one in chosen.items() if other != name], {"values": made})
    return {**body, "aggs": under}


def _in_these(languages: Sequence[str], tree: Node, context: Context) -> list[Json]:
    if not languages:
        return [compiled(tree, context)]
    stems = tuple({code for language in languages if (code := localized_language(language))})
    # The filter is for what a query excludes, which the stems of other languages would have.
    within = {"terms": {"language": list(languages)}}
    return [within, compiled(tree, msgspec.structs.replace(context, languages=stems or NO_LANGUAGES))]


def ranked(tree: Node, context: Context) -> Json:
    """A match weighed by how recent the item is."""
    if not has_text(tree):
        return compiled(tree, context)
    recent = {"exp": {"date": {"origin": context.now.isoformat(), "scale": RECENCY_HALF_LIFE, "decay": 0.5}}}
    return {
        "function_score": {
            "query": compiled(tree, context),
            "functions": [{"weight": 1 - RECENCY_SHARE}, {**recent, "weight": RECENCY_SHARE}],
            "score_mode": "sum",
            "boost_mode": "multiply",
        }
    }


def order(sort: Sort, tree: Node) -> list[Json]:
    """The order of hits; the last key makes it the same each time."""
    time: list[Json] = [{"date": "asc" if sort == "oldest" else "desc"}, {"id": "asc"}]
    return [{"_score": "desc"}, *time] if sort == "relevance" and has_text(tree) else time


def selections(query: Query, context: Context) -> dict[str, Json]:
    """For each facet with chosen values the filter that they make, and one for the limits of the date."""
    chosen = {name: _selection(name, values, context) for name, values in query.selected.items() if values}
    limits = {"gte": query.since, "lt": query.until}
    if any(limits.values()):
        chosen["between"] = {"range": {"date": {name: at.isoformat() for name, at in limits.items() if at}}}
    return chosen


def _selection(name: str, values: tuple[str, ...], context: Context) -> Json:
    if name == "day":
        days = [{"range": {"date": {"gte": f"{day}||/d", "lt": f"{day}||+1d/d"}}} for day in values]
        return {"bool": {"should": days, "minimum_should_match": 1}}
    if name == "figure":
        ids = {identity for value in values for identity in (context.names.ids(value) or (value,))}
        return {"terms": {"entity_ids": sorted(ids)}}
    return {"terms": {FACETS[name]: list(values)}}


def _aggregation(name: str, context: Context, *, few: bool) -> Json:
    if name == "day":
        return {"date_histogram": {"field": "date", "calendar_interval": "day", "min_doc_count": 1}}
    read: Json = {"execution_hint": "map"} if few and name in MANY_VALUED else {}
    terms: Json = {"field": FACETS[name], "size": FACET_SIZE, **read}
    if name == "figure":
        tracked = sorted(context.names.figures)[:MOST_FIGURES]
        return {"terms": {**terms, "include": tracked}} if tracked else {}
    return (
        {"terms": terms, "aggs": {"name": {"terms": {"field": "source_name", "size": 1, **read}}}}
        if name == "source"
        else {"terms": terms}
    )


def interval_of(seconds: float) -> str:
    """The length of a moment such that so many seconds are at most about sixty."""
    return next((name for name, size in INTERVALS.items() if seconds / size <= MOMENTS), "365d")


def moments_request(interval: str) -> Json:
    """The aggregation that divides what is found into moments of a length."""
    return {"date_histogram": {"field": "date", "fixed_interval": interval, "min_doc_count": 0}}


def _under(filters: list[Json], aggregations: Json) -> Json:
    return {"filter": {"bool": {"filter": filters}}, "aggs": aggregations}


def _highlight(marks: tuple[str, str], tree: Node, context: Context, languages: Sequence[str]) -> dict[str, Any]:
    # Each field is searched for what can stand in it: the whole query has the fields of all languages, and each of them
    # would be asked of each field of each hit, at the cost of a quarter of the request.
    def only(*codes: str) -> Json:
        return {"highlight_query": compiled(tree, msgspec.structs.replace(context, languages=codes))}

    whole = only(*NO_LANGUAGES)
    # Each field is looked at in each hit, so those of languages that are not asked for are left out.
    localized: Json = {f"localized.{language}.*": only(language) for language in languages}
    return {
        "pre_tags": [marks[0]],
        "post_tags": [marks[1]],
        "fragment_size": 160,
        "number_of_fragments": 2,
        "max_analyzed_offset": 200_000,
        "fields": {"title": {"number_of_fragments": 0, **whole}, "summary": whole, "body": whole, **localized},
    }
