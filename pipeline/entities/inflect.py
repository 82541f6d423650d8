"""Names of persons in the cases of Slavic languages, made by rule.

The endings are those of the grammars for masculine names in a consonant, -й or -а, adjectives in -ский and -ый, and
feminine adjectives in -ова, -ина and -ская. A foreign woman's name in a consonant has no cases; forms made for her all
the same name nobody else. All words of a name stand in one case, so that a form is never half inflected.
"""

import re
from collections.abc import Iterator
from typing import Final

_CASES: Final = 4

# Genitive, dative, instrumental, locative by ending; the longest ending that fits is used. The number of characters
# to take away, then the four endings.
_Endings = tuple[int, tuple[str, str, str, str]]
_CYRILLIC: Final[tuple[tuple[str, _Endings], ...]] = (
    ("ский", (2, ("ого", "ому", "им", "ом"))),
    ("цкий", (2, ("ого", "ому", "им", "ом"))),
    ("ський", (2, ("ого", "ому", "им", "ому"))),
    ("цький", (2, ("ого", "ому", "им", "ому"))),
    ("ный", (2, ("ого", "ому", "ым", "ом"))),
    ("ній", (2, ("ього", "ьому", "ім", "ьому"))),
    ("ская", (2, ("ой", "ой", "ой", "ой"))),
    ("ова", (1, ("ой", "ой", "ой", "ой"))),
    ("ева", (1, ("ой", "ой", "ой", "ой"))),
    ("ина", (1, ("ой", "ой", "ой", "ой"))),
    ("ов", (0, ("а", "у", "ым", "е"))),
    ("ев", (0, ("а", "у", "ым", "е"))),
    ("ёв", (0, ("а", "у", "ым", "е"))),
    ("ин", (0, ("а", "у", "ым", "е"))),
    ("ін", (0, ("а", "у", "им", "і"))),
    ("ий", (1, ("я", "ю", "ем", "и"))),
    ("ий", (1, ("я", "ю", "єм", "ї"))),
    ("ій", (1, ("я", "ю", "єм", "ї"))),
    ("й", (1, ("я", "ю", "ем", "е"))),
    ("ь", (1, ("я", "ю", "ем", "е"))),
    ("ия", (1, ("и", "и", "ей", "и"))),
    ("я", (1, ("и", "е", "ей", "е"))),
    ("ка", (1, ("и", "е", "ой", "е"))),
    ("га", (1, ("и", "е", "ой", "е"))),
    ("а", (1, ("ы", "е", "ой", "е"))),
)
_CYRILLIC_CONSONANT: Final[_Endings] = (0, ("а", "у", "ом", "е"))
_CYRILLIC_CONSONANTS: Final = frozenset("бвгджзклмнпрстфхцчшщ")

# Latin Slavic languages differ: each paradigm is one language's genitive, dative, instrumental, locative.
_LATIN: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("a", "u", "om", "u"),  # Croatian, Serbian, Bosnian, Slovene (accusative and genitive -a)
    ("a", "owi", "em", "ie"),  # Polish
    ("a", "ovi", "em", "ovi"),  # Czech
    ("a", "ovi", "om", "ovi"),  # Slovak
)
_LATIN_FROM_A: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("e", "i", "om", "i"),
    ("y", "ie", "ą", "ie"),
    ("y", "ě", "ou", "ě"),
)
_VOWELS: Final = frozenset("aeiouyáéíóúýąęěů")
_CYRILLIC_WORD: Final = re.compile("[А-Яа-яЁёІіЇїЄєҐґ-]+")
_LATIN_WORD: Final = re.compile("[A-Za-z\u00c0-\u017f-]+")
_LONGEST: Final = 4
_SHORTEST: Final = 3


def forms(name: str) -> Iterator[str]:
    """The further case forms of a person's name, without the name itself; none for scripts and names without cases."""
    words = name.split()
    if not words or len(words) > _LONGEST or len(words[-1]) < _SHORTEST:
        return
    if all(_CYRILLIC_WORD.fullmatch(word) for word in words):
        yield from _cyrillic(words)
    elif all(_LATIN_WORD.fullmatch(word) for word in words):
        yield from _latin(words)


def _cyrillic(words: list[str]) -> Iterator[str]:
    paradigms = [_paradigm(word) for word in words]
    made = {" ".join(forms[case] for forms in paradigms) for case in range(_CASES)}
    # A family name that has no cases (Байдена has, Трюдо has not) leaves the first name inflected alone.
    yield from sorted(made - {" ".join(words)})


def _paradigm(word: str) -> tuple[str, ...]:
    lowered = word.lower()
    for ending, (taken, endings) in _CYRILLIC:
        if lowered.endswith(ending) and len(word) > len(ending):
            stem = word[: len(word) - taken]
            return tuple(stem + suffix for suffix in endings)
    if lowered[-1] in _CYRILLIC_CONSONANTS:
        return tuple(word + suffix for suffix in _CYRILLIC_CONSONANT[1])
    return (word,) * _CASES


def _latin(words: list[str]) -> Iterator[str]:
    made = set()
    for consonant, vowel in zip(_LATIN, (_LATIN_FROM_A[0], *_LATIN_FROM_A[1:], _LATIN_FROM_A[2]), strict=True):
        for case in range(_CASES):
            made.add(" ".join(_latin_form(word, consonant[case], vowel[case]) for word in words))
    yield from sorted(made - {" ".join(words)})


def _latin_form(word: str, consonant: str, vowel: str) -> str:
    last = word[-1].lower()
    if last == "a":
        return word[:-1] + vowel
    return word if last in _VOWELS else word + consonant
