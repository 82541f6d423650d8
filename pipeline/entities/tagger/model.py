"""A trained model: sparse weights of hashed features for the labels of a linear-chain conditional random field.

What a word weighs for each label, at the token and at its neighbours, is summed once a word and kept, so that a text
costs one gather, a few sums of shifted rows, and the templates' slots, all over whole arrays.
"""

import lzma
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from pipeline.entities.tagger.features import (
    BITS,
    CHARACTER_TEMPLATES,
    REACH,
    TEMPLATES,
    VIEWS,
    WIDE,
    Signs,
    Template,
    combined,
    hashed,
    slots,
)
from schemas.document import EntityType

TYPES: Final[tuple[EntityType, ...]] = ("PER", "ORG", "LOC")
# Outside, then begin, inside, end and single of each type.
LABELS: Final = ("O", *(f"{place}-{kind}" for kind in TYPES for place in "BIES"))
# Words kept with their sums; some 300 bytes each. Beyond it they are forgotten all at once.
_KEPT_WORDS: Final = 40_000
_OFFSETS: Final = range(-REACH, REACH + 1)
Scores = npt.NDArray[np.float32]
Views = npt.NDArray[np.uint32]


class Stored(msgspec.Struct, frozen=True, array_like=True):
    """A model's file: slots in use (differences, 32 bits), weights of 8 bits, what one unit weighs, transitions.

    `style` is `words`, `signs` or `characters`. The transitions have a row and a column more than there are labels, for
    what lies outside a sentence.
    """

    style: str
    slots: bytes
    weights: bytes
    unit: float
    transitions: bytes


class Weights:
    """What a model has learnt; never changed, so that models of several languages share it."""

    def __init__(self, stored: Stored) -> None:
        size = len(LABELS)
        self.style = stored.style
        self.keys = np.cumsum(np.frombuffer(stored.slots, np.uint32), dtype=np.uint32)
        weights = np.frombuffer(stored.weights, np.int8).reshape(-1, size)
        self.weights = weights.astype(np.float32) * np.float32(stored.unit)
        self.used = np.zeros(1 << BITS, np.bool_)
        self.used[self.keys] = True
        self.transitions = np.frombuffer(stored.transitions, np.float32).reshape(size + 1, size + 1)

    def sum(self, into: Scores, owner: npt.NDArray[np.int64], wanted: npt.NDArray[np.uint32]) -> None:
        """Add the weights of slots to the rows of their owners, which are in ascending order."""
        hits = self.used[wanted]
        owner, wanted = owner[hits], wanted[hits]
        if len(owner):
            weights = self.weights[np.searchsorted(self.keys, wanted)]
            starts = np.flatnonzero(np.diff(owner, prepend=-1))
            into[owner[starts]] += np.add.reduceat(weights, starts, axis=0)


class Model:
    """Scores labels. One instance is for one thread at a time."""

    def __init__(self, weights: Weights, signs: Callable[[str], Signs]) -> None:
        self.weights = weights
        self._signs = signs
        self._templates: tuple[Template, ...] = CHARACTER_TEMPLATES if weights.style == "characters" else TEMPLATES
        self._forget()

    def _forget(self) -> None:
        self._numbers: dict[str, int] = {}
        self._sums = np.zeros((256, len(_OFFSETS), len(LABELS)), np.float32)
        self._views = np.zeros((256, 3), np.uint32)
        self._add([Signs([(hashed("<>"), WIDE)], (0, 0, 0))])

    def rows(self, words: list[str]) -> npt.NDArray[np.int64]:
        """The number of each word among those kept; 0 is what lies outside a sentence."""
        if len(self._numbers) > _KEPT_WORDS:
            self._forget()
        numbers = self._numbers
        new = [word for word in dict.fromkeys(words) if word not in numbers]
        if new:
            first = len(numbers) + 1
            numbers.update(zip(new, range(first, first + len(new)), strict=True))
            self._add([self._signs(word) for word in new], first)
        return np.fromiter(map(numbers.__getitem__, words), np.int64, len(words))

    def _add(self, listed: list[Signs], first: int = 0) -> None:
        """Sum up new words' features."""
        last = first + len(listed)
        if last > len(self._sums):
            size = max(last, 2 * len(self._sums))
            self._sums = np.resize(self._sums, (size, *self._sums.shape[1:]))
            self._views = np.resize(self._views, (size, 3))
        counts = [len(signs.features) for signs in listed]
        pairs = np.array([pair for signs in listed for pair in signs.features], np.uint32)
        owner = np.repeat(np.arange(first, last), counts)
        for place, offset in enumerate(_OFFSETS):
            reached = pairs[:, 1] >= abs(offset)
            self._sums[first:last, place] = 0
            self.weights.sum(self._sums[:, place], owner[reached], slots(pairs[reached, 0], offset))
        self._views[first:last] = [signs.views for signs in listed]

    def score(self, words: list[str], begins: list[int], views: Views) -> Scores:
        """The score of each label (columns) for each token (rows).

        `begins` are the tokens that begin a sentence. `views` (tokens by VIEWS) holds what is known beside the words;
        the first three columns are filled in here.
        """
        count = len(words)
        rows = self.rows(words)
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
        scores = np.zeros((count, len(LABELS)), np.float32)
        for place, offset in enumerate(_OFFSETS):
            scores += self._sums[padded[at + offset], place]
        shifted = {offset: spread[at + offset] for offset in _OFFSETS}
        wanted = np.empty((count, len(self._templates)), np.uint32)
        for number, template in enumerate(self._templates):
            wanted[:, number] = combined(number, [shifted[offset][:, view] for view, offset in template])
        self.weights.sum(scores, np.repeat(np.arange(count), len(self._templates)), wanted.ravel())
        return scores


@lru_cache(maxsize=16)
def weights_of(name: str) -> Weights:
    """The weights in `models/NAME.bin`."""
    data = (files("pipeline.entities.tagger") / "models" / f"{name}.bin").read_bytes()
    return Weights(msgspec.msgpack.decode(lzma.decompress(data), type=Stored))
