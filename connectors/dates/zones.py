"""Zones by the names that feeds give them. Offsets are hours east of Greenwich.

From the tz database's abbreviations and RFC 822. Where one name means several zones, the one that most news has is
taken, or the one that the feed's language names (`IST` in Hebrew is Israel's).
"""

import re
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_HOURS: dict[float, str] = {
    0: "z ut utc gmt wet western_european_time гринвич",
    1: "cet mez wat bst west met irish_standard_time",
    2: "cest mesz eet cat sast msz mest",
    3: "eest msk eat trt ast_arabia мск tsi",
    3.5: "irst",
    4: "gst samt azt get",
    4.5: "irdt aft",
    5: "pkt uzt tmt yekt",
    5.5: "ist slst",
    5.75: "npt",
    6: "bdt btt omst almt",
    6.5: "mmt",
    7: "wib ict novt krat",
    8: "wita sgt hkt myt pht pst_manila awst irkt ulat hkst",
    9: "wit jst kst yakt",
    9.5: "acst",
    10: "aest vlat chst pgt",
    10.5: "acdt",
    11: "aedt magt sakt",
    12: "nzst pett fjt",
    13: "nzdt",
    -1: "azost cvt",
    -2: "fnt ndt_half",
    -2.5: "ndt",
    -3: "brt art adt uyt gft clst",
    -3.5: "nst",
    -4: "ast edt clt bot amt vet gyt",
    -5: "est cdt cot pet ect",
    -6: "cst mdt galt",
    -7: "mst pdt",
    -8: "pst akdt",
    -9: "akst hdt",
    -10: "hst ahst",
    -11: "sst",
}
_OFFSETS = {name: hours for hours, names in _HOURS.items() for name in names.split()}
_BY_LANGUAGE = {
    ("ist", "he"): 2.0, ("ist", "ga"): 1.0, ("cst", "zh"): 8.0, ("bst", "bn"): 6.0, ("pst", "fil"): 8.0,
    ("pst", "tl"): 8.0, ("bdt", "en"): 6.0, ("ast", "ar"): 3.0,
}  # fmt: skip
# Names that mean a place's own time, summer or not.
_PLACES = {"et": "America/New_York", "ct": "America/Chicago", "mt": "America/Denver", "pt": "America/Los_Angeles"}
# The letters of RFC 822 were given the wrong way round there and mean nothing (RFC 2822, 4.3), apart from Z.
_IANA = re.compile(
    r"\b(?:Etc|Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[A-Za-z_/+-]{3,30}"
)


def offset(hours: float) -> timezone:
    """So many hours east of Greenwich."""
    return timezone(timedelta(hours=hours))


def zone_named(word: str, language: str, moment: datetime) -> tzinfo | None:
    """The zone that a folded word names, for a moment without one; None where it names none."""
    hours = _BY_LANGUAGE.get((word, language), _OFFSETS.get(word))
    if hours is not None:
        return offset(hours)
    return _zone_info(_PLACES[word], moment) if word in _PLACES else None


def zone_in(text: str, moment: datetime) -> tuple[tzinfo | None, str]:
    """A zone of the tz database (`Europe/Paris`) in a text, and the text without it."""
    found = _IANA.search(text)
    if not found:
        return None, text
    if found[0] in {"Etc/GMT", "Etc/UTC", "Etc/Greenwich"}:
        return offset(0), text.replace(found[0], " ")
    return _zone_info(found[0], moment), text.replace(found[0], " ")


def _zone_info(key: str, moment: datetime) -> tzinfo | None:
    try:
        passed = moment.replace(tzinfo=ZoneInfo(key)).utcoffset()
    except (ValueError, OSError, KeyError):  # unknown, or a system without the database
        return None
    return timezone(passed) if passed is not None else None
