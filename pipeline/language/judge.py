"""Which language of one script a text is in: the table's evidence, CLD2's votes, letters and the hint, as one sum."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.language.calibration import calibration
from pipeline.language.letters import by_letters
from pipeline.language.locales import script_of
from pipeline.language.table import FLOOR, STEPS, evidence, fold, load, word_keys, words_of
from pipeline.language.votes import Votes, votes

# The scripts whose languages the table tells apart.
SCRIPTS: Final = frozenset({"Latn", "Cyrl", "Arab", "Ethi"})
# What the letters of one orthography, and the feed's language, count in nats: the one about as much as two telling
# words, the other enough to decide between neighbours and too little against clear text.
_LETTERS: Final = 3.0
_HINT: Final = 1.5
# What the letters of a language outside the table make probable; in a few words its letters may be a neighbour's.
_OWN_LETTERS: Final = 0.95
_FEW: Final = 4
# A word this frequent (natural logarithm) is no name: the few hundred most frequent of a language.
_COMMON: Final = -9.0
# A language that only CLD2 knows is believed where it is sure of nearly all and the table knows few of the words.
_OUTSIDE: Final = 0.7
_OUTSIDE_SHARE: Final = 0.8
_STRANGE: Final = 0.6
# CLD2's Serbian is Cyrillic, so that it takes Serbian in Latin letters for its neighbours: its vote is for all three.
_UNTOLD: Final = ("bs", "hr", "sr")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Languages by falling probability (at least one), how many words they rest on, and CLD2's votes."""

    ranked: tuple[tuple[str, float], ...]
    words: int
    votes: Votes


def judge(text: str, script: str, hint: str | None = None, *, ask_cld2: bool = True) -> Verdict:
    """The languages of `script` (one of SCRIPTS) that a text may be in."""
    found = evidence(text)
    said = votes(text) if ask_cld2 else Votes((), sure=False)
    columns = _columns(script)
    logits = calibration().logits(found, shares(said))[columns.indices]
    own = by_letters(text, script)
    if own is not None and own not in columns.codes:
        return Verdict(((own, _OWN_LETTERS if found.number > _FEW else _OUTSIDE),), found.number, said)
    for code, nats in ((own, _LETTERS), (hint, _HINT)):
        if code is not None and code in columns.codes:
            logits[[number for number, name in enumerate(columns.names) if name == code]] += nats
    powers = np.exp(logits - logits.max())
    powers /= powers.sum()
    order = np.argsort(-powers, kind="stable")[:3]
    ranked = tuple((columns.names[number], float(powers[number])) for number in order)
    outside = _outside(said, script, columns.codes)
    if outside is not None and ranked[0][1] < _OUTSIDE_SHARE and found.known < _STRANGE * found.number:
        return Verdict(((outside, _OUTSIDE), *ranked), found.number, said)
    return Verdict(ranked, found.number, said)


def only_names(text: str, code: str) -> bool:
    """Whether each word of a text begins with a capital and none is frequent in the language: names, not a sentence."""
    words = [word for word in text.split() if word[:1].isalpha()]
    if not words or not all(word[0].isupper() and not word[1:].isupper() for word in words):
        return False
    table = load()
    column = _places().get(code.split("-", maxsplit=1)[0], [0])[0]
    common = round((_COMMON - FLOOR) * STEPS)
    return not any(
        int(table.words.add_up(word_keys([word]), len(table.languages))[0][column]) >= common
        for word in words_of(fold(text))
    )


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of the table that are languages of one script, and their codes as they are told."""

    indices: NDArray[np.int64]
    names: tuple[str, ...]
    codes: frozenset[str]


@lru_cache(maxsize=8)
def _columns(script: str) -> _Columns:
    chosen = [(number, code) for number, code in enumerate(load().languages) if script_of(code) == script]
    names = tuple(code if code.startswith("sr") else code.split("-", maxsplit=1)[0] for _, code in chosen)
    codes = frozenset(names) | {"sr"} if any(name.startswith("sr") for name in names) else frozenset(names)
    return _Columns(np.array([number for number, _ in chosen]), names, codes)


@lru_cache(maxsize=1)
def _places() -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number, code in enumerate(load().languages):
        found.setdefault(code.split("-", maxsplit=1)[0], []).append(number)
    return found


def shares(said: Votes) -> NDArray[np.float64]:
    """CLD2's shares in the order of the table's languages; a language in two scripts has its share in both."""
    found = np.zeros(len(load().languages))
    for code, share in said.shares:
        for alike in _UNTOLD if code in _UNTOLD else (code,):
            found[_places().get(alike, [])] += share
    return found


def _outside(said: Votes, script: str, known: frozenset[str]) -> str | None:
    if said.sure and said.shares and said.shares[0][1] >= _OUTSIDE_SHARE:
        code = said.shares[0][0]
        return code if code not in known and code not in _places() and script_of(code) == script else None
    return None
