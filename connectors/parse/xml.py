"""XML as it should be, or as feeds have it: read strictly, then mended, then recovered, never resolved.

No entity is expanded by the parser, nothing is loaded from anywhere, and nesting is bounded (libxml2's 256): an attack
by entities needs an internal subset, which is refused before parsing, unless all it defines are short plain texts.
"""

import html
import re
import sys
from html.entities import html5
from itertools import islice

from lxml import etree

from connectors.parse.entry import Unreadable
from connectors.parse.markup import CDATA, closed_cdata, mended_markup, without_comments

RECOVERED = "xml-recovered"
ENTITIES = "xml-entities"
CHARACTERS = "xml-control-characters"
JUNK = "xml-junk-before"

_NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,30});")
_BARE = re.compile(r"&(?!(?:[A-Za-z][A-Za-z0-9]{1,30}|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_NUMBER = re.compile(r"&#(?:([0-9]{1,7})|x([0-9A-Fa-f]{1,6}));")
# A character beyond the first 65,536, as two halves of UTF-16.
_PAIR = re.compile(r"&#(?:x(d[89ab][0-9a-f]{2});&#x(d[c-f][0-9a-f]{2})|(5[56]\d{3});&#(5[67]\d{3}));", re.IGNORECASE)
# Such a half alone, 0xD800 to 0xDFFF: libxml2 keeps it, in a text that nobody can write down.
_HALF = re.compile(
    r"&#(?:x0{0,2}d[89a-f][0-9a-f]{2}|0{0,2}(?:5529[6-9]|55[3-9]\d\d|56\d{3}|57[0-2]\d\d|573[0-3]\d|5734[0-3]));",
    re.IGNORECASE,
)
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DECLARATION = re.compile(r"\s*<\?xml[^>]{0,300}\?>")
_OWN = frozenset({"amp", "lt", "gt", "quot", "apos"})
_FIRST_TAG = re.compile(
    r"<(?:\?xml|!DOCTYPE|!--|rss|rdf:RDF|feed|atom:feed|urlset|sitemapindex|channel|opml)\b", re.IGNORECASE
)
# `<!ENTITY nbsp "&#160;">`: up to eight characters, none of them the start of another entity.
_SIMPLE_ENTITY = re.compile(
    r"<!ENTITY\s+([A-Za-z][A-Za-z0-9]{0,30})\s+(?:\"((?:[^\"&%<]|&#x?[0-9A-Fa-f]{1,6};){0,80})\"|'((?:[^'&%<]|&#x?[0-9A-Fa-f]{1,6};){0,80})')\s*>"
)
_LINK_WHOLE = re.compile(r"</link|<link\s[^<>]*>", re.IGNORECASE)
_IDENTITY_WHOLE = re.compile(r"</link|</guid|</id|</loc|<link\s[^<>]*/?>", re.IGNORECASE)
_SUBSET_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
# The sets of characters that the W3C names. They are known here, so the addresses are never asked.
_PUBLIC_SETS = re.compile(
    r"<!ENTITY\s+%\s+\w{1,30}\s+PUBLIC\s+\"-//W3C//ENTITIES [^\"<>]{1,60}\"\s+\"[^\"<>]{1,200}\"\s*>\s*(?:%\w{1,30};)?"
)
SUBSET_LIMIT = 100_000
_TOO_DEEP = etree.ErrorTypes.ERR_RESOURCE_LIMIT


# Mending holds up other feeds: it takes half a second for so many characters or slips. Longer documents are left to
# libxml2, and so many slips are none.
MENDED_LIMIT = 2_000_000
SLIPS_LIMIT = 250_000
_ODD = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{2,5});)|<(?![A-Za-z/!?])|<!(?![-\[D])")

HOPELESS = Unreadable(reason=f"not XML, and with over {SLIPS_LIMIT:,} slips nothing that can be mended")
DEEP = Unreadable(reason="nested too deep for a feed, or one text in it is over 10 MB")


def read_xml(text: str) -> tuple[etree._Element, tuple[str, ...]] | Unreadable:
    """The root of a document and the repairs that reading it took, or why it cannot be read."""
    start = _DECLARATION.match(text)
    text = (text[start.end() :] if start else text).lstrip()
    taken = _without_doctype(text)
    if taken is None:
        return Unreadable(reason="a DOCTYPE with an internal subset is refused: it can define entities that explode")
    text, entities = taken
    noted: tuple[str, ...] = ()
    if text.count("<![CDATA[") > text.count("]]>"):
        # What follows an open one is well-formed all the same, and lost, up to the next one's end.
        text, before = closed_cdata(text), text
        noted = () if text == before else (RECOVERED,)
    root = _parse(text, recover=False)
    if isinstance(root, Unreadable):
        return DEEP if root is DEEP else _read_broken(text, entities, noted)
    return root, noted


def _read_broken(
    text: str, entities: dict[str, str], noted: tuple[str, ...]
) -> tuple[etree._Element, tuple[str, ...]] | Unreadable:
    if next(islice(_ODD.finditer(text), SLIPS_LIMIT, None), None):
        return HOPELESS
    long = len(text) > MENDED_LIMIT
    mended, repairs = _cleaned(text) if long else _mend(text, entities)
    root = _parse(mended, recover=False)
    if not isinstance(root, Unreadable):
        return root, (*repairs, *noted) or (RECOVERED,)
    # A namespace nobody declared is read as it is; broken markup is easier to mend where the texts are set apart.
    return _recovered(mended if long else mended_markup(mended), mended, repairs)


def _recovered(text: str, before: str, repairs: tuple[str, ...]) -> tuple[etree._Element, tuple[str, ...]] | Unreadable:
    """What libxml2 makes of a broken document; `before` is it as it was before its fields were set apart."""
    root = _parse(text, recover=True)
    if isinstance(root, Unreadable):
        return root
    _drop_cut_off(root, before)
    return root, (*repairs, RECOVERED)


def _without_doctype(text: str) -> tuple[str, dict[str, str]] | None:
    """The text without its DOCTYPE, and the entities that this defines.

    None where it defines what could explode or would have to be fetched. Characters by name are harmless, and some
    feeds define them.
    """
    at = 0
    while (at := text.find("<", at)) >= 0:
        if text.startswith("<!--", at):
            at = text.find("-->", at)
        elif text.startswith("<?", at):
            at = text.find("?>", at)
        elif text[at : at + 9].upper() == "<!DOCTYPE":
            return _doctype(text, at)
        elif text[at + 1 : at + 2].isalpha():
            return text, {}
        else:
            at += 1
        if at < 0:
            break
    return text, {}


def _doctype(text: str, at: int) -> tuple[str, dict[str, str]] | None:
    end, bracket = text.find(">", at), text.find("[", at)
    if end < 0:
        return None
    if not at < bracket < end:
        return text[:at] + text[end + 1 :], {}
    close = re.compile(r"\]\s*>").search(text, bracket, bracket + SUBSET_LIMIT)
    if not close:
        return None
    subset = _SUBSET_COMMENT.sub("", text[bracket + 1 : close.start()])
    entities = {found[1]: html.unescape(found[2] or found[3] or "") for found in _SIMPLE_ENTITY.finditer(subset)}
    rest = _PUBLIC_SETS.sub("", _SIMPLE_ENTITY.sub("", subset)).strip()
    return (text[:at] + text[close.end() :], entities) if not rest else None


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
        if any(entry.type == _TOO_DEEP for entry in parser.error_log):
            return DEEP
        return Unreadable(reason=f"not XML that can be read: {error.msg}")
    if root is None:
        return Unreadable(reason="not XML that can be read: it has no element")
    if any(entry.type == _TOO_DEEP for entry in parser.error_log):
        return DEEP
    return root


def _cleaned(text: str) -> tuple[str, tuple[str, ...]]:
    """A document from its first tag on, without what libxml2 would keep and nobody could write down again."""
    whole = text[max(_first_tag(text), 0) :]
    clean = _legal_characters(whole)
    return clean, () if clean == whole else (CHARACTERS,)


def _mend(text: str, entities: dict[str, str]) -> tuple[str, tuple[str, ...]]:
    repairs = []
    begin = _first_tag(text)
    if text[:begin].strip():
        text, repairs = text[begin:], [JUNK]
        # Output of two programs, one after the other: the first declaration or DOCTYPE was not at the beginning.
        declaration = _DECLARATION.match(text)
        text = text[declaration.end() :] if declaration else text
    if text.rfind("<![CDATA[") > text.rfind("]]>"):
        text += "]]>"
    text = without_comments(text)
    clean = _legal_characters(text)
    if clean != text:
        repairs.append(CHARACTERS)
    # Entities mean themselves inside CDATA.
    pieces = CDATA.split(clean)
    resolved = "".join(
        piece
        if piece.startswith("<![CDATA[")
        else _BARE.sub("&amp;", _NAMED.sub(lambda m: _resolve(m, entities), piece)).replace("]]>", "]]&gt;")
        for piece in pieces
    )
    if resolved != clean:
        repairs.append(ENTITIES)
    return resolved, tuple(repairs)


def _legal_characters(text: str) -> str:
    """The text without characters that are none in XML; of very many by number only halves are left out."""
    many = text.count("&#") > SLIPS_LIMIT
    text = _HALF.sub("", text) if many else _NUMBER.sub(_legal, _PAIR.sub(_paired, text))
    return _ILLEGAL.sub("", text)


def _paired(match: re.Match[str]) -> str:
    high, low = (int(match[1], 16), int(match[2], 16)) if match[1] else (int(match[3]), int(match[4]))
    number = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)
    return chr(number) if number <= sys.maxunicode else match[0]


