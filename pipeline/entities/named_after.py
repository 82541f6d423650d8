"""Whether a name is that of something called after a person: a street, a bridge, a school, a company.

`Trump Tower`, `Jalan Jenderal Sudirman`, `Merz Pharma GmbH` are no mentions of the people. The words stand in
`facilities.tsv`.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from pipeline.entities.context import AFTER, WINDOW, by_place, word_before

# How many words may stand between a street and whose name it has.
_MOST_BETWEEN: Final = 3
# Shorter words behind a name are whole: `bro` is a bridge, `broke` is not.
_LEAST_LATIN: Final = 7
_LEAST_OTHER: Final = 5
# The prefixes and, in, to, from, the of Hebrew and Arabic are written on to a word.
_PREFIXES: Final = re.compile(
    "(?:[\u05d5\u05d4\u05d1\u05dc\u05de\u05db\u05e9]{1,2}"
    "|[\u0648\u0641]?(?:\u0628\u0627\u0644|\u0627\u0644|\u0628|\u0644\u0644|\u0644))(?=..)"
)
_NUMERAL: Final = re.compile(r" (?:[IVX]+|[Mm]emorial|[Ii]nternational)\b")
# Up to two more words of a company's name, and what says that it is one.
_COMPANY: Final = re.compile(
    r"(?:[ -](?:&|[A-ZÀ-Þ][\w&.-]*)){0,2}? "
    r"(?:GmbH|AG|KG|SE|Inc|Ltd|LLC|LLP|Corp|PLC|plc|S\.A\.|SpA|S\.p\.A\.|B\.?V\.|BV|N\.V\.|NV|AB|Oyj?|A/S|ASA|Kft|Zrt|s\.r\.o"
    r"|a\.s\.|sp\. z|d\.o\.o|d\.d\.|Tbk|Sdn|A\.Ş|Ltda|S\.L\.|Group|Groep|Gruppe|Groupe|Gruppo|Grupo|Grupp|Gruppen"
    r"|Konzern|Holdings?|Pharma|Co\.|& (?:Co|Sons|Söhne|Partners|Zoon)|Brothers|Bros|Motors|Industries)(?![^\W_])"
)


class _Words(NamedTuple):
    before: frozenset[str]
    between: frozenset[str]
    behind: frozenset[str]
    beginnings: tuple[str, ...]
    capital: tuple[str, ...]
    joined: tuple[str, ...]
    joined_before: tuple[str, ...]


def is_facility(text: str, start: int, end: int) -> bool:
    """Whether a name is that of a place or a body named after someone: `Trump Tower`, `Jalan Sudirman`."""
    words = _facilities()
    begin = start
    for _ in range(_MOST_BETWEEN):
        written = word_before(text, begin)
        word = written.casefold()
        prefix = _PREFIXES.match(word)
        if word in words.before or (prefix is not None and word[prefix.end() :] in words.before):
            return True
        if word not in words.between:
            break
        begin = text.rindex(written, 0, begin)
    if text[max(0, start - WINDOW) : start].endswith(words.joined_before):
        return True
    numeral = _NUMERAL.match(text, end)
    begin = numeral.end() if numeral else end
    rest = text[begin : begin + WINDOW]
    after = AFTER.match(rest)
    return (
        (after is not None and _is_behind(after[1], words))
        or rest.lstrip().startswith(words.joined)
        or _COMPANY.match(text, end, end + WINDOW) is not None
    )


def _is_behind(word: str, words: _Words) -> bool:
    small = word.casefold()
    return small in words.behind or small.startswith(words.beginnings) or word.startswith(words.capital)


@lru_cache(maxsize=1)
def _facilities() -> _Words:
    """Words before such a name and between, beginnings of words behind it, and what is written on to it."""
    listed = by_place("facilities.tsv")
    return _Words(
        frozenset(listed["before"]),
        frozenset(listed["between"]),
        frozenset(listed["behind"]),
        tuple(word for word in listed["behind"] if len(word) >= (_LEAST_LATIN if word[0] < "\u0250" else _LEAST_OTHER)),
        tuple(listed["capital"]),
        tuple(listed["joined"]),
        tuple(listed["joined-before"]),
    )
