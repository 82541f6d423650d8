"""One item by its id, items like it, and what is said of a figure over time."""

from datetime import datetime
from typing import Any, Final

import msgspec

from pipeline.elastic import Index
from pipeline.search.answer import FacetCount, Hit, Moment, hit_of, read_moments, read_span
from pipeline.search.request import STORED, interval_of, moments_request
from schemas.document import Mention

SIMILAR: Final = 6
# An item with as many names in common as this has counts as much as one with its words.
NAMES_WEIGHT: Final = 2.0


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """An item whole, as the index has it."""

    hit: Hit
    body: str
    mentions: list[Mention]
    authors: list[str]
    repairs: list[str]
    language_confidence: float
    language_reason: str | None
    enriched_at: datetime
    fetched_at: datetime
    updated_at: datetime | None
    duplicate_similarity: float | None
    duplicate_reason: str | None
    quiet: bool


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of one entity: over time, where, with whom, and the newest of it, one item a story."""

    total: int
    stories: int
    interval: str
    moments: list[Moment]
    languages: list[FacetCount]
    sources: list[FacetCount]
    countries: list[FacetCount]
    people: list[FacetCount]
    organisations: list[FacetCount]
    places: list[FacetCount]
    surfaces: list[FacetCount]
    newest: list[Hit]


def item(index: Index, item_id: str) -> Detail | None:
    """The item of that id, or None."""
    found = index.search({"query": {"ids": {"values": [item_id]}}, "size": 1, "source_excludes": ["localized"]})
    for hit in found["hits"]["hits"]:
        stored = hit["_source"]
        fields = {name: stored.get(name) for name in Detail.__struct_fields__ if name != "hit"}
        return msgspec.convert({**fields, "hit": msgspec.to_builtins(hit_of(hit))}, Detail, strict=False)
    return None


def story(index: Index, story_id: str, size: int = 50) -> list[Hit]:
    """The items of a story, oldest first."""
    body = {"query": {"term": {"story_id": story_id}}, "size": size, "sort": [{"date": "asc"}, {"id": "asc"}]}
    return [hit_of(hit) for hit in index.search({**body, "source_excludes": STORED})["hits"]["hits"]]


def elsewhere(index: Index, hit: Hit, size: int = 12) -> list[Hit]:
    """Other stories of the item's event, which are in other languages: an item of each, the oldest first."""
    body: dict[str, Any] = {
        "query": {"bool": {
            "filter": [{"term": {"event_id": hit.event_id or hit.story_id}}],
            "must_not": [{"term": {"story_id": hit.story_id}}],
        }},
        "size": size, "sort": [{"date": "asc"}, {"id": "asc"}], "collapse": {"field": "story_id"},
    }  # fmt: skip
    return [hit_of(found) for found in index.search({**body, "source_excludes": STORED})["hits"]["hits"]]


def similar(index: Index, item_id: str, size: int = SIMILAR) -> list[Hit]:
    """Items like one, of other stories, the most alike first: by its words, and by whom and what it names."""
    found = index.search({"query": {"ids": {"values": [item_id]}}, "size": 1, "source_includes": ["*"]})
    for hit in found["hits"]["hits"]:
        stored = hit["_source"]
        like = {
            "like": [{"_index": hit["_index"], "_id": hit["_id"]}], "min_term_freq": 1, "min_doc_freq": 2,
            "max_query_terms": 40, "minimum_should_match": "20%", "fields": ["title", "body", "summary"],
        }  # fmt: skip
        names = [{"constant_score": {"filter": {"term": {"entity_ids": name}}, "boost": NAMES_WEIGHT}}
                 for name in stored["entity_ids"][:60]]  # fmt: skip
        query = {"bool": {
            "should": [{"more_like_this": like}, *names], "minimum_should_match": 1,
            "must_not": [{"term": {"story_id": stored["story_id"]}}],
        }}  # fmt: skip
        body = {"query": query, "size": size, "collapse": {"field": "story_id"}, "source_excludes": STORED}
        return [hit_of(other) for other in index.search(body)["hits"]["hits"]]
    return []


def timeline(index: Index, entity_id: str, size: int = 10) -> Timeline:
    """What is said of an entity."""
    mentioning = {"term": {"entity_ids": entity_id}}
    facets = {
        "languages": "language", "sources": "source_name", "countries": "source_country", "people": "people",
        "organisations": "organisations", "places": "places",
    }  # fmt: skip
    body: dict[str, Any] = {
        "query": mentioning,
        "size": size,
        "track_total_hits": True,
        "sort": [{"date": "desc"}, {"id": "asc"}],
        "collapse": {"field": "story_id"},
        "source_excludes": STORED,
        "aggs": {name: {"terms": {"field": field, "size": 12}} for name, field in facets.items()}
        | {"stories": {"cardinality": {"field": "story_id"}}}
        | {name: {name: {"field": "date"}} for name in ("min", "max")},
    }
    answer = index.search(body)
    interval = interval_of(read_span(answer) or 0)
    over_time = index.search({"query": mentioning, "size": 0, "aggs": {"moments": moments_request(interval)}})
    found = answer.get("aggregations", {})
    surfaces = index.search(
        {"query": {"term": {"entity_id": entity_id}}, "size": 0,
         "aggs": {"surfaces": {"terms": {"field": "surface", "size": 20}}}},
        index=f"{index.prefix}-mentions",
    )  # fmt: skip
    return Timeline(
        total=answer["hits"]["total"]["value"],
        stories=found.get("stories", {}).get("value", 0),
        interval=interval,
        moments=read_moments(over_time.get("aggregations", {}).get("moments", {})),
        surfaces=_counts(surfaces.get("aggregations", {}).get("surfaces", {})),
        newest=[hit_of(hit) for hit in answer["hits"]["hits"]],
        **{name: _counts(found.get(name, {})) for name in facets},
    )


def _counts(aggregation: dict[str, Any]) -> list[FacetCount]:
    return [FacetCount(str(bucket["key"]), bucket["doc_count"]) for bucket in aggregation.get("buckets", [])]