def _first_tag(text: str) -> int:
    found = _FIRST_TAG.search(text)
    return found.start() if found else text.find("<")


def _drop_cut_off(root: etree._Element, text: str) -> None:
    """Leave out the last entry of a document that ends inside it, before its title and link are whole."""
    last = max(text.rfind(f"<{name}") for name in ("item>", "item ", "entry>", "entry ", "url>"))
    if last < 0 or re.search(r"</(?:item|entry|url)\s*>", text[last:]):
        return
    tail = text[last:]
    # A guid alone is not enough where entries have links: the whole entry would come as another item by and by.
    needed = _LINK_WHOLE if _LINK_WHOLE.search(text[:last]) else _IDENTITY_WHOLE
    if re.search(r"</(?:\w{1,20}:)?title", tail) and needed.search(tail):
        return
    entries = [*root.iter("{*}item", "{*}entry", "{*}url")]
    if entries and (parent := entries[-1].getparent()) is not None:
        parent.remove(entries[-1])


def _resolve(match: re.Match[str], entities: dict[str, str]) -> str:
    if match[1] in _OWN:
        return match[0]
    value = entities.get(match[1]) or html5.get(match[1] + ";")
    return html.escape(value, quote=False) if value else f"&amp;{match[1]};"


def _legal(match: re.Match[str]) -> str:
    number = int(match[1]) if match[1] else int(match[2], 16)
    # XML forbids most control characters as references too; 128 to 159 mean windows-1252 in practice.
    return html.unescape(match[0]) if 128 <= number < 160 else "" if _forbidden(number) else match[0]  # noqa: PLR2004


def _forbidden(number: int) -> bool:
    return number > sys.maxunicode or bool(_ILLEGAL.match(chr(number)))
