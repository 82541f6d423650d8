"""A document cut into its entries before anything is parsed, so that the known ones never are.

Parsing and looking at a feed of a hundred items takes 7 ms; finding its tags and hashing what is between them takes a
tenth of that. It is done only where it cannot go wrong: UTF-8 (which ASCII is), entries that stand beside each other
with nothing but space between, none with another inside. Anything else is parsed whole.
"""

import re
from dataclasses import dataclass

# Of each kind of entry the beginning and the end. `<url>` is one in a sitemap alone.
_TAGS = tuple(re.compile(rb"<(?:%b[ >\t\r\n]|/%b>)" % (name, name)) for name in (b"item", b"entry"))
_URLS = re.compile(rb"</?url>")
_SLASH = ord("/")
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
    kinds = (*_TAGS, _URLS) if b"<urlset" in body[:LOOKED_AT] else _TAGS
    found = next((tags for tags in kinds if tags.search(body)), None)
    if found is None:
        return None
    parts: list[bytes] = []
    head = start = at = -1
    for tag in found.finditer(body):
        ends = body[tag.start() + 1] == _SLASH
        if ends is (start < 0):
            return None  # an entry inside another, or an end that nothing began
        if ends:
            at = tag.end()
            parts.append(body[start:at])
            start = -1
            continue
        start = tag.start()
        if head < 0:
            head = start
        elif body[at:start].strip():
            return None
    return Slices(body[:head], parts, body[at:]) if start < 0 else None


def is_utf8(body: bytes) -> bool:
    """Whether these bytes can only be that, or ASCII."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\x00" not in body[:LOOKED_AT]
