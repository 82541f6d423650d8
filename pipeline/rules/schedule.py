"""Times as users write them: spans (`90m`, `7d`), schedules (`mon-fri 08:00,17:00`), hours of quiet (`22:00-07:00`).

Clock times are of a time zone. Where clocks are put forward, a time that does not exist means the moment after; where
they are put back, a time that comes twice means its first.
"""

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from schemas.said import Mistake

# Five digits: more weeks than that before now would be before the first year.
_SPAN = re.compile(r"(\d{1,5})\s*([smhdw])", re.ASCII)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SHORTEST_SPAN = 60


class Unreadable(Mistake):
    """A time that is not written as it must be; the message says how."""


class Schedule(msgspec.Struct, frozen=True):
    """Either a span in seconds, or clock times on some days of the week (Monday is 0)."""

    span: int = 0
    times: tuple[time, ...] = ()
    days: tuple[int, ...] = ()

    def after(self, moment: datetime, zone: str) -> datetime:
        """The first time of the schedule that is later than a moment. Spans count from the start of the day in UTC."""
        if self.span:
            seconds = int(moment.timestamp())
            return datetime.fromtimestamp((seconds // self.span + 1) * self.span, UTC)
        clock = ZoneInfo(zone)
        day = moment.astimezone(clock).date()
        for _ in range(9):
            if day.weekday() in self.days:
                for at in self.times:
                    due = datetime.combine(day, at, clock).astimezone(UTC)
                    if due > moment:
                        return due
            day += timedelta(days=1)
        raise AssertionError("a schedule has a day and a time")


class Quiet(msgspec.Struct, frozen=True):
    """Hours of quiet, from one clock time to another, which may be of the next day."""

    begin: time
    end: time

    def until(self, moment: datetime, zone: str) -> datetime | None:
        """When the quiet in which a moment lies ends, or None where it lies in none."""
        local = moment.astimezone(ZoneInfo(zone))
        clock = local.time().replace(tzinfo=None)
        over_night = self.begin > self.end
        inside = (clock >= self.begin or clock < self.end) if over_night else self.begin <= clock < self.end
        if not inside:
            return None
        day = local.date() + timedelta(days=1 if over_night and clock >= self.begin else 0)
        return datetime.combine(day, self.end, ZoneInfo(zone)).astimezone(UTC)


def read_span(text: str) -> timedelta:
    """The length of `90m`, `12h`, `7d`.

    Raises:
        Unreadable: it is not written so.
    """
    found = _SPAN.fullmatch(text.strip().lower())
    if not found or not int(found[1]):
        raise Unreadable("{!r} is no time span; write it like 30m, 12h or 7d", text)
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


def read_schedule(text: str) -> Schedule:
    """What `6h`, `08:00`, `08:00,17:00` or `mon-fri 08:00` say.

    Raises:
        Unreadable: it is not written so.
    """
    words = text.lower().replace(", ", ",").split()
    if words and words[0] in {"daily", "every"}:
        words = words[1:]
    if len(words) == 1 and _SPAN.fullmatch(words[0]):
        seconds = int(read_span(words[0]).total_seconds())
        if seconds < _SHORTEST_SPAN:
            raise Unreadable("a digest comes at most once a minute")
        return Schedule(span=seconds)
    days = _days(words[0]) if len(words) == 2 else tuple(range(7))  # noqa: PLR2004 - days and times
    if not words or len(words) > 2 or not days:  # noqa: PLR2004
        raise Unreadable("{!r} is no schedule; write it like 6h, 08:00, or mon-fri 08:00,17:00", text)
    return Schedule(times=tuple(sorted(_clock(part) for part in words[-1].split(","))), days=days)


def read_quiet(text: str) -> Quiet:
    """What `22:00-07:00` says.

    Raises:
        Unreadable: it is not written so.
    """
    begin, dash, end = text.replace(" ", "").replace("–", "-").partition("-")
    if not dash or begin == end:
        raise Unreadable("{!r} are no hours of quiet; write them like 22:00-07:00", text)
    return Quiet(_clock(begin), _clock(end))


def check_zone(name: str) -> str:
    """The name of a time zone, as it is.

    Raises:
        Unreadable: there is none of that name.
    """
    try:
        return str(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Unreadable("there is no time zone {!r}; write it like Asia/Jakarta", name) from error


def _days(text: str) -> tuple[int, ...]:
    chosen: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first not in _DAYS or (last and last not in _DAYS):
            return ()
        begin, end = _DAYS.index(first), _DAYS.index(last or first)
        chosen.update(range(begin, end + 1) if begin <= end else (*range(begin, 7), *range(end + 1)))
    return tuple(sorted(chosen))


def _clock(text: str) -> time:
    try:
        hour, minute = text.split(":")
        return time(int(hour), int(minute))
    except ValueError as error:
        raise Unreadable("{!r} is no time of day; write it like 08:00", text) from error
