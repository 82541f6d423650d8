"""Schemas of what is written for other programs: the parts of two standards that are used, and nothing beside them.

ninjs 3.0 (https://iptc.org/std/ninjs/) and schema.org's NewsArticle (https://schema.org/NewsArticle), restated from
their descriptions: names, types, and which are required. The whole schema of ninjs 3.0.1 was run over the same items
by hand and found nothing.
"""

from typing import Any

TEXT = {"type": "string"}
MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}
URI = {"type": "string", "pattern": "^[a-zA-Z][a-zA-Z0-9+.-]*:"}


def closed(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    """An object of these properties alone."""
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def many(items: dict[str, Any]) -> dict[str, Any]:
    """A list that is left out where it would be empty."""
    return {"type": "array", "items": items, "minItems": 1}


_CONCEPT = closed({"name": TEXT, "rel": TEXT, "uri": URI, "literal": TEXT}, "name")
_ROLE = closed({"role": TEXT, "value": TEXT}, "value")
NINJS = closed(
    {
        "uri": URI,
        "standard": closed({"name": {"const": "ninjs"}, "version": {"const": "3.0"}, "schema": URI}),
        "type": {"const": "text"},
        "language": TEXT,
        "version": TEXT,
        "pubStatus": {"enum": ["usable", "withheld", "canceled"]},
        "firstCreated": MOMENT,
        "versionCreated": MOMENT,
        "contentCreated": MOMENT,
        "infoSources": many(closed({"name": TEXT, "literal": TEXT})),
        "headlines": many(_ROLE),
        "descriptions": many(_ROLE),
        "bodies": many(
            closed(
                {"role": TEXT, "contentType": TEXT, "charCount": {"type": "integer"}, "wordCount": {"type": "integer"},
                 "value": TEXT}, "value",
            )
        ),
        "by": TEXT,
        "subjects": many(closed({"name": TEXT, "literal": TEXT})),
        "altIds": many(_ROLE),
        "renditions": many(closed({"name": TEXT, "href": URI, "contentType": TEXT}, "name")),
        "people": many(_CONCEPT),
        "organisations": many(_CONCEPT),
        "places": many(_CONCEPT),
    },
    "uri",
)  # fmt: skip
_THING = closed({"@type": {"enum": ["Person", "Organization", "Place"]}, "name": TEXT, "sameAs": URI}, "@type", "name")
NEWS_ARTICLE = closed(
    {
        "@context": {"const": "https://schema.org"},
        "@type": {"const": "NewsArticle"},
        "identifier": TEXT,
        "url": URI,
        "headline": TEXT,
        "abstract": TEXT,
        "articleBody": TEXT,
        "wordCount": {"type": "integer"},
        "inLanguage": TEXT,
        "datePublished": MOMENT,
        "dateModified": MOMENT,
        "author": many(_THING),
        "publisher": _THING,
        "keywords": many(TEXT),
        "version": {"type": "integer"},
        "mentions": many(_THING),
    },
    "@context",
    "@type",
    "publisher",
)
