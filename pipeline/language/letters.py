"""Letters that tell languages of one script apart, for languages that langdetect has no profile of.

Each entry lists the letters that a language's orthography has beyond those that all languages of its script share.
Sources: the exemplar characters of CLDR 47 (`main` and `auxiliary`) and the national orthographies.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Orthography:
    """A language, the letters it has, and letters that it never has."""

    language: str
    has: frozenset[str]
    never: frozenset[str] = frozenset()


def _orthography(language: str, has: str, never: str = "") -> Orthography:
    return Orthography(language, frozenset(has), frozenset(never))


# The letters that every Cyrillic or Arabic orthography here shares; they tell nothing.
_SHARED: Final = {
    "Cyrl": frozenset("абвгдежзийклмнопрстуфхцчшщъыьэюяё"),
    "Arab": frozenset("ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيکی"),
}

_ORTHOGRAPHIES: Final = {
    "Cyrl": (
        _orthography("ru", ""),
        _orthography("bg", "", "ыэё"),
        _orthography("uk", "іїєґ", "ыэёъ"),
        _orthography("be", "іў", "ищъ"),
        _orthography("mk", "јљњџѓќѕ", "йщъыьэюяё"),
        _orthography("sr", "јљњџђћ", "йщъыьэюяё"),
        _orthography("kk", "әғқңөұүһі"),
        _orthography("ky", "ңөү", "ғқі"),
        _orthography("mn", "өү", "ңғқі"),
        _orthography("tt", "әҗңөүһ"),
        _orthography("ba", "әғҙҡңөҫүһ"),
        _orthography("tg", "ғӣқӯҳҷ", "ыщь"),
        _orthography("uz", "ўқғҳ", "ыщі"),
        _orthography("cv", "ӑӗҫӳ"),
        _orthography("ce", "ӏ"),
        _orthography("os", "ӕ"),
        _orthography("sah", "ҕҥөһү"),
    ),
    "Arab": (
        _orthography("ar", ""),
        _orthography("fa", "پچژگ"),
        _orthography("ur", "پچژگٹڈڑںےہھۓۃ"),
        _orthography("ps", "پچژګټډړږښڼېۍځڅ"),
        _orthography("ckb", "پچژگڤڕڵۆێەھ", "ةث"),
        _orthography("ug", "پچژگڭەېۇۆۈۋھ"),
        _orthography("sd", "پچڪگڳڱڻٽٿٺٻڀڄڃڇڍڌڊڏڙڦھہ"),
        _orthography("ks", "پچژگٹڈڑںےہھۄٕٲٔۆێ"),
    ),
}

# Latin letters that few languages have: language, letters of which one is needed, letters that it never has.
_LATIN: Final = (
    _orthography("is", "ðþ", "çüşğ"),  # Turkish in a wrong encoding has ð and þ too
    _orthography("az", "ə"),
    _orthography("yo", "ẹọṣ", "đơưăâêô"),
    _orthography("ha", "ɓɗƙ"),
    _orthography("mt", "ħġċ"),
    _orthography("eo", "ĉĝĥĵŝŭ", "ăâîțşșß"),
    _orthography("kl", "ĸ"),
    _orthography("ig", "ịụṅ", "đơưăâêô"),
    _orthography("ee", "ɖƒɣʋ"),
)

_LATIN_LETTERS: Final = frozenset().union(*(orthography.has for orthography in _LATIN))
_NEIGHBOURS: Final = frozenset({"sr", "mk"})
_MINIMUM_SHARE: Final = 0.008
_ENOUGH: Final = 2


def by_letters(text: str, script: str) -> str | None:
    """The language that a text's special letters point to, or None where they point to none or to several.

    `text` holds letters of one script. A language needs two special letters or a share of 0.8 % of all letters, and
    explains more of them than any other; among equals, that with the smallest set of letters of its own;
    close neighbours that are equal are left to the profiles.
    """
    if text.isascii():
        return None
    counted = Counter(character for character in text.casefold() if character.isalpha())
    if script == "Latn":
        return _latin(counted)
    if script not in _ORTHOGRAPHIES:
        return None
    special = {c: n for c, n in counted.items() if c not in _SHARED[script]}
    number = sum(special.values())
    total = sum(counted.values())
    if number < _ENOUGH and number < _MINIMUM_SHARE * total:
        # Belarusian is known by what it lacks as well, so a short text can tell.
        return None
    ranked = sorted(
        (_misfit(orthography, special, counted), len(orthography.has), orthography.language)
        for orthography in _ORTHOGRAPHIES[script]
    )
    best = ranked[0]
    equals = {language for misfit, _, language in ranked if misfit == best[0]}
    # Serbian and Macedonian share most letters: where neither's own occur, letters do not decide.
    return None if len(equals) > 1 and equals <= _NEIGHBOURS else best[2]


def _misfit(orthography: Orthography, special: dict[str, int], counted: Counter[str]) -> int:
    """How many letters of a text this orthography does not explain."""
    foreign = sum(number for character, number in special.items() if character not in orthography.has)
    return foreign + sum(counted[character] for character in orthography.never)


def _latin(counted: Counter[str]) -> str | None:
    total = sum(counted.values())
    best, most = None, 0
    if _LATIN_LETTERS.isdisjoint(counted):
        return None
    for orthography in _LATIN:
        number = sum(counted[character] for character in orthography.has)
        forbidden = sum(counted[character] for character in orthography.never)
        enough = number >= max(1, _MINIMUM_SHARE * total)
        if enough and number > most and forbidden * 4 <= number:
            best, most = orthography.language, number
    return best
