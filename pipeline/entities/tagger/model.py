"""A trained model: sparse weights of hashed features for the labels of a linear-chain conditional random field.

What a word weighs for each label, at the token and at its neighbours, is summed once a word and kept, so that a text
costs a few sums of shifted rows; what neighbours weigh together is looked up only where a name is possible.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.entities.tagger.features import (
    BITS,
    CHARACTER_TEMPLATES,
    REACH,
    SYLLABLE_TEMPLATES,
    TEMPLATES,
    VIEWS,
    Joint,
    Signs,
    Template,
    salts,
    slots,
)
from pipeline.entities.tagger.letters import Hashes
from schemas.document import EntityType

TYPES: Final[tuple[EntityType, ...]] = ("PER", "ORG", "LOC")
# Outside, then begin, inside, end and single of each type.
LABELS: Final = ("O", *(f"{place}-{kind}" for kind in TYPES for place in "BIES"))
# What a model looks at: words of the language it was trained on, signs common to languages, characters, or characters
# and the spaces between them; and what of a token and its neighbours it looks at together.
STYLES: Final = ("words", "signs", "characters", "syllables")
TEMPLATES_OF: Final[Mapping[str, tuple[Template, ...]]] = {
    "words": TEMPLATES, "signs": TEMPLATES, "characters": CHARACTER_TEMPLATES, "syllables": SYLLABLE_TEMPLATES,
}  # fmt: skip
BY_CHARACTERS: Final = frozenset({"characters", "syllables"})
# Words kept with their sums; some 300 bytes each. Beyond it they are forgotten all at once.
_KEPT_WORDS: Final = 40_000
# The one feature of what lies outside a sentence.
OUTSIDE: Final = 0x5E
_OFFSETS: Final = range(-REACH, REACH + 1)
_AROUND: Final = np.arange(-REACH, REACH + 1)
# How much better "outside" must be by a token's own features for those of neighbours together to be left out.
_UNSURE: Final = 1.0
# Rows added up at once: some megabytes of weights.
_TOGETHER: Final = 2_000
Scores = npt.NDArray[np.float32]
Views = npt.NDArray[np.uint32]
Places = npt.NDArray[np.int64]


class Weights:
    """What a model has learnt; never changed, so that models of several languages share it.

    Arrays: `slots` in use (differences, 32 bits), `weights` of 8 bits (slots by labels), what one `unit` weighs,
    `moves` between labels, with a row and a column more than there are labels for what lies outside a sentence, and
    `style`: the number of one of `STYLES`.
    """

    def __init__(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
        self.style = STYLES[int(np.asarray(arrays["style"]).item())]
        used = np.cumsum(np.asarray(arrays["slots"], np.uint32), dtype=np.uint32)
        learnt = np.asarray(arrays["weights"], np.float32) * np.float32(np.asarray(arrays["unit"]).item())
        self.weights: Scores = np.zeros((len(used) + 1, len(LABELS)), np.float32)
        self.weights[1:] = learnt
        # The row of each slot; 0 for those that weigh nothing.
        self.rows = np.zeros(1 << BITS, np.int32)
        self.rows[used] = np.arange(1, len(used) + 1)
        self.moves: Scores = np.asarray(arrays["moves"], np.float32)

    def sums(self, wanted: Hashes) -> Scores:
        """The weights of the slots in each row, added up."""
        sums: Scores = np.empty((len(wanted), len(LABELS)), np.float32)
        ones = np.ones(wanted.shape[1], np.float32)
        for at in range(0, len(wanted), _TOGETHER):
            # A product with ones adds a row's weights faster than anything that first asks which of them are any.
            learnt = self.weights.take(self.rows.take(wanted[at : at + _TOGETHER]), axis=0)
            np.matmul(ones, learnt, out=sums[at : at + _TOGETHER])
        return sums

    def group_sums(self, wanted: Hashes, groups: Places, count: int) -> Scores:
        """The weights of the slots in each row added up by the group of their column; groups ascend."""
        edges = np.searchsorted(groups, np.arange(count + 1)).tolist()
        return np.stack([self.sums(wanted[:, first:last]) for first, last in pairwise(edges)], axis=1)


class Model:
    """Scores labels. One instance is for one thread at a time."""

    def __init__(self, weights: Weights, signs: Callable[[Sequence[str]], Signs]) -> None:
        self.weights = weights
        self._signs = signs
        self._joint = Joint(TEMPLATES_OF[weights.style])
        self._unsure = np.float32(np.inf if weights.style in BY_CHARACTERS else _UNSURE)
        self._forget()

    def _forget(self) -> None:
        self._numbers: dict[str, int] = {}
        self._sums: Scores = np.zeros((1024, len(_OFFSETS), len(LABELS)), np.float32)
        self._views = np.zeros((1024, 3), np.uint32)
        outside = np.array([[OUTSIDE]], np.uint32)
        for place, offset in enumerate(_OFFSETS):
            self._sums[0, place] = self.weights.sums(slots(outside, salts(offset)))[0]

    def _rows(self, words: list[str]) -> Places:
        """The number of each word among those kept; 0 is what lies outside a sentence."""
        if len(self._numbers) > _KEPT_WORDS:
            self._forget()
        rows = list(map(self._numbers.get, words))
        if None in rows:
            self._add([word for word, row in zip(words, rows, strict=True) if row is None])
            rows = list(map(self._numbers.get, words))
        return np.array(rows, np.int64)

    def _add(self, missing: list[str]) -> None:
        """Sum up new words' features."""
        words = list(dict.fromkeys(missing))
        first = len(self._numbers) + 1
        last = first + len(words)
        self._numbers.update(zip(words, range(first, last), strict=True))
        if last > len(self._sums):
            size = max(last, 2 * len(self._sums))
            self._sums = np.resize(self._sums, (size, *self._sums.shape[1:]))
            self._views = np.resize(self._views, (size, 3))
        signs = self._signs(words)
        columns, groups, spread = seen_from(signs.reaches)
        wanted = slots(signs.features[:, columns], spread)
        self._sums[first:last] = self.weights.group_sums(wanted, groups, len(_OFFSETS))
        self._views[first:last] = signs.views

    def score(self, words: list[str], begins: list[int], views: Views) -> Scores:
        """The score of each label (columns) for each token (rows).

        `begins` are the tokens that begin a sentence. `views` (tokens by VIEWS) holds what is known beside the words;
        the first three columns are filled in here. What neighbours say together is left out for tokens that by
        themselves are clearly outside any name.
        """
        count = len(words)
        rows = self._rows(words)
        # Two empty places before each sentence, so that neighbours of other sentences are out of reach.
        starts = np.zeros(count, np.int64)
        starts[begins] = REACH
        at = np.arange(count) + np.cumsum(starts)
        padded = np.zeros(int(at[-1]) + 1 + REACH, np.int64)
        padded[at] = rows * len(_OFFSETS)
        flat = self._sums.reshape(-1, len(LABELS))
        scores: Scores = flat.take(padded[at - REACH], axis=0)
        for place in range(1, len(_OFFSETS)):
            scores += flat.take(padded[at + (place - REACH)] + place, axis=0)
        views[:, :3] = self._views[rows]
        open_ = np.flatnonzero(scores[:, 1:].max(axis=1) > scores[:, 0] - self._unsure)
        if len(open_):
            spread = np.zeros((len(padded), VIEWS), np.uint32)
            spread[at] = views
            around = spread[at[open_, None] + _AROUND].reshape(len(open_), -1)
            scores[open_] += self.weights.sums(self._joint.slots(around))
        return scores


@lru_cache(maxsize=16)
def _seen_from(reaches: tuple[int, ...]) -> tuple[Places, Places, Hashes]:
    seen = [(column, place) for place, offset in enumerate(_OFFSETS) for column in range(len(reaches))
            if reaches[column] >= abs(offset)]  # fmt: skip
    columns, places = np.array(seen, np.int64).T
    return columns, places, np.array([salts(offset) for offset in _OFFSETS], np.uint32)[places]


def seen_from(reaches: Places) -> tuple[Places, Places, Hashes]:
    """Which features are seen from which offset: their columns, the number of the offset, and its salt."""
    return _seen_from(tuple(reaches.tolist()))


@lru_cache(maxsize=16)
def weights_of(name: str) -> Weights:
    """The weights in `models/NAME.npz`."""
    with (files("pipeline.entities.tagger") / "models" / f"{name}.npz").open("rb") as stream, np.load(stream) as arrays:
        return Weights(arrays)
