"""Dates in words and loose numbers, in any language: which number is the year, what is the month called, when is 3 pm.

Everything that can be told by its form is taken out of the text in turn (zone, time, a whole numeric date); what is
left is words, one of which names the month, and numbers.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from connectors.dates.calendars import gregorian_year, islamic, persian
from connectors.dates.words import Month, fold, half_named, month_named
from connectors.dates.zones import offset, zone_in, zone_named

_HAN = str.maketrans("〇零一二三四五六七八九", "00123456789")
_HAN_NUMBER = re.compile(r"[〇零一二三四五六七八九十]+(?=\s*[年月日号號時时點点分])")
_ERA = re.compile(r"(令和|平成|昭和|民國|民国)\s*(\d{1,3}|元)\s*年")
_ERA_BEGINS = {"令和": 2018, "平成": 1988, "昭和": 1925, "民國": 1911, "民国": 1911}
_DIRECTION = re.compile(r"[\u200c-\u200f\u202a-\u202e\u2066-\u2069]")
_ASIDE = re.compile(r"[(（\[【][^()\d（）\[\]【】]*[)）\]】]")
_OFFSET = r"(?:GMT|UTC|Z)\s*[+−–-]\s*\d{1,2}(?::?\d{2})?(?!\d)|[+−–-]\d{2}:?\d{2}(?!\d)|(?<=\d)[+−–-]\d{1,2}(?![\d-])"
_TIME = re.compile(
    r"(?<![\d.])(?P<hour>\d{1,2})\s*"
    r"(?:[:：]\s*(?P<minute>\d{1,2})(?:\s*[:：.]\s*(?P<second>\d{1,2})(?:[.,:](?P<part>\d{1,9}))?)?"
    r"|(?:h|時|时|시|點|点|นาฬิกา|ໂມງ)\s*(?:(?P<minute2>\d{1,2})\s*(?:分|분|นาที|ນາທີ|m(?![a-z])|min)?)?"
    r"(?:\s*:?(?P<second2>\d{1,2})\s*(?:秒|초|วินาที|ວິນາທີ|s(?![a-z]))?)?)"
    rf"(?P<rest>.{{0,12}}?(?P<offset>{_OFFSET}))?",
    re.IGNORECASE,
)
_OFFSET_PARTS = re.compile(r"([+−–-])\s*(\d{1,2}):?(\d{2})?")
_DOTTED_TIME = re.compile(
    r"(?<![\d.])(?P<hour>[01]?\d|2[0-3])\.(?P<minute>[0-5]\d)(?:\.(?P<second>[0-5]\d)(?:\.\d{1,9})?)?(?![\d.])"
)
_BARE_HOUR = re.compile(r"(?<![\d.])(?P<hour>\d{1,2})\s*(?=[ap]\.?m\b)", re.IGNORECASE)
_DAY_MONTH_YEAR = re.compile(r"\d{1,2}-[A-Za-z]{3}-\d\d\s")
_CJK_DATE = re.compile(r"(\d{1,4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(?:(\d{1,2})\s*[日일号號]?)?")
_NUMERIC = re.compile(r"(?<![\d:])(\d{1,4})\s?([./-])\s?(\d{1,2})\s?\2\s?(\d{1,4})(?!\d|:\d)\.?")
_NUMBERED_MONTH = re.compile(
    r"(?:tháng|thang|thg|\bM)\s*(\d{1,2})|(\d{1,2})\s*-?\s*(?:р|дугаар|дүгээр)?\s*сар\w*|(\d{1,2})\s*[月월]",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+")
_SPLIT = re.compile(r"[\s\d,،⹁;/|()\[\]{}:·、，。-]+")
_CJK_HALVES = re.compile("오전|오후|午前|午後|上午|下午|早上|凌晨|晚上|中午")
_KOREAN = re.compile("[년월일시분]|오전|오후")
_LOWER_ZONES = frozenset({"gmt", "utc", "мск"})
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = re.compile(r"\b(mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday|s|rs)?\b", re.IGNORECASE)
NOON = 12
CENTURY = 100
PIVOT = 69
LONGEST_MONTH = 31


@dataclass(slots=True)
class _Parts:
    """What was found so far; `text` is what is left."""

    text: str
    language: str
    clock: time | None = None
    next_day: bool = False
    zone: tzinfo | None = None
    year: int | None = None
    month: Month | None = None
    day: int | None = None
    words: list[str] = field(default_factory=list)


def read_wording(text: str, language: str = "") -> datetime | None:
    """The date that a text in words names, naive where it has no zone; None where it names none whole.

    Args:
        text: at most a line.
        language: BCP 47 in lower case, or empty.
    """
    parts = _Parts(text=_tidy(text), language=language)
    korean = bool(_KOREAN.search(parts.text))
    try:
        parts.zone, parts.text = zone_in(parts.text, datetime(2000, 1, 1))  # noqa: DTZ001 - only whether it is one
        place = parts.zone is not None
        _take_numeric(parts)
        _take_time(parts)
        _take_words(parts)
        if parts.month is None or parts.day is None or parts.year is None:
            return None
        moment = datetime.combine(_day(parts), parts.clock or time())
        moment += timedelta(days=1) if parts.next_day else timedelta()
        zone = zone_in(text, moment)[0] if place else parts.zone or _named_zone(parts, moment)
    except (ValueError, OverflowError):
        return None
    if zone is None and korean and parts.clock:
        zone = offset(9)  # one country, one zone
    return moment.replace(tzinfo=zone)


def _tidy(text: str) -> str:
    text = _DIRECTION.sub("", text)
    digits = "".join(str(unicodedata.digit(c)) if c > "\x7f" and c.isdecimal() else c for c in text)
    plain = unicodedata.normalize("NFKC", digits)
    plain = _HAN_NUMBER.sub(lambda found: str(_han(found[0])), plain)
    plain = _ERA.sub(
        lambda found: f"{_ERA_BEGINS[found[1]] + (1 if found[2] == '元' else int(found[2]))}年",
        plain,
    )
    return _ASIDE.sub(lambda found: f" {found[0][1:-1]} " if _is_zone(found[0][1:-1]) else " ", plain)


def _is_zone(text: str) -> bool:
    return text.isupper() and zone_named(fold(text), "", datetime(2000, 1, 1)) is not None  # noqa: DTZ001 - as below


def _han(text: str) -> int:
    if "十" not in text:
        return int(text.translate(_HAN))
    tens, _, ones = text.partition("十")
    return int(tens.translate(_HAN) or 1) * 10 + int(ones.translate(_HAN) or 0)


def _take_numeric(parts: _Parts) -> None:
    if found := _CJK_DATE.search(parts.text):
        parts.year, parts.month, parts.day = _year(found[1]), Month(int(found[2])), int(found[3] or 1)
    elif (found := _NUMERIC.search(parts.text)) and not _is_clock(found, parts.text):
        parts.year, month, parts.day = _ordered(found[1], found[3], found[4], parts)
        parts.month = Month(month)
    else:
        return
    parts.text = parts.text[: found.start()] + " " + parts.text[found.end() :]
    if 1300 <= parts.year < 1500:  # noqa: PLR2004 - no news is from then by our calendar
        parts.month = Month(parts.month.number, "islamic" if parts.language.startswith("ar") else "persian")


def _is_clock(found: re.Match[str], text: str) -> bool:
    """Whether three numbers are a time as Finns, Indonesians and Oracle write it, since the date stands elsewhere."""
    return found[2] == "." and max(len(found[n]) for n in (1, 3, 4)) <= 2 and _has_date_elsewhere(text)  # noqa: PLR2004


def _ordered(first: str, second: str, third: str, parts: _Parts) -> tuple[int, int, int]:
    """Year, month and day of three numbers, in the order that they or the language allow."""
    one, two, three = int(first), int(second), int(third)
    if len(first) > 2:  # noqa: PLR2004 - a year is written with four digits, or three of some eras
        return _year(first), two, three
    if one > LONGEST_MONTH:
        return _year(first), two, three
    halves = not parts.language and re.search(r"\b[ap]\.?m\b", parts.text, re.IGNORECASE)
    american = parts.language in {"en", "en-us", "en-ph"} or bool(halves)
    if two > NOON or (american and one <= NOON):
        one, two = two, one
    year = _year(third)
    if one <= NOON and not _is_weekday(parts.text, year, two, one) and _is_weekday(parts.text, year, one, two):
        one, two = two, one
    return year, two, one


def _is_weekday(text: str, year: int, month: int, day: int) -> bool:
    """Whether the English weekday in a text is that of a day: `Tue, 03/05/2024` can only be the fifth of March."""
    if not (found := _WEEKDAY.search(text)):
        return False
    try:
        return date(year, month, day).weekday() == _WEEKDAYS.index(found[1].lower())
    except ValueError:
        return False


def _year(text: str) -> int:
    year = int(text)
    if len(text) <= 2:  # noqa: PLR2004 - of a century
        return year + (2000 if year < PIVOT else 1900)
    return gregorian_year(year)


def _take_time(parts: _Parts) -> None:
    found = _TIME.search(parts.text)
    if found is None or (found["minute"] is None and found["minute2"] is None and not _hour_only(found)):
        found = _BARE_HOUR.search(parts.text) or (
            _DOTTED_TIME.search(parts.text) if parts.month or _has_date_elsewhere(parts.text) else None
        )
    if not found:
        return
    groups = found.groupdict()
    hour = int(groups["hour"])
    minute = int(groups.get("minute") or groups.get("minute2") or 0)
    second = min(int(groups.get("second") or groups.get("second2") or 0), 59)
    before, after = parts.text[: found.start()], parts.text[found.end() :]
    inside = groups.get("rest") or ""
    half = _half(f"{before[-12:]} {inside} {after[:12]}", parts.language.partition("-")[0])
    if half == "pm" and hour < NOON:
        hour += NOON
    elif half == "am" and hour == NOON:
        hour = 0
    parts.next_day = hour == 24 and minute == 0  # noqa: PLR2004 - the end of a day, as ISO 8601 has it
    part = int((groups.get("part") or "0").ljust(6, "0")[:6])
    parts.clock = time(0 if parts.next_day else hour, minute, second, part)
    if groups.get("offset"):
        inside = inside.removesuffix(groups["offset"])
        parts.zone = parts.zone or _numeric_zone(groups["offset"])
    parts.text = f"{before} {inside} {after}"


def _numeric_zone(text: str) -> tzinfo | None:
    found = _OFFSET_PARTS.search(text)
    hours = int(found[2]) + int(found[3] or 0) / 60 if found else 99
    if found is None or hours >= 15:  # noqa: PLR2004 - no zone is further east or west
        return None
    return offset(hours if found[1] == "+" else -hours)


def _hour_only(found: re.Match[str]) -> bool:
    return bool(re.search(r"[時时시點点]", found[0]))


def _has_date_elsewhere(text: str) -> bool:
    """Whether a text has a year, or a day beside a month's name (`05-MAR-24`)."""
    return bool(re.search(r"(?<!\d)\d{4}(?!\d)", text) or _DAY_MONTH_YEAR.match(text))


