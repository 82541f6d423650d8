"""News sitemaps, and the indexes that list them (sitemaps.org 0.9, Google's news extension)."""

from lxml import etree

from connectors.dates import DateReader
from connectors.parse import fields as f
from connectors.parse.entry import Entry, ParsedFeed, Repairs
from connectors.text import canonical_url


def read_sitemap(root: etree._Element, url: str) -> ParsedFeed:
    """A `urlset`: its pages with news. Pages without have no text yet and are counted as skipped."""
    dates = DateReader()
    pages = f.fields_of(root).get("url", [])
    entries = [entry for page in pages if (entry := _entry(page, url, dates))]
    named = next((n for page in pages if (n := _publication(page))), "")
    languages = {entry.language for entry in entries}
    return ParsedFeed(
        kind="news sitemap",
        title=named,
        language=languages.pop() if len(languages) == 1 else None,
        entries=tuple(entries),
        skipped=len(pages) - len(entries),
    )


def read_sitemap_index(root: etree._Element, url: str) -> ParsedFeed:
    """A `sitemapindex`: the addresses of its sitemaps."""
    locations = (f.raw(f.fields_of(s), "loc") for s in f.fields_of(root).get("sitemap", []))
    return ParsedFeed(kind="sitemap index", children=tuple(u for text in locations if (u := canonical_url(text, url))))


def _entry(page: etree._Element, base: str, dates: DateReader) -> Entry | None:
    fields = f.fields_of(page)
    news = next(iter(fields.get("news:news", [])), None)
    if news is None:
        return None
    inner = f.fields_of(news)
    publication = next((f.fields_of(p) for p in inner.get("news:publication", [])), {})
    repairs = Repairs()
    return Entry(
        url=f.link(f.raw(fields, "loc"), base, repairs),
        title=f.title_text(next(iter(inner.get("news:title", [])), None), repairs),
        published_at=f.date(dates, f.all_raw(inner, "news:publication_date"), repairs),
        updated_at=f.date(dates, f.all_raw(fields, "lastmod"), repairs),
        language=f.tidy_language(f.raw(publication, "news:language")),
        categories=f.names(word for text in f.all_raw(inner, "news:keywords") for word in text.split(",")),
        repairs=repairs.all(),
    )


def _publication(page: etree._Element) -> str:
    for news in f.fields_of(page).get("news:news", []):
        for publication in f.fields_of(news).get("news:publication", []):
            return f.raw(f.fields_of(publication), "news:name")
    return ""
