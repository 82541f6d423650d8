"""What a source says, as plain text: HTML without its tags, scripts or entities, one block a line.

The output is text and never HTML, so nothing in it can run, whatever shows it. Parsing is libxml2's, which is linear
and bounded in depth; there is no regular expression here that can stall.
"""

import html
import re
import unicodedata
from collections.abc import Iterator

from lxml import etree

from connectors.charset import encoded_twice
from connectors.dates import parse_date
from connectors.urls import absolute_url, canonical_url

__all__ = [
    "absolute_url",
    "canonical_url",
    "has_markup",
    "has_tag",
    "html_root",
    "literal",
    "one_line",
    "parse_date",
    "plain",
    "plain_element",
]

HTML_LIMIT = 2_000_000
ESCAPES = 3

_DROPPED = frozenset(
    "script style template iframe object embed applet svg math noscript noframes head title meta link base "  # noqa: SIM905 - a list of names
    "button select textarea input canvas audio video map area frameset frame layer bgsound noembed xmp".split()
)
# Of those, what holds words where it is not closed; an open script or style is code to its end.
_CLOSABLE = _DROPPED - {"script", "style", "head", "title", "template", "textarea"}
_BLOCKS = frozenset(
    "p div br li ul ol dl dt dd h1 h2 h3 h4 h5 h6 tr table thead tbody tfoot caption blockquote pre section article "  # noqa: SIM905 - a list of names
    "header footer main nav aside figure figcaption hr address form fieldset details summary center "
    "hgroup search dialog body html".split()
)
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark q rp rt ruby s samp small "  # noqa: SIM905 - a list of names
    "span strike strong sub sup td th time tt u var wbr picture source track nobr blink marquee legend output".split()
)
# What could run where a text is shown by mistake as HTML.
_RUNS = re.compile(
    r"<\s*/?\s*(?:script|iframe|object|embed|svg|style|link|meta|base|form)\b|<[^<>]*\bon\w+\s*=|javascript:",
    re.IGNORECASE,
)
# An element of any name runs what its handlers say.
_HANDLER = re.compile(r"<[a-z][^<>]*\bon\w+\s*=", re.IGNORECASE)
_PAIRED = re.compile(r"</[a-zA-Z]|<(?:br|hr|img|p)\b", re.IGNORECASE)
_TAG = re.compile(r"<(?:!--|/?([a-zA-Z][a-zA-Z0-9]{0,11})(?=[\s/>]))")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
_ANY_TAG = re.compile(r"<[^<>]*>")
_TOO_DEEP = etree.ErrorTypes.ERR_RESOURCE_LIMIT
# Escaped by one program, put into another CDATA by the next: marks of it are never a text's own.
_CDATA_MARKS = re.compile(r"(?:<|&lt;)!\[CDATA\[|\]\](?:>|&gt;)")
_SPACES = re.compile(r"[ \t\r\f\v\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
_NEWLINES = re.compile(r" *\n[ \n]*")
# Zero-width joiners stay: Persian and the scripts of India need them. C1 controls are windows-1252 in practice.
_INVISIBLE = str.maketrans(
    dict.fromkeys("\u00ad\u200b\u2060\ufeff", "")
    | {chr(n): bytes([n]).decode("cp1252", "ignore") for n in range(0x80, 0xA0) if n != 0x85}  # noqa: PLR2004 - NEL
)


def has_markup(text: str) -> bool:
    """Whether a text holds HTML: a tag that HTML has, or an entity. `5 < 6` and `AT&T` are none."""
    return has_tag(text) or (bool(_ENTITY.search(text)) and html.unescape(text) != text)


def has_tag(text: str) -> bool:
    """Whether a text holds a tag that HTML has, or one of any name that could run."""
    known = _DROPPED | _BLOCKS | _INLINE
    return bool(_HANDLER.search(text)) or any(m[1] is None or m[1].lower() in known for m in _TAG.finditer(text))


def plain(text: str | None) -> str:
    """The text of a piece of HTML, or of a text that is none: NFC, blocks on lines of their own, single spaces.

    What is escaped twice is read twice: feeds that escape what is escaped already are common.
    """
    if not text:
        return ""
    if "CDATA[" in text:
        text = _CDATA_MARKS.sub("", text)
    for time in range(ESCAPES):
        if "<" in text and (_has_markup_twice(text) if time else has_tag(text)):
            text = _read_html(text)
            # Markup that was escaped inside this one is text of an article on HTML, unless it could run.
            return tidy(text if not _RUNS.search(text) else _without_tags(_read_html(text)))
        if "&" not in text:
            break
        text = html.unescape(text)
        # References to the bytes of a character, one each: `&acirc;&#128;&#153;`.
        text = encoded_twice(text) or text
    return tidy(text)


def _has_markup_twice(text: str) -> bool:
    # What was escaped twice: an element with its end, or one that has none. `the <b> tag` is an article on HTML.
    return bool(_PAIRED.search(text)) and has_tag(text)


def literal(text: str | None) -> str:
    """A text that says it is none but text: tags in it are its own, unless one could run somewhere."""
    text = text or ""
    return plain(text) if _RUNS.search(text) or _has_markup_twice(text) else tidy(text)


def plain_element(element: etree._Element) -> str:
    """The text inside an element that is HTML already (Atom's XHTML)."""
    return tidy("".join(_pieces(element)))


def one_line(text: str) -> str:
    """A text on one line, as titles and names are."""
    return " ".join(text.split())


def html_root(text: str) -> etree._Element | None:
    """The tree of a piece of HTML, or None where there is none or it is nested deeper than libxml2 goes (256)."""
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
    # NUL ends the text for libxml2; a lone surrogate has no UTF-8.
    data = text[:HTML_LIMIT].replace("\x00", "").encode("utf-8", "replace")
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        return None
    return None if any(entry.type == _TOO_DEEP for entry in parser.error_log) else root


def _read_html(text: str) -> str:
    root = html_root(text)
    return _without_tags(text) if root is None else "".join(_pieces(root, _DROPPED - _never_closed(text)))


def _never_closed(text: str) -> frozenset[str]:
    """The dropped elements that a text opens and never closes: they would hide all that follows."""
    lower = text.lower()
    return frozenset(name for name in _CLOSABLE if f"<{name}" in lower and f"</{name}" not in lower)


def _without_tags(text: str) -> str:
    # Nested too deep: no page means that, so its structure is given up and its words are kept.
    return html.unescape(_ANY_TAG.sub(" ", text))


def _pieces(root: etree._Element, dropped: frozenset[str] = _DROPPED) -> Iterator[str]:
    # The element itself is only the container: a feed's <title> is no HTML title.
    yield _inner(root)
    hidden = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if element is root:
            continue
        name = str(element.tag).rpartition("}")[2].lower()
        if event == "start":
            hidden += name in dropped
            if not hidden:
                yield _edge(name)
                yield _inner(element)
            continue
        hidden -= name in dropped
        if not hidden:
            yield _edge(name)
            yield _space(element.tail)


def _inner(element: etree._Element) -> str:
    text = element.text or ""
    return text.replace("\n", "\ue000") if element.tag == "pre" else _space(text)


def _space(text: str | None) -> str:
    # A line end inside HTML's text is a space; only blocks end lines.
    return text.replace("\n", " ").replace("\r", " ") if text else ""


def _edge(name: str) -> str:
    if name in _BLOCKS:
        return "\n"
    return " " if name in {"td", "th"} else ""


def tidy(text: str) -> str:
    """A text with single spaces, single line ends, in NFC, without what cannot be seen."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\ue000", "\n").translate(_INVISIBLE)
    text = _NEWLINES.sub("\n", _SPACES.sub(" ", text)).strip()
    return unicodedata.normalize("NFC", text)
