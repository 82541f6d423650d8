"""What the index looks like: strict mappings, month indices, and a document as it is stored.

`_id` is the item id. An item's index is that of the month in which it was first seen, and its external version the
time of the fetch in milliseconds, so that writing a document again, or an older one late, changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from schemas.document import Document, EntityType, dated
from schemas.side_indices import REFRESH, side_mapping

# The language of the text -> the analyzer that Elasticsearch has for it, by its stock name.
ANALYZERS = {
    "ar": "arabic", "bg": "bulgarian", "bn": "bengali", "ca": "catalan", "ckb": "sorani", "cs": "czech",
    "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish", "et": "estonian",
    "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french", "ga": "irish", "gl": "galician",
    "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "ja": "cjk",
    "ko": "cjk", "lt": "lithuanian", "lv": "latvian", "nl": "dutch", "no": "norwegian", "pt": "portuguese",
    "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish", "th": "thai", "tr": "turkish", "zh": "cjk",
}  # fmt: skip
# Languages without a stock analyzer -> the one whose analyzer does for them, since their words change alike.
# Measured in tests/pipeline/search/test_languages.py; docs/search.md says what it means for each.
SAME_ANALYZER = {
    "nb": "no", "nn": "no", "prs": "fa", "ms": "id", "uk": "ru", "be": "ru",
    "bs": "sr", "hr": "sr", "cnr": "sr", "sh": "sr", "yue": "zh",
}  # fmt: skip
# Every word as it stands, without regard to case and accents: for names, and for languages that have no stems here.
FOLDED = "kabar_text"
ANALYSIS = {"analyzer": {FOLDED: {"type": "custom", "tokenizer": "standard", "filter": ["lowercase", "asciifolding"]}}}

# Raised with each change of a mapping; `kabar index migrate` moves what is older.
MAPPING_VERSION = 3

_KEYWORD = {"type": "keyword", "ignore_above": 512}
_DATE = {"type": "date", "format": "strict_date_optional_time||epoch_millis"}
_FOLDED = {"type": "text", "analyzer": FOLDED}
_NAME = {**_KEYWORD, "fields": {"words": _FOLDED}}
_STORED_ONLY = {"type": "keyword", "index": False, "doc_values": False}


def localized_language(language: str) -> str | None:
    """The part of `localized` for a BCP 47 code, or None where no stock analyzer fits."""
    primary = language.split("-", maxsplit=1)[0]
    primary = SAME_ANALYZER.get(primary, primary)
    return primary if primary in ANALYZERS else None


def mapping() -> dict[str, Any]:
    """The strict mapping of an item's index."""
    keywords = (
        "id", "source", "source_name", "source_country", "categories", "language", "language_second",
        "language_reason", "entity_ids", "story_id", "event_id", "duplicate_of",
        "duplicate_reason", "repairs", "host", "text_method",
    )  # fmt: skip
    dates = (
        "@timestamp", "published_at", "updated_at", "fetched_at", "first_seen_at", "enriched_at", "placed_at",
        "indexed_at", "date",
    )  # fmt: skip
    properties: dict[str, Any] = dict.fromkeys(keywords, _KEYWORD)
    properties |= dict.fromkeys(dates, _DATE)
    properties |= dict.fromkeys(("people", "organisations", "places"), _NAME)
    properties |= dict.fromkeys(("title", "summary", "body", "names"), _FOLDED)
    properties |= {
        "v": {"type": "integer"},
        "revision": {"type": "integer"},
        "quiet": {"type": "boolean"},
        "language_confidence": {"type": "float"},
        "duplicate_similarity": {"type": "float"},
        "is_duplicate": {"type": "boolean"},
        "ingest_lag_ms": {"type": "long"},
        "publish_lag_ms": {"type": "long"},
        "locations": {"type": "geo_point"},
        "text_quality": {"type": "float"},
        "authors": {"type": "keyword", "ignore_above": 512},
        "url": _KEYWORD,
        "guid": _STORED_ONLY,
        "mentions": {"type": "object", "enabled": False},
        "localized": {"properties": {code: _localized(name) for code, name in ANALYZERS.items()}},
    }
    return {"dynamic": "strict", "_meta": {"kabar_mapping": MAPPING_VERSION}, "properties": properties}


def _localized(analyzer: str) -> dict[str, Any]:
    text = {"type": "text", "analyzer": analyzer}
    return {"properties": {"title": text, "body": text}}


