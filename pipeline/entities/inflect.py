"""Whether a word of a text is a name in some case: `Путиным` of `Путин`, `Vučića` of `Vučić`, `Putinille` of `Putin`.

The endings of each language stand in `endings.tsv`. Nothing is generated in advance: names are looked for by what no
ending changes of their words (`stable`), and each word so found is held against the table. A word that merely begins
like a name (`Putinism`, `Trumpet`) is no form of it, since no language has such an ending.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import product
from typing import Final

from pipeline.entities.normalise import normalise

_VOWELS: Final = frozenset("aeiouyаеиоуыэюяієαεηιουωаეიოუაաեէըիոօւ")
# Languages told apart with difficulty in a headline, which are read by the endings of all of them.
_GROUPS: Final = (
    frozenset({"ru", "uk", "be", "bg", "mk", "sr"}),
    frozenset({"hr", "bs", "sr", "sh", "sl", "cnr"}),
    frozenset({"cs", "sk"}),
    frozenset({"tr", "az", "tk"}),
    frozenset({"kk", "ky", "tt", "ba"}),
    frozenset({"mr", "ne"}),
)
# Where only the last word of a name takes the ending of all of it.
_LAST_ONLY_LISTED: Final = (
    "fi et hu tr az tk uz kk ky tt ba mn eu sq ka hy sv nb nn no da de nl lb fo am ti mr ne bn as gu or te kn ml ta"
    " si ug"
)
_LAST_ONLY: Final = frozenset(_LAST_ONLY_LISTED.split())
_UNKNOWN: Final = "und"
# In a text of no known language any ending will do, so that short names are left alone.
_SURE: Final = 5
_LONGEST_ENDING: Final = 6


@dataclass(frozen=True, slots=True)
class _Rule:
    """The letters that change of an ending, what stands for them then, and where this holds."""

    ending: str
    removed: str
    added: str

    def holds(self, word: str) -> bool:
        """Whether a folded word ends so."""
        if self.ending in "CV*":
            return self.ending == "*" or (word[-1] in _VOWELS) == (self.ending == "V")
        return word == self.ending[1:] if self.ending[0] == "^" else word.endswith(self.ending)


def inflects(language: str) -> bool:
    """Whether names change their ending in a language (BCP 47), or it is not known."""
    return language == _UNKNOWN or bool(_rules(_primary(language)))


@lru_cache(maxsize=65_536)
def is_form(word: str, surface: str, language: str, *, last: bool = True) -> bool:
    """Whether `surface` is `word` in some case in a text in `language`; both folded. The same word is, everywhere.

    `last` tells whether it is the last word of its name.
    """
    if word == surface:
        return True
    code = _primary(language)
    if not word or (not last and code in _LAST_ONLY) or (code == _UNKNOWN and len(word) < _SURE):
        return False
    common = len(word) if surface.startswith(word) else _common(word, surface)
    rules = _rules(code).get((word[common:], surface[common:]))
    return rules is not None and any(rule.holds(word) for rule in rules)


@lru_cache(maxsize=65_536)
def stable(word: str) -> int:
    """How many letters at the beginning of a folded word no ending of any language changes."""
    most = _most_removed()
    start = max(0, len(word) - _LONGEST_ENDING)
    removed = max((most.get(word[begin:], 0) for begin in range(start, len(word))), default=0)
    return max(0, len(word) - max(removed, most.get(f"^{word}", 0)))


@lru_cache(maxsize=65_536)
def beginnings(word: str, length: int, *, last: bool = True) -> frozenset[str]:
    """The first `length` letters of a folded word and of all its forms; few, unless the word is short.

    `last` tells whether it is the last word of its name.
    """
    if stable(word) >= length:
        return frozenset({word[:length]})
    made = {word[:length]}
    for rule in _applicable(word, last=last):
        made.add((word[: len(word) - len(rule.removed)] + rule.added)[:length])
    return frozenset(made)


def forms(word: str, language: str) -> Iterator[str]:
    """All forms of a folded word in a language, each once, in the order of letters."""
    made = {
        word[: len(word) - len(rule.removed)] + rule.added
        for rules in _rules(_primary(language)).values()
        for rule in rules
        if rule.holds(word)
    }
    yield from sorted(made - {word})


def _common(one: str, other: str) -> int:
    """How many letters two words begin with in common."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _primary(language: str) -> str:
    return language.partition("-")[0]


