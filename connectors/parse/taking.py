"""Which elements of a feed are read at all: those that a reader does not know already, byte for byte.

A feed of a hundred items of which one is new costs one item's reading. An element's digest is 8 bytes of BLAKE2b over
its own XML or JSON: enough to tell the some thousands of one feed apart, and small, since a worker keeps the digests of
all its feeds.
"""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import msgspec
from lxml import etree

from connectors.parse.entry import ENTRIES_LIMIT

DIGEST_BYTES = 8


@dataclass(slots=True)
class Taking:
    """Where a document is from, which elements of it are `known`, and the digests of all, in order (at most 10,000)."""

    url: str
    known: Container[bytes] = ()
    digests: list[bytes] = field(default_factory=list)
    capped: bool = False

    def elements(self, found: Iterable[etree._Element]) -> Iterator[etree._Element]:
        """Those of these elements that are not known."""
        for element in found:
            if self._is_new(etree.tostring(element, with_tail=False)):
                yield element
            if self.capped:
                return

    def objects(self, found: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Those of these JSON objects that are not known."""
        for plain in found:
            if self._is_new(_bytes_of(plain)):
                yield plain
            if self.capped:
                return

    def _is_new(self, raw: bytes) -> bool:
        if len(self.digests) >= ENTRIES_LIMIT:
            self.capped = True
            return False
        digest = blake2b(raw, digest_size=DIGEST_BYTES).digest()
        self.digests.append(digest)
        return digest not in self.known


def _bytes_of(plain: dict[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(plain)
    except (UnicodeEncodeError, ValueError, RecursionError):  # a lone surrogate
        return repr(plain).encode("utf-8", "backslashreplace")
