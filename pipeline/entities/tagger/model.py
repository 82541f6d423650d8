"""A trained model: sparse weights of hashed features for the labels of a linear-chain conditional random field.

What a word weighs for each label, at the token and at its neighbours, is summed once a word and kept, so that a text
costs one gather, a few sums of shifted rows, and the templates' slots, all over whole arrays.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.entities.tagger.features import (
    BITS,
    CHARACTER_TEMPLATES,
    REACH,
    TEMPLATES,
    VIEWS,
    Joint,
    Signs,
    slots,
)
from schemas.document import EntityType

TYPES: Final[tuple[EntityType, ...]] = ("PER", "ORG", "LOC")
# Outside, then begin, inside, end and single of each type.
LABELS: Final = ("O", *(f"{place}-{kind}" for kind in TYPES for place in "BIES"))
# Words kept with their sums; some 300 bytes each. Beyond it they are forgotten all at once.
_KEPT_WORDS: Final = 40_000
# The one feature of what lies outside a sentence.
OUTSIDE: Final = 0x5E
_OFFSETS: Final = range(-REACH, REACH + 1)
Scores = npt.NDArray[np.float32]
Views = npt.NDArray[np.uint32]


class Weights:
    """What a model has learnt; never changed, so that models of several languages share it.

    Arrays: `slots` in use (differences, 32 bits), `weights` of 8 bits (slots by labels), what one `unit` weighs,
    `moves` between labels, with a row and a column more than there are labels for what lies outside a sentence, and
    `style`: 0 words, 1 signs, 2 characters.
    """

    def __init__(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
        self.style = ("words", "signs", "characters")[int(np.asarray(arrays["style"]).item())]
        used = np.cumsum(np.asarray(arrays["slots"], np.uint32), dtype=np.uint32)
        learnt = np.asarray(arrays["weights"], np.float32) * np.float32(np.asarray(arrays["unit"]).item())
        self.weights: Scores = np.zeros((len(used) + 1, len(LABELS)), np.float32)
        self.weights[1:] = learnt
        # The row of each slot; 0 for those that weigh nothing.
        self.rows = np.zeros(1 << BITS, np.int32)
        self.rows[used] = np.arange(1, len(used) + 1)
        self.moves: Scores = np.asarray(arrays["moves"], np.float32)

    def sums(self, wanted: npt.NDArray[np.uint32]) -> Scores:
        """The weights of the slots in each row, added up."""
        sums = np.zeros((len(wanted), len(LABELS)), np.float32)
        rows = self.rows[wanted]
        owner, place = np.nonzero(rows)
        if len(owner):
            starts = np.flatnonzero(np.diff(owner, prepend=-1))
            sums[owner[starts]] = np.add.reduceat(self.weights[rows[owner, place]], starts, axis=0)
        return sums


class Model:
    """Scores labels. One instance is for one thread at a time."""

    def __init__(self, weights: Weights, signs: Callable[[Sequence[str]], Signs]) -> None:
        self.weights = weights
        self._signs = signs
        self._joint = Joint(CHARACTER_TEMPLATES if weights.style == "characters" else TEMPLATES)
        self._forget()

    def _forget(self) -> None:
        self._numbers: dict[str, int] = {}
        self._sums: Scores = np.zeros((1024, len(_OFFSETS), len(LABELS)), np.float32)
        self._views = np.zeros((1024, 3), np.uint32)
        outside = np.array([[OUTSIDE]], np.uint32)
        for place, offset in enumerate(_OFFSETS):
            self._sums[0, place] = self.weights.sums(slots(outside, offset))[0]

    def _rows(self, words: list[str]) -> npt.NDArray[np.int64]:
        """The number of each word among those kept; 0 is what lies outside a sentence."""
        if len(self._numbers) > _KEPT_WORDS:
            self._forget()
        numbers = self._numbers
        new = [word for word in dict.fromkeys(words) if word not in numbers]
        if new:
            first = len(numbers) + 1
            numbers.update(zip(new, range(first, first + len(new)), strict=True))
            self._add(new, first)
        return np.fromiter(map(numbers.__getitem__, words), np.int64, len(words))

    def _add(self, words: list[str], first: int) -> None:
        """Sum up new words' features."""
        last = first + len(words)
        if last > len(self._sums):
            size = max(last, 2 * len(self._sums))
            self._sums = np.resize(self._sums, (size, *self._sums.shape[1:]))
            self._views = np.resize(self._views, (size, 3))
        signs = self._signs(words)
        for place, offset in enumerate(_OFFSETS):
            reached = signs.features[:, signs.reaches >= abs(offset)]
            self._sums[first:last, place] = self.weights.sums(slots(reached, offset))
        self._views[first:last] = signs.views

    def score(self, words: list[str], begins: list[int], views: Views) -> Scores:
        """The score of each label (columns) for each token (rows).

        `begins` are the tokens that begin a sentence. `views` (tokens by VIEWS) holds what is known beside the words;
        the first three columns are filled in here.
        """
        count = len(words)
        rows = self._rows(words)
        # Two empty places before each sentence, so that neighbours of other sentences are out of reach.
        starts = np.zeros(count, np.int64)
        starts[begins] = REACH
        at = np.arange(count) + np.cumsum(starts)
        length = int(at[-1]) + 1 + REACH
        padded = np.zeros(length, np.int64)
        padded[at] = rows
        views[:, :3] = self._views[rows]
        spread = np.zeros((length, VIEWS), np.uint32)
        spread[at] = views
        around = at[:, None] + np.arange(-REACH, REACH + 1)
        scores = self.weights.sums(self._joint.slots(spread[around].reshape(count, -1)))
        flat = self._sums.reshape(-1, len(LABELS))
        for place in range(len(_OFFSETS)):
            scores += flat[padded[around[:, place]] * len(_OFFSETS) + place]
        return scores


@lru_cache(maxsize=16)
def weights_of(name: str) -> Weights:
    """The weights in `models/NAME.npz`."""
    with (files("pipeline.entities.tagger") / "models" / f"{name}.npz").open("rb") as stream, np.load(stream) as arrays:
        return Weights(arrays)