def template(prefix: str, *, shards: int, replicas: int, refresh_seconds: float) -> dict[str, Any]:
    """The index template for all months; searches go through the alias `<prefix>-items`."""
    return {
        "index_patterns": [f"{prefix}-items-*"],
        "priority": 200,
        "version": MAPPING_VERSION,
        "template": {
            "settings": {
                "number_of_shards": shards,
                "number_of_replicas": replicas,
                "refresh_interval": f"{round(refresh_seconds * 1000)}ms",
                # A search looks up each word in each segment, and each refresh makes one. So fewer are left of each
                # size than Elasticsearch leaves by itself (10), which is paid for in writing.
                "merge.policy.segments_per_tier": 4,
                "merge.policy.max_merge_at_once": 4,
                # The localized text repeats title and body, which this codec stores once.
                "codec": "best_compression",
                "analysis": ANALYSIS,
            },
            "aliases": {f"{prefix}-items": {}},
            "mappings": mapping(),
        },
    }


def side_template(prefix: str, kind: str, *, shards: int, replicas: int) -> dict[str, Any]:
    """The index template of alerts, mentions or the pipeline's own health, for all months."""
    return {
        "index_patterns": [f"{prefix}-{kind}-*"],
        "priority": 200,
        "version": MAPPING_VERSION,
        "template": {
            "settings": {"number_of_shards": shards, "number_of_replicas": replicas, "refresh_interval": REFRESH},
            "aliases": {f"{prefix}-{kind}": {}},
            "mappings": {**side_mapping(kind), "_meta": {"kabar_mapping": MAPPING_VERSION}},
        },
    }


def month_alias(prefix: str, moment: datetime, kind: str = "items") -> str:
    """The alias through which what belongs to a month is written, such as `news-items-2026.11`.

    The month is that in which an item was first seen, an alert told.
    """
    return f"{prefix}-{kind}-{moment:%Y.%m}"


def source(document: Document, indexed_at: datetime, locations: Sequence[tuple[float, float]] = ()) -> dict[str, Any]:
    """A document as it is stored in the index, whole; `locations` are (latitude, longitude) of the places it names."""
    enriched, placement = document.enriched, document.placement
    item = enriched.item
    language = localized_language(enriched.language)
    names = _names(document)
    return {
        "v": document.v,
        "@timestamp": indexed_at,
        "id": item.id,
        "revision": enriched.revision,
        "title": item.title,
        "summary": item.summary,
        "body": item.body,
        "localized": {language: {"title": item.title, "body": item.body or item.summary}} if language else None,
        "url": item.url,
        "host": _host(item.url),
        "guid": item.guid,
        "source": item.source,
        "source_name": item.source_name,
        "source_country": item.source_country,
        "authors": item.authors,
        "categories": item.categories,
        "language": enriched.language,
        "language_confidence": enriched.language_confidence,
        "language_second": enriched.language_second,
        "language_reason": enriched.language_reason,
        "people": names["PER"],
        "organisations": names["ORG"],
        "places": names["LOC"],
        "names": sorted({name for group in names.values() for name in group}),
        "entity_ids": sorted({mention.entity_id for mention in enriched.mentions}),
        "mentions": enriched.mentions,
        "story_id": placement.story_id,
        "event_id": placement.event,
        "duplicate_of": placement.duplicate_of,
        "duplicate_similarity": placement.duplicate_similarity,
        "duplicate_reason": placement.duplicate_reason,
        "is_duplicate": placement.duplicate_of is not None,
        "ingest_lag_ms": _milliseconds(enriched.first_seen_at, indexed_at),
        "publish_lag_ms": _milliseconds(item.published_at, enriched.first_seen_at),
        "locations": [
            {"lat": latitude, "lon": longitude}
            for latitude, longitude in dict.fromkeys((*item.coordinates, *locations))
        ],
        "published_at": item.published_at,
        "updated_at": item.updated_at,
        "fetched_at": item.fetched_at,
        "first_seen_at": enriched.first_seen_at,
        "date": dated(enriched),
        "enriched_at": enriched.enriched_at,
        "placed_at": document.placed_at,
        "indexed_at": indexed_at,
        "quiet": enriched.quiet,
        "repairs": item.repairs,
        "text_method": item.text_method,
        "text_quality": item.text_quality,
    }


def version(document: Document) -> int:
    """The external version: the time of the fetch in milliseconds."""
    return round(document.enriched.item.fetched_at.timestamp() * 1000)


def _names(document: Document) -> dict[EntityType, list[str]]:
    # In the order of first mention, so that a reader sees the main names first; each once.
    names: dict[EntityType, dict[str, None]] = {"PER": {}, "ORG": {}, "LOC": {}}
    for mention in document.enriched.mentions:
        names[mention.type][mention.name] = None
    return {kind: list(found) for kind, found in names.items()}


def _host(url: str | None) -> str | None:
    return url.split("/")[2].lower() if url and url.count("/") >= 2 else None  # noqa: PLR2004 - scheme://host


def _milliseconds(since: datetime | None, until: datetime) -> int | None:
    return None if since is None else round((until - since).total_seconds() * 1000)
