"""A trained model: sparse weights of hashed features for the labels of a linear-chain conditional random field.

What a word weighs for each label, at the token and at its neighbours, is summed once a word and kept, so that a text
costs a few sums of shifted rows; what neighbours weigh together is looked up only where a name is possible.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pipeline.entities.tagger.features import (
    BITS,
    CHARACTER_TEMPLATES,
    REACH,
    SYLLABLE_TEMPLATES,
    TEMPLATES,
    VIEWS,
    WORD_VIEWS,
    Block,
    Joint,
    Runs,
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
# Words kept with their sums; some 350 bytes each. Beyond it they are forgotten all at once.
_KEPT_WORDS: Final = 40_000
# The one feature of what lies outside a sentence.
OUTSIDE: Final = 0x5E
_OFFSETS: Final = range(-REACH, REACH + 1)
_AROUND: Final = np.arange(-REACH, REACH + 1)
# How much better "outside" must be by a token's own features for those of neighbours together to be left out.
_UNSURE: Final = 1.0
# Rows added up at once: some megabytes of weights.
_TOGETHER: Final = 2_000
_WIDTH: Final = 16
# Rows that 16 bits can number.
_SHORT: Final = 1 << 16
_WORDS_TOGETHER: Final = 500
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
        self._unit = np.float32(np.asarray(arrays["unit"]).item())
        # Kept in 8 bits, since fetching them from memory is most of the cost; 16 columns are fetched at once.
        self._learnt = np.zeros((len(used) + 1, _WIDTH), np.int8)
        self._learnt[1:, : len(LABELS)] = arrays["weights"]
        # The row of each slot; 0 for those that weigh nothing.
        self._rows: npt.NDArray[np.integer[Any]] = np.zeros(1 << BITS, np.uint16 if len(used) < _SHORT else np.int32)
        self._rows[used] = np.arange(1, len(used) + 1)
        self.moves: Scores = np.asarray(arrays["moves"], np.float32)

    def _of(self, wanted: Hashes) -> Scores:
        return self._learnt.take(self._rows.take(wanted), axis=0).astype(np.float32)

    def sums(self, wanted: Hashes) -> Scores:
        """The weights of the slots in each row, added up."""
        sums: Scores = np.empty((len(wanted), _WIDTH), np.float32)
        units = np.full(wanted.shape[1], self._unit)
        for at in range(0, len(wanted), _TOGETHER):
            # A product adds a row's weights faster than anything that first asks which of them are any.
            np.matmul(units, self._of(wanted[at : at + _TOGETHER]), out=sums[at : at + _TOGETHER])
        return sums[:, : len(LABELS)]

    def spread(self, features: Hashes, reaches: tuple[int, ...]) -> Scores:
        """What features (words by columns) weigh at each offset: words by offsets by labels."""
        columns, salted, offsets = seen_from(reaches)
        sums: Scores = np.empty((len(features), len(_OFFSETS), _WIDTH), np.float32)
        for at in range(0, len(features), _WORDS_TOGETHER):
            wanted = slots(features[at : at + _WORDS_TOGETHER, columns], salted)
            np.matmul(offsets * self._unit, self._of(wanted), out=sums[at : at + _WORDS_TOGETHER])
        return sums[:, :, : len(LABELS)]


class _Sums:
    """What words, or what some of them share, weigh at each offset, by number; grows as it is asked for."""

    def __init__(self, first: Scores) -> None:
        self.numbers: dict[Any, int] = {}
        self.sums: Scores = np.zeros((256, *first.shape), np.float32)
        self.sums[0] = first

    def add(self, new: Iterable[Any], sums: Scores) -> slice:
        """Give the next numbers to new keys, with their sums; 0 is kept for what lies outside a sentence."""
        first = len(self.numbers) + 1
        self.numbers.update(zip(new, range(first, first + len(sums)), strict=True))
        last = first + len(sums)
        if last > len(self.sums):
            self.sums = np.resize(self.sums, (max(last, len(self.sums) * 3 // 2), *self.sums.shape[1:]))
        self.sums[first:last] = sums
        return slice(first, last)


class Model:
    """Scores labels. One instance is for one thread at a time."""

    def __init__(self, weights: Weights, signs: Callable[[Sequence[str]], Signs]) -> None:
        self.weights = weights
        self._signs = signs
        self._joint = Joint(TEMPLATES_OF[weights.style])
        self._unsure = np.float32(np.inf if weights.style in BY_CHARACTERS else _UNSURE)
        self._nothing: Scores = np.zeros((len(_OFFSETS), len(LABELS)), np.float32)
        self._outside = weights.spread(np.array([[OUTSIDE]], np.uint32), (REACH,))[0]
        self._shared: list[_Sums] = []
        self._forget()

    def _forget(self) -> None:
        self._kept = _Sums(self._outside)
        self._views = np.zeros((256, WORD_VIEWS), np.uint32)

    def _rows(self, words: list[str]) -> Places:
        """The number of each word among those kept; 0 is what lies outside a sentence."""
        if len(self._kept.numbers) > _KEPT_WORDS:
            self._forget()
        number = self._kept.numbers.get
        rows = list(map(number, words))
        if None in rows:
            self._add(list(dict.fromkeys(word for word, row in zip(words, rows, strict=True) if row is None)))
            rows = list(map(number, words))
        return np.array(rows, np.int64)

    def _add(self, words: list[str]) -> None:
        """Sum up new words' features."""
        signs = self._signs(words)
        sums: Scores = np.zeros((len(words), *self._nothing.shape), np.float32)
        shared = 0
        for block in signs.blocks:
            if block.keys is None:
                sums += self.weights.spread(block.features(), block.reaches)
            else:
                if shared == len(self._shared):
                    self._shared.append(_Sums(self._nothing))
                sums += self._sums_of(block, self._shared[shared])
                shared += 1
        rows = self._kept.add(words, sums)
        if len(self._views) < len(self._kept.sums):
            self._views = np.resize(self._views, (len(self._kept.sums), WORD_VIEWS))
        self._views[rows] = signs.views

    def _sums_of(self, block: Block | Runs, kept: _Sums) -> Scores:
        """The sums of words that others may share, by their keys."""
        keys = [] if block.keys is None else block.keys.tolist()
        rows = list(map(kept.numbers.get, keys))
        if None in rows:
            new = {key: place for place, (key, row) in enumerate(zip(keys, rows, strict=True)) if row is None}
            kept.add(new, self.weights.spread(block.features(np.fromiter(new.values(), np.int64)), block.reaches))
            rows = list(map(kept.numbers.get, keys))
        return kept.sums.take(np.array(rows, np.int64), axis=0)

    def score(self, words: list[str], begins: list[int], views: Views) -> Scores:
        """The score of each label (columns) for each token (rows).

        `begins` are the tokens that begin a sentence. `views` (tokens by VIEWS) holds what is known beside the words;
        those that follow from the word are filled in here. What neighbours say together is left out for tokens that by
        themselves are clearly outside any name.
        """
        count = len(words)
        rows = self._rows(words)
        # Two empty places before each sentence, so that neighbours of other sentences are out of reach.
        starts = np.zeros(count, np.int64)
        starts[begins] = REACH
        at = np.arange(count) + np.cumsum(starts)
        padded = np.zeros(int(at[-1]) + 1 + REACH, np.int64)
        padded[at] = rows
        spread = self._kept.sums.take(padded, axis=0)
        last = len(padded) - 2 * REACH
        summed: Scores = spread[:last, 0] + spread[REACH : last + REACH, REACH]
        for place in (1, *range(REACH + 1, len(_OFFSETS))):
            summed += spread[place : place + last, place]
        scores = summed.take(at - REACH, axis=0)
        views[:, :WORD_VIEWS] = self._views.take(rows, axis=0)
        by_label = np.ascontiguousarray(scores.T)
        open_ = np.flatnonzero(by_label[1:].max(axis=0) > by_label[0] - self._unsure)
        if len(open_):
            beside = np.zeros((len(padded), VIEWS), np.uint32)
            beside[at] = views
            around = beside[at[open_, None] + _AROUND].reshape(len(open_), -1)
            scores[open_] += self.weights.sums(self._joint.slots(around))
        return scores


@lru_cache(maxsize=64)
def seen_from(reaches: tuple[int, ...]) -> tuple[Places, Hashes, Scores]:
    """Which features are seen from which offset: their columns, the offset's salt, and a 1 in the offset's row."""
    seen = [(column, place) for place, offset in enumerate(_OFFSETS) for column in range(len(reaches))
            if reaches[column] >= abs(offset)]  # fmt: skip
    columns, places = np.array(seen, np.int64).T
    ones = (places == np.arange(len(_OFFSETS))[:, None]).astype(np.float32)
    return columns, np.array([salts(offset) for offset in _OFFSETS], np.uint32)[places], ones


@lru_cache(maxsize=16)
def weights_of(name: str) -> Weights:
    """The weights in `models/NAME.npz`."""
    with (files("pipeline.entities.tagger") / "models" / f"{name}.npz").open("rb") as stream, np.load(stream) as arrays:
        return Weights(arrays)
