"""What of an HTML page is the article: two extractors, one judged by the other. Pure.

trafilatura finds the text; resiliparse, made otherwise and much faster, is the second opinion. Where both
agree the text is most likely right; `quality` is how far they do. `python -m tests.benchmarks.extraction`
measures both, and what is made of them. The metadata (title, date, authors, language) are the page's own,
as `connectors.documents` reads them.
"""

import logging
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import trafilatura
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLTree

from connectors.documents import Document, read_html
from connectors.text import HTML_LIMIT, one_line, tidy

TRAFILATURA, RESILIPARSE, STRUCTURE = "trafilatura", "resiliparse", "structure"
# Shorter texts are a caption, a teaser or a menu: another method may have more.
SHORT = 200
AGREED = 0.75
# A longer line is no headline.
LINK_LIMIT = 300
_BULLET = re.compile(r"^[-*•]\s+")
_WORD = re.compile(r"\w+")
_JSON_LD = re.compile(
    r"<script[^>]{0,300}application/ld\+json[^>]{0,300}>(.{0,200000}?)</script", re.IGNORECASE | re.DOTALL
)
_SCRIPTS_LIMIT = 20
# trafilatura takes out what Python calls unprintable, the joiners among them, without which Persian and Sinhala words
# are others. Two letters of a script that no news is written in (Elbasan) stand for them meanwhile.
_HIDDEN = {"\u200c": "\U00010500", "\u200d": "\U00010501"}
_JOINER = re.compile(r"&(?:(zwnj|#8204|#x200c)|zwj|#8205|#x200d);", re.IGNORECASE)

# Both say on the log what they could not find, which is an outcome here.
for _name in ("trafilatura", "htmldate", "courlan", "justext"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """The article of a page. `document.body` is its text, one paragraph a line; empty where the page has none.

    `method` is what found it, `quality` (0 to 1) how far two extractors agree on it. `free` is what the page says in
    schema.org's `isAccessibleForFree`, or None.
    """

    document: Document
    method: str
    quality: float
    free: bool | None = None


def read_article(html: str, url: str | None = None, *, known: str = "") -> Article:
    """The article of a page.

    Args:
        html: the page; what is over 2 million characters is not read.
        url: its address, where known; the canonical address that it names otherwise.
        known: what else is known of the article, such as its feed's summary: where the extractors disagree, the text
            that has more of its words is taken.
    """
    html = html[:HTML_LIMIT].replace("\x00", "")
    document = read_html(html, url)
    first, second = tidy(by_trafilatura(html)), tidy(by_resiliparse(html))
    first = _without_links(first, second, html)
    quality = agreement(first, second)
    method, text = _choose(first, second, document.body, quality, known)
    return Article(
        document=replace(document, body=_without_title(text, document.title)),
        method=method,
        quality=round(quality if method != STRUCTURE else 0.0, 3),
        free=_is_free(html),
    )


def agreement(first: str, second: str) -> float:
    """How much of two texts is the same: the F1 of their words, counted; 0 where one is empty."""
    one, other = Counter(_WORD.findall(first.casefold())), Counter(_WORD.findall(second.casefold()))
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if one and other else 0.0


def _choose(first: str, second: str, structure: str, quality: float, known: str) -> tuple[str, str]:
    if len(first) < SHORT and len(second) < SHORT:
        # Too small a page for either: what stands in its `article`, `main` or `body`, unless that is a page's frame.
        longest = max((TRAFILATURA, first), (RESILIPARSE, second), key=lambda pair: len(pair[1]))
        return (STRUCTURE, structure) if len(structure) < 2 * SHORT or not longest[1] else longest
    if len(first) < SHORT:
        return RESILIPARSE, second
    if quality < AGREED and second and known:
        words = set(_WORD.findall(known.casefold()))
        in_first = len(words & set(_WORD.findall(first.casefold())))
        in_second = len(words & set(_WORD.findall(second.casefold())))
        if in_second > in_first:
            return RESILIPARSE, second
    return TRAFILATURA, first


def by_trafilatura(html: str) -> str:
    """What trafilatura takes for the article's text; empty where it finds none or the page breaks it."""
    # `fast` leaves its own second opinion out, which costs 5 ms and gains nothing (0.960 against 0.962).
    hidden = _JOINER.sub(lambda found: "\u200c" if found[1] else "\u200d", html)
    for joiner, letter in _HIDDEN.items():
        hidden = hidden.replace(joiner, letter)
    try:
        text = trafilatura.extract(hidden, fast=True, include_comments=False) or ""
    except (ValueError, TypeError, AttributeError, RecursionError, AssertionError):
        return ""  # a page that breaks it; the second opinion goes on
    for joiner, letter in _HIDDEN.items():
        text = text.replace(letter, joiner)
    return text


def by_resiliparse(html: str) -> str:
    """What resiliparse takes for the article's text; empty where it finds none or the page breaks it."""
    try:
        found: str = extract_plain_text(html, main_content=True, list_bullets=False, alt_texts=False)
    except (ValueError, RuntimeError, UnicodeError):
        return ""
    return found


def _without_links(first: str, second: str, html: str) -> str:
    """The first text without the lines that are a link's whole text, and that the second does not have.

    Such are other articles' headlines, whose names are not this article's.
    """
    lines = first.split("\n")
    kept = set(second.split("\n"))
    doubtful = {line for line in lines if len(line) <= LINK_LIMIT and line not in kept}
    page = HTMLTree.parse(html).document if second and doubtful else None
    if page is None:
        return first
    links = {one_line(anchor.text or "") for anchor in page.get_elements_by_tag_name("a")}
    return "\n".join(line for line in lines if line not in doubtful or _BULLET.sub("", line) not in links)


def _without_title(text: str, title: str) -> str:
    first, _, rest = text.partition("\n")
    first, title = one_line(first).casefold(), title.casefold()
    # The page's own title may go on with the site's name.
    same = first == title or (title.startswith(first) and 2 * len(first) > len(title))
    return rest if rest and same else text


def _is_free(html: str) -> bool | None:
    for number, match in enumerate(_JSON_LD.finditer(html)):
        if number >= _SCRIPTS_LIMIT:
            break
        for value in _values(match[1], "isAccessibleForFree"):
            return str(value).strip().lower() not in {"false", "0", "no"}
    return None


def _values(text: str, name: str) -> Iterator[Any]:
    try:
        stack = [msgspec.json.decode(text.strip().encode("utf-8", "replace"))]
    except (msgspec.DecodeError, RecursionError):
        return
    while stack:
        found = stack.pop(0)
        if isinstance(found, dict):
            if name in found:
                yield found[name]
            stack.extend(found.values())
        elif isinstance(found, list):
            stack.extend(found)
