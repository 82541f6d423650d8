"""Atom 0.3 and 1.0."""

from lxml import etree

from connectors.dates import DateReader
from connectors.parse import fields as f
from connectors.parse.entry import Entry, ParsedFeed, Repairs
from connectors.text import one_line


def read_atom(root: etree._Element, url: str) -> ParsedFeed:
    """A feed whose root is `feed`, or `entry` for a document of one entry."""
    feed = f.fields_of(root, own="atom")
    repairs = Repairs()
    language = f.language_of(root, f.tidy_language(f.raw(feed, "dc:language", "language")))
    dates = DateReader(language)
    alone = f.name_of(root).removeprefix("atom:") == "entry"
    # Direct children, or wherever they ended up where a tag was left open.
    entries = [root] if alone else feed.get("entry") or [*root.iter("{*}entry")]
    authors = () if alone else _people(feed)
    return ParsedFeed(
        kind="Atom 0.3" if (root.get("version") or "").strip() == "0.3" else "Atom 1.0",
        title="" if alone else _title(feed, repairs),
        language=language,
        entries=tuple(_entry(entry, url, language, authors, dates) for entry in entries),
        repairs=repairs.all(),
    )


def _entry(
    element: etree._Element, url: str, language: str | None, authors: tuple[str, ...], dates: DateReader
) -> Entry:
    fields = f.fields_of(element, own="atom")
    repairs = Repairs()
    summary, body = _texts(fields)
    guid = f.raw(fields, "id")
    return Entry(
        guid=guid or None,
        url=_url(fields, guid, f.base_of(element, url), repairs),
        title=_title(fields, repairs),
        summary=summary,
        body=body,
        published_at=f.date(dates, f.all_raw(fields, "published", "issued", "created", "dc:date", "pubdate"), repairs),
        updated_at=f.date(dates, f.all_raw(fields, "updated", "modified", "dcterms:modified"), repairs),
        language=f.language_of(element, language),
        authors=_people(fields) or authors,
        categories=f.names((c.get("label") or c.get("term") or c.text or "") for c in fields.get("category", [])),
        repairs=repairs.all(),
    )


def _title(fields: f.Fields, repairs: Repairs) -> str:
    element = next(iter(fields.get("title", [])), None)
    if element is None:
        element = next((t for g in fields.get("media:group", []) for t in f.fields_of(g).get("media:title", [])), None)
    # An explicit type is kept to: in `type="text"` a tag is the title's own text, in `html` it is expected.
    kind = element.get("type", "") if element is not None else ""
    if element is not None and kind == "text" and not len(element):
        return one_line(element.text or "")
    return f.title_text(element, Repairs() if kind in {"html", "xhtml", "text/html"} else repairs)


def _texts(fields: f.Fields) -> tuple[str, str]:
    body = f.first_rich(fields, "content")
    summary = f.first_rich(fields, "summary", "media:description")
    if not summary:
        groups = (f.fields_of(group) for group in fields.get("media:group", []))
        summary = next((text for group in groups if (text := f.first_rich(group, "media:description"))), "")
    return ("" if summary == body else summary), body


def _url(fields: f.Fields, guid: str, base: str, repairs: Repairs) -> str | None:
    links = fields.get("link", [])
    candidates = [f.raw(fields, "feedburner:origlink")]
    candidates += [e.get("href") or "" for e in links if e.get("rel", "alternate") == "alternate"]
    candidates += [e.get("src") or "" for e in fields.get("content", [])]
    candidates += [e.text or "" for e in links if not e.get("href")]
    for text in candidates:
        found = f.link(text, base, repairs)
        if found:
            return found
    if guid.lower().startswith(("http://", "https://")):
        repairs.add("link-from-guid")
        return f.link(guid, base, repairs)
    return None


def _people(fields: f.Fields) -> tuple[str, ...]:
    people = []
    for element in fields.get("author", []):
        inner = f.fields_of(element, own="atom")
        people.append(f.raw(inner, "name", "email") or (element.text or ""))
    return f.names(iter(people)) or f.names(f.all_raw(fields, "dc:creator"))
