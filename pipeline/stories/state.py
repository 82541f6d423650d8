"""What must outlive a crash: one row an item, from which the whole window is rebuilt.

The window is made again from its rows, ordered by `seq`; nothing else is state. An event writes its own item's
row and no other, and deletes rows that left the window, so any prefix of these writes is a state that was true once.
"""

from typing import Self

import msgspec

from schemas.codec import Undecodable
from schemas.document import Placement

REASONS = ("same content", "near copy")


class Row(msgspec.Struct, array_like=True, frozen=True, kw_only=True, gc=False):
    """One item in the window, about 980 bytes encoded.

    `seq` orders arrivals (and revisions, which arrive anew) within a group, `joined` is that of the first revision.
    `offset` is the source offset that the row was decided for, `partition` the source's and with it the table's.
    `first_seen` is in milliseconds, `entered` what the window's clock said, in seconds. `scheme` says by which rules
    the fingerprint was made; the fields after it are those of `Fingerprint`, with `bands` the packed keys and `terms`
    the packed vector of the first revision, empty for copies. `event` is that of the story, None where it is its own;
    `telling` are the packed features of a story's first item (`tellings`).
    """

    group: str
    revision: int
    offset: int
    seq: int
    first_seen: int
    story: str
    duplicate_of: str | None
    similarity: float | None
    reason: int | None
    scheme: int
    content: int
    bands: bytes
    sketch: bytes
    shingles: int
    tokens: int
    short: bool
    numbers: bytes
    terms: bytes
    entered: int = 0
    joined: int = 0
    partition: int = -1
    event: str | None = None
    telling: bytes = b""
    title: bytes = b""

    def encode(self) -> bytes:
        """This row as MessagePack."""
        return _encoder.encode(self)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The row that these bytes hold.

        Raises:
            Undecodable: these bytes are not a row.
        """
        try:
            return msgspec.msgpack.decode(data, type=cls)
        except msgspec.DecodeError as error:
            raise Undecodable(f"not a row of stories: {error}") from error

    def placement(self) -> Placement:
        """What was decided for the item."""
        return Placement(
            story_id=self.story,
            duplicate_of=self.duplicate_of,
            duplicate_similarity=self.similarity,
            duplicate_reason=None if self.reason is None else REASONS[self.reason],
            event_id=self.event or self.story,
        )


_encoder = msgspec.msgpack.Encoder()


class Outcome(msgspec.Struct, frozen=True):
    """What follows from one event: its placement, and the rows to write (None deletes), its own first.

    The document must be sent even where `rows` is empty: a redelivered event is answered as it was decided, and
    whether it was sent before the crash is not known.
    """

    placement: Placement
    rows: dict[str, bytes | None]
