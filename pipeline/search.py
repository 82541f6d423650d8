"""What a search asks of the index, and what it answers: hits by story, highlights, facets."""

from datetime import datetime
from typing import Any

import msgspec

from pipeline.elastic import Index
from schemas.index import ANALYZERS

FACETS = {
    "language": "language",
    "source": "source",
    "person": "people",
    "organisation": "organisations",
    "place": "places",
}
FACET_SIZE = 20


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for: words (all of them), and filters that must all hold. `size` hits from number `offset` on."""

    words: str = ""
    language: str | None = None
    source: str | None = None
    person: str | None = None
    organisation: str | None = None
    place: str | None = None
    figure: str | None = None
    since: str | None = None
    size: int = 10
    offset: int = 0
    collapse: bool = True


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """One item found; `outlets` counts the other items of its story that were found too."""

    id: str
    score: float
    title: str
    summary: str
    url: str | None
    source: str
    source_name: str | None
    language: str
    revision: int
    people: list[str]
    organisations: list[str]
    places: list[str]
    story_id: str
    duplicate_of: str | None
    published_at: datetime | None
    first_seen_at: datetime
    indexed_at: datetime
    highlights: list[str]
    outlets: int


class FacetCount(msgspec.Struct, frozen=True):
    """How many items have this value."""

    value: str
    count: int


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a query. `total` and `facets` count items, not stories; `took_ms` is the index's own time."""

    total: int
    took_ms: int
    hits: list[Hit]
    facets: dict[str, list[FacetCount]]


def search(index: Index, query: Query) -> Found:
    """Ask the index.

    Raises:
        IndexUnavailable: the index does not answer.
        IndexRefused: it does not understand the query.
    """
    return read(index.search(request(query)))


def request(query: Query) -> dict[str, Any]:
    """The body of the search request."""
    body: dict[str, Any] = {
        "query": {"bool": {"must": [_words(query.words)], "filter": _filters(query)}},
        "from": query.offset,
        "size": query.size,
        "track_total_hits": True,
        "source_excludes": ["localized", "body", "mentions"],
        "highlight": _highlight(query.words),
        "aggs": {name: {"terms": {"field": field, "size": FACET_SIZE}} for name, field in FACETS.items()}
        | {"day": {"date_histogram": {"field": "date", "calendar_interval": "day", "min_doc_count": 1}}},
        "sort": ["_score", {"first_seen_at": "desc"}] if query.words else [{"first_seen_at": "desc"}, "_score"],
    }
    if query.collapse:
        body["collapse"] = {"field": "story_id", "inner_hits": {"name": "story", "size": 0}}
    return body


def _words(words: str) -> dict[str, Any]:
    if not words.strip():
        return {"match_all": {}}
    # Each analyzer's fields are asked together, so that one word may stand in the title and the other in the body.
    whole = ["title^3", "summary", "body", "names^2"]
    groups = [whole] + [[f"localized.{code}.title^3", f"localized.{code}.body"] for code in ANALYZERS]
    asks = [
        {"multi_match": {"query": words, "type": "cross_fields", "operator": "and", "fields": fields}}
        for fields in groups
    ]
    return {"dis_max": {"queries": asks, "tie_breaker": 0.1}}


def _filters(query: Query) -> list[dict[str, Any]]:
    terms = {
        "language": query.language,
        "source": query.source,
        "people": query.person,
        "organisations": query.organisation,
        "places": query.place,
        "entity_ids": query.figure,
    }
    filters: list[dict[str, Any]] = [{"term": {field: value}} for field, value in terms.items() if value]
    if query.since:
        filters.append({"range": {"date": {"gte": query.since}}})
    return filters


def _highlight(words: str) -> dict[str, Any]:
    fields: dict[str, Any] = {"title": {}, "summary": {}, "body": {}, "localized.*": {}}
    if not words.strip():
        fields = {}
    return {
        "pre_tags": ["«"],
        "post_tags": ["»"],
        "fragment_size": 160,
        "number_of_fragments": 2,
        "max_analyzed_offset": 200_000,
        "fields": fields,
    }


def read(answer: dict[str, Any]) -> Found:
    """The index's answer as records."""
    facets = {
        name: [FacetCount(_bucket(bucket), bucket["doc_count"]) for bucket in found["buckets"]]
        for name, found in answer.get("aggregations", {}).items()
    }
    return Found(
        total=answer["hits"]["total"]["value"],
        took_ms=answer["took"],
        hits=[_hit(hit) for hit in answer["hits"]["hits"]],
        facets=facets,
    )


def _bucket(bucket: dict[str, Any]) -> str:
    return str(bucket["key_as_string"])[:10] if "key_as_string" in bucket else str(bucket["key"])


def _hit(hit: dict[str, Any]) -> Hit:
    stored = hit["_source"]
    inner = hit.get("inner_hits", {}).get("story", {}).get("hits", {}).get("total", {}).get("value", 1)
    highlights = dict.fromkeys(piece for pieces in hit.get("highlight", {}).values() for piece in pieces)
    names = {name: stored[name] for name in Hit.__struct_fields__ if name in stored}
    return msgspec.convert(
        {**names, "score": hit.get("_score") or 0.0, "highlights": list(highlights)[:3], "outlets": inner - 1}, Hit
    )
