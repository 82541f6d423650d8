"""Which elements of a feed are read at all: those that a reader does not know already, byte for byte.

A feed of a hundred items of which one is new costs one item's reading. An element's digest is 8 bytes of BLAKE2b over
its own XML or JSON: enough to tell the some thousands of one feed apart, and small, since a worker keeps the digests of
all its feeds.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, TypeVar

import msgspec
from lxml import etree

from connectors.parse.entry import ENTRIES_LIMIT, Entry

T = TypeVar("T")
DIGEST_BYTES = 8


@dataclass(slots=True)
class Taking:
    """Where a document is from, which elements of it are `known`, and the digests of all, in order (at most 10,000).

    `taken` are the digests of the entries that were read, in their order. `given` are digests by the bytes of each
    entry, where the document was cut into its entries before (`slices`).
    """

    url: str
    known: Container[bytes] = ()
    given: Sequence[bytes] = ()
    digests: list[bytes] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    capped: bool = False

    def elements(
        self, found: Iterable[etree._Element], read: Callable[[etree._Element], Entry | None]
    ) -> tuple[Entry, ...]:
        """Those of these elements that are not known, read; None is an element with nothing in it."""
        return tuple(self._read(found, _xml_of, read))

    def objects(
        self, found: Iterable[dict[str, Any]], read: Callable[[dict[str, Any]], Entry | None]
    ) -> tuple[Entry, ...]:
        """Those of these JSON objects that are not known, read."""
        return tuple(self._read(found, _json_of, read))

    def _read(
        self, found: Iterable[T], bytes_of: Callable[[T], bytes], read: Callable[[T], Entry | None]
    ) -> Iterator[Entry]:
        for thing in found:
            if self._is_new(thing, bytes_of) and (entry := read(thing)) is not None:
                self.taken.append(self.digests[-1])
                yield entry
            if self.capped:
                return

    def _is_new(self, thing: T, bytes_of: Callable[[T], bytes]) -> bool:
        number = len(self.digests)
        if number >= ENTRIES_LIMIT:
            self.capped = True
            return False
        digest = self.given[number] if number < len(self.given) else digest_of(bytes_of(thing))
        self.digests.append(digest)
        return digest not in self.known


def digest_of(raw: bytes) -> bytes:
    """What an entry is told by."""
    return blake2b(raw, digest_size=DIGEST_BYTES).digest()


def _xml_of(element: etree._Element) -> bytes:
    return etree.tostring(element, with_tail=False)


def _json_of(plain: dict[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(plain)
    except (UnicodeEncodeError, ValueError, RecursionError):  # a lone surrogate
        return repr(plain).encode("utf-8", "backslashreplace")
