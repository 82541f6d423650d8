"""RSS 0.9x, 1.0 (RDF) and 2.0, with the extensions that news uses."""

from lxml import etree

from connectors.dates import DateReader
from connectors.parse import fields as f
from connectors.parse.entry import Entry, ParsedFeed, Repairs
from connectors.parse.links import link
from connectors.parse.points import points
from connectors.parse.taking import Taking
from schemas.item import SUMMARY_LIMIT

_BODIES = (
    "content:encoded", "xhtml:body", "body", "fulltext", "fullitem", "full-text", "yandex:full-text", "turbo:content",
    "atom:content", "content", "media:text",
)  # fmt: skip
_SUMMARIES = (
    "description", "atom:summary", "summary", "dc:description", "dcterms:abstract", "itunes:summary",
    "media:description", "itunes:subtitle",
)  # fmt: skip
_PUBLISHED = (
    "pubdate", "dc:date", "dcterms:issued", "dcterms:created", "atom:published", "prism:publicationdate", "date",
    "published", "issued", "created", "dc:created", "dc:issued",
)  # fmt: skip
_UPDATED = ("atom:updated", "dcterms:modified", "updated", "modified", "dc:modified", "lastbuilddate", "lastmod")
_WRITERS = frozenset({"author", "writer", "reporter", "correspondent", "owner", ""})
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def read_rss(root: etree._Element, taking: Taking) -> ParsedFeed:
    """A feed whose root is `rss` or `rdf:RDF`; in RDF the items stand beside the channel."""
    own = f.name_of(root).rpartition(":")[0] if f.name_of(root).endswith(":rss") else None
    top = f.fields_of(root, own=own)
    channel_element = next(iter(top.get("channel", [])), root)
    channel = f.fields_of(channel_element, own=own)
    repairs = Repairs()
    said = f.tidy_language(f.raw(channel, "language", "dc:language", "atom:language"))
    language = f.language_of(channel_element, said)
    itself = _itself(channel, taking.url)
    home = link(f.raw(channel, "link"), taking.url or itself or "", Repairs())
    base = home or taking.url or itself or ""
    dates = DateReader(language)
    # Wherever they stand: beside the channel in RDF, and inside another element where a tag was left open.
    items = [e for e in root.iter("{*}item", "{*}ITEM", "{*}Item") if _is_item(e, own)]
    return ParsedFeed(
        kind=_kind(root),
        title=f.title_text(next(iter(channel.get("title", [])), None), repairs),
        url=itself or home,
        language=language,
        entries=taking.elements(items or root.iter("{*}entry"), lambda item: _entry(item, own, base, language, dates)),
        minutes=_minutes(channel),
        skip_hours=_numbers(channel, "skiphours", "hour"),
        skip_days=_days(channel),
        hub=_hub(channel, taking.url),
        repairs=repairs.all(),
    )


def _is_item(element: etree._Element, own: str | None) -> bool:
    name = f.name_of(element)
    return name in {"item", "atom:item"} or (own is not None and name == f"{own}:item")


def _kind(root: etree._Element) -> str:
    if f.name_of(root) in {"rdf:rdf", "rdf"}:
        spaces = " ".join(address.lower() for address in root.nsmap.values() if address)
        return "RSS 0.90" if "my.netscape.com" in spaces else "RSS 1.0"
    return f"RSS {(root.get('version') or '2.0').strip()[:8]}"


def _itself(channel: f.Fields, url: str) -> str | None:
    links = [e for name in ("atom:link", "link") for e in channel.get(name, []) if e.get("href")]
    return next((a for e in links if e.get("rel") == "self" and (a := link(e.get("href"), url, Repairs()))), None)


def _hub(channel: f.Fields, url: str) -> str | None:
    links = [e for name in ("atom:link", "link") for e in channel.get(name, []) if e.get("rel") == "hub"]
    return next((a for e in links if (a := link(e.get("href"), url, Repairs()))), None)


def _minutes(channel: f.Fields) -> float | None:
    # Not `sy:updatePeriod`: a common program writes "hourly" into every feed, and nobody means it.
    return f.number(f.raw(channel, "ttl")) or None


def _numbers(channel: f.Fields, name: str, inner: str) -> frozenset[int]:
    found = (f.number(text) for e in channel.get(name, []) for text in f.all_raw(f.fields_of(e), inner))
    return frozenset(int(number) % 24 for number in found if number is not None)


def _days(channel: f.Fields) -> frozenset[int]:
    named = (text.lower() for e in channel.get("skipdays", []) for text in f.all_raw(f.fields_of(e), "day"))
    return frozenset(_DAYS.index(day) for day in named if day in _DAYS)


