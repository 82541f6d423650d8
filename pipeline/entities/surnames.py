"""Surnames that stand for a person where no first name is given, told from lists instead of marked by hand.

The knowledge base marks (`~Putin`) those of the best known. Of the others there are three kinds, each of fewer people
in more places than the one before it:

- *distinctive* ones count for everyone: they have a capital, five letters or more, are no one else's in the knowledge
  base and on no list, be it of first and family names, of places or of frequent words (`Tsikhanouskaya`);
- *uncommon* ones count for people who are tracked: on no list of names and places (`Musk`, but not `Cook`), where those
  who hold an office may have a surname that others have too (`Rutte`); and in scripts without capitals those of foreign
  people, which are no words there (`メローニ`);
- *any* surname counts for people who are tracked right beside the word for an office (`Pangulong Marcos`); one that
  others have too for who is in office, and one that somebody known has for nobody else.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import compress
from typing import Final, NamedTuple

import numpy as np

from pipeline.entities.context import common_given_names
from pipeline.entities.shortforms import FAMILY_FIRST, GIVEN_FIRST
from pipeline.entities.tagger import lexicon as lists
from pipeline.entities.tagger.letters import keys_of
from pipeline.entities.tagger.lexicon import RARE, lexicon
from pipeline.knowledge import Entity

# A capital first, of scripts that have them: elsewhere nothing tells a name from a word.
_CAPITAL: Final = re.compile(
    r"[A-Z\u00c0-\u00de\u0100-\u024f\u0370-\u03ff\u0400-\u042f\u0460-\u052f\u0531-\u0556\u1e00-\u1eff][^\W\d_]+"
)
_LEAST_DISTINCTIVE: Final = 5
_LEAST_UNCOMMON: Final = 4
_LEAST_ANY: Final = 2
# The digit of the 3,000th most frequent word: rarer ones may be there for the fame of the one they name.
_RARER: Final = 5
_SEVERAL: Final = -1
_LISTED: Final = np.uint16(
    lists.FIRST_NAME | lists.FAMILY_NAME | lists.TOWN | lists.CITY | lists.IN_PLACE_NAME | lists.PLACE | lists.IN_PLACE
    | lists.ORGANISATION | lists.IN_ORGANISATION | lists.TITLE | lists.ORGANISATION_HEAD | lists.PLACE_HEAD
    | lists.CALENDAR | lists.LANGUAGE
)  # fmt: skip
# Roles of those who are in office now; that of a former one says its years.
_IN_OFFICE: Final = re.compile(
    r"(?:(?:Supreme |Acting |Vice |Deputy |Federal )?(?:President|Prime minister|Chancellor|(?:[\w-]+ ){1,3}minister|"
    r"Minister of|Leader|Secretary|Secretary-General|High Representative|Chair|Governor|King|Queen|Pope))\b"
    r"(?!.*(?:\d{4}–\d{4}|\buntil \d{4}))",
    re.IGNORECASE,
)
_HELD: Final = re.compile(r"(?:President|Prime minister|Chancellor|King|Queen)\b", re.IGNORECASE)
# Beside the word for an office those who head a body are meant too, unless that is past.
_HEADS: Final = re.compile(
    r"(?:Head of|Chief executive|Director|Crown prince|Emir|Sultan|Premier|Taoiseach|Speaker|Mayor|Treasurer|"
    r"US .*Secretary|Minister-president)\b(?!.*(?:\d{4}–\d{4}|\buntil\b|\(died|\(killed))",
    re.IGNORECASE,
)
# Scripts without capitals: their letters, how many a surname needs, and the countries whose people are written in them.
_FOREIGN: Final = (
    (re.compile("[\u0620-\u06d5]+"), 4, frozenset(
        "SA EG IQ SY LB JO PS YE OM AE QA KW BH LY TN DZ MA MR SD SO DJ KM IR AF PK TD".split())),  # noqa: SIM905
    (re.compile("[\u05d0-\u05ea'\u05f3]+"), 4, frozenset({"IL"})),
    (re.compile("[\u0900-\u097f]+"), 4, frozenset({"IN", "NP"})),
    (re.compile("[\u0980-\u09ff]+"), 4, frozenset({"IN", "BD"})),
    (re.compile("[\u0a00-\u0aff]+"), 4, frozenset({"IN", "PK"})),
    (re.compile("[\u0b80-\u0bff]+"), 4, frozenset({"IN", "LK"})),
    (re.compile("[\u0c00-\u0d7f]+"), 4, frozenset({"IN"})),
    (re.compile("[\u0d80-\u0dff]+"), 4, frozenset({"LK"})),
    (re.compile("[\u1780-\u17ff]+"), 5, frozenset({"KH"})),
    (re.compile("[\u1200-\u135a]+"), 3, frozenset({"ET", "ER"})),
    (re.compile("[\u0e01-\u0e4e]+"), 4, frozenset({"TH"})),
    (re.compile("[\u10d0-\u10ff]+"), 5, frozenset({"GE"})),
    (re.compile("[\u30a1-\u30fc]+"), 3, frozenset({"JP"})),
    (re.compile("[\uac00-\ud7a3]+"), 3, frozenset({"KR", "KP"})),
    (re.compile("[\u4e00-\u9fff]+"), 3, frozenset({"CN", "TW", "HK", "MO", "SG", "JP", "KR", "KP"})),
)  # fmt: skip
# How Czech, Croatian, Turkish, Polish and Hungarian write what Russian writes; `-` is nothing.
_RUSSIAN: Final = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
_LATIN: Final = tuple(
    {ord(letter): written.replace("-", "") for letter, written in zip(_RUSSIAN, letters.split(), strict=True)}
    for letters in (
        "a b v g d e jo ž z i j k l m n o p r s t u f ch c č š šč - y - e ju ja",
        "a b v g d e jo ž z i j k l m n o p r s t u f h c č š šč - i - e ju ja",
        "a b v g d e yo j z i y k l m n o p r s t u f h ts ç ş şç - ı - e yu ya",
        "a b w g d e jo ż z i j k l m n o p r s t u f ch c cz sz szcz - y - e ju ja",
        "a b v g d e jo zs z i j k l m n o p r sz t u f h c cs s scs - i - e ju ja",
    )
)
_MACEDONIAN: Final = str.maketrans("ћЋђЂ", "ќЌѓЃ")
# Where people in public life are called by their first names as well: `Lula`, `Samia`, `अखिलेश`.
_FIRST_TOO: Final = frozenset({"IN", "NP", "LK", "BD", "PK", "BR", "PT", "TZ", "NG"})
_CALLED: Final = re.compile("[A-Z][a-zß-ſ]{2,}|[\u0900-\u0dff]{3,}")
_SUFFIX: Final = re.compile(r"(?:jr|sr|[ivx]+)\.?", re.IGNORECASE)
_HANGUL: Final = re.compile("[\uac00-\ud7a3]+")
_HAN: Final = re.compile("[\u4e00-\u9fff]+")
# Of names of four characters nearly all have a family name of two.
_JAPANESE: Final = 4
_PARTS: Final = re.compile(r"[\s・·]+")


class Tracked(NamedTuple):
    """Surnames by which a tracked person may be meant: anywhere, or beside the word for an office."""

    uncommon: tuple[str, ...]
    titled: tuple[str, ...]


class Surnames:
    """The surnames of known people. Immutable."""

    def __init__(self, entities: Sequence[Entity]) -> None:
        self._entities = entities
        # Of each word of their names whose it is, or that it is several people's.
        self._owners: dict[str, int] = {}
        # Of each last word, which person with a marked surname has it: of a family the one who goes by it alone.
        self._prominent: dict[str, int] = {}
        # Of each surname and name, who of those that have it is the only one that is or was head of a state.
        self._held = _heads_of_state(entities)
        for number, entity in enumerate(entities):
            if entity.surnames and _is_last(entity):
                for word in dict.fromkeys(word.casefold() for word in _last_words(entity)):
                    if self._prominent.setdefault(word, number) != number:
                        self._prominent[word] = _SEVERAL
            for name in (entity.name, *entity.aliases, *entity.surnames):
                for word in _PARTS.split(name.casefold()):
                    if self._owners.setdefault(word, number) != number:
                        self._owners[word] = _SEVERAL

    def distinctive(self) -> Iterator[tuple[int, str]]:
        """The numbers of people and the surnames that are theirs alone, as written; those that are marked left out."""
        found: dict[tuple[int, str], None] = {}
        for number, entity in enumerate(self._entities):
            if _is_last(entity):
                names = _last_words(entity)
                found.update(
                    dict.fromkeys(
                        (number, word) for word in names if _is_name(word, _LEAST_DISTINCTIVE) and self._is_alone(word)
                    )
                )
        unknown = _unlisted([surname for _, surname in found], frequent=RARE)
        yield from compress(found, unknown)

    def tracked(self, figure: Entity, known: Sequence[int]) -> Tracked:
        """The surnames of a figure, who is also these known people."""
        people = [figure, *(self._entities[number] for number in known)]
        marked = {surname for person in people for surname in person.surnames}
        words: dict[str, None] = {}
        for person in people:
            words.update(dict.fromkeys(_last_words(person) if _is_last(person) else _first_words(person)))
            if person.country in _FIRST_TOO:
                words.update(dict.fromkeys(word for word in _first_words(person) if _CALLED.fullmatch(word)))
        listed = [word for word in words if word not in marked and len(word) >= _LEAST_ANY]
        if len(people) == 1:  # of whom nothing more is known: who is known is meant first
            return Tracked((), tuple(word for word in listed if word.casefold() not in self._owners))
        in_office = any(is_in_office(person.role) for person in people)
        latin = dict.fromkeys(form for word in (*listed, *marked) for form in _in_latin(word))
        alone: list[str] = []
        if all(map(_is_last, people)):
            alone = [
                word for word in (*listed, *latin) if _is_name(word, _LEAST_UNCOMMON) and self._is_alone(word, known)
            ]
        country = next((person.country for person in people if person.country), None)
        foreign = [word for word in listed if _is_foreign(word, country) and self._is_alone(word)]
        uncommon = [
            *compress(alone, _unlisted(alone, frequent=0, family=not in_office)),
            *compress(foreign, _unlisted(foreign, frequent=_RARER)),
        ]
        # Of several people with one surname the one in office is meant beside the word for it.
        heads = in_office or any(_HEADS.match(person.role) for person in people)
        titled = (
            word
            for word in listed
            if word not in uncommon
            and (heads or self._is_alone(word, known) or self._held.get(word.casefold()) in known)
        )
        return Tracked(tuple(dict.fromkeys(uncommon)), tuple(titled))

    def _is_alone(self, word: str, known: Collection[int] = ()) -> bool:
        """Whether a word is in nobody else's name, or last in those of one of these, who goes by a surname alone."""
        key = word.casefold()
        return self._owners.get(key) != _SEVERAL or self._prominent.get(key, _SEVERAL) in known


