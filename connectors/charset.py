"""Bytes to text: which charset a body is in, whatever its header says.

In order: a byte order mark; UTF-8 where the bytes are unmistakably that (servers that label every file with their
default charset are the commonest lie); the header; the XML or HTML declaration; a statistical guess. Labels mean what
browsers take them to mean (WHATWG Encoding: `iso-8859-1` is windows-1252, `gb2312` is gb18030), and only codecs of
this list are ever used. Then what was encoded twice is decoded twice, and single bytes of windows-1252 among UTF-8 are
taken for what they are.
"""

import codecs
import re

from connectors.charset_guess import guess, instead_of_western

WRONG = "charset-wrong"
GUESSED = "charset-guessed"
INVALID = "charset-invalid-bytes"
TWICE = "charset-twice"

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SILENT_WIDE = (
    (b"<\x00\x00\x00", "utf-32-le"), (b"\x00\x00\x00<", "utf-32-be"),
    (b"{\x00\x00\x00", "utf-32-le"), (b"\x00\x00\x00{", "utf-32-be"),
    *((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"), (b"{\x00", "utf-16-le"), (b"\x00{", "utf-16-be")),
)  # fmt: skip
_BETTER = {
    "iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs", "shift_jis": "cp932", "euc_kr": "cp949",
    "utf-16": "utf-16-le", "utf-32": "utf-32-le",
}  # fmt: skip
_TAKEN = frozenset(
    "utf-8 utf-16-le utf-16-be utf-32-le utf-32-be cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 "  # noqa: SIM905 - a list of names
    "iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-10 iso8859-13 iso8859-14 "
    "iso8859-15 iso8859-16 koi8-r koi8-u cp866 cp874 mac-roman mac-cyrillic gb18030 big5hkscs euc_jp cp932 "
    "iso2022_jp cp949".split()
)
_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_DECLARED = re.compile(
    rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})|<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]{1,40})",
    re.IGNORECASE,
)
# `win-1251`, `cp-1251`, `x-cp1251`, `ansi-1251`.
_WINDOWS = re.compile(r"(?:x-)?(?:win|windows|cp|ansi)[-_ ]?(125[0-8]|874|932|949)\Z", re.IGNORECASE)
_HALVES = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")
_HEAD = 2048
_SAMPLE = 64 * 1024


def codec_of(label: str | None) -> str | None:
    """The Python codec that a charset label means on the web, or None for an unknown or unsafe one."""
    if not label:
        return None
    try:
        name = codecs.lookup(_WINDOWS.sub(r"cp\1", label.strip())).name
    except (LookupError, ValueError):
        return None
    name = _BETTER.get(name, name)
    return name if name in _TAKEN else None


def decode(  # noqa: PLR0911 - one return a rule, in their order
    body: bytes, content_type: str | None = None
) -> tuple[str, tuple[str, ...]]:
    """The text of a body, without its byte order mark, and the repairs that this took. Never fails."""
    declared = _labels(body, content_type)
    marked = next(((mark, codec) for mark, codec in _BOMS if body.startswith(mark)), None)
    if marked:
        found, repairs = _strictly_or_not(body[len(marked[0]) :], marked[1])
        lies = bool(declared) and not any(marked[1].startswith(label[:6]) for label in declared)
        return found, (*repairs, WRONG) if lies else repairs
    utf8 = _strict(body, "utf-8")
    if utf8 is not None and not body.isascii():
        wrong = () if not declared or "utf-8" in declared else (WRONG,)
        once = encoded_twice(utf8)
        partly = _partly_twice(utf8) if once is None else once
        return (utf8, wrong) if partly == utf8 else (partly, (*wrong, TWICE))
    if (silent := _silently_wide(body)) is not None:
        return silent, (GUESSED,)
    if (joined := _joined_halves(body)) is not None:
        return joined, (INVALID,)
    # Markup has ASCII in it, which is half zeros in UTF-16: without any, that label is a program's habit.
    wide = b"\x00" in body
    for codec in (codec for codec in declared if wide or codec[:6] not in {"utf-16", "utf-32"}):
        text = _strict(body, codec)
        if text is not None:
            other = instead_of_western(body) if codec == "cp1252" and not body.isascii() else None
            if other is not None:
                return body.decode(other, "replace"), (WRONG, GUESSED)
            return text, () if codec == declared[0] else (WRONG,)
    if utf8 is not None:
        shifted = _strict(body, "iso2022_jp") if b"\x1b$" in body else None
        return (utf8, ()) if shifted is None else (shifted, (GUESSED,))
    if "utf-8" in declared and _mostly_utf8(body):
        return body.decode("utf-8", MIXED), (INVALID,)
    return _guess(body)


