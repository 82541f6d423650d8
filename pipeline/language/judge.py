"""Which language of one script a text is in: the table's evidence, CLD2's votes, letters and the hint, as one sum."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.language import neighbours
from pipeline.language.calibration import calibration
from pipeline.language.hashing import word_keys
from pipeline.language.letters import by_letters
from pipeline.language.locales import script_of
from pipeline.language.passage import Passage
from pipeline.language.table import FLOOR, STEPS, Evidence, Scores, by_words, folded, load, with_sequences
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
# Above this probability from words alone (4 nats before the next), no text of the tuning half was judged otherwise with
# its sequences; four headlines of five are.
_CLEAR: Final = 0.982
# CLD2's Serbian is Cyrillic, so that it takes Serbian in Latin letters for its neighbours: its vote is for all three.
_UNTOLD: Final = ("bs", "hr", "sr")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Languages by falling probability (at least one), how many words they rest on, and CLD2's votes."""

    ranked: tuple[tuple[str, float], ...]
    words: int
    votes: Votes


def judge(text: Passage, script: str, hint: str | None = None, *, ask_cld2: bool = True) -> Verdict:
    """The languages of `script` (one of SCRIPTS) that a text may be in.

    Letter sequences are asked only where the words leave a doubt: they cost most and then change nothing.
    """
    codes = text.codes()
    found = by_words(codes)
    said = votes(text.text) if ask_cld2 else Votes((), sure=False)
    columns = _columns(script)
    own = by_letters(codes, script) if not text.text.isascii() else None
    if own is not None and own not in columns.codes:
        return Verdict(((own, _OWN_LETTERS if found.number > _FEW else _OUTSIDE),), found.number, said)
    shared = shares(said)
    bonus = ((own, _LETTERS), (hint, _HINT))
    ranked = _ranked(found, shared, columns, bonus)
    if ranked[0][1] < _CLEAR:
        found = with_sequences(found, codes)
        ranked = _ranked(found, shared, columns, bonus)
    if neighbours.tells(ranked[0][0]):
        ranked = _ranked(found, shared, columns, (*bonus, *neighbours.telling(found.keys)))
    outside = _outside(said, script, columns.codes)
    if (
        outside is not None
        and ranked[0][1] < _OUTSIDE_SHARE
        and np.count_nonzero(found.known) < _STRANGE * found.number
    ):
        return Verdict(((outside, _OUTSIDE), *ranked), found.number, said)
    return Verdict(ranked, found.number, said)


def _ranked(
    found: Evidence, shared: Scores, columns: "_Columns", bonus: tuple[tuple[str | None, float], ...]
) -> tuple[tuple[str, float], ...]:
    """The three most probable languages by the evidence, CLD2's shares and what else counts for some, in nats."""
    logits = calibration().logits(found, shared)[columns.indices]
    for code, nats in bonus:
        if code is not None and code in columns.codes:
            logits[columns.places[code]] += nats
    powers = np.exp(logits - logits.max())
    powers /= powers.sum()
    order = (-powers).argsort(kind="stable")[:3].tolist()
    return tuple((columns.names[number], float(powers[number])) for number in order)


def only_names(text: str, code: str) -> bool:
    """Whether each word of a text begins with a capital and none is frequent in the language: names, not a sentence."""
    words = [word for word in text.split() if word[:1].isalpha()]
    if not words or not all(word[0].isupper() and not word[1:].isupper() for word in words):
        return False
    table = load()
    column = _places().get(code.split("-", maxsplit=1)[0], [0])[0]
    common = round((_COMMON - FLOOR) * STEPS)
    slots, _ = table.find(word_keys(folded(text)))
    return not any(table.of_words(slots[[place]])[column] >= common for place in range(len(slots)))


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of the table that are languages of one script, their codes as they are told, and where each is."""

    indices: NDArray[np.int64]
    names: tuple[str, ...]
    codes: frozenset[str]
    places: dict[str, list[int]]


@lru_cache(maxsize=8)
def _columns(script: str) -> _Columns:
    chosen = [(number, code) for number, code in enumerate(load().names) if script_of(code) == script]
    names = tuple(code if code.startswith("sr") else code.split("-", maxsplit=1)[0] for _, code in chosen)
    codes = frozenset(names) | {"sr"} if any(name.startswith("sr") for name in names) else frozenset(names)
    places = {code: [number for number, name in enumerate(names) if name == code] for code in codes}
    return _Columns(np.array([number for number, _ in chosen]), names, codes, places)


@lru_cache(maxsize=1)
def _places() -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number, code in enumerate(load().names):
        found.setdefault(code.split("-", maxsplit=1)[0], []).append(number)
    return found


def shares(said: Votes) -> Scores:
    """CLD2's shares in the order of the table's languages; a language in two scripts has its share in both."""
    found = np.zeros(len(load().names))
    known = _places()
    for code, share in said.shares:
        for alike in _UNTOLD if code in _UNTOLD else (code,):
            for place in known.get(alike, ()):
                found[place] += share
    return found


def _outside(said: Votes, script: str, known: frozenset[str]) -> str | None:
    if said.sure and said.shares and said.shares[0][1] >= _OUTSIDE_SHARE:
        code = said.shares[0][0]
        return code if code not in known and code not in _places() and script_of(code) == script else None
    return None
