"""Spikes and silences: how often a figure is named an hour, against its own last 14 days.

A spike is an hour with at least `spike_least` mentions that is `spike_factor` times the figure's usual hour, and more
than three standard deviations of a Poisson process above it, so that a figure named once a day does not spike at two.
It needs a day of history. A silence is told once, `silence_hours` after the last mention.
"""

import math

import msgspec

from pipeline.notify.rows import ActivityRow
from schemas.alert import Match
from schemas.rule import Tell

HOUR_MS = 3_600_000
DAYS = 14
HISTORY_HOURS = 24
# One spike is told once: it may go on for hours.
AGAIN_HOURS = 6
DEVIATIONS = 3.0


def counted(row: ActivityRow | None, match: Match, at_ms: int, offset: int) -> ActivityRow:
    """The row with one mention more; the same row where the record was counted before."""
    hour = at_ms // HOUR_MS
    if row is None:
        return ActivityRow(at_ms, at_ms, offset, ((hour, 1),), match)
    if offset <= row.high:
        return row
    counts = dict(row.hours)
    counts[hour] = counts.get(hour, 0) + 1
    kept = tuple((h, n) for h, n in sorted(counts.items()) if h > hour - DAYS * 24)
    return msgspec.structs.replace(row, last_ms=max(row.last_ms, at_ms), high=offset, hours=kept, match=match)


def spike(row: ActivityRow, tell: Tell, at_ms: int) -> str | None:
    """What to say of a spike that begins in this hour, or None."""
    hour = at_ms // HOUR_MS
    begin = max(row.begin_ms // HOUR_MS, hour - DAYS * 24)
    if hour - begin < HISTORY_HOURS or (row.told_hour and hour - row.told_hour < AGAIN_HOURS):
        return None
    count = dict(row.hours).get(hour, 0)
    usual = sum(n for h, n in row.hours if h < hour) / (hour - begin)
    noise = usual + DEVIATIONS * math.sqrt(usual)
    if count < max(tell.spike_least, tell.spike_factor * usual) or count <= noise:
        return None
    return f"{count}|{usual:.2f}"


def silence_due(at_ms: int, tell: Tell) -> int:
    """When a silence that begins now is to be told."""
    return at_ms + tell.silence_hours * HOUR_MS
