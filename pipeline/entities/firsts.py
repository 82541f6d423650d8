"""Whether the word before a surname is its bearer's own first name in some spelling: `Антонио` of António Costa.

A first name before a surname makes it another's, unless it is the bearer's. Papers write foreign first names in many
ways, of which the knowledge base has a few: one counts that says the same in Latin letters, or that differs little
from a known one in a script in which readers write it by ear.
"""

from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

from pipeline.entities.normalise import folded
from pipeline.entities.spellings import romanised
from pipeline.knowledge import Entity

_ALIKE: Final = 0.75
_LEAST: Final = 3
# Consonants that one ear hears as another: each letter stands for its group.
_GROUPS: Final = str.maketrans("pvwgqcxjszdyh", "bffkkkkksst--")
_VOWELS: Final = frozenset("aeiou-")


def is_own_first(word: str, person: Entity) -> bool:
    """Whether a word is a person's first name, which stands before the family name."""
    return _is_own(word, person.name, person.aliases)


@lru_cache(maxsize=4096)
def _is_own(word: str, name: str, aliases: tuple[str, ...]) -> bool:
    firsts = _firsts(name, aliases)
    small = folded(word)
    if small in firsts:
        return True
    if small.isascii():
        return False
    roman = romanised(word)
    if roman.isascii():
        return any(first.isascii() and _sounds(roman) == _sounds(first) for first in firsts)
    # Scripts whose letters are not told apart here: a known spelling that differs in a letter or two.
    return len(small) >= _LEAST and any(
        first[0] == small[0] and SequenceMatcher(None, first, small).ratio() >= _ALIKE for first in firsts
    )


@lru_cache(maxsize=4096)
def _firsts(name: str, aliases: tuple[str, ...]) -> frozenset[str]:
    """The first words of somebody's full names, folded, and in Latin letters as they are read."""
    words = [written.replace("・", " ").replace("·", " ").split() for written in (name, *aliases)]
    named = [listed[0] for listed in words if len(listed) > 1 and len(listed[0]) >= _LEAST]
    return frozenset((*map(folded, named), *(romanised(first) for first in named)))


@lru_cache(maxsize=4096)
def _sounds(roman: str) -> tuple[str, bool]:
    """The consonants of a word in groups, none twice in a row, and whether it ends in a vowel."""
    made = ""
    for letter in roman.replace("ph", "f").replace("th", "t").translate(_GROUPS):
        if letter not in _VOWELS and not made.endswith(letter):
            made += letter
    return roman[:1] * (roman[:1] in _VOWELS) + made, roman[-1:] in _VOWELS