def _half(text: str, language: str) -> str | None:
    if found := _CJK_HALVES.search(text):
        return half_named(found[0])
    words = [fold(word) for word in re.split(r"[\s\d,:]+", text) if word]
    for word in (*(f"{one}_{two}" for one, two in pairwise(words)), *words):
        if half := half_named(word, language):
            return half
    return None


def _take_words(parts: _Parts) -> None:
    parts.words = [word for word in _SPLIT.split(parts.text) if word]
    if parts.month is not None:
        return
    if found := _NUMBERED_MONTH.search(parts.text):
        parts.month = Month(int(found[1] or found[2] or found[3]))
        parts.text = parts.text[: found.start()] + " " + parts.text[found.end() :]
    else:
        parts.month = _named_month([fold(word) for word in parts.words], parts.language.partition("-")[0])
    numbers = _NUMBER.findall(parts.text)
    if parts.month is None and len(numbers) == 3:  # noqa: PLR2004 - day, month and year without anything between
        parts.year, number, parts.day = _ordered(numbers[0], numbers[1], numbers[2], parts)
        parts.month = Month(number)
        return
    years = [number for number in numbers if len(number) >= 3 or int(number) > LONGEST_MONTH]  # noqa: PLR2004 - as above
    days = [number for number in numbers if len(number) <= 2 and 1 <= int(number) <= LONGEST_MONTH]  # noqa: PLR2004
    if days and (years or len(days) > 1):
        parts.day = int(days[0])
        parts.year = _year(years[0] if years else days[1])


