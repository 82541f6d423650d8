"""langdetect's own profiles, scored exactly instead of by random trials.

langdetect 1.0.9 (`detector.py`) draws n-grams of the text at random, multiplies the languages' probabilities of each,
and averages seven such walks. Its answer so depends on a seed, and its time on how soon a walk converges. What the
walks estimate is the product over *all* n-grams, with its own smoothing weight of 0.5 / 10,000; that product is
computed here: the same answer in any order, in any thread, with no state but the profiles.

Vectors without numpy: the logarithms of one n-gram, one lane of 32 bits for each language, are packed into one
integer, so that adding two integers adds all languages at once.
"""

import json
import math
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import repeat
from typing import Final

from langdetect.utils.ngram import NGram

_WEIGHT: Final = 0.5 / 10_000
_LANE: Final = 32
_SCALE: Final = 1024
# langdetect's names for what BCP 47 calls otherwise. Both Chinese profiles are one here: characters decide later.
_CODES: Final = {"no": "nb", "zh-cn": "zh-Hans", "zh-tw": "zh-Hant"}


@dataclass(frozen=True, slots=True)
class Profiles:
    """Profiles: the languages (BCP 47) in the order of the lanes, and each n-gram's packed logarithms."""

    languages: tuple[str, ...]
    lanes: dict[str, int]


@dataclass(frozen=True, slots=True)
class Scores:
    """Natural logarithms of likelihood by language, up to one constant, and the number of n-grams known."""

    by_language: dict[str, float]
    known: int


class _Normal(dict[int, str]):
    """langdetect's own folding of a character, looked up once for each character."""

    def __missing__(self, code: int) -> str:
        found = self[code] = str(NGram.normalize(chr(code)))
        return found


@lru_cache(maxsize=1)
def _normal() -> _Normal:
    return _Normal()


@lru_cache(maxsize=4)
def load(languages: tuple[str, ...]) -> Profiles:
    """The profiles of these languages (langdetect's codes) of the langdetect package, loaded once."""
    folder = files("langdetect") / "profiles"
    lanes: dict[str, int] = {}
    for lane, name in enumerate(languages):
        profile = json.loads((folder / name).read_text("utf-8"))
        sizes = profile["n_words"]
        for gram, number in profile["freq"].items():
            if 1 <= len(gram) <= len(sizes):
                probability = number / sizes[len(gram) - 1]
                gain = round(_SCALE * math.log1p(probability / _WEIGHT))
                lanes[gram] = lanes.get(gram, 0) + (gain << (_LANE * lane))
    return Profiles(tuple(_CODES.get(name, name) for name in languages), lanes)


def grams(text: str) -> list[str]:
    """The n-grams (1 to 3 characters) that langdetect looks at, in no particular order.

    Words in capitals tell nothing and are left out, as there.
    """
    words = str(NGram.normalize_vi(text)).translate(_normal()).split()
    line = " ".join(word for word in words if len(word) == 1 or not word.isupper())
    if not line:
        return []
    padded = f" {line} "
    pairs = list(map(str.__add__, padded, padded[1:]))
    return [*line, *pairs, *map(str.__add__, pairs, padded[2:])]


def score(text: str, languages: tuple[str, ...]) -> Scores:
    """How likely each language is to have written `text`, by the n-grams of it that the profiles know."""
    profiles = load(languages)
    found = grams(text)
    total = sum(map(profiles.lanes.get, found, repeat(0)))
    known = sum(map(profiles.lanes.__contains__, found))
    raw = total.to_bytes(len(profiles.languages) * _LANE // 8, "little")
    values = memoryview(raw).cast("I")
    scores = {language: value / _SCALE for language, value in zip(profiles.languages, values, strict=True)}
    return Scores(scores, known)


def probabilities(scores: Scores, temperature: float) -> Counter[str]:
    """The scores as probabilities that add up to 1, softened by `temperature`."""
    top = max(scores.by_language.values())
    powers = {k: math.exp((v - top) / temperature) for k, v in scores.by_language.items()}
    total = sum(powers.values())
    return Counter({k: v / total for k, v in powers.items()})