def _silently_wide(body: bytes) -> str | None:
    """Two or four bytes a character, and no mark that says so. What follows a bracket is ASCII."""
    codec = next((codec for mark, codec in _SILENT_WIDE if body.startswith(mark)), None)
    text = _strict(body, codec) if codec else None
    return text if text and text[:2].isascii() else None


def _joined_halves(body: bytes) -> str | None:
    """UTF-8 whose characters beyond the first 65,536 are two halves of UTF-16 each, as old Java writes them."""
    if not _HALVES.search(body):
        return None
    try:
        text = body.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return None
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


MIXED = "kabar-mixed"


def _mixed(error: UnicodeError) -> tuple[str, int]:
    """One byte of windows-1252 inside ASCII is that character; anything else, or the end of a text, is a broken one."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    around = error.object[error.start - 1 : error.start] + error.object[error.end : error.end + 1]
    alone = len(bad) == 1 and len(around) == 2 and around.isascii() and around[1:] not in b"<].&"  # noqa: PLR2004
    return (bad.decode("cp1252", "replace") if alone else "\ufffd"), error.end


codecs.register_error(MIXED, _mixed)

# Characters that UTF-8's bytes become where they are read as windows-1252, and the commonest two of them in a row.
_WESTERN = (
    "\u0080-\u00ff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013\u2014\u2018-\u201a\u201c-\u201e"
    "\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122"
)
_RUN = re.compile(f"[{_WESTERN}]+")
_TELLTALE = re.compile(f"[\u00c2\u00c3\u00c4\u00c5\u00d0\u00d1\u00e2\u00e3\u00e0][{_WESTERN}]")

# What no language writes: not `NÃO`, nor a quotation mark after a capital.
_RUINED = re.compile(
    "[\u00c3\u00c2\u00d0\u00d1][\u00a1-\u00bf]|\u00e2\u20ac[\u2122\u0153\u0098\u0099\u009c\u009d\u201c\u201d\u00a6]"
)
_PIECE = re.compile(r"[^<>\"\n]*[\u00c3\u00c2\u00d0\u00d1\u00e2][^<>\"\n]*")


def encoded_twice(text: str) -> str | None:
    """The text that was meant, where every character beyond ASCII is the ruin of another; None where one is not."""
    if not _TELLTALE.search(text):
        return None
    rest = _RUN.sub("", text)
    if not rest.isascii():
        return None
    try:
        return _RUN.sub(lambda run: _western(run[0]).decode("utf-8"), text)
    except ValueError:
        return None


def _partly_twice(text: str) -> str:
    """The text, with those of its pieces mended that were encoded twice where others were not."""
    return _PIECE.sub(lambda piece: encoded_twice(piece[0]) or piece[0], text) if _RUINED.search(text) else text


def _western(text: str) -> bytes:
    return b"".join(bytes([ord(c)]) if ord(c) < 0x100 else c.encode("cp1252") for c in text)  # noqa: PLR2004 - a byte


def _labels(body: bytes, content_type: str | None) -> list[str]:
    header = _HEADER.search(content_type or "")
    inside = _DECLARED.search(body[:_HEAD])
    labels = [header[1] if header else None, (inside[1] or inside[2]).decode("ascii", "replace") if inside else None]
    return list(dict.fromkeys(codec for label in labels if (codec := codec_of(label))))


def _strict(body: bytes, codec: str) -> str | None:
    try:
        return body.decode(codec)
    except ValueError:
        return None


def _strictly_or_not(body: bytes, codec: str) -> tuple[str, tuple[str, ...]]:
    text = _strict(body, codec)
    return (text, ()) if text is not None else (body.decode(codec, "replace"), (INVALID,))


def _mostly_utf8(body: bytes) -> bool:
    # A few broken characters among many good ones: cut texts, pasted bytes. Not another charset.
    sample = body[:_SAMPLE].decode("utf-8", "replace")
    good = sum(char > "\x7f" and char != "\ufffd" for char in sample)
    return good >= sample.count("\ufffd")


def _guess(body: bytes) -> tuple[str, tuple[str, ...]]:
    if _mostly_utf8(body):
        return body.decode("utf-8", MIXED), (INVALID,)
    codec = guess(body)
    return body.decode(codec, "replace"), (GUESSED,)
