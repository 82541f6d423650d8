"""XML as it should be, or as feeds have it: read strictly, then mended, then recovered, never resolved.

No entity is expanded, nothing is loaded from anywhere, and nesting is bounded (libxml2's 256): an attack by entities
needs an internal subset, which is refused before parsing.
"""

import html
import re
import sys
from html.entities import html5

from lxml import etree

from connectors.parse.entry import Unreadable

RECOVERED = "xml-recovered"
ENTITIES = "xml-entities"
CHARACTERS = "xml-control-characters"
JUNK = "xml-junk-before"

_NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,30});")
_BARE = re.compile(r"&(?!(?:[A-Za-z][A-Za-z0-9]{1,30}|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_NUMBER = re.compile(r"&#(?:([0-9]{1,7})|x([0-9A-Fa-f]{1,6}));")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DECLARATION = re.compile(r"\s*<\?xml[^>]{0,300}\?>")
_OWN = frozenset({"amp", "lt", "gt", "quot", "apos"})
_TOO_DEEP = etree.ErrorTypes.ERR_RESOURCE_LIMIT


def read_xml(text: str) -> tuple[etree._Element, tuple[str, ...]] | Unreadable:
    """The root of a document and the repairs that reading it took, or why it cannot be read."""
    start = _DECLARATION.match(text)
    text = (text[start.end() :] if start else text).lstrip()
    text = (_without_doctype(text) or "").lstrip()
    if not text:
        return Unreadable(reason="a DOCTYPE with an internal subset is refused: it can define entities that explode")
    root = _parse(text, recover=False)
    if isinstance(root, etree._Element):  # noqa: SLF001 - lxml's public type has no public name
        return root, ()
    mended, repairs = _mend(text)
    root = _parse(mended, recover=False)
    if isinstance(root, etree._Element):  # noqa: SLF001
        return root, repairs
    root = _parse(mended, recover=True)
    if isinstance(root, Unreadable):
        return root
    return root, (*repairs, RECOVERED)


def _without_doctype(text: str) -> str | None:
    """The text without its DOCTYPE, or None where that has an internal subset (or never ends)."""
    at = 0
    while (at := text.find("<", at)) >= 0:
        if text.startswith("<!--", at):
            at = text.find("-->", at)
        elif text.startswith("<?", at):
            at = text.find("?>", at)
        elif text[at : at + 9].upper() == "<!DOCTYPE":
            end = text.find(">", at)
            return None if end < 0 or "[" in text[at:end] else text[:at] + text[end + 1 :]
        elif text[at + 1 : at + 2].isalpha():
            return text
        else:
            at += 1
        if at < 0:
            break
    return text


def _parse(text: str, *, recover: bool) -> etree._Element | Unreadable:
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=recover,
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as error:
        return Unreadable(reason=f"not XML that can be read: {error.msg}")
    if root is None:
        return Unreadable(reason="not XML that can be read: it has no element")
    if any(entry.type == _TOO_DEEP for entry in parser.error_log):
        return Unreadable(reason="nested too deep for a feed, or one text in it is over 10 MB")
    return root


def _mend(text: str) -> tuple[str, tuple[str, ...]]:
    repairs = []
    begin = text.find("<")
    if begin > 0:
        text, repairs = text[begin:], [JUNK]
        declaration = _DECLARATION.match(text)
        text = text[declaration.end() :] if declaration else text
    clean = _NUMBER.sub(_legal, _ILLEGAL.sub("", text))
    if clean != text:
        repairs.append(CHARACTERS)
    resolved = _BARE.sub("&amp;", _NAMED.sub(_resolve, clean))
    if resolved != clean:
        repairs.append(ENTITIES)
    return resolved, tuple(repairs)


def _resolve(match: re.Match[str]) -> str:
    if match[1] in _OWN:
        return match[0]
    value = html5.get(match[1] + ";")
    return html.escape(value, quote=False) if value else f"&amp;{match[1]};"


def _legal(match: re.Match[str]) -> str:
    number = int(match[1]) if match[1] else int(match[2], 16)
    # XML forbids most control characters as references too; 128 to 159 mean windows-1252 in practice.
    return html.unescape(match[0]) if 128 <= number < 160 else "" if _forbidden(number) else match[0]  # noqa: PLR2004


def _forbidden(number: int) -> bool:
    return number > sys.maxunicode or bool(_ILLEGAL.match(chr(number)))
