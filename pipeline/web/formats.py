"""Items as other programs want them: IPTC ninjs 3, schema.org NewsArticle, Atom (RFC 4287), JSON Feed 1.1. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urljoin
from xml.sax.saxutils import escape, quoteattr

import msgspec

from pipeline.search import Hit
from pipeline.search.related import Detail
from pipeline.web.render import safe_url
from schemas.document import Mention

NINJS: Final = "application/json"
WIKIDATA: Final = "http://www.wikidata.org/entity/"
XML_FORBIDDEN: Final = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)], " ")
TYPES: Final = {"PER": "Person", "ORG": "Organization", "LOC": "Place"}
NINJS_KINDS: Final = {"PER": "people", "ORG": "organisations", "LOC": "places"}


def ninjs(detail: Detail) -> dict[str, Any]:
    """An item as a ninjs 3.0 news object of type text.

    Source: https://iptc.org/std/ninjs/ (version 3.0). Entities with a Wikidata id carry it as `uri`, others as
    `literal`.
    """
    hit, url = detail.hit, safe_url(detail.hit.url)
    made: dict[str, Any] = {
        "uri": f"urn:kabar:item:{hit.id}",
        "standard": {
            "name": "ninjs",
            "version": "3.0",
            "schema": "http://www.iptc.org/std/ninjs/ninjs-schema_3.0.json",
        },
        "type": "text",
        "language": hit.language,
        "version": str(hit.revision),
        "pubStatus": "usable",
        "firstCreated": _iso(hit.first_seen_at),
        "versionCreated": _iso(detail.updated_at or hit.date),
        "contentCreated": _iso(hit.published_at),
        "infoSources": [_without_none({"name": hit.source_name or hit.source, "literal": hit.source})],
        "headlines": [{"role": "main", "value": hit.title}] if hit.title else None,
        "descriptions": [{"role": "summary", "value": hit.summary}] if hit.summary else None,
        "bodies": [_body(detail.body)] if detail.body else None,
        "by": ", ".join(detail.authors) or None,
        "subjects": [{"name": name, "literal": name} for name in hit.categories] or None,
        "altIds": [{"role": "web", "value": url}] if url else None,
        "renditions": [{"name": "web", "href": url, "contentType": "text/html"}] if url else None,
        **{NINJS_KINDS[kind]: _entities(detail.mentions, kind) for kind in NINJS_KINDS},
    }
    return _without_none(made)


def _body(text: str) -> dict[str, Any]:
    return {"role": "main", "contentType": "text/plain", "charCount": len(text), "wordCount": len(text.split()),
            "value": text}  # fmt: skip


def _entities(mentions: Sequence[Mention], kind: str) -> list[dict[str, Any]] | None:
    known = {mention.entity_id: mention.name for mention in mentions if mention.type == kind}
    named = [{"name": name, **_identity(identity), "rel": "mentions"} for identity, name in known.items()]
    return named or None


def _identity(identity: str) -> dict[str, str]:
    return {"uri": WIKIDATA + identity} if _is_wikidata(identity) else {"literal": identity}


def _is_wikidata(identity: str) -> bool:
    return identity[:1] == "Q" and identity[1:].isdigit()


def news_article(detail: Detail) -> dict[str, Any]:
    """An item as a schema.org NewsArticle in JSON-LD. Source: https://schema.org/NewsArticle."""
    hit = detail.hit
    known = {mention.entity_id: mention for mention in detail.mentions}
    made: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "identifier": hit.id,
        "url": safe_url(hit.url),
        "headline": hit.title or None,
        "abstract": hit.summary or None,
        "articleBody": detail.body or None,
        "wordCount": len(detail.body.split()) or None,
        "inLanguage": hit.language if hit.language != "und" else None,
        "datePublished": _iso(hit.published_at),
        "dateModified": _iso(detail.updated_at),
        "author": [{"@type": "Person", "name": name} for name in detail.authors] or None,
        "publisher": {"@type": "Organization", "name": hit.source_name or hit.source},
        "keywords": hit.categories or None,
        "version": hit.revision,
        "mentions": [_thing(mention) for mention in known.values()] or None,
    }
    return _without_none(made)


def _thing(mention: Mention) -> dict[str, Any]:
    thing = {"@type": TYPES[mention.type], "name": mention.name}
    return {**thing, "sameAs": WIKIDATA + mention.entity_id} if _is_wikidata(mention.entity_id) else thing


def json_feed(title: str, page: str, feed: str, hits: Sequence[Hit]) -> dict[str, Any]:
    """Hits as a JSON Feed. Source: https://www.jsonfeed.org/version/1.1/."""
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": title,
        "home_page_url": page,
        "feed_url": feed,
        "items": [
            _without_none({
                "id": f"urn:kabar:item:{hit.id}", "url": safe_url(hit.url), "title": hit.title or None,
                "content_text": hit.summary or hit.title or "–", "date_published": _iso(hit.date),
                "language": hit.language if hit.language != "und" else None,
                "authors": [{"name": hit.source_name or hit.source}],
                "tags": list(dict.fromkeys([*hit.categories, *hit.people, *hit.organisations, *hit.places])) or None,
            })
            for hit in hits
        ],
    }  # fmt: skip


def atom(title: str, page: str, feed: str, hits: Sequence[Hit], now: datetime) -> bytes:
    """Hits as an Atom feed; `updated` is that of the newest, so that an unchanged feed stays the same."""
    newest = max((hit.indexed_at for hit in hits), default=now)
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>', '<feed xmlns="http://www.w3.org/2005/Atom">',
        f"<id>{_text(feed)}</id>", f"<title>{_text(title)}</title>", f"<updated>{_iso(newest)}</updated>",
        f'<link rel="self" type="application/atom+xml" href={_attribute(feed)}/>',
        f'<link rel="alternate" type="text/html" href={_attribute(page)}/>', "<generator>Kabar</generator>",
    ]  # fmt: skip
    for hit in hits:
        lines += _entry(hit, page)
    return "\n".join([*lines, "</feed>", ""]).encode("utf-8")


def _entry(hit: Hit, page: str) -> list[str]:
    language = f" xml:lang={_attribute(hit.language)}" if hit.language != "und" else ""
    lines = [
        f"<entry{language}>", f"<id>urn:kabar:item:{_text(hit.id)}</id>", f"<title>{_text(hit.title or '–')}</title>",
        f"<updated>{_iso(hit.indexed_at)}</updated>", f"<published>{_iso(hit.date)}</published>",
        f"<author><name>{_text(hit.source_name or hit.source)}</name></author>",
        f"<summary>{_text(hit.summary or hit.title)}</summary>",
    ]  # fmt: skip
    # An entry without content must have such a link: where the source gives none, to the item here.
    url = safe_url(hit.url) or urljoin(page, f"/items/{quote(hit.id, safe='')}")
    lines.append(f'<link rel="alternate" href={_attribute(url)}/>')
    names = dict.fromkeys([*hit.categories, *hit.people, *hit.organisations, *hit.places])
    return [*lines, *(f"<category term={_attribute(name)}/>" for name in names), "</entry>"]


def _text(value: str) -> str:
    return escape(value.translate(XML_FORBIDDEN))


def _attribute(value: str) -> str:
    return quoteattr(value.translate(XML_FORBIDDEN))


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def _without_none(made: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in made.items() if value is not None}


def encoded(value: object) -> bytes:
    """JSON, indented for readers."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
