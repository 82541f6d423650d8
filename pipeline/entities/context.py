"""What stands beside a name, and whether it speaks against it: another first name, a language, a common noun."""

import re
from functools import lru_cache
from importlib.resources import files
from typing import Final

_AFTER: Final = re.compile(r"[ -]([^\W\d_]+)")
_SENTENCE: Final = re.compile(r"(?:^|[.!?…:;\n\r\"“”„«»()\[\]–—|]|[.!?] ) *$")
_WINDOW: Final = 40
# `bahasa Korea`, `tiếng Nga`, `ภาษาไทย` are languages, not countries.
_LANGUAGE_WORDS: Final = frozenset({"bahasa", "berbahasa", "tiếng", "ภาษา"})
_TITLE_CASE: Final = 0.6


@lru_cache(maxsize=1)
def titles() -> frozenset[str]:
    """Words before a person's name that are no part of it (`Presiden`, `Minister`), case-folded; see `titles.tsv`."""
    text = (files("pipeline.entities") / "titles.tsv").read_text("utf-8")
    return frozenset(text.casefold().split())


def word_before(text: str, start: int) -> str:
    """The word right before a position, one space between; empty where there is none."""
    end = start - 1
    if end < 1 or text[end] not in " \u00a0":
        return ""
    if text[end - 1] in ".'’":  # an abbreviated title or name: `Mr.`
        end -= 1
    begin = end
    while begin and end - begin < _WINDOW and text[begin - 1].isalpha():
        begin -= 1
    return text[begin:end]


def names_language(text: str, start: int) -> bool:
    """Whether the place named at `start` stands for its language."""
    return word_before(text, start).lower() in _LANGUAGE_WORDS


def is_namesake(text: str, start: int, end: int, *, family_first: bool, given: frozenset[str], title_case: bool) -> bool:
    """Whether a short form at this place belongs to another person's full name.

    That is so when a capitalised word follows a family name that comes first (`Kim Hyun-woo`), or a first name that is
    known, or an unknown capitalised word that neither begins a sentence nor is a title, comes before one that comes
    last (`Lyudmila Putin`). Where every word is capitalised only known first names tell.
    """
    if family_first:
        after = _AFTER.match(text, end)
        return after is not None and after[1][0].isupper() and not title_case and after[1].casefold() not in titles()
    before = word_before(text, start)
    if not before or not before[0].isupper():
        return False
    if before.casefold() in given:
        return True
    if title_case or before.isupper() or before.casefold() in titles():
        return False
    begin = start - len(before) - 1
    return _SENTENCE.search(text, max(0, begin - _WINDOW), begin) is None and begin > 0


def is_title_case(text: str, language: str) -> bool:
    """Whether nearly every word of a text is capitalised, as in headlines, or its language capitalises all nouns."""
    if language in {"de", "lb"}:
        return True
    words = re.findall(r"[^\W\d_]{4,}", text[:1000])
    capitalised = sum(word[0].isupper() for word in words)
    return bool(words) and capitalised >= _TITLE_CASE * len(words)
