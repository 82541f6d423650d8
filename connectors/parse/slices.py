"""A document cut into its entries before anything is parsed, so that the known ones never are.

Parsing and looking at a feed of a hundred items takes 7 ms; cutting it by its tags and hashing the pieces takes a
tenth of that. It is done only where it cannot go wrong: UTF-8 (which ASCII is), entries that stand beside each other
with nothing but space between, none with another inside. Anything else is parsed whole.
"""

from dataclasses import dataclass

_TAGS = ((b"<item", b"</item>"), (b"<entry", b"</entry>"), (b"<url>", b"</url>"))
_AFTER_NAME = b" >\t\r\n"
LOOKED_AT = 4096


@dataclass(frozen=True, slots=True)
class Slices:
    """What stands before, the bytes of each entry, and what stands after."""

    head: bytes
    parts: list[bytes]
    tail: bytes

    def only(self, numbers: list[int]) -> bytes:
        """The document with only these of its entries."""
        return b"".join((self.head, *(self.parts[number] for number in numbers), self.tail))


def cut(body: bytes) -> Slices | None:
    """The slices of a document, or None where it is not of the regular kind."""
    opening, closing = next((tags for tags in _TAGS if tags[0] in body), (b"", b""))
    if not opening or (opening == b"<url>" and b"<urlset" not in body[:LOOKED_AT]) or not _is_utf8(body):
        return None
    parts: list[bytes] = []
    first = at = body.find(opening)
    while True:
        start = body.find(opening, at)
        if start < 0:
            break
        end = body.find(closing, start)
        if end < 0 or body[at:start].strip():
            return None
        part = body[start : end + len(closing)]
        if part.count(opening) != 1 or (opening[-1:] != b">" and part[len(opening)] not in _AFTER_NAME):
            return None
        parts.append(part)
        at = end + len(closing)
    tail = body[at:]
    # An end that is left over belonged to an entry that was cut too early.
    return None if closing in tail else Slices(body[:first], parts, tail)


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\x00" not in body[:LOOKED_AT]
