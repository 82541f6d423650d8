"""Until when an alert waits: the clock of a digest, the end of quiet hours, the span of a cap."""

from datetime import datetime

import msgspec

from pipeline.decision import Lookup, origin
from pipeline.notify.rows import CAP, CapRow, decode
from pipeline.rules.schedule import Unreadable, read_quiet, read_schedule
from schemas.alert import Match
from schemas.codec import from_millis
from schemas.message import Message

MINUTE_MS = 60_000


def cap_now(match: Match, message: Message, lookup: Lookup) -> CapRow | None:
    """The span that counts now, where the rule has a cap; without what this very record counted before a crash."""
    if not match.tell.cap:
        return None
    at_ms = message.timestamp_ms
    found = lookup(CAP + match.rule_id)
    row = decode(CapRow, found) if found else None
    if row is not None and row.last == origin(message):
        return msgspec.structs.replace(row, count=row.count - 1)
    if row is None or at_ms >= row.begin_ms + match.tell.cap_minutes * MINUTE_MS:
        return CapRow(at_ms, 0)
    return row


def due_at(match: Match, at: datetime, cap: CapRow | None) -> datetime | None:
    """Until when an alert waits, or None."""
    tell = match.tell
    if tell.how == "digest":
        try:
            return read_schedule(tell.digest or "1h").after(at, tell.zone)
        except (Unreadable, KeyError, OSError, ValueError):
            return read_schedule("1h").after(at, "UTC")  # written by something else than the command line
    quiet = quiet_until(match, at)
    if quiet is not None:
        return quiet
    if cap is not None and cap.count >= tell.cap:
        return from_millis(cap.begin_ms + tell.cap_minutes * MINUTE_MS)
    return None


def quiet_until(match: Match, at: datetime) -> datetime | None:
    """When the quiet hours of a rule end, or None where it is not quiet."""
    if not match.tell.quiet:
        return None
    try:
        return read_quiet(match.tell.quiet).until(at, match.tell.zone)
    except (Unreadable, KeyError, OSError, ValueError):
        return None
