"""Whether the company that a surname keeps tells whose it is: an office, its bearer's country, other public people.

`Lavrov and Rubio spoke by phone` names the Secretary of State, though nobody wrote `Rubio` down as his alone: the news
calls people in public life by surname beside others in public life. A surname that a nurse has too stands alone in a
text that names no politician.
"""

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

from pipeline.entities.context import country_before, has_office, is_given_name, is_speaker, word_before
from pipeline.entities.shortforms import FAMILIES, FAMILY_FIRST
from pipeline.entities.surnames import is_in_office
from pipeline.entities.tagger.letters import keys_of
from pipeline.entities.tagger.lexicon import RARE, lexicon
from pipeline.knowledge import Entity
from pipeline.knowledge.demonyms import country_of
from schemas.document import Field

# The roles of people in public life; of those of whom no farmer or singer of the same name is told.
_PUBLIC: Final = re.compile(
    r".*\b(?:president|minister|premier|chancellor|leader|secretary|politician|governor|king|queen|chairman|emir|sultan|"
    r"crown prince|pope|mayor|speaker|chief executive of|high representative|head of state|army chief|spokesman)\b",
    re.IGNORECASE,
)
# Of family names that come first those that many have; hardly anybody in the news but one is called Xi.
_COMMON: Final = FAMILIES - {"xi"}
# How far apart two names of one sentence are at most, in code points.
_NEAR: Final = 200
_LONGEST_NAME: Final = 200
# The longest phrase before a name that is looked at.
_LONGEST: Final = 40
_LEAST_CASELESS: Final = 3
# A surname behind a first name, with its particles, also where every word has a capital.
_FAMILY_BEHIND: Final = re.compile(
    r" (?:(?:v[ao]n|de[rnl]?|d[aiou]s?|das|la|le|te[rn]|zu|al|el|'s) )*(?=[^\W\d_])[^a-zß-öø-ÿа-яё]"
)
_AFTER: Final = re.compile(r" ([^\W\d_][\w\u0900-\u0dff]*)")


class Named(NamedTuple):
    """A person whom a text names, and where."""

    field: Field
    start: int
    end: int
    entity: Entity


class Beside:
    """People or other names in the order of their places, to be asked for those near another."""

    def __init__(self, names: Iterable[Named]) -> None:
        self._names = sorted(names, key=_place)

    def add(self, one: Named) -> None:
        """One more."""
        insort(self._names, one, key=_place)

    def near(self, one: Named) -> Sequence[Named]:
        """Those that begin in reach of another, in the same field."""
        first = bisect_left(self._names, (one.field, one.start - _NEAR - _LONGEST_NAME), key=_place)
        last = bisect_right(self._names, (one.field, one.end + _NEAR), key=_place)
        return self._names[first:last]


def _place(one: Named) -> tuple[Field, int]:
    return one.field, one.start


def is_public(entity: Entity) -> bool:
    """Whether someone is in public life."""
    return _PUBLIC.match(entity.role) is not None


def holds_office(text: str, start: int, end: int, held: bytearray, language: str) -> bool:
    """Whether a surname is told by the word for an office, or by standing alone before what its bearer says.

    Between that word and the name may stand the country, as a name found before or as an adjective:
    `президент Франции Макрон`, `primer ministro canadiense Carney`; or of what the bearer is minister:
    `министр обороны Белоусов`. `held` marks what names found before hold.
    """
    if has_office(text, start, end) or is_speaker(text, start, end):
        return True
    word = word_before(text, start)
    if not word:
        return False
    begin = _before_portfolio(text, start)
    if begin is not None and has_office(text, begin, begin):
        return True
    begin = start - 1 - len(word)
    if held[start - 2]:
        begin = start - 1
        while begin and held[begin - 1]:
            begin -= 1
    elif country_of(word, language) is None:
        return False
    return has_office(text, begin, end)


def _before_portfolio(text: str, start: int) -> int | None:
    """Where a phrase of the table begins that ends right before a position; None where there is none."""
    before = text[max(0, start - _LONGEST) : start].casefold()
    if not before.endswith(" ") or not before[:-1].endswith(_portfolios()):
        return None
    found = max((one for one in _portfolios() if before[:-1].endswith(f" {one}")), key=len, default=None)
    return None if found is None else start - 1 - len(found)