def _applicable(word: str, *, last: bool) -> Iterator[_Rule]:
    by_ending = _by_ending()[last]
    kind = "V" if word[-1:] in _VOWELS else "C"
    alphabet = _alphabet(word[:1])
    start = max(0, len(word) - _LONGEST_ENDING)
    for ending in (kind, "*", f"^{word}", *(word[begin:] for begin in range(start, len(word)))):
        yield from by_ending.get((alphabet, ending), ())


def _alphabet(letter: str) -> int:
    """The block of 256 code points of a letter, Latin letters being one: endings are of the alphabet of the name."""
    code = ord(letter) if letter else 0
    return code // 256 if code >= 0x250 else 0  # noqa: PLR2004 - the end of Latin Extended-B


@lru_cache(maxsize=1)
def _by_ending() -> tuple[dict[tuple[int, str], tuple[_Rule, ...]], dict[tuple[int, str], tuple[_Rule, ...]]]:
    """The rules by alphabet and ending: those that hold for any word of a name, and those that hold for the last."""
    anywhere: defaultdict[tuple[int, str], dict[_Rule, None]] = defaultdict(dict)
    at_the_end: defaultdict[tuple[int, str], dict[_Rule, None]] = defaultdict(dict)
    for language, rule in _table():
        key = _alphabet(rule.added[:1] or rule.removed[:1]), rule.ending
        at_the_end[key][rule] = None
        if language not in _LAST_ONLY:
            anywhere[key][rule] = None
    return (
        {key: tuple(rules) for key, rules in anywhere.items()},
        {key: tuple(rules) for key, rules in at_the_end.items()},
    )


@lru_cache(maxsize=1)
def _most_removed() -> dict[str, int]:
    """The most letters that any rule takes from an ending."""
    most: dict[str, int] = {}
    for _, rule in _table():
        most[rule.ending] = max(most.get(rule.ending, 0), len(rule.removed))
    return most


@lru_cache(maxsize=256)
def _rules(code: str) -> dict[tuple[str, str], tuple[_Rule, ...]]:
    """The rules of a language and those that it is confused with, by what they take away and put there."""
    codes = {code}.union(*(group for group in _GROUPS if code in group))
    found: defaultdict[tuple[str, str], dict[_Rule, None]] = defaultdict(dict)
    for language, rule in _table():
        if language in codes or code == _UNKNOWN:
            found[rule.removed, rule.added][rule] = None
    return {change: tuple(rules) for change, rules in found.items()}


@lru_cache(maxsize=1)
def _table() -> tuple[tuple[str, _Rule], ...]:
    text = (files("pipeline.entities") / "endings.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
    return tuple(
        (language, rule)
        for codes, ending, listed, *clitics in rows
        for rule in dict.fromkeys(_read(ending, listed.split(), ["", *"".join(clitics).split()]))
        for language in codes.split(",")
    )


def _read(ending: str, listed: list[str], clitics: list[str]) -> Iterator[_Rule]:
    for form, clitic in product(listed, clitics):
        if form[0] == "=":
            for consonant in "bcdfghjklmnpqrstvwxz":
                yield _Rule(consonant, "", _fold(consonant + form[1:] + clitic))
        elif ending in "CV*":
            yield _Rule(ending, "", _fold(form + clitic))
        else:
            mark, bare = ("^", _fold(ending[1:])) if ending[0] == "^" else ("", _fold(ending))
            becomes = _fold(form + clitic)
            same = _common(bare, becomes)
            yield _Rule(mark + bare, bare[same:], becomes[same:])


def _fold(ending: str) -> str:
    return normalise(ending).text