def _entry(item: etree._Element, own: str | None, home: str, language: str | None, dates: DateReader) -> Entry | None:
    fields = f.fields_of(item, own=own)
    about = item.get(f"{f.RDF}about")
    if not fields and not about:
        return None
    repairs = Repairs()
    guid = f.raw(fields, "guid", "atom:id", "id", "dc:identifier") or about
    title = _title(fields)
    summary, body = _texts(fields)
    address, anchor = _url(fields, guid, f.base_of(item, home), repairs)
    source = next((e for e in fields.get("source", []) if e.get("url") or (e.text or "").strip()), None)
    return Entry(
        guid=guid or None,
        url=address,
        anchor=anchor,
        title=f.title_text(title, repairs),
        summary=summary,
        body=body,
        published_at=f.date(dates, f.all_raw(fields, *_PUBLISHED), repairs),
        updated_at=f.date(dates, f.all_raw(fields, *_UPDATED), repairs),
        language=f.own_language(item, f.raw(fields, "dc:language", "language"))
        or f.content_language(fields)
        or language,
        authors=f.names(f.person(text) for text in _authors(fields)),
        categories=f.names(_categories(fields)),
        points=points(fields),
        source_name=f.title_text(source, Repairs()) or None if source is not None else None,
        source_url=link(source.get("url"), home, Repairs()) if source is not None else None,
        repairs=repairs.all(),
    )


def _title(fields: f.Fields) -> etree._Element | None:
    """The first title that has a text."""
    titles = [t for n in ("title", "media:title", "dc:title", "atom:title", "itunes:title") for t in fields.get(n, [])]
    titles += [t for group in fields.get("media:group", []) for t in f.fields_of(group).get("media:title", [])]
    return next((title for title in titles if len(title) or (title.text or "").strip()), None)


def _texts(fields: f.Fields) -> tuple[str, str]:
    """Summary and body: `content:encoded` is the body and `description` the summary, unless they say the same."""
    body = f.first_rich(fields, *_BODIES) or f.bag_text(fields)
    summary = f.first_rich(fields, *_SUMMARIES)
    if not summary:
        groups = (f.fields_of(group) for name in ("media:group", "media:content") for group in fields.get(name, []))
        summary = next((text for group in groups if (text := f.first_rich(group, "media:description"))), "")
    if not body and len(summary) > SUMMARY_LIMIT:
        return "", summary
    return ("" if summary == body else summary), body


def _url(fields: f.Fields, guid: str | None, base: str, repairs: Repairs) -> tuple[str | None, bool]:
    """The page, and whether its link had an anchor.

    As it was before a proxy of feeds, the link, Atom's link, a guid that says it is one, and at last what is enclosed.
    """
    candidates = [(f.raw(fields, "feedburner:origlink"), base)]
    candidates += [(f.raw_of(e), f.base_of(e, base)) for e in fields.get("link", [])]
    candidates += [
        (e.get("href") or e.get(f"{f.RDF}resource") or "", f.base_of(e, base))
        for name in ("link", "atom:link")
        for e in fields.get(name, [])
        if e.get("rel", "alternate") == "alternate"
    ]
    for text, at in candidates:
        found = link(text, at, repairs)
        if found:
            return found, "#" in text
    # `<link/>https://…`: read as HTML by somebody on the way, where a link has no content.
    after = next((tail for e in fields.get("link", []) if (tail := (e.tail or "").strip()).startswith("http")), None)
    if after and (found := link(after.split()[0], base, repairs)):
        repairs.add("link-after-tag")
        return found, "#" in after
    permanent = next((g.get("isPermaLink", "true").strip().lower() for g in fields.get("guid", [])), "true")
    if guid and permanent != "false" and guid.lower().startswith(("http://", "https://")):
        repairs.add("link-from-guid")
        return link(guid, base, repairs), "#" in guid
    if guid and permanent == "true" and fields.get("guid") and fields["guid"][0].get("isPermaLink") and "/" in guid:
        repairs.add("link-from-guid")
        return link(guid, base, repairs), "#" in guid
    enclosed = [e.get("url") or e.get("href") for name in ("enclosure", "media:content") for e in fields.get(name, [])]
    for address in enclosed:
        if found := link(address, base, Repairs()):
            repairs.add("link-from-enclosure")
            return found, False
    return None, False


def _authors(fields: f.Fields) -> list[str]:
    given = [
        e
        for name in ("author", "dc:creator", "dcterms:creator", "dc:author", "atom:author")
        for e in fields.get(name, [])
    ]
    texts = [_author(element) for element in given if f.inner_text(element).strip()]
    return texts or [
        *f.all_raw(fields, "itunes:author", "dc:contributor"),
        *(f.inner_text(e) for e in fields.get("media:credit", []) if e.get("role", "author").lower() in _WRITERS),
    ]


def _author(element: etree._Element) -> str:
    inner = f.fields_of(element) if len(element) else {}
    return f.raw(inner, "atom:name", "name", "foaf:name", "atom:email", "email") or f.inner_text(element)


def _categories(fields: f.Fields) -> list[str]:
    texts = [*f.all_raw(fields, "category", "dc:subject", "media:category")]
    texts += [element.get("term") or element.get("label") or "" for element in fields.get("atom:category", [])]
    texts += [element.get("text") or "" for element in fields.get("itunes:category", [])]
    texts += [w for text in f.all_raw(fields, "media:keywords", "itunes:keywords") for w in text.split(",")]
    return texts
