"""One text or HTML document as an item's fields: what is its title, what its body. Pure.

A title should read like a headline: one line of at most 120 characters. A text's first line is taken for its title
where it looks like one; an article that starts with a long lead gets its first sentence, cut at a word if need be.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from connectors.dates import parse_date
from connectors.parse.fields import tidy_language
from connectors.text import html_root, one_line, plain, plain_element
from connectors.urls import canonical_url

TITLE_LENGTH = 120
HEADLINE_LENGTH = 200
DERIVED = "title-derived"

# A sentence ends at these before a space or the end; those of CJK need none, and quotes may close after.
_END = re.compile(r"[.!?…؟۔।။።]+[\"'”’»)\]]*(?=\s|\Z)|[。！？]+[」』”’）]*")
# An initial or an abbreviation before the full stop: "J.", "Dr.", "St.", "U.S.".
_ABBREVIATED = re.compile(r"(?:\b[^\W\d_]\.|\b[A-Z][a-z]{1,2}\.|\b(?:[A-Za-z]\.){2,})\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a document says of itself. Texts are plain."""

    title: str = ""
    summary: str = ""
    body: str = ""
    url: str | None = None
    language: str | None = None
    published_at: datetime | None = None
    authors: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()


def read_text(text: str) -> Document:
    """A plain text. The first line is the title, and not part of the body, where it is a headline.

    That is: under 200 characters and followed by an empty line; or at most 120, without a full stop at its end, and
    followed by more. Otherwise the title is derived from the first sentence, and the body is the whole text.
    """
    text = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").strip()
    first, _, rest = text.partition("\n")
    first = one_line(first)
    if rest.strip() and _is_headline(first, followed_by_blank=rest.lstrip(" \t").startswith("\n")):
        return Document(title=first, body=rest.strip())
    return Document(title=title_of(text), body=text, repairs=(DERIVED,) if text else ())


def _is_headline(line: str, *, followed_by_blank: bool) -> bool:
    if followed_by_blank:
        return len(line) < HEADLINE_LENGTH
    return len(line) <= TITLE_LENGTH and not re.search(r"[.,;:…。，、]\Z", line)


def title_of(text: str) -> str:
    """A headline for a text without one: its first sentence without the full stop, or as many words as fit in 120."""
    line = one_line(text[: 20 * TITLE_LENGTH].partition("\n")[0])
    sentence = _first_sentence(line)
    if len(sentence) <= TITLE_LENGTH:
        return sentence.rstrip(".。।۔")
    room = sentence[: TITLE_LENGTH - 1]
    words = room.rpartition(" ")[0]
    # A script without spaces is cut where it is.
    return (words if len(words) > TITLE_LENGTH // 2 else room).rstrip(" ,;:–—-") + "…"


def _first_sentence(line: str) -> str:
    for match in _END.finditer(line):
        if not _ABBREVIATED.search(line[: match.end()]):
            return line[: match.end()]
    return line


def read_html(text: str, url: str | None = None) -> Document:
    """An HTML page: its own metadata first (Open Graph, schema.org's meta names), then `title` and `h1`.

    The body is what stands in `article`, else in `main`, else in the page.
    """
    root = html_root(text)
    if root is None:
        return read_text(plain(text))
    meta = _meta(root)
    address = next((e.get("href") for e in root.iter("link") if e.get("rel", "").lower() == "canonical"), None)
    published, repair = parse_date(_first(meta, "article:published_time", "datepublished", "date", "dc.date"))
    body = _body(root)
    return Document(
        title=one_line(plain(_first(meta, "og:title")) or _inside(root, "h1") or _inside(root, "title"))
        or title_of(body),
        summary=plain(_first(meta, "og:description", "description")),
        body=body,
        url=url or canonical_url(address or meta.get("og:url"), url),
        language=tidy_language(root.get("lang") or meta.get("og:locale")),
        published_at=published,
        authors=tuple(name for name in [one_line(plain(_first(meta, "author", "article:author")))] if name),
        repairs=(repair,) if repair else (),
    )


def _meta(root: etree._Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in root.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop")
        if name and element.get("content"):
            found.setdefault(name.lower(), str(element.get("content")))
    return found


def _first(meta: dict[str, str], *names: str) -> str:
    return next((meta[name] for name in names if name in meta), "")


def _inside(root: etree._Element, name: str) -> str:
    element = next(root.iter(name), None)
    return plain_element(element) if element is not None else ""


def _body(root: etree._Element) -> str:
    for name in ("article", "main", "body"):
        text = max((plain_element(element) for element in root.iter(name)), key=len, default="")
        if text:
            return text
    return plain_element(root)