def _heads_of_state(entities: Sequence[Entity]) -> dict[str, int]:
    """Of each word by which the news may call one that is or was head of a state or government, whose it is."""
    held: dict[str, int] = {}
    for number, entity in enumerate(entities):
        if _HELD.match(entity.role):
            for word in dict.fromkeys(word.casefold() for word in _called(entity)):
                if held.setdefault(word, number) != number:
                    held[word] = _SEVERAL
    return held


def is_in_office(role: str) -> bool:
    """Whether a role is that of someone in office now."""
    return _IN_OFFICE.match(role) is not None


def _is_name(word: str, least: int) -> bool:
    return len(word) >= least and _CAPITAL.fullmatch(word) is not None


def _is_foreign(word: str, country: str | None) -> bool:
    """Whether a surname in a script without capitals is that of a person from elsewhere."""
    return any(
        len(word) >= least and country is not None and country not in natives and letters.fullmatch(word)
        for letters, least, natives in _FOREIGN
    )


def _in_latin(word: str) -> Iterator[str]:
    """A Russian surname in the letters of other languages, a Serbian one in those of Macedonian."""
    if word.translate(_MACEDONIAN) != word:
        yield word.translate(_MACEDONIAN)
    small = word.lower()
    if small.strip(_RUSSIAN) == "" and word[:1].isupper():
        yield from (small.translate(letters).capitalize() for letters in _LATIN)


