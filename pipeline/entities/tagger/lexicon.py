"""What lists know of words: first and family names, places, organisations, titles, how common, in which cluster.

`lexicon.bin` is made by `make train-entities` from lists of other packages (see MODEL.md); only hashes of the words are
kept. A word's hash meets another's by chance once in ten thousand words, which the model was trained to live with.
"""

import lzma
from array import array
from bisect import bisect_left
from functools import lru_cache
from importlib.resources import files
from typing import Final
from zlib import crc32

import msgspec

# Bits of `Lexicon.flags`.
(
    FIRST_NAME, FAMILY_NAME, TOWN, CITY, IN_PLACE_NAME, PERSON, ORGANISATION, PLACE, IN_PERSON, IN_ORGANISATION,
    IN_PLACE, TITLE, ORGANISATION_HEAD, PLACE_HEAD, CALENDAR, LANGUAGE,
) = (1 << bit for bit in range(16))  # fmt: skip
# Ranks of words by frequency, as one digit; words not among the 30,000 most frequent have the last.
RARE: Final = 9


class Table(msgspec.Struct, frozen=True, array_like=True):
    """Sorted hashes (unsigned 32 bits, native order little) and a value of 16 bits for each."""

    keys: bytes
    values: bytes


class Stored(msgspec.Struct, frozen=True, array_like=True):
    """What is in the file: flags of words, ranks by language, clusters by name, roles of small words."""

    flags: Table
    ranks: dict[str, Table]
    clusters: dict[str, Table]
    roles: Table


class _Lookup:
    """A table of hashes that is searched in place, at a twentieth of the memory of a dict."""

    def __init__(self, table: Table) -> None:
        self._keys, self._values = array("I"), array("H")
        self._keys.frombytes(table.keys)
        self._values.frombytes(table.values)

    def get(self, key: int, default: int) -> int:
        at = bisect_left(self._keys, key)
        return self._values[at] if at < len(self._keys) and self._keys[at] == key else default


class Lexicon:
    """The lists, asked word by word."""

    def __init__(self, stored: Stored) -> None:
        self._flags = _Lookup(stored.flags)
        self._roles = _Lookup(stored.roles)
        self._ranks = {language: _Lookup(table) for language, table in stored.ranks.items()}
        self._clusters = [(name, _Lookup(table)) for name, table in stored.clusters.items()]

    def flags(self, lowered: str) -> int:
        """The bits above that hold for a word in small letters."""
        return self._flags.get(key_of(lowered), 0)

    def role(self, lowered: str) -> int:
        """The class of a small word (`in`, `from`, `of`, `said` …) in whatever language; 0 for others."""
        return self._roles.get(key_of(lowered), 0)

    def rank(self, lowered: str, language: str) -> int:
        """How rare a word in small letters is in a language: 0 the commonest, 8 about the 30,000th, 9 rarer."""
        lookup = self._ranks.get(language)
        return RARE if lookup is None else lookup.get(key_of(lowered), RARE)

    def clusters(self, word: str) -> list[tuple[str, int]]:
        """The Brown cluster of a word as written, in each list that has it; its low bits are the wider clusters."""
        key = key_of(word)
        return [(name, found) for name, lookup in self._clusters if (found := lookup.get(key, 0))]


def key_of(word: str) -> int:
    """The hash of a word that the tables are sorted by."""
    return crc32(word.encode("utf-8", "surrogatepass"))


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The lexicon that the models were trained with."""
    data = (files("pipeline.entities.tagger") / "lexicon.bin").read_bytes()
    return Lexicon(msgspec.msgpack.decode(lzma.decompress(data), type=Stored))
