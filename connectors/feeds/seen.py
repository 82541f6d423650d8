"""What a feed showed, in 24 bytes an entry: enough to read and send only what is new.

A worker keeps this for all its feeds, so it is packed: 20,000 feeds of 50 entries each are some 50 MB. Eight bytes of a
hash tell the entries of one feed apart (a thousand of them collide once in 10^13).
"""

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

ROW = struct.Struct("8s8s8s")
# Feeds that drop an entry and bring it back are common. What is forgotten too early is sent again, under the same id.
GONE_LEAST = 50
GONE_MOST = 500


@dataclass(slots=True)
class Seen:
    """By digest of an entry's own bytes: its item's id and the hash of its content, each cut to 8 bytes."""

    rows: dict[bytes, tuple[bytes, bytes]] = field(default_factory=dict)

    @classmethod
    def unpack(cls, data: bytes) -> "Seen":
        """From a record; an odd length is what a broken record would have, and is read as far as it goes."""
        whole = data[: len(data) - len(data) % ROW.size]
        return cls({raw: (identity, content) for raw, identity, content in ROW.iter_unpack(whole)})

    def pack(self) -> bytes:
        """For a record, oldest first."""
        return b"".join(ROW.pack(raw, *row) for raw, row in self.rows.items())

    def contents(self) -> dict[bytes, bytes]:
        """The hash of the content last sent, by item id."""
        return dict(self.rows.values())

    def shown(self, digests: Iterable[bytes]) -> set[bytes]:
        """The ids of those of these entries that are known."""
        return {self.rows[digest][0] for digest in digests if digest in self.rows}

    def after(self, digests: Iterable[bytes], new: Mapping[bytes, tuple[bytes, bytes]]) -> "Seen":
        """What is known after a poll that showed these entries, of which `new` were read; bounded."""
        now = {digest: row for digest in reversed([*digests]) if (row := new.get(digest) or self.rows.get(digest))}
        # An entry's older bytes are forgotten with its older content: an edit that is taken back is an edit.
        ids = {identity for identity, _ in now.values()}
        gone = [(digest, row) for digest, row in self.rows.items() if digest not in now and row[0] not in ids]
        kept = gone[-min(max(GONE_LEAST, 2 * len(now)), GONE_MOST) :]
        return Seen(dict(kept) | now)


def cut(hexadecimal: str) -> bytes:
    """The first 8 bytes of an id or a hash."""
    return bytes.fromhex(hexadecimal[:16])
