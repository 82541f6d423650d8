"""Whether a text speaks of what a surname's bearer is in public life for, though nobody else in it stands there.

`Powell signals Fed in no hurry` names the head of the Fed, `Anwar umum belanjawan` in a Malay text Malaysia's prime
minister: a reader takes a surname so where the body stands beside it that its bearer heads, or a word of public
affairs (`affairs.tsv`) in a text of the bearer's own language or with the bearer's country. A surname with an age
behind it, or that elsewhere in the item has another's first name, is a stranger's.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Final

from pipeline.entities.company import Named, is_public
from pipeline.entities.context import titles, word_before
from pipeline.entities.normalise import folded
from pipeline.knowledge import Entity
from pipeline.knowledge.demonyms import country_of

# How far from a surname such a word stands at most, in code points.
_NEAR: Final = 160
_LEAST_BEGINNING: Final = 5
_UNSPACED: Final = frozenset({"th", "zh", "ja", "km", "lo", "my"})
# Vowel signs are no letters by Unicode's account, but parts of a word; an apostrophe ends one.
_WORD: Final = re.compile(r"[^\W\d_][\w\u0900-\u0dff\u200c\u200d-]*")
_END: Final = re.compile(r"[.!?؟。！？।]\s|\n")
_AGED: Final = re.compile(r",? \(?\d{1,3}\b|[（(]\d")
_PREFIXED: Final = re.compile("[\u05d0-\u05ea]|[\u0620-\u06ff]")
# Before somebody's surname they say nothing of an office.
_POLITE: Final = frozenset(
    "mr mrs ms dr sir lord mme monsieur madame m herr frau señor señora pan pani bapak pak ibu datuk".split()  # noqa: SIM905 - a list of words
)


class Affairs:
    """Where one text has words of public affairs and of countries, read once when it is first asked."""

    def __init__(self, text: str, language: str) -> None:
        self._text = text
        self._language = language.partition("-")[0]
        self._read = False
        self._words: list[int] = []
        self._places: list[tuple[int, str]] = []

    def tell(self, one: Named, bodies: Iterable[Named], countries: Iterable[Named], *, marked: bool) -> str | None:
        """Who or what tells that the one in public life is meant: a body, else a word; None where nothing does.

        Args:
            one: the surname, and whose it may be.
            bodies: organisations found in the same text.
            countries: places found in the same text.
            marked: the surname is known to stand alone, so that the country or a word of affairs is enough.
        """
        text = self._text
        if _AGED.match(text, one.end) or self._is_titled(one):
            return None
        begin, end = self._sentence(one)
        near = [body.entity for body in _within(bodies, begin, end)]
        told = next((body for body in near if _heads(one.entity, body)), None)
        if told is not None:
            return told.name
        if not is_public(one.entity):
            return None
        word = self._word_between(begin, end)
        if word is None and not marked:
            return None
        country = one.entity.country
        if word is not None and (marked or country in _tables()[2].get(self._language, ())):
            return word
        place = self._of_country(
            country, (*near, *(name.entity for name in _within(countries, begin, end))), begin, end
        )
        return None if place is None else word or place

    def _of_country(self, country: str | None, names: Iterable[Entity], begin: int, end: int) -> str | None:
        """What between two places is of that country: one of these names, else a word for its people."""
        if country is None:
            return None
        place = next((name.name for name in names if name.country == country), None)
        return country if place is None and self._has_demonym(begin, end, country) else place

    def _is_titled(self, one: Named) -> bool:
        """Whether a title stands before it that is no office's: `Kommissar Thiel`."""
        word = word_before(self._text, one.start).casefold()
        return word in titles() and word not in _POLITE

    def _sentence(self, one: Named) -> tuple[int, int]:
        """Where what is looked at begins and ends: the sentence, no further than the reach."""
        low = max(0, one.start - _NEAR)
        ends = [found.end() for found in _END.finditer(self._text, low, one.start)]
        begin = ends[-1] if ends else low
        stop = _END.search(self._text, one.end, one.end + _NEAR)
        return begin, stop.start() if stop else min(len(self._text), one.end + _NEAR)

    def _look(self) -> None:
        if self._read:
            return
        self._read = True
        code = self._language
        whole, beginnings, _ = _tables()
        if code not in whole:
            return
        if code in _UNSPACED:
            pattern = _pattern(code)
            self._words = [found.start() for found in pattern.finditer(self._text)]
            return
        for found in _WORD.finditer(self._text):
            word = found.group().casefold()
            bare = word[1:] if _PREFIXED.match(word) else word
            if word in whole[code] or bare in whole[code] or word.startswith(beginnings[code]):
                self._words.append(found.start())
            told = country_of(found.group(), code)
            if told is not None:
                self._places.append((found.start(), told))

    def _has_demonym(self, begin: int, end: int, country: str) -> bool:
        low, high = bisect_left(self._places, (begin, "")), bisect_right(self._places, (end, ""))
        return any(told == country for _, told in self._places[low:high])

    def _word_between(self, begin: int, end: int) -> str | None:
        """The first word of public affairs between two places."""
        self._look()
        at = bisect_left(self._words, begin)
        return self._word(self._words[at]) if at < len(self._words) and self._words[at] < end else None

    def _word(self, start: int) -> str:
        found = (_pattern(self._language) if self._language in _UNSPACED else _WORD).match(self._text, start)
        return found.group() if found else ""


def _within(names: Iterable[Named], begin: int, end: int) -> Iterator[Named]:
    return (name for name in names if begin <= name.start and name.end <= end)


@lru_cache(maxsize=len(_UNSPACED))
def _pattern(code: str) -> re.Pattern[str]:
    """Any of the words of a language that is written without spaces."""
    return re.compile("|".join(map(re.escape, sorted(_tables()[0][code], key=len, reverse=True))))


def _heads(person: Entity, body: Entity) -> bool:
    """Whether a person's role names an organisation: `Chief executive of Apple`."""
    return body.type == "ORG" and any(name in _role(person.role) for name in _names(body))


@lru_cache(maxsize=4096)
def _role(role: str) -> frozenset[str]:
    """What a role may name: what stands behind `of`, with and without `the` and the country."""
    words = folded(role).split()
    return frozenset(
        " ".join(words[begin:end]) for begin in range(1, len(words)) for end in range(begin + 1, len(words) + 1)
    )


@lru_cache(maxsize=4096)
def _names(body: Entity) -> tuple[str, ...]:
    return tuple(folded(name) for name in (body.name, *body.aliases) if name.isascii())


@lru_cache(maxsize=1)
def _tables() -> tuple[dict[str, frozenset[str]], dict[str, tuple[str, ...]], dict[str, frozenset[str]]]:
    """By language: whole words, beginnings of words, and the countries at home in it."""
    whole, beginnings, homes = {}, {}, {}
    for row in (files("pipeline.entities") / "affairs.tsv").read_text("utf-8").splitlines():
        if not row.startswith("#"):
            language, countries, listed = row.split("\t")
            words = listed.casefold().split()
            whole[language] = frozenset(words)
            beginnings[language] = tuple(word for word in words if len(word) >= _LEAST_BEGINNING)
            homes[language] = frozenset(countries.split())
    return whole, beginnings, homes
