"""What one telling says in any language: who and where, how many, and names in Latin letters, as numbers of 32 bits.

29 bits of a hash and 3 of its kind, which says how many stories are expected to have it (`SHARES`).
"""

import re
import unicodedata
from functools import lru_cache
from itertools import islice
from typing import Final
from zlib import crc32

import numpy as np

from pipeline.stories.terms import written
from schemas.document import Enriched

FEATURES = 24
ENTITIES, NUMBERS = 10, 6  # of them at most
LEAST_LETTERS = 4  # of a name
PERSON, ORGANISATION, PLACE, NAME, NUMBER, SHORT_NUMBER, YEAR = range(7)
KIND_BITS = 7
SHARES: Final = np.array([0.004, 0.01, 0.03, 0.004, 0.008, 0.05, 0.1, 1.0])
_KINDS: Final = {"PER": PERSON, "ORG": ORGANISATION, "LOC": PLACE}

_NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f ]\d{3})*(?:[.,]\d+)?")
_WORD = re.compile(r"[^\W\d_]+")

_START = 6
_LATIN_END = 0x250
_CHARACTERS = 1_500  # a lead says who, where and how many


def telling(enriched: Enriched) -> np.ndarray:
    """At most `FEATURES` features of an item, each once: entities, numbers and Latin names, the earliest first."""
    item = enriched.item
    text = f"{item.title}\n{item.summary}\n{item.body}"[:_CHARACTERS]
    features: dict[int, None] = {}
    for mention in islice(enriched.mentions, 200):
        if len(features) < ENTITIES:
            features[_feature(mention.entity_id, _KINDS.get(mention.type, ORGANISATION))] = None
    for found in islice(_NUMBER.findall(text), NUMBERS):
        plain = found.isascii() and found.isdecimal()
        number = found if plain else "".join(str(unicodedata.decimal(sign)) for sign in found if sign.isdecimal())
        if len(number) > 1:
            features[_feature(number, _kind_of(number))] = None
    words = dict.fromkeys(written(text))
    named = {word for mention in islice(enriched.mentions, 200) for word in _WORD.findall(mention.text.lower())}
    for word in words:
        if len(word) < LEAST_LETTERS or not word[0].isupper():
            continue
        if len(features) >= FEATURES:
            break
        if word.isascii() or ord(max(word)) < _LATIN_END:
            small = word.lower()
            # Words of a name that is counted as an entity are no further evidence.
            if small not in words and small not in named and small.isalpha():
                features[_feature(_folded(word), NAME)] = None
    return np.fromiter(features, np.uint32, len(features))


def _feature(text: str, kind: int) -> int:
    return crc32(text.encode("utf-8", "replace")) & ~KIND_BITS | kind or KIND_BITS + 1  # 0 is none


def _kind_of(number: str) -> int:
    if len(number) == 2:  # noqa: PLR2004 - two digits
        return SHORT_NUMBER
    return YEAR if len(number) == 4 and number[:2] in {"19", "20"} else NUMBER  # noqa: PLR2004 - as years are written


@lru_cache(maxsize=16_384)
def _folded(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word.casefold())
    return "".join(sign for sign in plain if not unicodedata.combining(sign))[:_START]