def _named_month(words: list[str], language: str) -> Month | None:
    pairs = [f"{one}_{two}" for one, two in pairwise(words)]
    # The last: a weekday before it can look like a month (`mar. 5 mars`, `mar 5 mar`).
    for word in (*reversed(pairs), *reversed(words)):
        found = month_named(word, language)
        if found:
            return found
    return None


def _named_zone(parts: _Parts, moment: datetime) -> tzinfo | None:
    language = parts.language.partition("-")[0]
    for word in parts.words:
        folded = fold(word)
        if (word.isupper() or folded in _LOWER_ZONES) and (zone := zone_named(folded, language, moment)):
            return zone
    return None


def _day(parts: _Parts) -> date:
    assert parts.year is not None  # noqa: S101 - the caller has all three
    assert parts.month is not None  # noqa: S101
    assert parts.day is not None  # noqa: S101
    year, month, day = parts.year, parts.month, parts.day
    if month.calendar == "persian":
        return persian(year, month.number, day)
    if month.calendar == "islamic":
        return islamic(year, month.number, day)
    if not 1 <= day <= LONGEST_MONTH:
        raise ValueError(f"no such day: {day}")
    # The 31st of a shorter month is the day after its last, as C's mktime has it.
    return date(year, month.number, 1) + timedelta(days=day - 1)
