"""Which languages the sentences of a text are in, for texts in more than one."""

import re
from collections import Counter
from typing import Final

from pipeline.language.judge import judge
from pipeline.language.passage import passage

_END: Final = re.compile(r"(?<=[.!?…։؟۔])\s+|\n+|\s[|•–—/]\s")
# Shorter pieces are joined to the next: a few words do not tell their language.
_SHORTEST: Final = 40
_SURE: Final = 0.8


def parts(text: str, script: str) -> Counter[str]:
    """How many letters the sentences of each language have; sentences that are not clear count for none."""
    told: Counter[str] = Counter()
    for piece in pieces(text):
        code, probability = judge(passage(piece), script, ask_cld2=False).ranked[0]
        if probability >= _SURE:
            told[code] += sum(map(str.isalpha, piece))
    return told


def pieces(text: str) -> list[str]:
    """The sentences and lines of a text, short ones joined to the next."""
    found: list[str] = []
    open_piece = ""
    for sentence in _END.split(text):
        open_piece = f"{open_piece} {sentence}".strip()
        if len(open_piece) >= _SHORTEST:
            found.append(open_piece)
            open_piece = ""
    if open_piece:
        found.append(open_piece)
    return found
