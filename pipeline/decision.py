"""What a step decides about one record: what to write to its table, and what to send on.

Deciding is pure: a function from the record and the table's rows to a `Decision`. `pipeline.streaming` acts on it.
"""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

import msgspec

from schemas.codec import Record, Undecodable
from schemas.deadletter import dead_letter
from schemas.message import Message
from schemas.topics import DEADLETTERS

R = TypeVar("R", bound=Record)
Lookup = Callable[[str], bytes | None]


class Output(msgspec.Struct, frozen=True):
    """One record to send."""

    topic: str
    key: str
    value: bytes


class Decision(msgspec.Struct, frozen=True):
    """Rows to write (None deletes) and records to send, in this order."""

    rows: tuple[tuple[str, bytes | None], ...] = ()
    outputs: tuple[Output, ...] = ()


class Decider(Protocol):
    """A step with a table. The same record and rows must give the same decision, or a crash could show."""

    def decide(self, message: Message, lookup: Lookup) -> Decision:
        """Decide about one record; never raises for what the record holds."""

    def restore(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Called with every row of the table before the first record, and again after partitions moved."""


class TimedDecider(Decider, Protocol):
    """A decider that also has something to do at a time, though nothing comes."""

    def due(self, now_ms: int) -> list[Output]:
        """What has fallen due by now (ms since 1970), to be sent to a topic that the step reads; each once."""

    def expired(self, key: str, data: bytes, now_ms: int) -> Output | None:
        """What to send to that topic for a row that is kept no more; asked of each row now and then."""


def origin(message: Message) -> str:
    """Where a record came from: `topic/partition/offset`."""
    return f"{message.topic}/{message.partition}/{message.offset}"


def opened(step: str, message: Message, kind: type[R]) -> R | Output:
    """The record in a message, or the dead letter of what is none."""
    try:
        return kind.decode(message.value or b"")
    except Undecodable as error:
        return set_aside(step, message, str(error))


def set_aside(step: str, message: Message, reason: str) -> Output:
    """The dead letter of a record that a step cannot handle."""
    letter = dead_letter(
        step=step,
        reason=reason,
        origin=origin(message),
        key=None if message.key is None else message.key.encode("utf-8", "replace"),
        value=message.value or b"",
    )
    return Output(DEADLETTERS, letter.id, letter.encode())
