"""In which script a word is, and which languages' analyzers can have stems for it.

A word is only asked of analyzers that could change it: a Cyrillic one never of the Turkish, which halves a request.
"""

import unicodedata
from collections.abc import Sequence
from itertools import groupby
from typing import Final

from schemas.index import ANALYZERS

# Scripts that write words without spaces between them: such a word is asked for as a phrase of its parts.
UNSPACED: Final = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL"})
OTHER: Final = "LATIN"
_BY_SCRIPT: Final[dict[str, tuple[str, ...]]] = {
    "CYRILLIC": ("bg", "ru", "sr"),
    "ARABIC": ("ar", "ckb", "fa"),
    "GREEK": ("el",),
    "ARMENIAN": ("hy",),
    "DEVANAGARI": ("hi",),
    "BENGALI": ("bn",),
    "THAI": ("th",),
    "CJK": ("ja", "ko", "zh"),
    "HIRAGANA": ("ja",),
    "KATAKANA": ("ja",),
    "HANGUL": ("ko",),
}
_ELSEWHERE: Final = {code for codes in _BY_SCRIPT.values() for code in codes if code != "sr"}
_LATIN: Final = tuple(code for code in ANALYZERS if code not in _ELSEWHERE)


def script_of(word: str) -> str:
    """The script of a word's first letter that is of one, by Unicode's names; LATIN for digits and signs."""
    for character in word:
        if character.isalpha():
            name = unicodedata.name(character, OTHER).split(" ", maxsplit=1)[0]
            return {"FULLWIDTH": "LATIN", "HALFWIDTH": "KATAKANA", "IDEOGRAPHIC": "CJK"}.get(name, name)
    return OTHER


def languages_of(script: str) -> tuple[str, ...]:
    """The languages that have an analyzer and are written in a script; none for a script without one."""
    return _LATIN if script == OTHER else _BY_SCRIPT.get(script, ())


def runs(words: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Words grouped by script, keeping their order: each script once."""
    ordered = sorted(range(len(words)), key=lambda number: (script_of(words[number]), number))
    return [
        (script, [words[number] for number in numbers])
        for script, numbers in groupby(ordered, key=lambda number: script_of(words[number]))
    ]
