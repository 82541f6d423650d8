"""Which script each character is of.

The ranges are those blocks of the Unicode Standard, chapter "Blocks", that hold letters of a written language of
the news. Letters elsewhere count as Latin where Unicode's name says so and as `Other` where it does not.
"""

import unicodedata
from bisect import bisect_right
from typing import Final

LETTERLESS: Final = ""

# Start of block, end of block (inclusive), one-letter mark of the script.
_RANGES: Final = (
    (0x0370, 0x03FF, "G"),
    (0x0400, 0x052F, "C"),
    (0x0530, 0x058F, "R"),
    (0x0590, 0x05FF, "H"),
    (0x0600, 0x06FF, "A"),
    (0x0750, 0x077F, "A"),
    (0x0780, 0x07BF, "d"),
    (0x08A0, 0x08FF, "A"),
    (0x0900, 0x097F, "D"),
    (0x0980, 0x09FF, "B"),
    (0x0A00, 0x0A7F, "P"),
    (0x0A80, 0x0AFF, "U"),
    (0x0B00, 0x0B7F, "O"),
    (0x0B80, 0x0BFF, "T"),
    (0x0C00, 0x0C7F, "E"),
    (0x0C80, 0x0CFF, "N"),
    (0x0D00, 0x0D7F, "M"),
    (0x0D80, 0x0DFF, "S"),
    (0x0E00, 0x0E7F, "h"),
    (0x0E80, 0x0EFF, "o"),
    (0x0F00, 0x0FFF, "t"),
    (0x1000, 0x109F, "m"),
    (0x10A0, 0x10FF, "g"),
    (0x1100, 0x11FF, "K"),
    (0x1200, 0x139F, "I"),
    (0x13A0, 0x13FF, "c"),
    (0x1400, 0x167F, "i"),
    (0x1780, 0x17FF, "k"),
    (0x1800, 0x18AF, "l"),
    (0x1C90, 0x1CBF, "g"),
    (0x1C50, 0x1C7F, "s"),
    (0x1F00, 0x1FFF, "G"),
    (0x2D00, 0x2D2F, "g"),
    (0x2D30, 0x2D7F, "f"),
    (0x2D80, 0x2DDF, "I"),
    (0x3040, 0x30FF, "J"),
    (0x3100, 0x312F, "b"),
    (0x3130, 0x318F, "K"),
    (0x31F0, 0x31FF, "J"),
    (0x3400, 0x4DBF, "Z"),
    (0x4E00, 0x9FFF, "Z"),
    (0xA640, 0xA69F, "C"),
    (0xABC0, 0xABFF, "e"),
    (0xAC00, 0xD7FF, "K"),
    (0xF900, 0xFAFF, "Z"),
    (0xFB1D, 0xFB4F, "H"),
    (0xFB50, 0xFDFF, "A"),
    (0xFE70, 0xFEFC, "A"),
    (0xFF66, 0xFF9F, "J"),
    (0x20000, 0x3FFFF, "Z"),
)
_ORDERED: Final = tuple(sorted(_RANGES))
_STARTS: Final = tuple(start for start, _, _ in _ORDERED)

# ISO 15924 codes of the marks above.
NAMES: Final = {
    "L": "Latn", "G": "Grek", "C": "Cyrl", "R": "Armn", "H": "Hebr", "A": "Arab", "d": "Thaa", "D": "Deva",
    "B": "Beng", "P": "Guru", "U": "Gujr", "O": "Orya", "T": "Taml", "E": "Telu", "N": "Knda", "M": "Mlym",
    "S": "Sinh", "h": "Thai", "o": "Laoo", "t": "Tibt", "m": "Mymr", "g": "Geor", "K": "Kore", "I": "Ethi",
    "c": "Cher", "i": "Cans", "k": "Khmr", "l": "Mong", "s": "Olck", "f": "Tfng", "J": "Jpan", "b": "Bopo",
    "Z": "Hani", "e": "Mtei", "X": "Zyyy",
}  # fmt: skip

# Scripts that one language of the news has to itself, or nearly so.
ALONE: Final = {
    "Grek": "el", "Armn": "hy", "Thaa": "dv", "Guru": "pa", "Gujr": "gu", "Orya": "or", "Taml": "ta",
    "Telu": "te", "Knda": "kn", "Mlym": "ml", "Sinh": "si", "Thai": "th", "Laoo": "lo", "Tibt": "bo",
    "Mymr": "my", "Geor": "ka", "Kore": "ko", "Hebr": "he", "Beng": "bn", "Cher": "chr", "Cans": "iu", "Khmr": "km",
    "Mong": "mn", "Olck": "sat", "Tfng": "zgh", "Mtei": "mni", "Jpan": "ja",
}  # fmt: skip

# A syllable or an ideograph says as much as about this many letters of an alphabet.
WEIGHTS: Final = {"Hani": 3, "Kore": 2, "Jpan": 2}


def mark(character: str) -> str:
    """The one-letter mark of a character's script, or nothing for what is no letter."""
    code = ord(character)
    if character.isascii():
        return "L" if character.isalpha() else LETTERLESS
    if not character.isalpha() and not unicodedata.category(character).startswith("M"):
        return LETTERLESS
    index = bisect_right(_STARTS, code) - 1
    if index >= 0 and code <= _ORDERED[index][1]:
        return _ORDERED[index][2]
    if not character.isalpha():
        return LETTERLESS
    return "L" if "LATIN" in unicodedata.name(character, "") else "X"
