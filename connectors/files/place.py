"""Where in which file a source is, and the refusal of what is too long to be read whole."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from connectors.protocol import Refused
from schemas.deadletter import SAMPLE_BYTES
from schemas.intake import RAW_LIMIT

BLOCK = 256 * 1024


@dataclass(slots=True)
class Place:
    """How far a file was read: what lies before `offset` (bytes) is done, `number` records of it.

    `size` is that of the file on disk, `read_to` how much of that was read; they differ from `offset` in a packed one.
    """

    path: str
    size: int = 0
    offset: int = 0
    number: int = 0
    read_to: int = 0


def lines(stream: BinaryIO, place: Place) -> Iterator[tuple[str, bytes | Refused]]:
    """Each line with where it stands (`path:number`), in constant memory; a longer one than 10 MB is a refusal."""
    while line := stream.readline(RAW_LIMIT + 2):
        place.number += 1
        at = f"{place.path}:{place.number}"
        if len(line.rstrip(b"\r\n")) > RAW_LIMIT:
            refused = too_long(line, _rest(line, stream, place), at)
            place.offset += len(line)
            yield at, refused
            continue
        place.offset += len(line)
        if line.strip():
            yield at, line


def _rest(line: bytes, stream: BinaryIO, place: Place) -> Iterator[bytes]:
    while line and not line.endswith(b"\n"):
        line = stream.readline(BLOCK)
        place.offset += len(line)
        yield line


def whole(stream: BinaryIO, origin: str, limit: int = RAW_LIMIT) -> bytes | Refused:
    """All of a stream, or a refusal of what is longer than `limit` bytes."""
    body = stream.read(limit + 1)
    if len(body) <= limit:
        return body
    return too_long(body, iter(lambda: stream.read(BLOCK), b""), origin, limit)


def too_long(beginning: bytes, rest: Iterator[bytes], origin: str, limit: int = RAW_LIMIT) -> Refused:
    """The refusal of something, with its length and hash, of which only the beginning is kept."""
    digest, length = hashlib.sha256(beginning), len(beginning)
    for block in rest:
        digest.update(block)
        length += len(block)
    return Refused(
        reason=f"{length:,} bytes; an item may have {limit:,}",
        origin=origin,
        raw=beginning[:SAMPLE_BYTES],
        length=length,
        sha256=digest.hexdigest(),
    )
