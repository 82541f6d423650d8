"""Dates as sources write them: RFC 822 and ISO 8601 first, in microseconds; any language after that, in milliseconds.

A date without a zone is taken as UTC, and said to be. Nothing here depends on the present moment: relative dates
("yesterday") are not understood, since the same input must give the same output.
"""

import re
import warnings
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

import dateparser

LIMIT = 80
PATIENCE = 20
# What RFC 822 names and Python knows. For any other name Python would silently say UTC.
_RFC_ZONE = re.compile(
    r"(?:[+-]\d{4}|\b(?:UT|UTC|GMT|Z|EST|EDT|CST|CDT|MST|MDT|PST|PDT)|:\d\d)\s*(?:\([^)]*\))?\Z", re.IGNORECASE
)
_YEAR = re.compile(r"\d{2}")
_WEEKDAY = re.compile(r"[^\W\d]+\.?,?\s+(?=\d)")
_ISO_START = re.compile(r"\d{4}-?\d{2}-?\d{2}")
_SPACED_ZONE = re.compile(r"\s+(?=[+-]\d{2}:?\d{2}\Z)")

GUESSED = "date-guessed"
NO_ZONE = "date-without-zone"
UNREADABLE = "date-unreadable"


def parse_date(text: str | None, language: str | None = None) -> tuple[datetime | None, str | None]:
    """The moment in UTC that a source's date names, and the name of the repair that this took, if any.

    Args:
        text: the date, as the source has it.
        language: BCP 47, of the feed; tried first where the date is in words.
    """
    return DateReader(language).read(text)


class DateReader:
    """Reads the dates of one source.

    It stops trying languages once `PATIENCE` dates of the source made no sense: one such date takes 30 ms, and a feed
    may hold ten thousand.
    """

    def __init__(self, language: str | None = None) -> None:
        self._language = (language or "").partition("-")[0].lower()
        self._patience = PATIENCE

    def read(self, text: str | None) -> tuple[datetime | None, str | None]:
        """The moment in UTC and the repair that it took, as `parse_date` has it."""
        text = (text or "").strip()
        if not text:
            return None, None
        if len(text) > LIMIT:
            return None, UNREADABLE
        moment = _iso(text) if _ISO_START.match(text) else _rfc822(text)
        if moment is not None:
            return _utc(moment)
        if self._patience <= 0 or not _YEAR.search(text):
            return None, UNREADABLE
        guessed = _guess(text, self._language)
        if guessed is None:
            self._patience -= 1
            return None, UNREADABLE
        return _utc(guessed)[0], GUESSED


def _utc(moment: datetime) -> tuple[datetime | None, str | None]:
    try:
        if moment.tzinfo is None:
            return moment.replace(tzinfo=UTC), NO_ZONE
        return moment.astimezone(UTC), None
    except OverflowError:
        return None, UNREADABLE


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(_SPACED_ZONE.sub("", text).replace(" UTC", "Z").replace(" GMT", "Z"))
    except ValueError:
        return None


def _rfc822(text: str) -> datetime | None:
    if not _RFC_ZONE.search(text):
        return None
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None


@lru_cache(maxsize=4096)
def _guess(text: str, language: str) -> datetime | None:
    options = {"PARSERS": ["absolute-time"], "REQUIRE_PARTS": ["day", "month", "year"]}
    # A weekday in one language before a month in another is common: the weekday says nothing new.
    attempts: list[tuple[str, list[str] | None]] = [(text, [language])] if language else []
    attempts += [(text, None)]
    bare = _WEEKDAY.sub("", text, count=1) if _WEEKDAY.match(text) else text
    attempts += [(bare, None)] if bare != text else []
    for wording, languages in attempts:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # dateparser's own use of strptime
                found: datetime | None = dateparser.parse(wording, languages=languages, settings=options)
        except (ValueError, TypeError, OverflowError, RecursionError):
            # An unknown language, or a date that trips the library: nothing more to learn from it.
            continue
        if found:
            return found
    return None
