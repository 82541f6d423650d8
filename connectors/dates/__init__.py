"""Dates as sources write them: RFC 822 and ISO 8601 first, in microseconds; any language and several calendars after.

    text ──► iso ──► rfc822 ──► numbers since 1970 ──► wording ──► a moment in UTC, and the repair that it took

A date without a zone is taken as UTC, and said to be. Nothing here depends on the present moment: relative dates
("yesterday") are not understood, since the same input must give the same output.
"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from connectors.dates.wording import read_wording

__all__ = ["GUESSED", "NO_ZONE", "UNREADABLE", "DateReader", "parse_date"]

LIMIT = 100
EARLIEST_YEAR = 1600  # years before are of another calendar
# What RFC 822 names and Python knows. For any other name Python would silently say UTC.
_RFC_ZONE = re.compile(
    r"(?:\s[+-]\d{4}|(?<![\w/])(?:UT|UTC|GMT|Z|EST|EDT|CST|CDT|MST|MDT|PST|PDT)|(?<![+-]\d\d)(?<![+-]\d):\d\d)"
    r"\s*(?:\([^()\d]*\))?\Z",
    re.IGNORECASE,
)
_ISO_START = re.compile(r"\d{4}(?:-?[\dW]|\Z)")
_SPACED_ZONE = re.compile(r"\s+(?=[+-]\d{2}:?\d{2}\Z)")
_ORDINAL = re.compile(r"(\d{4})-?([0-3]\d\d)((?:T.*)?)\Z")
_YEAR_MONTH = re.compile(r"(\d{4})(?:-(\d{1,2}))?\Z")
_FOURTEEN = re.compile(r"\d{14}\Z")
_MIDNIGHT = re.compile(r"(?<=[T ])24(?=:?00(?::?00)?)")
# Seconds, milliseconds or microseconds since 1970, also as .NET writes them.
_SINCE_1970 = re.compile(r"(?:/Date\()?(\d{9,10}(?:\.\d{1,9})?|\d{12,13}|\d{16})(?:[+-]\d{4})?(?:\)/)?\Z")
_COLON_ZONE = re.compile(r"(\s[+-]\d{2}):(\d{2})\Z")
_OFFSET = re.compile(r":\d\d\s*[+-]\d")
_SHORT_ZONE = re.compile(r"(?<=:\d\d)\s+([+-])(\d{1,2})\Z")
# What programs print of a date that was never set.
_BEFORE_CHRIST = re.compile(r"\s-\d{4}\s")
_HALF_DAY = re.compile(r"\d\s*[ap]\.?m\b", re.IGNORECASE)
_MARKUP = re.compile(r"<[^<>]*>")
# The moment for programs beside the words for people, as Drupal's feeds have it.
_MACHINE = re.compile(
    r"<(?:span|time)\s[^<>]{0,200}?\b(?:content|datetime)=[\"'](\d{4}-\d\d-\d\d[^\"'<>]{0,30})[\"']", re.IGNORECASE
)

GUESSED = "date-guessed"
NO_ZONE = "date-without-zone"
UNREADABLE = "date-unreadable"


def parse_date(text: str | None, language: str | None = None) -> tuple[datetime | None, str | None]:
    """The moment in UTC that a source's date names, and the name of the repair that this took, if any.

    Args:
        text: the date, as the source has it.
        language: BCP 47, of the feed; decides where one word or order of numbers means two things.
    """
    return DateReader(language).read(text)


class DateReader:
    """Reads the dates of one source."""

    def __init__(self, language: str | None = None) -> None:
        self._language = (language or "").lower()

    def read(self, text: str | None) -> tuple[datetime | None, str | None]:
        """The moment in UTC and the repair that it took, as `parse_date` has it."""
        text = (text or "").strip()
        if not text:
            return None, None
        if "<" in text:
            if (found := _MACHINE.search(text[: 4 * LIMIT])) and (moment := _iso(found[1])):
                return _utc(moment)
            text = _MARKUP.sub(" ", text[: 4 * LIMIT]).strip()
        text = _SHORT_ZONE.sub(lambda zone: f" {zone[1]}{zone[2]:0>2}00", text)
        if len(text) > LIMIT or (" -" in text and _is_before_christ(text)):
            return None, UNREADABLE
        moment = _iso(text) if _ISO_START.match(text) else _rfc822(text)
        if moment is not None:
            return _utc(moment)
        guessed = _since_1970(text) or read_wording(text, self._language)
        return (_utc(guessed)[0], GUESSED) if guessed else (None, UNREADABLE)


def _is_before_christ(text: str) -> bool:
    found = _BEFORE_CHRIST.search(text)
    return bool(found and ":" in text[found.end() :])


def _utc(moment: datetime) -> tuple[datetime | None, str | None]:
    try:
        if moment.tzinfo is None:
            return moment.replace(tzinfo=UTC), NO_ZONE
        return moment.astimezone(UTC), None
    except OverflowError:
        return None, UNREADABLE


def _iso(text: str) -> datetime | None:
    plain = _SPACED_ZONE.sub("", text).replace(" UTC", "Z").replace(" GMT", "Z")
    try:
        moment = datetime.fromisoformat(plain)
    except ValueError:
        return _odd_iso(plain)
    return moment if moment.year >= EARLIEST_YEAR else None


def _odd_iso(plain: str) -> datetime | None:
    """What ISO 8601 allows and Python does not read, and the fourteen digits that programs write."""
    try:
        if _FOURTEEN.match(plain):
            return datetime.strptime(plain, "%Y%m%d%H%M%S")  # noqa: DTZ007 - it has no zone
        if short := _YEAR_MONTH.match(plain):
            return datetime(int(short[1]), int(short[2] or 1), 1)  # noqa: DTZ001 - it has no zone
        if ordinal := _ORDINAL.match(plain):
            first = datetime.fromisoformat(f"{ordinal[1]}-01-01{ordinal[3]}")
            return first + timedelta(days=int(ordinal[2]) - 1)
        if _MIDNIGHT.search(plain):
            return datetime.fromisoformat(_MIDNIGHT.sub("00", plain, count=1)) + timedelta(days=1)
    except (ValueError, OverflowError):
        pass
    return None


def _rfc822(text: str) -> datetime | None:
    text = _COLON_ZONE.sub(r"\1\2", text)
    if not _RFC_ZONE.search(text) or _HALF_DAY.search(text):
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    # Python sees no offset before a name (`+08:00 CST`), and no name in brackets (`(PT)`).
    lost = moment.tzinfo is None and (text.endswith(")") or _OFFSET.search(text))
    return moment if moment.year >= EARLIEST_YEAR and not lost else None


def _since_1970(text: str) -> datetime | None:
    found = _SINCE_1970.match(text)
    if not found:
        return None
    digits = len(found[1].partition(".")[0])
    unit = 1.0 if digits <= 10 else 1e3 if digits <= 13 else 1e6  # noqa: PLR2004 - seconds to the year 2286
    return datetime.fromtimestamp(float(found[1]) / unit, UTC)
