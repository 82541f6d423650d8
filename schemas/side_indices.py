"""The indices beside the items: alerts, mentions, and how the pipeline does. What dashboards count stands here flat.

Each is kept by month behind an alias, as items are. A mention's id is its item's and the entity's, an alert's its own,
so that a repeat changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from schemas.alert import Alert
from schemas.document import Document, Mention, dated

ALERTS, MENTIONS, OPS = "alerts", "mentions", "ops"
KINDS = (ALERTS, MENTIONS, OPS)
REFRESH = "5s"

_KEYWORD = {"type": "keyword", "ignore_above": 512}
_DATE = {"type": "date", "format": "strict_date_optional_time||epoch_millis"}
_LONG = {"type": "long"}
_TEXT = {"type": "text"}
_MAPPINGS: dict[str, dict[str, Any]] = {
    ALERTS: {
        "@timestamp": _DATE, "id": _KEYWORD, "rule_id": _KEYWORD, "figure_id": _KEYWORD, "figure_name": _KEYWORD,
        "item_id": _KEYWORD, "story_id": _KEYWORD, "revision": {"type": "integer"}, "title": _TEXT, "excerpt": _TEXT,
        "excerpt_start": {"type": "integer"}, "excerpt_end": {"type": "integer"}, "surface": _KEYWORD,
        "field": _KEYWORD, "why": _KEYWORD, "url": _KEYWORD, "source": _KEYWORD, "language": _KEYWORD,
        "quiet": {"type": "boolean"}, "published_at": _DATE, "first_seen_at": _DATE, "alerted_at": _DATE,
        "alert_lag_ms": _LONG, "publish_to_alert_ms": _LONG,
    },
    MENTIONS: {
        "@timestamp": _DATE, "item_id": _KEYWORD, "entity_id": _KEYWORD, "name": _KEYWORD, "type": _KEYWORD,
        "surface": _KEYWORD, "count": {"type": "integer"}, "in_title": {"type": "boolean"}, "language": _KEYWORD,
        "source": _KEYWORD, "source_country": _KEYWORD, "story_id": _KEYWORD, "is_duplicate": {"type": "boolean"},
        "location": {"type": "geo_point"}, "date": _DATE, "published_at": _DATE, "first_seen_at": _DATE,
    },
    OPS: {
        "@timestamp": _DATE, "kind": _KEYWORD, "name": _KEYWORD, "step": _KEYWORD, "feed": _KEYWORD, "lag": _LONG,
        "failures": _LONG, "silent_seconds": _LONG, "items_sent": _LONG, "last_error": _KEYWORD, "count": _LONG,
        "difference": _LONG, "fetched": _LONG, "indexed": _LONG, "dead_lettered": _LONG, "in_flight": _LONG,
        "rejected": _LONG, "retried": _LONG, "written": _LONG,
    },
}  # fmt: skip


def side_mapping(kind: str) -> dict[str, Any]:
    """The strict mapping of one kind."""
    return {"dynamic": "strict", "properties": _MAPPINGS[kind]}


def alert_source(alert: Alert) -> dict[str, Any]:
    """An alert as it is stored."""
    match = alert.match
    names = set(_MAPPINGS[ALERTS]) & set(match.__struct_fields__)
    return {
        "@timestamp": alert.alerted_at,
        "id": alert.id,
        "alerted_at": alert.alerted_at,
        "alert_lag_ms": _milliseconds(match.first_seen_at, alert.alerted_at),
        "publish_to_alert_ms": _milliseconds(match.published_at, alert.alerted_at),
        **{name: getattr(match, name) for name in names},
    }


def mention_sources(
    document: Document, indexed_at: datetime, locations: dict[str, tuple[float, float]]
) -> dict[str, dict[str, Any]]:
    """A document's mentions by id, one for each entity; `locations` are (latitude, longitude) of places by id."""
    enriched = document.enriched
    found: dict[str, list[Mention]] = {}
    for mention in enriched.mentions:
        found.setdefault(mention.entity_id, []).append(mention)
    item = enriched.item
    shared = {
        "@timestamp": indexed_at,
        "item_id": item.id,
        "language": enriched.language,
        "source": item.source,
        "source_country": item.source_country,
        "story_id": document.placement.story_id,
        "is_duplicate": document.placement.duplicate_of is not None,
        "date": dated(enriched),
        "published_at": item.published_at,
        "first_seen_at": enriched.first_seen_at,
    }
    return {
        mention_id(item.id, entity): {**shared, **_mention(mentions, locations.get(entity))}
        for entity, mentions in found.items()
    }


def mention_id(item_id: str, entity_id: str) -> str:
    """The id of an entity's mention in an item."""
    return f"{item_id}:{entity_id}"


def _mention(mentions: Sequence[Mention], location: tuple[float, float] | None) -> dict[str, Any]:
    first = mentions[0]
    return {
        "entity_id": first.entity_id,
        "name": first.name,
        "type": first.type,
        "surface": first.text,
        "count": len(mentions),
        "in_title": any(mention.field == "title" for mention in mentions),
        "location": None if location is None else {"lat": location[0], "lon": location[1]},
    }


def _milliseconds(since: datetime | None, until: datetime) -> int | None:
    return None if since is None else round((until - since).total_seconds() * 1000)
