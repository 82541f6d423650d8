"""Why something matched, in a few words: kept in English, as clauses of one table, and told in the reader's language.

Documents and matches carry their reason as text (`why`): `alias Putin; 2 more of this name`. Only `because` writes such
clauses, and `clauses` reads them, both by `INDONESIAN`, which has every clause that there is.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from schemas.alert import Alert
from schemas.rule import Reader
from schemas.said import Said

BETWEEN: Final = "; "
# Each clause with at most one value, and what it is for readers of Indonesian.
INDONESIAN: Final[Mapping[str, str]] = {
    "name {}": "nama {}",
    "alias {}": "alias {}",
    "case form {}": "bentuk kasus {}",
    "surname {}, known without a first name": "nama keluarga {}, dikenal tanpa nama depan",
    "short for {}, named in full before": "singkatan dari {}, disebut lengkap sebelumnya",
    "short for {}, named in full later": "singkatan dari {}, disebut lengkap kemudian",
    "{} more of this name": "{} lagi bernama sama",
    "a namesake is named too": "orang bernama sama juga disebut",
    "tagger": "model nama",
    "whole by tagger": "lengkapnya menurut model nama",
    "here {} by tagger": "di sini {} menurut model nama",
    "the outlet of the item itself": "media berita itu sendiri",
    "also named {}": "juga disebut {}",
    "beside “{}”": "di dekat “{}”",
    "named with {}": "disebut bersama {}",
    "named in the headline before": "sebelumnya disebut di judul",
    "no longer in the headline": "tidak lagi di judul",
    "search {}": "pencarian {}",
    "rule {}": "aturan {}",
    "too uncertain: {}": "terlalu tidak pasti: {}",
    "ambiguous, and not beside {}": "bermakna ganda, dan tidak di dekat {}",
    "ambiguous, and not beside another of its names": "bermakna ganda, dan tidak di dekat nama lainnya",
    "ambiguous": "bermakna ganda",
    "given": "diberikan",
    "a digest, {} in all": "ringkasan, seluruhnya {}",
    "outlets that followed: {}": "media yang menyusul: {}",
    "mentions this hour: {}": "sebutan pada jam ini: {}",
    "usually {}": "biasanya {}",
    "hours without being named: {}": "jam tanpa disebut: {}",
    "now in the headline": "kini ada di judul",
    "the feed is failing": "umpannya gagal dibaca",
    "the feed is silent": "umpannya diam",
    "the feed is empty": "umpannya kosong",
}  # fmt: skip
TOLD: Final[Mapping[Reader, Mapping[str, str]]] = {"en": {}, "id": INDONESIAN}
# The clauses that begin with the spelling by which someone is known.
SPELLINGS: Final = ("name {}", "alias {}", "case form {}", "surname {}, known without a first name")
# What begins and ends each clause; the longest first, since one may begin as another does.
_ENDS: Final = sorted(((text, *text.partition("{}")) for text in INDONESIAN), key=lambda parts: -len(parts[0]))


class Clause(msgspec.Struct, frozen=True):
    """One reason: a clause of the table and its value; one that is not of the table is its own text."""

    text: str
    value: str = ""

    @property
    def said(self) -> Said:
        """The clause as a sentence."""
        return Said(self.text, (self.value,)) if self.text in INDONESIAN else Said("{}", (self.text,))


def because(text: str, value: object = "") -> str:
    """A clause of the table as it is kept.

    Raises:
        KeyError: the table has none of that text.
    """
    INDONESIAN[text]  # so that none is written that nobody could translate
    return text.format(" ".join(str(value).split()).replace(BETWEEN, ";"))


def clauses(why: str) -> tuple[Clause, ...]:
    """The clauses of a reason as it is kept."""
    return tuple(_clause(part) for part in why.split(BETWEEN) if part)


def _clause(part: str) -> Clause:
    for text, begin, hole, end in _ENDS:
        if not hole and part == text:
            return Clause(text)
        if hole and part.startswith(begin) and part.endswith(end) and len(part) > len(begin) + len(end):
            return Clause(text, part[len(begin) : len(part) - len(end)])
    return Clause(part)


def said(why: str) -> Said:
    """A reason as it is kept, as a sentence."""
    found = clauses(why)
    return Said(BETWEEN.join("{}" for _ in found), tuple(clause.said for clause in found))


def of_alert(alert: Alert) -> str:
    """Why an alert was told, as it is kept: what kind it is, where that says something, and the reason of its match."""
    match alert.kind:
        case "digest":
            parts = [because("a digest, {} in all", len(alert.entries) + alert.more)]
        case "count":
            parts = [because("outlets that followed: {}", alert.outlets)]
        case "spike":
            count, _, usual = alert.reason.partition("|")
            parts = [because("mentions this hour: {}", count), because("usually {}", usual)]
        case "silence":
            parts = [because("hours without being named: {}", alert.reason)]
        case "enters":
            parts = [because("now in the headline")]
        case "leaves":
            parts = [because("no longer in the headline")]
        case "new":
            parts = []
    return BETWEEN.join((*parts, *([alert.match.why] if alert.match.why else [])))


def told(why: str, reader: Reader) -> str:
    """A reason as it is kept, in the reader's language."""
    words = TOLD[reader]
    return said(why).told(lambda text: words.get(text, text))
