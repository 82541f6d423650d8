"""Dates as people write them in a query: `2026`, `2026-03`, `2026-03-01`, a full ISO 8601 moment, `7d`, `today`."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from pipeline.query.ast import Moment
from schemas.said import Said

_AGO: Final = re.compile(r"(\d{1,4})\s?(min|h|d|w|mo|m|y)", re.IGNORECASE)
_DATE: Final = re.compile(r"(\d{4})(?:[-/](\d{1,2}))?(?:[-/](\d{1,2}))?")
_SECONDS: Final = {"min": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400, "mo": 30 * 86_400, "y": 365 * 86_400}
_DAYS: Final = {"today": 0, "yesterday": 1}
HINT: Final = Said("a date such as 2026-03-01, 2026-03 or 2026, or a time ago such as 7d, 24h or 2w")


def moment(text: str) -> Moment | None:
    """The moment that a text names (of a date: its beginning, in UTC), or None."""
    text = text.strip()
    if text.lower() in _DAYS:
        return Moment(days_ago=_DAYS[text.lower()])
    ago = _AGO.fullmatch(text)
    if ago:
        unit = "mo" if ago[2].lower() == "m" else ago[2].lower()
        return Moment(ago_seconds=float(int(ago[1]) * _SECONDS[unit]))
    found = span(text)
    if found is not None:
        return Moment(at=found[0])
    return _iso(text)


def span(text: str) -> tuple[datetime, datetime] | None:
    """The beginning of a year, month or day and of the next one, or None."""
    date = _DATE.fullmatch(text.strip())
    if date is None:
        return None
    year, month, day = (int(part) if part else None for part in date.groups())
    try:
        begin = datetime(year or 0, month or 1, day or 1, tzinfo=UTC)
        if day:
            return begin, begin + timedelta(days=1)
        after = (begin.year, begin.month + 1) if month else (begin.year + 1, 1)
        return begin, datetime(after[0] + after[1] // 13, (after[1] - 1) % 12 + 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _iso(text: str) -> Moment | None:
    try:
        at = datetime.fromisoformat(text)
        return Moment(at=(at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC))
    except (ValueError, OverflowError):
        return None
