"""Markup that is not XML, made into what can be: texts set apart, open fields closed, ends that match their beginnings.

libxml2 recovers from much of this by itself, but gives up what stands around it: an end too many ends the item.
"""

import re

CDATA = re.compile(r"(<!\[CDATA\[.*?(?:\]\]>|\Z))", re.DOTALL)
_TEXT_FIELD = re.compile(
    r"(<((?:\w+:)?(title|description|encoded|summary|content|subtitle))(?:\s[^<>]*[^/<>])?>)((?:[^<]|<(?!!\[CDATA\[|\2[\s>]|/?(?:item|entry|channel|feed|rss|pubDate|guid|outline)\b))*?)(</\2\s*>)",
    re.DOTALL | re.IGNORECASE,
)
# A field of text or a link (Atom's has no end at all in some feeds) that the next field begins inside.
_LEAF = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|"
    r"<((?:\w+:)?(?:title|link|guid|id|pubDate|published|updated|date|creator|category|description|summary|encoded))"
    r"(?:\s[^<>]*)?(?<!/)>(?:[^<]|<!\[CDATA\[(?:[^\]]|\](?!\]>))*+\]\]>)*+"
    r"(?=<(?:title|link|guid|id|pubDate|published|updated|author|category|description|summary|content|enclosure|source|comments"
    r"|dc:\w+|content:encoded|media:\w+|/item|/entry|item|entry)[\s/>])",
    re.DOTALL | re.IGNORECASE,
)
# Beyond its end: the field was not closed, and what follows is no text of it.
_STRUCTURE = re.compile(r"</?(?:item|entry|channel|feed|rss|pubDate|guid|outline)\b", re.IGNORECASE)
_OPENING = re.compile(r"<[A-Za-z][^<>]{0,4000}>")
_NAME = re.compile(r"<([\w:]+)")
_UNQUOTED = re.compile(r"=\s*[^\s\"'=<>]")
_ATTRIBUTE = re.compile(r"([\w:.-]+)\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'<>]+)")
_TOKEN = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<(/?)([A-Za-z_][\w:.-]{0,100})([^<>]*)>", re.DOTALL)
_ROOTS = frozenset({"rss", "rdf:rdf", "feed", "urlset", "channel"})
_ENTRIES = frozenset({"item", "entry"})
_CDATA_BEGINS = re.compile(r"<!\[CDATA\[")
CDATA_LIMIT = 100_000
# The field that CDATA is in.
_FIELD_BEFORE = re.compile(r"<([\w:]{1,40})(?:\s[^<>]*)?>\s*\Z")
_VOID = frozenset({"br", "hr", "img", "input", "meta", "wbr", "source", "embed", "area", "col"})
DEPTH = 250  # as libxml2


def mended_markup(text: str) -> str:
    """The same with each text that holds markup which is not XML in CDATA, and with every element closed once."""
    text = _TEXT_FIELD.sub(_apart, _LEAF.sub(_closed, text))
    text = "".join(
        piece if piece.startswith("<![CDATA[") else _OPENING.sub(_quoted, piece) for piece in CDATA.split(text)
    )
    return _balanced(text)


def _balanced(text: str) -> str:
    """Ends that nothing began are left out; what was left open ends with what is around it, an item with the next."""
    stack: list[str] = []
    pieces: list[str] = []
    at = 0
    for token in _TOKEN.finditer(text):
        pieces.append(text[at : token.start()])
        at = token.end()
        name = token[2]
        if name is None or token[3].endswith("/"):
            pieces.append(token[0])
        elif token[1]:
            _end(name, stack, pieces)
        elif name.lower() in _VOID and name not in stack and not _ends_soon(text, name, at):
            pieces.append(f"<{name}{token[3]}/>")
        else:
            inside = name.lower() in _ENTRIES and name in stack
            if inside:
                _end(name, stack, pieces)
            if len(stack) >= DEPTH:
                return text
            stack.append(name)
            pieces.append(token[0])
    pieces.append(text[at:])
    pieces.extend(f"</{name}>" for name in reversed(stack))
    return "".join(pieces)


def _ends_soon(text: str, name: str, at: int) -> bool:
    # RSS has a `source` that is no void element: it is followed by its text and its end.
    return text.startswith(f"</{name}", text.find("<", at))


def _end(name: str, stack: list[str], pieces: list[str]) -> None:
    if name not in stack:
        # `<title>…</Title>`: what it can only mean.
        name = next((open_ for open_ in reversed(stack) if open_.lower() == name.lower()), "")
    if not name:
        return
    while (open_ := stack.pop()) != name:
        pieces.append(f"</{open_}>")
    pieces.append(f"</{name}>")


def closed_cdata(text: str) -> str:
    """The same with each CDATA that was left open closed where its field ends; else it goes on to another's end."""
    starts = [found.start() for found in _CDATA_BEGINS.finditer(text)]
    if len(starts) > CDATA_LIMIT:
        return text
    pieces: list[str] = []
    at = end = 0
    for start, other in zip(starts, [*starts[1:], len(text)], strict=True):
        end = text.find("]]>", start) if 0 <= end < start else end
        if 0 <= end < other or start < at:
            continue
        field = _FIELD_BEFORE.search(text, max(0, start - 200), start)
        close = text.find(f"</{field[1]}>", start, other) if field else -1
        if close >= 0:
            pieces.append(f"{text[at:close]}]]>")
            at = close
    return "".join((*pieces, text[at:]))


def without_comments(text: str) -> str:
    """The text without its comments, which CDATA has none of: `--` inside one ends the reading of libxml2."""
    pieces, at = [], 0
    while (start := text.find("<!--", at)) >= 0:
        cdata = text.find("<![CDATA[", at, start)
        end = text.find("]]>", cdata) if cdata >= 0 else text.find("-->", start)
        if end < 0:
            break
        pieces.append(text[at : end + 3] if cdata >= 0 else text[at:start])
        at = end + 3
    return "".join((*pieces, text[at:]))


def _closed(match: re.Match[str]) -> str:
    """A field that was left open, closed where the next one begins."""
    return f"{match[0]}</{match[1]}>" if match[1] else match[0]


def _quoted(match: re.Match[str]) -> str:
    """A tag with quotes around each of its attributes' values; a root whose quotes do not match has none."""
    name = _NAME.match(match[0])
    if name and name[1].lower() in _ROOTS and (match[0].count('"') % 2 or match[0].count("'") % 2):
        return f"<{name[1]}>"
    if not _UNQUOTED.search(match[0]):
        return match[0]
    end = "/>" if match[0].endswith("/>") else ">"
    inside = match[0][: -len(end)]
    return _ATTRIBUTE.sub(lambda a: f"{a[1]}={a[2]}" if a[2][0] in "\"'" else f'{a[1]}="{a[2]}"', inside) + end


def _apart(match: re.Match[str]) -> str:
    opening, inside, closing = match[1], match[4], match[5]
    if "<" not in inside or "<![CDATA[" in inside or _STRUCTURE.search(inside):
        return match[0]
    return f"{opening}<![CDATA[{inside.replace(']]>', ']]&gt;')}]]>{closing}"
