"""Other calendars' days as Gregorian ones."""

from collections.abc import Callable
from datetime import date, timedelta

# 1 Farvardin 1403 and 1 Muharram 1445, as both calendars' keepers gave them.
_PERSIAN_EPOCH = (1403, date(2024, 3, 20))
_ISLAMIC_EPOCH = (1445, date(2023, 7, 19))
# Leap years by their place in the cycle of 33, exact for 1244 to 1472.
_PERSIAN_LEAP = frozenset({1, 5, 9, 13, 17, 22, 26, 30})
# Of the cycle of 30, in the common tabular calendar; the moon may differ by a day.
_ISLAMIC_LEAP = frozenset({2, 5, 7, 10, 13, 16, 18, 21, 24, 26, 29})


def persian(year: int, month: int, day: int) -> date:
    """A day of the Solar Hijri calendar.

    Raises:
        ValueError: there is no such day.
    """
    months = [31] * 6 + [30] * 5 + [30 if year % 33 in _PERSIAN_LEAP else 29]
    return _day(_PERSIAN_EPOCH, year, month, day, months, lambda at: 366 if at % 33 in _PERSIAN_LEAP else 365)


def islamic(year: int, month: int, day: int) -> date:
    """A day of the tabular Islamic calendar.

    Raises:
        ValueError: there is no such day.
    """
    months = [30, 29] * 5 + [30, 30]  # the last is 29 or 30 by sight
    return _day(_ISLAMIC_EPOCH, year, month, day, months, lambda at: 355 if at % 30 in _ISLAMIC_LEAP else 354)


def _day(  # noqa: PLR0913, PLR0917 - a calendar's parts
    epoch: tuple[int, date], year: int, month: int, day: int, months: list[int], length: Callable[[int], int]
) -> date:
    known, start = epoch
    if not 1 <= month <= len(months) or not 1 <= day <= months[month - 1]:
        raise ValueError(f"no such day: {year}-{month}-{day}")
    years = range(known, year) if year >= known else range(year, known)
    days = sum(map(length, years)) * (1 if year >= known else -1)
    return start + timedelta(days=days + sum(months[: month - 1]) + day - 1)


def gregorian_year(year: int) -> int:
    """A year of the Buddhist era (2400 to 2700) as ours; any other as it is."""
    return year - 543 if 2400 <= year <= 2700 else year  # noqa: PLR2004 - what no other era of today has
