"""What every source is: something that yields items, and says of each thing that is none why."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from schemas.item import Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Something that cannot be an item, why, and where it came from (`path:line`, or a feed's URL).

    `raw` is the whole, or only its beginning: then `length` (bytes) and `sha256` (hex) are those of the whole.
    """

    reason: str
    origin: str
    raw: bytes = b""
    length: int | None = None
    sha256: str | None = None


class Source(Protocol):
    """A source that ends: files, archives.

    Promises to yield in the order of the source, in constant memory, never to raise for what it reads, and to yield
    either an `Item` or a `Refused` for each thing it meets.
    """

    def items(self) -> Iterator[Item | Refused]:
        """Everything in the source, once."""
        ...
