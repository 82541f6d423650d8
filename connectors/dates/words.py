"""What dates are made of in the languages of the news: names of months, marks of morning and afternoon, eras.

`words.tsv` is CLDR's, by `connectors.dates.generate`; the names of other calendars' months and what CLDR lacks stand
here.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

WORDS = Path(__file__).with_name("words.tsv")

# Those with the most readers first: where two languages mean different months by one name and nobody says which
# language it is, the earlier wins (`listopad` is November to Poles and Czechs, October to Croats).
LANGUAGES = (
    "en es fr de pt ru it nl id ar tr pl vi ja ko zh fa uk ro cs el hu sv th he da fi nb no nn sk bg hr sr bs sl lt "  # noqa: SIM905 - a list of names
    "lv et hi bn ur ta te mr gu kn ml pa or as ne si ms fil tl sw af sq mk ka hy az kk ky uz tk tg mn km lo my am ti "
    "so ha yo ig zu xh st tn sn rw rn ny mg be ca eu gl cy ga gd is mt lb fo ps sd ku ckb ug yi jv su ceb ht br oc "
    "ast fy hsb dsb co sc wo ff bm lg ln om ee tw ak dz bo ii qu kl".split()
)

# Further names: other spellings in use, and languages that CLDR's tables lack or shorten otherwise.
_MORE = {
    1: "jänner jaenner ianuarie janaury jenuary januar yanvar ocak gennaio enero كانون_الثاني جانفي ינו יאנואר",
    2: "februrary febuary feber feb febr شباط فيفري פבר feabhra",
    3: "mrt maerz marz mrz mär آذار مارس מרס",
    4: "apirl نيسان أفريل abr avr",
    5: "أيار مايو ماي maj",
    6: "حزيران جوان juin jun",
    7: "تموز جويلية juil jul july",
    8: "آب أوت août aout ago agst ogos agu ags agt",
    9: "sept setiembre أيلول septem spt",
    10: "تشرين_الأول okt oct octobre",
    11: "تشرين_الثاني nov nopember",
    12: "كانون_الأول dec dez dic dis des disember",
}
PERSIAN = (
    "فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند",
    "حمل ثور جوزا سرطان اسد سنبله میزان عقرب قوس جدی دلو حوت",
    "farvardin ordibehesht khordad tir mordad shahrivar mehr aban azar dey bahman esfand",
)
ISLAMIC = (
    ("محرم", "muharram"), ("صفر", "safar"), ("ربيع_الأول", "ربیع_الاول"), ("ربيع_الآخر", "ربيع_الثاني", "ربیع_الثانی"),
    ("جمادى_الأولى", "جمادی_الاول"), ("جمادى_الآخرة", "جمادى_الثانية", "جمادی_الثانی"), ("رجب", "rajab"),
    ("شعبان", "shaban"), ("رمضان", "ramadan", "ramadhan"), ("شوال", "shawwal"), ("ذو_القعدة", "ذی_القعده"),
    ("ذو_الحجة", "ذی_الحجه"),
)  # fmt: skip

_HALVES = {
    "am": "a_m 오전 午前 上午 早上 凌晨 清晨 صباحا صبح para_dite sáng vorm vormittags mattina manhã matin",
    "pm": "p_m 오후 午後 下午 晚上 中午 مساء عصر mbasdite chiều tối nachm nachmittags abends sera tarde noite",
}
# Words of other meaning as well: half a day only in their own language.
_COMMON = frozenset({"de", "du", "sa", "ch", "an", "en", "gd", "wb", "ew"})

MARKS = re.compile(r"[\u200c-\u200f\u202a-\u202e\u2066-\u2069'’ʼ]")
PREFIX = 4


@dataclass(frozen=True, slots=True)
class Month:
    """A month by name: `calendar` is "gregorian", "persian" or "islamic"."""

    number: int
    calendar: str = "gregorian"


@lru_cache(maxsize=8192)
def fold(name: str) -> str:
    """A word as the table has it: NFKC, folded case, without marks, full stops and apostrophes; spaces are `_`."""
    plain = unicodedata.normalize("NFKC", MARKS.sub("", name)).casefold()
    return "_".join(plain.replace(".", " ").split()).replace("i̇", "i")


Meaning = Month | str


@cache
def _table() -> dict[str, list[tuple[Meaning, frozenset[str]]]]:
    table: dict[str, list[tuple[Meaning, frozenset[str]]]] = {}
    for line in WORDS.read_text(encoding="utf-8").splitlines():
        name, meaning, languages = line.split("\t")
        known = frozenset(languages.split(","))
        table.setdefault(name, []).append((Month(int(meaning)) if meaning.isdigit() else meaning, known))
    more: list[tuple[Meaning, str, frozenset[str]]] = []
    more += [(Month(number), names, frozenset()) for number, names in _MORE.items()]
    more += [(half, names, frozenset()) for half, names in _HALVES.items()]
    for row in PERSIAN:
        more += [(Month(n, "persian"), name, frozenset({"fa", "ps"})) for n, name in enumerate(row.split(), start=1)]
    more += [(Month(n, "islamic"), " ".join(alike), frozenset()) for n, alike in enumerate(ISLAMIC, start=1)]
    for meant, names, spoken in more:
        for name in map(fold, names.split()):
            if all(meant != other for other, _ in table.get(name, [])):
                table.setdefault(name, []).append((meant, spoken))
    return table


@lru_cache(maxsize=8192)
def month_named(word: str, language: str = "") -> Month | None:
    """The month that a folded word names, in this language (ISO 639) first; None for any other word."""
    found = _months(word)
    if not found and word.startswith("ב"):  # Hebrew's "in", written together
        found = _months(word[1:])
    if not found:
        # Endings that a table of names does not have: `martxoaren`, `мартында`.
        found = next((m for size in range(len(word) - 1, PREFIX - 1, -1) if (m := _months(word[:size]))), [])
    if not found:
        return None
    return min(found, key=lambda known: (language not in known[1], _rank(known[1])))[0]


def _months(word: str) -> list[tuple[Month, frozenset[str]]]:
    return [(meaning, known) for meaning, known in _table().get(word, ()) if isinstance(meaning, Month)]


def half_named(word: str, language: str = "") -> str | None:
    """`am` or `pm` where a folded word names half a day, in this language or unmistakably; else None."""
    found = [(meaning, known) for meaning, known in _table().get(word, ()) if isinstance(meaning, str)]
    own = [meaning for meaning, known in found if language in known]
    if own:
        return own[0]
    meanings = {meaning for meaning, _ in found}
    return meanings.pop() if len(meanings) == 1 and word not in _COMMON and len(word) > 1 else None


def _rank(languages: frozenset[str]) -> int:
    return min((LANGUAGES.index(language) for language in languages if language in LANGUAGES), default=len(LANGUAGES))
