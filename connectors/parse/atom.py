"""Atom 0.3 and 1.0."""

from lxml import etree

from connectors.dates import DateReader
from connectors.parse import fields as f
from connectors.parse.entry import Entry, ParsedFeed, Repairs
from connectors.parse.links import link
from connectors.parse.points import points
from connectors.parse.taking import Taking
from connectors.text import literal, one_line

_PUBLISHED = ("published", "issued", "created", "dc:date", "pubdate", "dcterms:issued", "dcterms:created")
_UPDATED = ("updated", "modified", "dcterms:modified", "dc:modified")
_IANA = "http://www.iana.org/assignments/relation/"


def read_atom(root: etree._Element, taking: Taking) -> ParsedFeed:
    """A feed whose root is `feed`, or `entry` for a document of one entry."""
    feed = f.fields_of(root, own="atom")
    repairs = Repairs()
    language = f.language_of(root, f.tidy_language(f.raw(feed, "dc:language", "language")))
    dates = DateReader(language)
    alone = f.name_of(root).removeprefix("atom:") == "entry"
    itself = None if alone else _first(feed, "self", taking.url)
    home = None if alone else _first(feed, "alternate", taking.url or itself or "")
    base = taking.url or itself or home or ""
    # Direct children, or wherever they ended up where a tag was left open.
    entries = [root] if alone else _entries(root) or [*root.iter("{*}item")]
    authors = () if alone else _people(feed)
    return ParsedFeed(
        kind="Atom 0.3" if _is_03(root) else "Atom 1.0",
        title="" if alone else _title(feed, repairs),
        url=itself or home,
        language=language,
        entries=taking.elements(entries, lambda entry: _entry(entry, base, language, authors, dates)),
        hub=None if alone else _first(feed, "hub", base),
        repairs=repairs.all(),
    )


def _entries(root: etree._Element) -> list[etree._Element]:
    return [e for e in root.iter("{*}entry") if f.name_of(e).removeprefix("atom:") == "entry"]


def _is_03(root: etree._Element) -> bool:
    return (root.get("version") or "").strip() == "0.3" or "purl.org/atom" in str(root.tag)


def _relation(element: etree._Element) -> str:
    return (element.get("rel") or "alternate").strip().lower().removeprefix(_IANA)


def _first(feed: f.Fields, relation: str, base: str) -> str | None:
    found = (e for e in feed.get("link", []) if _relation(e) == relation)
    return next((a for e in found if (a := link(e.get("href"), f.base_of(e, base), Repairs()))), None)


def _entry(
    element: etree._Element, url: str, language: str | None, authors: tuple[str, ...], dates: DateReader
) -> Entry:
    fields = f.fields_of(element, own="atom")
    repairs = Repairs()
    summary, body = _texts(fields)
    guid = f.raw(fields, "id")
    if not guid:
        repairs.add("guid-missing")
    source = next((f.fields_of(e, own="atom") for e in fields.get("source", [])), {})
    address, anchor = _url(fields, guid, f.base_of(element, url), repairs)
    return Entry(
        guid=guid or None,
        url=address,
        anchor=anchor,
        title=_title(fields, repairs),
        summary=summary,
        body=body,
        published_at=f.date(dates, f.all_raw(fields, *_PUBLISHED), repairs),
        updated_at=f.date(dates, f.all_raw(fields, *_UPDATED), repairs),
        language=f.own_language(element, f.raw(fields, "dc:language", "language"))
        or f.content_language(fields)
        or language,
        authors=_people(fields) or _people(source) or authors,
        categories=f.names(_category(c) for c in fields.get("category", []))
        or f.names(f.all_raw(fields, "dc:subject")),
        points=points(fields),
        source_name=_title(source, Repairs()) or None,
        source_url=_first(source, "alternate", url) or _first(source, "self", url),
        repairs=repairs.all(),
    )


def _title(fields: f.Fields, repairs: Repairs) -> str:
    element = next((e for e in fields.get("title", []) if f.inner_text(e).strip() or len(e)), None)
    if element is None:
        groups = [e for g in fields.get("media:group", []) for e in f.fields_of(g).get("media:title", [])]
        element = next(iter([*fields.get("media:title", []), *groups, *fields.get("dc:title", [])]), None)
    # An explicit type is kept to: in `type="text"` a tag is the title's own text, in `html` it is expected.
    kind = element.get("type", "").strip().lower() if element is not None else ""
    if element is not None and kind in {"text", "text/plain"} and not len(element) and not element.get("mode"):
        return one_line(literal(element.text))
    return f.title_text(element, Repairs() if kind in {"html", "xhtml", "text/html"} else repairs)


def _texts(fields: f.Fields) -> tuple[str, str]:
    body = f.first_rich(fields, "content", "content:encoded", "xhtml:body", "body")
    summary = f.first_rich(fields, "summary", "description", "media:description", "dc:description")
    if not summary:
        groups = (f.fields_of(group) for group in fields.get("media:group", []))
        summary = next((text for group in groups if (text := f.first_rich(group, "media:description"))), "")
    return ("" if summary == body else summary), body


def _category(element: etree._Element) -> str:
    # A kind of entry (post, comment, settings), which is no subject.
    if (element.get("scheme") or "").endswith("schemas.google.com/g/2005#kind"):
        return ""
    return element.get("label") or element.get("term") or element.text or ""


def _url(fields: f.Fields, guid: str, base: str, repairs: Repairs) -> tuple[str | None, bool]:
    """The page, and whether its link had an anchor."""
    links = [(e, _relation(e)) for e in fields.get("link", [])]
    alternate = [e for e, relation in links if relation == "alternate" and e.get("href")]
    # Of several, that for people: other types are the same item for programs.
    alternate.sort(key=lambda e: "html" not in (e.get("type") or "text/html").lower())
    candidates = [(text, base) for text in f.all_raw(fields, "feedburner:origlink")]
    candidates += [(e.get("href") or "", f.base_of(e, base)) for e in alternate]
    candidates += [(e.get("src") or "", f.base_of(e, base)) for e in fields.get("content", [])]
    candidates += [(e.text or "", f.base_of(e, base)) for e, _ in links if not e.get("href")]
    for text, at in candidates:
        found = link(text, at, repairs)
        if found:
            return found, "#" in text
    if guid.lower().startswith(("http://", "https://")):
        repairs.add("link-from-guid")
        return link(guid, base, repairs), "#" in guid
    for wanted in ("self", "via", "related", "enclosure"):
        for e, relation in links:
            if relation == wanted and (found := link(e.get("href"), f.base_of(e, base), Repairs())):
                repairs.add(f"link-from-{wanted}")
                return found, False
    return None, False


def _people(fields: f.Fields) -> tuple[str, ...]:
    people = []
    for element in fields.get("author", []):
        inner = f.fields_of(element, own="atom")
        people.append(f.raw(inner, "name", "email") or (element.text or ""))
    return f.names(iter(people)) or f.names(f.all_raw(fields, "dc:creator", "itunes:author"))
