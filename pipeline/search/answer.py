"""What the index answers, as records."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from pipeline.search.request import FACETS, MARKS, MOST_DAYS, WHOLE, moments_request


class Outlet(msgspec.Struct, frozen=True):
    """A source that has a story, with its name where it has one."""

    source: str
    name: str


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """One item found.

    Where stories are collapsed, `outlets` counts the other sources that have the story, `others` its other items found,
    `story_outlets` names the sources (at most ten) and `story_languages` the languages of all.
    """

    id: str
    score: float
    title: str
    summary: str
    url: str | None
    source: str
    source_name: str | None
    source_country: str | None = None
    language: str
    revision: int
    people: list[str]
    organisations: list[str]
    places: list[str]
    categories: list[str]
    story_id: str
    duplicate_of: str | None
    date: datetime
    published_at: datetime | None
    first_seen_at: datetime
    indexed_at: datetime
    highlights: list[str] = []
    title_highlight: str | None = None
    outlets: int = 0
    others: int = 0
    story_outlets: list[Outlet] = []
    story_languages: list[str] = []
    event_id: str | None = None


class FacetCount(msgspec.Struct, frozen=True, omit_defaults=True):
    """How many items have this value; `label` is for readers."""

    value: str
    count: int
    label: str = ""


class Moment(msgspec.Struct, frozen=True):
    """How many items there are from a moment to the next."""

    start: datetime
    count: int


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a query. `total` and `facets` count items, `stories` their stories (over 3,000: nearly).

    `took_ms` is the index's own time, in all. `moments` are items over time, each `interval` (such as `1h`) long.
    `suggestion` is a query that would find something, where this one does not.
    """

    total: int
    stories: int
    took_ms: int
    hits: list[Hit]
    facets: dict[str, list[FacetCount]] = {}
    interval: str = ""
    moments: list[Moment] = []
    suggestion: str | None = None


class Story(msgspec.Struct, frozen=True):
    """What all the items found of one story have."""

    items: int
    sources: int
    outlets: list[Outlet]
    languages: list[str]


def read(answer: dict[str, Any], marks: tuple[str, str] = MARKS) -> Found:
    """The index's answer to `request` as a record."""
    languages = answer.get("aggregations", {}).get("language", {"buckets": ()})
    return Found(
        total=answer["hits"]["total"]["value"],
        stories=0,
        took_ms=answer["took"],
        hits=[hit_of(hit, marks) for hit in answer["hits"]["hits"]],
        facets={"language": _counts("language", languages, {})} if languages["buckets"] else {},
    )


def read_languages(answer: dict[str, Any]) -> tuple[str, ...]:
    """The languages of all that was found, or none where they were not asked for or are more than were told."""
    asked = answer.get("aggregations", {}).get("language")
    if asked is None or asked["sum_other_doc_count"]:
        return ()
    return tuple(bucket["key"] for bucket in asked["buckets"])


def with_facets(found: Found, answer: dict[str, Any], labels: dict[str, str]) -> Found:
    """What was found with the answer to `facets_request`; `labels` are names of figures by id."""
    asked = answer.get("aggregations", {})
    asked = {
        **asked.get(WHOLE, asked),
        **{name: made["values"] for name, made in asked.items() if name in FACETS and "values" in made},
    }
    known = read_stories(asked.get("of_stories", {}))
    return msgspec.structs.replace(
        found,
        stories=asked.get("stories", {}).get("value", 0),
        took_ms=found.took_ms + answer["took"],
        hits=[with_story(hit, known[hit.story_id]) if hit.story_id in known else hit for hit in found.hits],
        facets={
            name: _counts(name, asked[name], labels) if name in asked else found.facets[name]
            for name in FACETS
            if name in asked or name in found.facets
        },
        moments=read_moments(asked.get("moments", {})),
    )


def hit_of(hit: dict[str, Any], marks: tuple[str, str] = MARKS) -> Hit:
    """One hit; `marks` stand around what matched."""
    stored = hit["_source"]
    names = {name: stored[name] for name in Hit.__struct_fields__ if name in stored}
    marked = hit.get("highlight", {})
    title = next((pieces[0] for field, pieces in marked.items() if field.endswith("title")), None)
    return msgspec.convert(
        {**names, "score": hit.get("_score") or 0.0, "highlights": _pieces(marked, marks), "title_highlight": title},
        Hit,
    )


