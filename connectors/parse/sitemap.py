"""News sitemaps, and the indexes that list them (sitemaps.org 0.9, Google's news extension)."""

from lxml import etree

from connectors.dates import DateReader
from connectors.parse import fields as f
from connectors.parse.entry import Entry, ParsedFeed, Repairs
from connectors.parse.links import link
from connectors.parse.taking import Taking
from connectors.urls import canonical_url

CHILDREN_LIMIT = 50_000


def read_sitemap(root: etree._Element, taking: Taking) -> ParsedFeed:
    """A `urlset`: its pages, those with news with a title. `skipped` counts the others, which have no text yet."""
    dates = DateReader()
    pages = f.fields_of(root).get("url", [])
    entries = taking.elements(pages, lambda page: _entry(page, taking.url, dates))
    named = next((n for page in pages if (n := _publication(page))), "")
    languages = {entry.language for entry in entries if entry.title}
    return ParsedFeed(
        kind="news sitemap" if named or any(entry.title for entry in entries) else "sitemap",
        title=named,
        language=languages.pop() if len(languages) == 1 else None,
        entries=entries,
        skipped=sum(not entry.title for entry in entries),
    )


def read_sitemap_index(root: etree._Element, taking: Taking) -> ParsedFeed:
    """A `sitemapindex`: the addresses of its sitemaps, the last changed first (those without a date in their order)."""
    dates = DateReader()
    found: list[tuple[float, str]] = []
    for sitemap in f.fields_of(root).get("sitemap", [])[:CHILDREN_LIMIT]:
        inner = f.fields_of(sitemap)
        address = canonical_url(f.raw(inner, "loc"), taking.url)
        if address:
            changed, _ = dates.read(f.raw(inner, "lastmod"))
            found.append((-changed.timestamp() if changed else 0.0, address))
    found.sort(key=lambda child: child[0])
    return ParsedFeed(kind="sitemap index", children=tuple(dict.fromkeys(address for _, address in found)))


def _entry(page: etree._Element, base: str, dates: DateReader) -> Entry:
    fields = f.fields_of(page)
    news = next(iter(fields.get("news:news", [])), None)
    inner = f.fields_of(news) if news is not None else {}
    publication = next((f.fields_of(p) for p in inner.get("news:publication", [])), {})
    repairs = Repairs()
    keywords = [word for text in f.all_raw(inner, "news:keywords") for word in text.split(",")]
    return Entry(
        url=link(f.raw(fields, "loc"), base, repairs),
        title=f.title_text(next(iter(inner.get("news:title", [])), None), repairs),
        published_at=f.date(dates, f.all_raw(inner, "news:publication_date"), repairs),
        updated_at=f.date(dates, f.all_raw(fields, "lastmod"), repairs),
        language=f.tidy_language(f.raw(publication, "news:language")),
        categories=f.names((*f.all_raw(inner, "news:genres"), *keywords)),
        repairs=repairs.all(),
    )


def _publication(page: etree._Element) -> str:
    for news in f.fields_of(page).get("news:news", []):
        for publication in f.fields_of(news).get("news:publication", []):
            return f.raw(f.fields_of(publication), "news:name")
    return ""
