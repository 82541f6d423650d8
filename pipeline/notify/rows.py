"""What `notify` keeps in its table, by key.

| key | row |
|---|---|
| alert id | the ledger: who owns this alert, and what became of it |
| `h/RULE` | what a rule holds back: for a digest, for the end of quiet hours or of a cap |
| `k/RULE` | how many alerts a rule with a cap has sent in its span |
| `c/ALERT` | which outlets followed an alert that is counted |
| `s/RULE/FIGURE` | mentions an hour of the last 14 days, and the last one |

Times are milliseconds since 1970. `origin` is the record that decided, so that the same one is answered as before.
"""

from typing import Any, TypeVar

import msgspec

from schemas.alert import Match

HELD, CAP, COUNT, ACTIVITY = "h/", "k/", "c/", "s/"


def is_ledger(key: str) -> bool:
    """Whether a key is an alert's id, which has no slash."""
    return "/" not in key


class LedgerRow(msgspec.Struct, frozen=True, array_like=True):
    """One alert. `fate`: told; held, for a digest; or withheld, with its reason.

    `rule` is the id of its rule, under whose key the row expires. `seen_ms` is when it last came again, to the day.
    """

    origin: str
    alerted_ms: int
    quiet: bool
    fate: str = "told"
    reason: str = ""
    rule: str = ""
    seen_ms: int = 0


class Held(msgspec.Struct, frozen=True, array_like=True):
    """One alert that waits."""

    number: str
    match: Match


class HeldRow(msgspec.Struct, frozen=True, array_like=True):
    """What waits until `due_ms` (0: nothing does); `last` is what was told the time before, by which record.

    `newest` is the record that was held last, so that one that is decided anew after a crash is not held twice.
    """

    due_ms: int = 0
    held: tuple[Held, ...] = ()
    more: int = 0
    last_origin: str = ""
    last_due_ms: int = 0
    last: tuple[Held, ...] = ()
    last_more: int = 0
    newest: str = ""
    # With the reason of each.
    last_snoozed: tuple[tuple[Held, str], ...] = ()


class CapRow(msgspec.Struct, frozen=True, array_like=True):
    """So many were told since; `last` is the record that counted last, which must not count twice after a crash."""

    begin_ms: int
    count: int
    last: str = ""


class CountRow(msgspec.Struct, frozen=True, array_like=True):
    """Outlets that followed an alert. Once they are told (`told` is by which record), the row goes at `due_ms`."""

    due_ms: int
    match: Match
    outlets: tuple[str, ...] = ()
    told: str = ""


class ActivityRow(msgspec.Struct, frozen=True, array_like=True):
    """Mentions of a figure by hour (since 1970), the last match, and the last thing told of them.

    `high` is the last offset counted. `due_ms` is when its silence falls due, 0 where it does not.
    """

    begin_ms: int
    last_ms: int
    high: int
    hours: tuple[tuple[int, int], ...]
    match: Match | None = None
    due_ms: int = 0
    told: str = ""
    told_hour: int = 0
    told_reason: str = ""


R = TypeVar("R", LedgerRow, HeldRow, CapRow, CountRow, ActivityRow)
_encoder = msgspec.msgpack.Encoder()
_decoders: dict[type[msgspec.Struct], msgspec.msgpack.Decoder[Any]] = {
    kind: msgspec.msgpack.Decoder(kind) for kind in (LedgerRow, HeldRow, CapRow, CountRow, ActivityRow)
}


def encode(row: R) -> bytes:
    """A row as the table keeps it."""
    return _encoder.encode(row)


def decode(kind: type[R], data: bytes) -> R:
    """The row that these bytes hold."""
    row: R = _decoders[kind].decode(data)
    return row
