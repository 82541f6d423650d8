"""Spans, schedules and hours of quiet, across zones and changes of the clock."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.rules.schedule import Unreadable, check_zone, read_quiet, read_schedule, read_span

MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "zone", "due"),
    [
        ("6h", "UTC", "2026-03-02T12:00"),
        ("30m", "UTC", "2026-03-02T10:00"),
        ("08:00", "UTC", "2026-03-03T08:00"),
        ("every 10:00", "UTC", "2026-03-02T10:00"),
        ("08:00,17:00", "UTC", "2026-03-02T17:00"),
        ("08:00", "Asia/Jakarta", "2026-03-03T01:00"),
        ("mon-fri 08:00", "Asia/Jakarta", "2026-03-03T01:00"),
        ("sat,sun 08:00", "UTC", "2026-03-07T08:00"),
        ("fri-mon 10:00", "UTC", "2026-03-02T10:00"),
        ("mon 09:30", "UTC", "2026-03-09T09:30"),
    ],
)
def test_when_a_schedule_is_due(written: str, zone: str, due: str) -> None:
    """Spans count from midnight UTC; clock times are of the zone and the days named."""
    assert read_schedule(written).after(MONDAY, zone).isoformat()[:16] == due


def test_a_day_that_changes_its_clock_has_each_time_once() -> None:
    """In Berlin on 29 March 2026 02:30 does not exist, on 25 October it comes twice: one digest on each day."""
    for day in (datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)):
        schedule = read_schedule("02:30")
        first = schedule.after(day, "Europe/Berlin")
        second = schedule.after(first, "Europe/Berlin")
        assert timedelta(hours=22) < second - first < timedelta(hours=26)


@pytest.mark.parametrize(
    ("at", "until"),
    [("2026-03-02T15:30", "2026-03-03T00:00"), ("2026-03-02T23:59", "2026-03-03T00:00"), ("2026-03-02T14:59", None),
     ("2026-03-03T00:00", None)],
)  # fmt: skip
def test_hours_of_quiet_go_over_midnight(at: str, until: str | None) -> None:
    """From 22:00 to 07:00 in Jakarta."""
    found = read_quiet("22:00-07:00").until(datetime.fromisoformat(f"{at}+00:00"), "Asia/Jakarta")
    assert (found.isoformat()[:16] if found else None) == until


@pytest.mark.parametrize("written", ["", "25:00", "08:00-09:00", "monday 08:00", "10s", "every week", "mon-fri", "8"])
def test_what_is_no_schedule(written: str) -> None:
    """A sentence says how to write it."""
    with pytest.raises(Unreadable, match=r"write it like|once a minute"):
        read_schedule(written)


def test_spans_and_zones() -> None:
    """Spans in s, m, h, d, w; zones by their names."""
    assert read_span("90m") == timedelta(minutes=90)
    for wrong in ("0h", "7", "h", "-1d"):
        with pytest.raises(Unreadable):
            read_span(wrong)
    assert check_zone("Asia/Jakarta") == "Asia/Jakarta"
    for wrong in ("Jakarta", "../etc/passwd", ""):
        with pytest.raises(Unreadable):
            check_zone(wrong)
