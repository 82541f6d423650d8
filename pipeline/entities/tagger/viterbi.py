"""The best sequence of labels (Viterbi), for all doubtful stretches of a text at once.

Most tokens are so clearly outside any name that no sequence through them differs; the stretches between them are short,
so they are decoded side by side, a step of all of them at a time.
"""

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.entities.tagger.model import LABELS, TYPES, Scores
from schemas.document import EntityType

# Scores are decoded as whole numbers, whose last bits hold a label: so the best score of several and the label that it
# comes from are found at once. A stretch of 250 tokens of scores up to 500 stays far from the limits of 32 bits.
_LABEL_BITS: Final = 4
_LABEL: Final = np.int32((1 << _LABEL_BITS) - 1)
_UNITS: Final = np.float32(1 << 12)
_LARGEST: Final = np.float32(500)
_IMPOSSIBLE: Final = np.float32(-16_000)
# How much better "outside" must be before it is taken as certain. On train texts 3 gives the same names as 30, but for
# one in two hundred in Croatian, and decodes stretches of two or three tokens instead of twenty; 2 loses more.
_CERTAIN: Final = np.float32(3.0)
# Stretches decoded side by side; of one length at most, since they are sorted by it.
_TOGETHER: Final = 256
_Whole = npt.NDArray[np.int32]
Labels = npt.NDArray[np.int64]


def allowed() -> npt.NDArray[np.bool_]:
    """Which label may follow which; the last row and column are what lies outside a sentence."""
    names = [*LABELS, "O"]
    follows = np.zeros((len(names), len(names)), np.bool_)
    for row, before in enumerate(names):
        for column, after in enumerate(names):
            is_open = before[0] in "BI"
            follows[row, column] = (after[0] in "IE" and after[1:] == before[1:]) if is_open else after[0] in "OBS"
    return follows


_ALLOWED: Final = allowed()


def label(scores: Scores, begins: list[int], transitions: Scores) -> Labels:
    """The labels of each token; `begins` are the tokens that begin a sentence."""
    count = len(scores)
    labels = np.zeros(count, np.int64)
    # What is compared for all tokens lies side by side.
    by_label = np.ascontiguousarray(scores.T)
    doubtful = by_label[1:].max(axis=0) > by_label[0] - _CERTAIN
    first = np.zeros(count + 1, np.bool_)
    first[begins] = True
    first[count] = True
    after = np.concatenate((doubtful[1:], [False]))
    before = np.concatenate(([False], doubtful[:-1]))
    starts = np.flatnonzero(doubtful & (first[:-1] | ~before))
    if not len(starts):
        return labels
    lengths = np.flatnonzero(doubtful & (first[1:] | ~after)) + 1 - starts
    moves = _whole_moves(transitions.tobytes())
    whole = _whole(np.clip(by_label, -_LARGEST, _LARGEST))
    outside = len(LABELS)
    order = np.argsort(lengths, kind="stable")
    for at in range(0, len(order), _TOGETHER):
        chosen = order[at : at + _TOGETHER]
        begin, length = starts[chosen], lengths[chosen]
        left = np.where(first[begin], outside, 0)
        right = np.where(first[begin + length], outside, 0)
        _decode(whole, labels, (begin, length), (moves.T[:outside, left], moves[:outside, right]), moves)
    return labels


def _whole(scores: Scores) -> _Whole:
    return (scores * _UNITS).astype(np.int32) & ~_LABEL


@lru_cache(maxsize=16)
def _whole_moves(transitions: bytes) -> _Whole:
    size = len(_ALLOWED)
    moves = np.frombuffer(transitions, np.float32).reshape(size, size)
    return _whole(np.where(_ALLOWED, np.clip(moves, -_LARGEST, _LARGEST), _IMPOSSIBLE))


def _decode(scores: _Whole, labels: Labels, stretches: tuple[Labels, Labels], ends: tuple[_Whole, _Whole],
            moves: _Whole) -> None:  # fmt: skip
    # Labels by stretches, so that what is added and compared for all stretches lies side by side.
    begin, length = stretches
    inner = moves[: len(LABELS), : len(LABELS), None]
    names = np.arange(len(LABELS), dtype=np.int32)[:, None]
    best = scores.take(begin, axis=1) + ends[0] | names
    # Stretches come by length, so that those that go on are the last ones.
    on = np.searchsorted(length, np.arange(int(length[-1])), side="right").tolist()
    finals = [best[:, : on[1] if len(on) > 1 else len(begin)]]
    came: list[_Whole] = []
    for step, first in enumerate(on[1:], 1):
        best = (best[:, None, first - on[step - 1] :] + inner).max(axis=0)
        came.append(best & _LABEL)
        best += scores.take(begin[first:] + step, axis=1)
        best = best & ~_LABEL | names
        finals.append(best[:, : (on[step + 1] if step + 1 < len(on) else len(begin)) - first])
    chosen = ((np.concatenate(finals, axis=1) + ends[1]).max(axis=0) & _LABEL).astype(np.int64)
    columns = np.arange(len(begin))
    for step in range(len(on) - 1, 0, -1):
        first = on[step]
        labels[begin[first:] + step] = chosen[first:]
        chosen[first:] = came[step - 1][chosen[first:], columns[: len(begin) - first]]
    labels[begin] = chosen


def spans(labels: Labels) -> list[tuple[int, int, EntityType]]:
    """The first token, the one after the last, and the type of each name."""
    found: list[tuple[int, int, EntityType]] = []
    begin = 0
    for at in np.flatnonzero(labels).tolist():
        place, kind = (int(labels[at]) - 1) % 4, TYPES[(int(labels[at]) - 1) // 4]
        if place in (0, 3):
            begin = at
        if place in (2, 3):
            found.append((begin, at + 1, kind))
    return found
