"""The one module that asks CLD2 (pycld2), a second and independent judge of languages.

CLD2 was trained on other texts (web pages of some 160 languages), so that the two err in different places.
"""

from dataclasses import dataclass
from typing import Final

import pycld2

_CODES: Final = {
    "no": "nb", "iw": "he", "jw": "jv", "sr-ME": "sr", "bh": "bho", "tw": "ak", "zh": "zh-Hans", "mo": "ro",
}  # fmt: skip
_NONE: Final = frozenset({"un", "xxx", "tlh", "zzp"})


@dataclass(frozen=True, slots=True)
class Votes:
    """The languages that CLD2 sees in a text with their shares (0 to 1), largest first, and whether it is sure."""

    shares: tuple[tuple[str, float], ...]
    sure: bool

    def share(self, code: str) -> float:
        """The share of a language."""
        return dict(self.shares).get(code, 0.0)


def votes(text: str) -> Votes:
    """What CLD2 says of a text; nothing where it refuses a character."""
    try:
        sure, _, found = pycld2.detect(text.encode("utf-8", "ignore"), isPlainText=True, bestEffort=True)
    except pycld2.error:
        return Votes((), sure=False)
    shares = ((_CODES.get(code, code), percent / 100) for _, code, percent, _ in found if code not in _NONE)
    return Votes(tuple((code, share) for code, share in shares if not code.startswith("xx-")), bool(sure))
