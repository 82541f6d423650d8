"""Words that tell a language from the neighbour that writes nearly the same, in `neighbours.tsv`.

The table's frequencies are of encyclopaedias, where such words are rare and names many; here each counts alike. The
lists are the project's own, written from grammars and dictionaries (spelling reforms, loan words from Dutch or English,
names of months and institutions).
"""

from collections import Counter
from functools import lru_cache
from typing import Final

from pipeline.language.hashing import Keys, word_keys
from pipeline.language.markers import lists
from pipeline.language.table import folded

# What one such word counts, in nats, and how many of them at most: two outweigh a name or a loan word.
_TELLING: Final = 1.5
_MOST: Final = 4
# What is in doubt is more often of the larger: Indonesia has some nine times Malaysia's people. More than this gains
# Indonesian texts and costs Malay ones as many (0.8: 1.2 % and 2 % of the tuning half).
_PRIOR: Final = {"id": 0.2}


def telling(keys: Keys) -> tuple[tuple[str, float], ...]:
    """For each language with such words, by the keys of a text's words: its code and what they count in nats."""
    known = _known()
    found = Counter(known[key] for key in set(keys.tolist()) if key in known)
    return tuple((code, _PRIOR.get(code, 0.0) + _TELLING * min(_MOST, found[code])) for code in _words())


def tells(code: str) -> bool:
    """Whether a language has such words."""
    return code in _words()


@lru_cache(maxsize=1)
def _words() -> dict[str, frozenset[str]]:
    return lists("neighbours.tsv")


@lru_cache(maxsize=1)
def _known() -> dict[int, str]:
    return {key: code for code, words in _words().items() for key in word_keys(folded(" ".join(words))).tolist()}
