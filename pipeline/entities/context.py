"""What stands beside a name, and whether it speaks against it: another first name, a language, a common noun."""

import re
from functools import lru_cache
from importlib.resources import files
from typing import Final
from unicodedata import category

_AFTER: Final = re.compile(r"[ -]([^\W\d_]+)")
_SENTENCE: Final = re.compile(r"(?:^|[.!?…:;\n\r\"“”„«»()\[\]–—|]|[.!?] ) *$")
_WINDOW: Final = 40
# `bahasa Korea`, `tiếng Nga`, `ภาษาไทย` are languages, not countries.
_LANGUAGE_WORDS: Final = frozenset({"bahasa", "berbahasa", "tiếng", "ภาษา"})
_TITLE_CASE: Final = 0.7
_ENOUGH_WORDS: Final = 5


@lru_cache(maxsize=1)
def titles() -> frozenset[str]:
    """Words before a person's name that are no part of it (`Presiden`, `Minister`), case-folded; see `titles.tsv`."""
    text = (files("pipeline.entities") / "titles.tsv").read_text("utf-8")
    return frozenset(text.casefold().split())


@lru_cache(maxsize=1)
def common_given_names() -> frozenset[str]:
    """First names of about seventy countries in their scripts, case-folded; `tests.benchmarks.given_names` made it."""
    text = (files("pipeline.entities") / "given.tsv").read_text("utf-8")
    return frozenset(text.split())


def word_before(text: str, start: int) -> str:
    """The word right before a position, one space between; empty where there is none."""
    end = start - 1
    if end < 1 or text[end] not in " \u00a0":
        return ""
    if text[end - 1] in ".'’":  # an abbreviated title or name: `Mr.`
        end -= 1
    begin = end
    # Vowel signs are no letters by Unicode's account, but parts of a word.
    while begin and end - begin < _WINDOW and (text[begin - 1].isalpha() or category(text[begin - 1])[0] == "M"):
        begin -= 1
    return text[begin:end]


def names_language(text: str, start: int) -> bool:
    """Whether the place named at `start` stands for its language."""
    return word_before(text, start).lower() in _LANGUAGE_WORDS


def follows_on(text: str, end: int, *, title_case: bool) -> bool:
    """Whether a capitalised word follows, so that a family name which comes first is another's (`Kim Hyun-woo`)."""
    after = _AFTER.match(text, end)
    return after is not None and after[1][0].isupper() and not title_case and after[1].casefold() not in titles()


def goes_before(text: str, start: int, given: frozenset[str], *, title_case: bool) -> bool:
    """Whether a first name comes before a family name that comes last (`Lyudmila Putin`).

    That is so for a first name that is known, and for an unknown capitalised word that neither begins a sentence nor
    is a title. Where every word is capitalised, or none is as in scripts without capitals, only known first names tell.
    """
    before = word_before(text, start)
    if not before or before[0].islower():
        return False
    if before.casefold() in given:
        return True
    if not before[0].isupper():
        return False
    if title_case or before.isupper() or before.casefold() in titles():
        return False
    begin = start - len(before) - 1
    return begin > 0 and _SENTENCE.search(text, max(0, begin - _WINDOW), begin) is None


def is_title_case(text: str, language: str) -> bool:
    """Whether nearly every word of a text is capitalised, as in headlines, or its language capitalises all nouns."""
    if language in {"de", "lb"}:
        return True
    words = re.findall(r"[^\W\d_]{4,}", text[:1000])
    capitalised = sum(word[0].isupper() for word in words)
    return len(words) >= _ENOUGH_WORDS and capitalised >= _TITLE_CASE * len(words)
