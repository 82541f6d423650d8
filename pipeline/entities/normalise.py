"""Text folded so that spellings of one name are equal, with the way back to the text as stored.

Folded are: compatibility forms (NFKC), case, diacritics of Latin, Greek and Cyrillic, Arabic and Hebrew points,
Arabic letter variants, Ethiopic letters that sound alike, zero-width characters. Hyphens, apostrophes, dots between
names (`・`), brackets and quotation marks become spaces, so that `Kim Jong-un` is `Kim Jong Un` and `l'Ukraine` holds
`Ukraine`. Kana and Hangul keep their marks, which are letters there. One pass, linear in the text.
"""

import re
import unicodedata
from array import array
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

# Marks that spelling may leave out: combining diacritics, Hebrew points, Arabic vowels and Quranic marks, nukta,
# tatweel, soft hyphen, zero-width characters and marks of direction.
_DROPPED: Final = re.compile(
    "[\u00ad\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f"
    "\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u093c\u09bc\u0a3c\u0abc\u180b-\u180e\u1ab0-\u1aff\u1dc0-\u1dff"
    "\u200b-\u200f\u202a-\u202e\u2060-\u2069\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\ufeff]"
)
# Letters by Unicode's account, but written for apostrophes.
_APOSTROPHES: Final = frozenset("ʼʻʹʾʿ")
# Letters that decompose into nothing but are written for others.
_LETTERS: Final[dict[str, str]] = {
    "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "æ": "ae", "œ": "oe", "ħ": "h", "ŧ": "t", "ə": "e",
    "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ہ": "ه", "ھ": "ه", "ۀ": "ه", "ە": "ه", "ٱ": "ا", "ؤ": "و", "ئ": "ي",
    "ґ": "г", "ς": "σ",
}  # fmt: skip
# Ethiopic letters that Amharic speaks, and so writes, alike: each series of seven is folded to another.
_LETTERS.update(
    {
        chr(written + order): chr(for_ + order)
        for written, for_ in ((0x1210, 0x1200), (0x1280, 0x1200), (0x1220, 0x1230), (0x12D0, 0x12A0), (0x1340, 0x1338))
        for order in range(7)
    }
)
_KEPT: Final = frozenset(".&+")
# In headlines a name follows right behind: `…이재명`.
_ELLIPSES: Final = frozenset("…‥")
_JAMO: Final = re.compile(
    "[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?|[\u3041-\u30ff][\u3099\u309a]|[\uff66-\uff9d][\uff9e\uff9f]"
)
# What stands last in each of these.
_PARTS: Final = re.compile("[\u1161-\u1175\u3099\u309a\uff9e\uff9f]")


@dataclass(frozen=True, slots=True)
class Normal:
    """A folded text. `starts[i]` is the code point of the original of folded character i; None: the same.

    `memo` is for what is worked out of it once and asked for several times.
    """

    text: str
    starts: "array[int] | None"
    original: str
    memo: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original that a non-empty span of the folded text came from, marks that follow included."""
        if self.starts is None:
            return start, end
        first, last = self.starts[start], self.starts[end - 1] + 1
        # Stop before the next folded character, and before what is no part of the last letter.
        limit = self.starts[end] if end < len(self.starts) else len(self.original)
        while last < limit and unicodedata.combining(self.original[last]):
            last += 1
        return first, max(last, first + 1)


class _Folding(dict[int, str]):
    """What each code point folds to, worked out once for each."""

    def __init__(self) -> None:
        super().__init__()
        # Code points that fold to nothing or to several characters, so that offsets move.
        self.uneven: set[str] = set()

    def __missing__(self, code: int) -> str:
        character = chr(code)
        folded = self[code] = _fold(character)
        if len(folded) != 1:
            self.uneven.add(character)
        return folded


def _fold(character: str) -> str:
    if character.isspace() or character in _ELLIPSES:
        return " "
    return "".join(map(_fold_part, unicodedata.normalize("NFKC", character).casefold()))


def _fold_part(part: str) -> str:
    if _is_syllable(part):
        return part
    bare = _DROPPED.sub("", unicodedata.normalize("NFKD", part).casefold())
    return "".join(map(_fold_letter, bare))


def _is_syllable(character: str) -> bool:
    """Hangul and full-width kana, whose parts are letters and no diacritics."""
    return "\u3041" <= character <= "\u30fa" or "\uac00" <= character <= "\ud7a3" or character == "ー"


def _fold_letter(letter: str) -> str:
    if letter in _APOSTROPHES:
        return " "
    if letter in _LETTERS:
        return _LETTERS[letter]
    if letter.isalnum() or letter in _KEPT or unicodedata.category(letter).startswith("M"):
        return letter
    return " "


_folding: Final = _Folding()


def normalise(text: str) -> Normal:
    """The folded form of a text. The cost is linear, and least for Latin text without rare characters."""
    if text.isascii():
        return Normal(text.translate(_folding), None, text)
    if _PARTS.search(text) and _JAMO.search(text):
        return _composed(text)
    folded = text.translate(_folding)
    if _folding.uneven.isdisjoint(text):
        return Normal(folded, None, text)
    return _uneven(text, range(len(text)), text)


def folded(name: str) -> str:
    """A name as names are compared: its words folded, with one space between them."""
    return " ".join(normalise(name).text.split())


def _composed(text: str) -> Normal:
    """A text with syllables in parts (by some file systems, or half-width kana), which are put together first."""
    characters: list[str] = []
    starts = array("I")
    position = 0
    for match in _JAMO.finditer(text):
        characters.extend(text[position : match.start()])
        starts.extend(range(position, match.start()))
        composed = unicodedata.normalize("NFKC", match.group())
        characters.extend(composed)
        starts.extend([match.start()] * len(composed))
        position = match.end()
    characters.extend(text[position:])
    starts.extend(range(position, len(text)))
    return _uneven("".join(characters), starts, text)


def _uneven(text: str, origins: "range | array[int]", original: str) -> Normal:
    """A text with characters that fold to nothing or to several; what lies between them is folded as it is."""
    starts = array("I")
    pieces: list[str] = []
    position = 0
    for match in _any_of("".join(sorted(_folding.uneven.intersection(text)))).finditer(text):
        place = match.start()
        folded = _folding[ord(match.group())]
        pieces += text[position:place].translate(_folding), folded
        starts.extend(origins[position:place])
        starts.extend([origins[place]] * len(folded))
        position = place + 1
    pieces.append(text[position:].translate(_folding))
    starts.extend(origins[position:])
    return Normal("".join(pieces), starts, original)


@lru_cache(maxsize=256)
def _any_of(characters: str) -> re.Pattern[str]:
    return re.compile(f"[{re.escape(characters)}]" if characters else "(?!)")
