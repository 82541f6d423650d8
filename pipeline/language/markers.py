"""Small words against n-grams, for languages that langdetect has no profile of and takes for another.

`markers.tsv` lists frequent function words (and, of, is, not, this …) of languages with and without a profile. They
are the project's own, written from grammars and the common frequency lists.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

from pipeline.language.groups import TAKEN_FOR


@dataclass(frozen=True, slots=True)
class Marked:
    """A language and how sure its small words make it."""

    code: str
    confidence: float


_WORD: Final = re.compile(r"[^\W\d_]+(?:['’ʻʼ`-][^\W\d_]+)*")
# Of all words, those that are small words of the language and not of the one it is taken for.
_SHARE: Final = 0.12
# Close neighbours share most small words, so few are left to differ.
_SHARE_OF_CLOSE: Final = 0.025
_AT_LEAST: Final = 2
_AHEAD: Final = 1.5
_CLOSE: Final = frozenset({"ms", "bs", "sr", "nn", "gl"})


@lru_cache(maxsize=1)
def words() -> dict[str, frozenset[str]]:
    """The small words of each language that has a list."""
    text = (files("pipeline.language") / "markers.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
    return {code: frozenset(listed.split()) for code, listed in rows}


def by_words(text: str, taken: str, profiled: frozenset[str]) -> Marked | None:
    """The language outside `profiled` that a text judged to be `taken` is really in, or None.

    A candidate needs at least two different words that are its own and not `taken`'s, a share of all words (12 %,
    between close neighbours 2.5 %), and half as many again as `taken` has of its own; the largest share wins.
    """
    found = _WORD.findall(text.casefold())
    lists = words()
    rival = lists.get(taken, frozenset())
    best, most = None, 0.0
    for code, listed in lists.items():
        if code in profiled or not _may_be(code, taken):
            continue
        own = [word for word in found if word in listed and word not in rival]
        hits = len(own)
        against = sum(map((rival - listed).__contains__, found))
        needed = (_SHARE_OF_CLOSE if code in _CLOSE else _SHARE) * len(found)
        if len(set(own)) >= _AT_LEAST and hits >= max(needed, against * _AHEAD) and (hits - against) / needed > most:
            best, most = code, (hits - against) / needed
    return Marked(best, min(0.95, 0.6 + 0.1 * most)) if best is not None else None


def _may_be(code: str, taken: str) -> bool:
    """Close neighbours are told from each other only; any other language may be taken for any that has a list."""
    if code in _CLOSE:
        return taken in TAKEN_FOR[code]
    return taken in words()