@lru_cache(maxsize=1)
def _portfolios() -> tuple[str, ...]:
    rows = (files("pipeline.entities") / "portfolios.tsv").read_text("utf-8").splitlines()
    listed = (row.partition("\t")[2] for row in rows if not row.startswith("#"))
    return tuple({phrase for phrases in listed for phrase in phrases.split("|")})


def company(text: str, one: Named, others: Iterable[Named], language: str, *, marked: bool = False) -> Entity | None:
    """Who beside a surname tells that the person in public life is meant; None where nobody does.

    In scripts without capitals, where a surname may be a word, that is only a compatriot, as for what is a first name;
    anybody for one that is marked as standing alone.
    """
    surface = text[one.start : one.end]
    if not marked and not _may_be(surface, one.entity, language):
        return None
    # What may be a first name is told by compatriots alone, but that of someone in office.
    if _is_first(text, one, surface):
        return None
    given = is_given_name(surface) and not is_in_office(one.entity.role)
    caseless = not _has_capital(surface) and not marked
    if caseless and _goes_on(text, one, language):
        return None
    for other in others:
        if other.field != one.field or other.entity.id == one.entity.id or not is_public(other.entity):
            continue
        if (caseless or given) and (one.entity.country is None or other.entity.country != one.entity.country):
            continue
        if _are_near(text, one, other):
            return other.entity
    return None


def peers(text: str, one: Named, others: Sequence[Named], language: str) -> Entity | None:
    """Of surnames that nothing else tells, the one of a compatriot beside it: `Kristersson och Andersson`."""
    if not is_public(one.entity) or one.entity.country is None or is_given_name(text[one.start : one.end]):
        return None
    compatriots = (other for other in others if other.entity.country == one.entity.country)
    return company(text, one, (o for o in compatriots if _may_be(text[o.start : o.end], o.entity, language)), language)


def of_country(text: str, one: Named, places: Mapping[tuple[Field, int], Entity]) -> bool:
    """Whether the bearer's own country stands right before a surname: `Australia's Albanese`."""
    end = country_before(text, one.start)
    place = places.get((one.field, end))
    return place is not None and place.country is not None and place.country == one.entity.country


def may_be(text: str, one: Named, language: str) -> bool:
    """Whether a surname is neither too many people's nor, in a script without capitals, a frequent word."""
    surface = text[one.start : one.end]
    if not _has_capital(surface) and _goes_on(text, one, language):
        return False
    return _may_be(surface, one.entity, language) and not _is_first(text, one, surface)


def _is_first(text: str, one: Named, surface: str) -> bool:
    """Whether a first name stands before a family name."""
    return is_given_name(surface) and _FAMILY_BEHIND.match(text, one.end) is not None


def _may_be(surface: str, entity: Entity, language: str) -> bool:
    small = surface.lower()
    if entity.country in FAMILY_FIRST and small in _COMMON:
        return False  # Kim and Li are too many
    return _has_capital(surface) or (len(surface) >= _LEAST_CASELESS and not _is_word(small, language))


def _is_word(small: str, language: str) -> bool:
    """Whether something is one of a language's frequent words; never where they are not known."""
    known = lexicon()
    return language in known.languages and int(known.rank(keys_of([small]), language)[0]) < RARE


def _goes_on(text: str, one: Named, language: str) -> bool:
    """Whether a first name in a script without capitals stands before something else than a word: `राहुल द्रविड़`."""
    surface = text[one.start : one.end]
    if not any(name.startswith(f"{surface} ") for name in (one.entity.name, *one.entity.aliases)):
        return False
    after = _AFTER.match(text, one.end)
    return after is not None and not _is_word(after[1].lower(), language)


def _has_capital(surface: str) -> bool:
    return surface[:1].isupper()


def _are_near(text: str, one: Named, other: Named) -> bool:
    begin, end = min(one.end, other.end), max(one.start, other.start)
    return end - begin <= _NEAR and "\n" not in text[begin:end]
