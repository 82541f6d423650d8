"""What dictionaries say of the characters of languages without spaces: the word that each is part of, and its class.

A text is cut into the longest words of a list, from the left.
"""

import lzma
from functools import lru_cache
from importlib.resources import files
from typing import Final

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from pipeline.entities.tagger.features import CLASS, PART, hashed
from pipeline.entities.tagger.model import Views
from pipeline.entities.tagger.tokens import Tokens

# Languages that have a list.
SEGMENTED: Final = frozenset({"zh", "ja", "ko"})
_NOTHING: Final = (1, 1)


def add_dictionary(text: str, tokens: Tokens, views: Views, language: str) -> None:
    """Fill in the views PART and CLASS of a text's characters."""
    words: dict[int, tuple[int, int]] = {}
    patterns, classes = _dictionary(language)
    for number, start, end in patterns.find_matches_as_indexes(text):
        word, kind = hashed(text[start:end]), classes[number]
        for at in range(start, end):
            place = "S" if end - start == 1 else "B" if at == start else "E" if at == end - 1 else "I"
            words[at] = (word, _class(place, kind))
    views[:, (PART, CLASS)] = [words.get(start, _NOTHING) for start in tokens.starts.tolist()]


@lru_cache(maxsize=4096)
def _class(place: str, kind: str) -> int:
    return hashed(place + kind)


@lru_cache(maxsize=4)
def _dictionary(language: str) -> tuple[AhoCorasick, list[str]]:
    """The words of `words-LANGUAGE.bin`, and the class of each: lines of a class, a tab, and words."""
    data = (files("pipeline.entities.tagger") / f"words-{language}.bin").read_bytes()
    words: list[str] = []
    classes: list[str] = []
    for line in lzma.decompress(data).decode().splitlines():
        kind, _, listed = line.partition("\t")
        found = listed.split(" ")
        words += found
        classes += [kind] * len(found)
    patterns = AhoCorasick(
        words, matchkind=MatchKind.LeftmostLongest, implementation=Implementation.ContiguousNFA, store_patterns=False
    )
    return patterns, classes
