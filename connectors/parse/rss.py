"""RSS 0.9x, 1.0 (RDF) and 2.0, with the extensions that news uses."""

from lxml import etree

from connectors.dates import DateReader
from connectors.parse import fields as f
from connectors.parse.entry import Entry, ParsedFeed, Repairs


def read_rss(root: etree._Element, url: str) -> ParsedFeed:
    """A feed whose root is `rss` or `rdf:RDF`; in RDF the items stand beside the channel."""
    top = f.fields_of(root)
    channel_element = next(iter(top.get("channel", [])), root)
    channel = f.fields_of(channel_element)
    repairs = Repairs()
    language = f.language_of(
        channel_element, f.tidy_language(f.raw(channel, "language", "dc:language", "atom:language"))
    )
    home = f.link(f.raw(channel, "link"), url, Repairs())
    dates = DateReader(language)
    # Wherever they stand: beside the channel in RDF, and inside another element where a tag was left open.
    items = [element for element in root.iter("{*}item", "{*}ITEM", "{*}Item") if f.name_of(element) == "item"]
    return ParsedFeed(
        kind=_kind(root),
        title=f.title_text(next(iter(channel.get("title", [])), None), repairs),
        language=language,
        entries=tuple(_entry(item, home or url, language, dates) for item in items),
        repairs=repairs.all(),
    )


def _kind(root: etree._Element) -> str:
    if f.name_of(root) == "rdf:rdf":
        return "RSS 1.0"
    return f"RSS {(root.get('version') or '2.0').strip()[:8]}"


def _entry(item: etree._Element, home: str, language: str | None, dates: DateReader) -> Entry:
    fields = f.fields_of(item)
    repairs = Repairs()
    base = f.base_of(item, home)
    guid = f.raw(fields, "guid", "atom:id", "dc:identifier") or item.get(
        "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
    )
    title = next((t for n in ("title", "media:title", "dc:title") for t in fields.get(n, [])), None)
    summary, body = _texts(fields)
    return Entry(
        guid=guid or None,
        url=_url(fields, guid, base, repairs),
        title=f.title_text(title, repairs),
        summary=summary,
        body=body,
        published_at=f.date(
            dates,
            f.all_raw(
                fields, "pubdate", "dc:date", "dcterms:issued", "dcterms:created", "atom:published", "date", "published"
            ),
            repairs,
        ),
        updated_at=f.date(
            dates, f.all_raw(fields, "atom:updated", "dcterms:modified", "updated", "lastbuilddate"), repairs
        ),
        language=f.language_of(item, f.tidy_language(f.raw(fields, "dc:language", "language")) or language),
        authors=f.names(f.person(text) for text in _authors(fields)),
        categories=f.names(_categories(fields)),
        repairs=repairs.all(),
    )


def _texts(fields: f.Fields) -> tuple[str, str]:
    """Summary and body: `content:encoded` is the body and `description` the summary, unless they say the same."""
    body = f.first_rich(fields, "content:encoded", "xhtml:body", "body", "fulltext", "atom:content")
    summary = f.first_rich(
        fields, "description", "atom:summary", "dc:description", "itunes:summary", "media:description"
    )
    if not summary:
        groups = (f.fields_of(group) for name in ("media:group", "media:content") for group in fields.get(name, []))
        summary = next((text for group in groups if (text := f.first_rich(group, "media:description"))), "")
    return ("" if summary == body else summary), body


def _url(fields: f.Fields, guid: str | None, base: str, repairs: Repairs) -> str | None:
    """The page: as it was before a proxy of feeds, the link, Atom's link, then a guid that says it is one."""
    candidates = [f.raw(fields, "feedburner:origlink"), f.raw(fields, "link")]
    candidates += [
        link.get("href") or ""
        for name in ("link", "atom:link")
        for link in fields.get(name, [])
        if link.get("rel", "alternate") == "alternate"
    ]
    for text in candidates:
        found = f.link(text, base, repairs)
        if found:
            return found
    permanent = next((g.get("isPermaLink", "true").strip().lower() for g in fields.get("guid", [])), "true")
    if guid and permanent != "false" and guid.lower().startswith(("http://", "https://")):
        repairs.add("link-from-guid")
        return f.link(guid, base, repairs)
    return None


def _authors(fields: f.Fields) -> list[str]:
    texts = [*f.all_raw(fields, "author", "dc:creator")]
    texts += [f.raw(f.fields_of(e), "atom:name", "name") or f.inner_text(e) for e in fields.get("atom:author", [])]
    return texts or [*f.all_raw(fields, "itunes:author", "media:credit")]


def _categories(fields: f.Fields) -> list[str]:
    texts = [*f.all_raw(fields, "category", "dc:subject")]
    texts += [element.get("text") or "" for element in fields.get("itunes:category", [])]
    texts += [word for text in f.all_raw(fields, "media:keywords") for word in text.split(",")]
    return texts