def _is_last(person: Entity) -> bool:
    """Whether the surname is a person's last name."""
    return person.type == "PER" and person.country not in FAMILY_FIRST | GIVEN_FIRST


def _last_words(person: Entity) -> Iterator[str]:
    for name in (person.name, *person.aliases):
        words = _PARTS.split(name)
        if person.country == "JP" and len(words) > 1 and _HANGUL.fullmatch(words[0]):
            yield words[0]  # Korean keeps the order of Japanese names, and the space
            continue
        while len(words) > 1 and _SUFFIX.fullmatch(words[-1]):
            words.pop()
        if len(words) > 1:
            yield words[-1]
        elif person.country == "JP" and len(name) == _JAPANESE and _HAN.fullmatch(name):
            yield name[:2]


def _called(person: Entity) -> Iterator[str]:
    """The words by which the news may call a person."""
    yield from _last_words(person) if _is_last(person) else _first_words(person)


def _first_words(person: Entity) -> Iterator[str]:
    """The family name, or the name by which a person goes, where that comes first."""
    if person.type != "PER":
        return
    for name in (person.name, *person.aliases):
        words = _PARTS.split(name)
        if len(words) > 1:
            yield words[0]


def _unlisted(words: list[str], *, frequent: int, family: bool = True) -> list[bool]:
    """Whether each word is on no list of places and names (`family`: family names too), nor of frequent words.

    `frequent` is the digit of the lexicon from which on a word counts as rare, 0 for any word.
    """
    if not words:
        return []
    lowered = [word.lower() for word in words]
    known, keys = lexicon(), keys_of(lowered)
    listed = known.flags.get(keys) & (_LISTED if family else _LISTED & ~np.uint16(lists.FAMILY_NAME)) > 0
    for language in known.languages if frequent else ():
        listed |= known.rank(keys, language) < frequent
    given = common_given_names()
    return [not on and word not in given for word, on in zip(lowered, listed.tolist(), strict=True)]
