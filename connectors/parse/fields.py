"""The wire shape that RSS, Atom and their extensions share: an element's children by `prefix:name`.

Feeds declare namespaces under other prefixes, under addresses that are nearly right, or not at all; so the names here
are the usual prefixes, whatever the document calls them.
"""

import base64
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache

from babel.core import get_global
from lxml import etree

from connectors.dates import DateReader
from connectors.parse.entry import Repairs
from connectors.text import absolute_url, has_markup, has_tag, literal, one_line, plain, plain_element

Fields = dict[str, list[etree._Element]]  # noqa: SLF001 - lxml has no public name for it

XML = "{http://www.w3.org/XML/1998/namespace}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
NAME_LIMIT = 500
_ADDRESS = re.compile(r"(?:mailto:)?[^\s<>()\[\]\",;:]{1,100}@[^\s<>()\[\]\",;:]{1,200}", re.IGNORECASE)
_BRACKETS = str.maketrans("()<>[]", "      ")
_AFTER_TAG = re.compile(r"\s*[,;.]")
_IS_XML = re.compile(r"[+/]xml\b|html")

# The address's distinguishing part, and the prefix that it means. "" is the feed's own vocabulary.
_KNOWN = (
    ("purl.org/rss/1.0/modules/content", "content"),
    ("purl.org/rss/1.0/modules/slash", "slash"),
    ("purl.org/rss/1.0/modules/syndication", "sy"),
    ("purl.org/rss/1.0", ""),
    ("my.netscape.com", ""),
    ("backend.userland.com", ""),
    ("blogs.law.harvard.edu/tech/rss", ""),
    ("purl.org/dc/terms", "dcterms"),
    ("purl.org/dc/elements", "dc"),
    ("search.yahoo.com/mrss", "media"),
    ("itunes.com/dtds", "itunes"),
    ("w3.org/2005/atom", "atom"),
    ("purl.org/atom", "atom"),
    ("w3.org/1999/xhtml", "xhtml"),
    ("w3.org/1999/02/22-rdf", "rdf"),
    ("rssnamespace.org/feedburner", "feedburner"),
    ("sitemaps.org/schemas/sitemap", ""),
    ("google.com/schemas/sitemap/0", ""),
    ("google.com/schemas/sitemap-news", "news"),
    ("google.com/schemas/sitemap-image", "image"),
    ("news.yandex.ru", "yandex"),
    ("turbo.yandex.ru", "turbo"),
    ("prismstandard.org", "prism"),
    ("georss.org/georss", "georss"),
    ("opengis.net/gml", "gml"),
    ("w3.org/2003/01/geo", "geo"),
)
_USUAL = frozenset({prefix for _, prefix in _KNOWN if prefix} | {"thr", "wfw"})


def name_of(element: etree._Element) -> str:
    """`prefix:name` in lower case, only `name` for the feed's own vocabulary."""
    space, brace, local = str(element.tag).rpartition("}")
    if not brace:
        return local.lower()
    prefix = _prefix(space[1:], element.prefix)
    return f"{prefix}:{local.lower()}" if prefix else local.lower()


@lru_cache(maxsize=2048)
def _prefix(address: str, written: str | None) -> str:
    lower = address.lower()
    for part, prefix in _KNOWN:
        if part in lower:
            return prefix
    # An address that nobody knows: the usual prefix tells what was meant; without one it is the feed's own.
    if written is None:
        return ""
    return written.lower() if written.lower() in _USUAL else "?"


def fields_of(element: etree._Element, *, own: str | None = None) -> Fields:
    """The children by name. `own` is a prefix that counts as the feed's own vocabulary (`atom` inside Atom)."""
    fields: Fields = {}
    for child in element:
        name = name_of(child)
        if own:
            name = name.removeprefix(f"{own}:")
        fields.setdefault(name, []).append(child)
    return fields


def raw(fields: Fields, *names: str) -> str:
    """The text of the first of these fields that has any, as it stands."""
    return next((text for text in _texts(fields, names) if text), "")


def all_raw(fields: Fields, *names: str) -> Iterator[str]:
    """Every text of these fields that is not empty."""
    return (text for text in _texts(fields, names) if text)


