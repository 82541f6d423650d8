"""Letters that tell languages of one script apart, for languages that langdetect has no profile of.

Each entry lists the letters that a language's orthography has beyond those that all languages of its script share.
Sources: the exemplar characters of CLDR 47 (`main` and `auxiliary`) and the national orthographies.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.language.characters import SPACE
from pipeline.language.hashing import Codes


@dataclass(frozen=True, slots=True)
class Orthography:
    """A language, the letters it has, and letters that it never has."""

    language: str
    has: frozenset[str]
    never: frozenset[str] = frozenset()


def _orthography(language: str, has: str, never: str = "") -> Orthography:
    return Orthography(language, frozenset(has), frozenset(never))


_PLANE: Final = 0x10000

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

_BY_SCRIPT: Final = {"Latn": _LATIN, **_ORTHOGRAPHIES}
_NEIGHBOURS: Final = frozenset({"sr", "mk"})
_MINIMUM_SHARE: Final = 0.008
_ENOUGH: Final = 2
# A text that has one letter of a language for each four that it never has may still be in it.
_FORBIDDEN: Final = 4


@dataclass(frozen=True, slots=True)
class _Alphabet:
    """The telling letters of one script: by code point their number (0: none), and who has and who never has each."""

    numbers: NDArray[np.uint8]
    has: NDArray[np.int64]
    never: NDArray[np.int64]
    special: NDArray[np.int64]


@lru_cache(maxsize=4)
def _alphabet(script: str) -> _Alphabet:
    known = _BY_SCRIPT[script]
    letters = sorted(frozenset().union(*(one.has | one.never for one in known)))
    numbers = np.zeros(_PLANE, dtype=np.uint8)
    numbers[[ord(letter) for letter in letters]] = np.arange(1, len(letters) + 1)
    has, never = (
        np.array([[0, *(letter in one for letter in letters)] for one in sets], dtype=np.int64)
        for sets in ([one.has for one in known], [one.never for one in known])
    )
    shared = _SHARED.get(script, frozenset())
    special = np.array([0, *(letter not in shared for letter in letters)], dtype=np.int64)
    return _Alphabet(numbers, has, never, special * has.any(axis=0))


def by_letters(codes: Codes, script: str) -> str | None:
    """The language that a text's special letters point to, or None where they point to none or to several.

    `codes` holds folded letters of one script. A language needs two special letters or a share of 0.8 % of all
    letters, and explains more of them than any other; among equals, that with the smallest set of letters of its own;
    close neighbours that are equal are left to the table.
    """
    if script not in _BY_SCRIPT:
        return None
    alphabet = _alphabet(script)
    counted = np.bincount(alphabet.numbers[codes], minlength=alphabet.has.shape[1])
    counted[0] = 0
    number = int(alphabet.special @ counted)
    if not number:
        return None
    total = len(codes) - int(np.count_nonzero(codes == SPACE))
    if script == "Latn":
        return _latin(alphabet, counted, total)
    if number < _ENOUGH and number < _MINIMUM_SHARE * total:
        return None
    # How many letters of the text an orthography does not explain.
    misfits = (number - (alphabet.has * alphabet.special) @ counted + alphabet.never @ counted).tolist()
    ranked = sorted(
        (misfit, len(one.has), one.language) for misfit, one in zip(misfits, _BY_SCRIPT[script], strict=True)
    )
    best = ranked[0]
    equals = {language for misfit, _, language in ranked if misfit == best[0]}
    # Serbian and Macedonian share most letters: where neither's own occur, letters do not decide.
    return None if len(equals) > 1 and equals <= _NEIGHBOURS else best[2]


def _latin(alphabet: _Alphabet, counted: NDArray[np.int64], total: int) -> str | None:
    own = alphabet.has @ counted
    fits = (own >= max(1, _MINIMUM_SHARE * total)) & (alphabet.never @ counted * _FORBIDDEN <= own)
    own[~fits] = 0
    best = int(own.argmax())
    return _LATIN[best].language if own[best] else None