def _pieces(marked: dict[str, list[str]], marks: tuple[str, str]) -> list[str]:
    """The marked pieces of summary and body, at most three, each passage once though several fields have it."""
    found: dict[str, str] = {}
    for field, pieces in marked.items():
        if not field.endswith("title"):
            for piece in pieces:
                found.setdefault(piece.replace(marks[0], "").replace(marks[1], "")[:60], piece)
    return list(found.values())[:3]


def with_story(hit: Hit, story: Story) -> Hit:
    """The hit with what its story has beside it."""
    return msgspec.structs.replace(
        hit,
        outlets=max(0, story.sources - 1),
        others=max(0, story.items - 1),
        story_outlets=story.outlets,
        story_languages=story.languages,
    )


def beside(stories: Sequence[str], interval: str) -> dict[str, Any]:
    """What stands beside hits: outlets and languages of their stories; items over time, if an interval is given."""
    asked: dict[str, Any] = {"moments": moments_request(interval)} if interval else {}
    if stories:
        terms = {"terms": {"field": "story_id", "size": len(stories), "execution_hint": "map"}, "aggs": _OF_A_STORY}
        asked["of_stories"] = {"filter": {"terms": {"story_id": list(stories)}}, "aggs": {"values": terms}}
    return asked


# The stories of a page have few items, for which no ordinals of all values are worth being made.
_OF_A_STORY: dict[str, Any] = {
    "sources": {"cardinality": {"field": "source", "execution_hint": "direct"}},
    "source": {
        "terms": {"field": "source", "size": 10, "execution_hint": "map"},
        "aggs": {"name": {"terms": {"field": "source_name", "size": 1, "execution_hint": "map"}}},
    },
    "language": {"terms": {"field": "language", "size": 10, "execution_hint": "map"}},
}


def read_stories(aggregation: dict[str, Any]) -> dict[str, Story]:
    """The stories of that part of the answer, by id."""
    return {bucket["key"]: _story(bucket) for bucket in aggregation.get("values", {}).get("buckets", [])}


def read_span(answer: dict[str, Any]) -> float | None:
    """The seconds from the oldest to the newest item found, or None where nothing was."""
    first, last = (answer.get("aggregations", {}).get(name, {}).get("value") for name in ("min", "max"))
    return None if first is None or last is None else (last - first) / 1000


def moments_of_days(days: Sequence[FacetCount]) -> list[Moment]:
    """Items over time, a day each, from the facet of days, which leaves out those without any."""
    counts = {datetime.fromisoformat(day.value).replace(tzinfo=UTC): day.count for day in days}
    if not counts:
        return []
    first, last = min(counts), max(counts)
    between = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [Moment(day, counts.get(day, 0)) for day in between]


def _story(bucket: dict[str, Any]) -> Story:
    outlets = [
        Outlet(source["key"], next((name["key"] for name in source["name"]["buckets"]), source["key"]))
        for source in bucket["source"]["buckets"]
    ]
    languages = [language["key"] for language in bucket["language"]["buckets"]]
    return Story(bucket["doc_count"], bucket["sources"]["value"], outlets, languages)


def read_moments(aggregation: dict[str, Any]) -> list[Moment]:
    """Items over time."""
    return [
        Moment(datetime.fromisoformat(bucket["key_as_string"]), bucket["doc_count"])
        for bucket in aggregation.get("buckets", [])
    ]


def _counts(name: str, aggregation: dict[str, Any], labels: dict[str, str]) -> list[FacetCount]:
    buckets = aggregation.get("buckets", [])
    if name == "day":
        return [FacetCount(bucket["key_as_string"][:10], bucket["doc_count"]) for bucket in buckets[-MOST_DAYS:]]
    labels = labels if name == "figure" else {}
    return [
        FacetCount(str(bucket["key"]), bucket["doc_count"], labels.get(str(bucket["key"])) or _first(bucket))
        for bucket in buckets
    ]


def _first(bucket: dict[str, Any]) -> str:
    """The name that most items of a bucket give, where it was asked for."""
    return next((str(name["key"]) for name in bucket.get("name", {}).get("buckets", [])), "")