def _texts(fields: Fields, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        for element in fields.get(name, ()):
            yield inner_text(element).strip()


def inner_text(element: etree._Element) -> str:
    """All text inside an element, as it stands."""
    return "".join(str(text) for text in element.itertext())


def raw_of(element: etree._Element) -> str:
    """An element's text, or its markup where elements stand in it (a link inside a link)."""
    if not len(element):
        return (element.text or "").strip()
    return etree.tostring(element, encoding="unicode", with_tail=False).partition(">")[2].rpartition("</")[0].strip()


def rich(element: etree._Element) -> str:
    """The plain text of a field that holds HTML: escaped, in CDATA, in base64, or as elements."""
    if len(element):
        return plain_element(element)
    kind = (element.get("type") or "").lower()
    if element.get("mode") == "base64" or ("/" in kind and not kind.startswith("text/") and not _IS_XML.search(kind)):
        return _from_base64(element.text or "")
    if kind == "text":
        return literal(element.text)
    return plain(element.text)


def _from_base64(text: str) -> str:
    """The text in base64; nothing for what is no text (Atom lets images and sound stand there)."""
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
        return plain(data.decode("utf-8"))
    except ValueError:
        return plain(text) if " " in text.strip() else ""


def bag_text(fields: Fields) -> str:
    """The text in RSS 1.0's first module for content: a bag of values."""
    values = (e for bag in fields.get("content:items", []) for e in bag.iter(f"{RDF}value"))
    return next((text for e in values if (text := rich(e))), "")


def number(text: str) -> float | None:
    """A number that is not below nothing, or None."""
    try:
        value = float(text[:20])
    except ValueError:
        return None
    return value if 0 <= value < 1e9 else None  # noqa: PLR2004 - more than any field means


def home_of(url: str | None) -> str | None:
    """The root of an address: what is no item's own page."""
    return f"{url.partition('://')[0]}://{url.partition('://')[2].partition('/')[0]}/" if url else None


def first_rich(fields: Fields, *names: str) -> str:
    """The plain text of the first of these fields that has any."""
    for name in names:
        for element in fields.get(name, ()):
            text = rich(element)
            if text:
                return text
    return ""


def title_text(element: etree._Element | None, repairs: Repairs) -> str:
    """A title on one line, without markup."""
    if element is None:
        return ""
    text = inner_text(element)
    if len(element) or has_markup(text):
        repairs.add("html-in-title")
    return one_line(rich(element))


def language_of(element: etree._Element, given: str | None) -> str | None:
    """The nearest `xml:lang`, else what was given."""
    at: etree._Element | None = element
    while at is not None:
        found = at.get(f"{XML}lang") or (at.get("lang") if at.getparent() is None else None)
        if found and found.strip():
            return tidy_language(found)
        at = at.getparent()
    return given


def own_language(element: etree._Element, given: str | None) -> str | None:
    """What this element says of its own language: by `xml:lang`, else by a field of it."""
    return tidy_language(element.get(f"{XML}lang")) or tidy_language(given)


def content_language(fields: Fields) -> str | None:
    """The `xml:lang` of an entry's title or content, where the entry has none."""
    named = ("content", "content:encoded", "title", "summary", "description")
    found = (e.get(f"{XML}lang") for name in named for e in fields.get(name, ()))
    return next((tag for text in found if (tag := tidy_language(text))), None)


# ISO 639 gave these up in 1989; old Java programs still write them.
_RETIRED = {"in": "id", "iw": "he", "ji": "yi"}


def tidy_language(text: str | None) -> str | None:
    """A language tag as BCP 47 writes it (`PT_br ` is `pt-BR`, `ind` is `id`), or None for what is none."""
    # `en_US.UTF-8`, `en-us, en`: what follows is no part of it.
    tag = _AFTER_TAG.split((text or "").strip(), maxsplit=1)[0].replace("_", "-")
    if not (2 <= len(tag) <= 35 and tag.replace("-", "").isalnum() and tag.isascii()):  # noqa: PLR2004
        return None
    first, *rest = tag.split("-")
    first = first.lower()
    # A country has two letters, a script four.
    cased = (part.upper() if len(part) == 2 else part.title() if len(part) == 4 else part for part in rest)  # noqa: PLR2004
    return "-".join((_RETIRED.get(first) or _shortest(first), *cased))


@lru_cache(maxsize=512)
def _shortest(code: str) -> str:
    """Of a language's codes, the one that BCP 47 has: `ind` is `id`, `ger` is `de`."""
    found = get_global("language_aliases").get(code) if len(code) == 3 else None  # noqa: PLR2004 - the longer codes
    return str(found).replace("_", "-") if found else code


def base_of(element: etree._Element, given: str) -> str:
    """What relative links in this element are relative to: every `xml:base` on the way in, then `given`."""
    bases: list[str] = []
    at: etree._Element | None = element
    while at is not None:
        if found := at.get(f"{XML}base"):
            bases.append(found)
        at = at.getparent()
    base = given
    for step in reversed(bases):
        base = absolute_url(step, base) or base
    return base


def date(dates: DateReader, texts: Iterator[str], repairs: Repairs) -> datetime | None:
    """The first of these texts that is a date."""
    for text in texts:
        moment, repair = dates.read(text)
        repairs.add(repair)
        if moment:
            return moment
    return None


def names(texts: Iterable[str]) -> tuple[str, ...]:
    """Names of people or of categories: plain, on one line, each once. A longer one is cut where that is said."""
    tidy = (one_line(plain(text[: 4 * NAME_LIMIT]))[: NAME_LIMIT + 1] for text in texts)
    return tuple(dict.fromkeys(name for name in tidy if name))


def person(text: str) -> str:
    """The name beside an address: `user@site (Name)`, `Name <user@site>`, `Name (user@site)`; the text itself else.

    A web address alone is no name.
    """
    text = text.strip()[: 4 * NAME_LIMIT]
    if text.lower().startswith(("http://", "https://")) and " " not in text:
        return ""
    if "<" in text and has_tag(text):
        text = plain(text)
    if "@" not in text:
        return text
    name = one_line(_ADDRESS.sub(" ", text).translate(_BRACKETS)).strip(' ,;:-"')
    return name or text.removeprefix("mailto:")
