"""The short forms by which a text goes on to call a person whom it has named in full.

The family name stands last in most languages, first in Korean, Chinese and (by origin) Hungarian names; where people
go by their first names (Indonesia, Malaysia, Thailand, Ethiopia, Iceland …) that is one too.
"""

import re
from typing import Final

from pipeline.entities.normalise import normalise
from pipeline.knowledge import Entity
from pipeline.language.markers import words


def _set(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_WORD: Final = re.compile(r"[^\W\d_]+(?:['’ʼ][^\W\d_]+)*\.?", re.UNICODE)
FAMILY_FIRST: Final = frozenset({"KP", "KR", "CN", "TW", "HK", "MO"})
GIVEN_FIRST: Final = frozenset({"ID", "MY", "BN", "TH", "LA", "ET", "ER", "IS", "TL"})
# Common family names of Korea, China and Vietnam, for people of whom no country is known.
FAMILIES: Final = _set(
    "kim lee ri yi pak park choe choi jong jung jeong chung kang cho jo yun yoon jang chang im lim"
    " han sin shin so seo kwon hwang an ahn song ryu yu hong jon jeon ko go mun moon son ryang yang"
    " pae bae paek baek ho hur nam sim ro noh xi wang zhang liu chen huang zhao wu zhou xu sun ma zhu"
    " hu guo he lin gao luo zheng liang xie tang deng cai nguyen tran pham hoang vu vo dang bui do"
    " ngo duong"
)
_PARTICLES: Final = _set(
    "al el ad an as ash at ar von van der den de da di du del della dos das la le ter ten bin ben ibn abu"
)
# Not a family name by itself: `bin Salman` is son of Salman.
_PATRONYMIC: Final = frozenset({"bin", "ben", "ibn", "abu"})
_SUFFIXES: Final = _set("jr sr ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi md")
_MANY: Final = 3
_TWO: Final = 2


def short_forms(surface: str, entity: Entity | None, language: str) -> frozenset[str]:
    """The short forms of a person named `surface` in a text in `language`, as written (with their capitals).

    `entity` gives the country and known surnames; None for people of whom nothing is known. Empty for mononyms and
    names in Han or Hangul, which are not shortened to one part.
    """
    parts = [part.rstrip(".") for part in _WORD.findall(surface)]
    while len(parts) > 1 and parts[-1].lower() in _SUFFIXES:
        parts.pop()
    if len(parts) < _TWO:
        return frozenset()
    return frozenset(form for form in _chosen(parts, entity) if not _is_common(form, language))


def _chosen(parts: list[str], entity: Entity | None) -> set[str]:
    known = {normalise(name).text for name in entity.surnames} if entity else set()
    marked = {part for part in parts if normalise(part).text in known}
    if marked:
        return marked
    country = entity.country if entity else None
    if country in FAMILY_FIRST or (country is None and _looks_family_first(parts)):
        return {parts[0]}
    chosen = set(_family_last(parts))
    if country in GIVEN_FIRST and len(parts[0]) > _TWO:
        chosen.add(parts[0])
    return chosen


def _looks_family_first(parts: list[str]) -> bool:
    return len(parts) == _MANY and normalise(parts[0]).text in FAMILIES


def _family_last(parts: list[str]) -> list[str]:
    """The last part, and with the particles before it: `Assad` and `al-Assad`."""
    start = len(parts) - 1
    while start > 1 and parts[start - 1].lower() in _PARTICLES:
        start -= 1
    if start == len(parts) - 1:
        return [parts[-1]]
    joined = " ".join(parts[start:])
    return [joined] if parts[start].lower() in _PATRONYMIC else [joined, parts[-1]]


def _is_common(form: str, language: str) -> bool:
    """Whether a short form is a small word of the language (`He`, `No`), which capitals do not tell from a name."""
    if len(form) < _TWO:
        return True
    listed = words()
    lowered = form.lower()
    return lowered in listed.get(language, frozenset()) or lowered in listed["en"]
