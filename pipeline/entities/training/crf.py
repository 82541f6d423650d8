"""Training of a linear-chain conditional random field over hashed features.

Stochastic gradients with AdaGrad step sizes (Duchi et al. 2011) on the log loss of sentences (Lafferty et al. 2001),
with dropout of features, so that a rare word does not silence what else tells a name; the result is the mean over the
later half of the epochs. Compiled by numba: one core learns from 500,000 tokens in about 3 s an epoch.
"""

from dataclasses import dataclass
from typing import Any

import numba as nb
import numpy as np
import numpy.typing as npt

from pipeline.entities.tagger.features import BITS, REACH, Joint, Signs, Template, slots
from pipeline.entities.tagger.model import LABELS
from pipeline.entities.tagger.viterbi import allowed

Array = npt.NDArray[Any]
_SMALL = 1e-4
_FLOOR = -1e9


@dataclass(frozen=True, slots=True)
class Corpus:
    """Sentences end to end: each token's features (`features[pointers[i]:pointers[i + 1]]`) and its label."""

    features: Array
    pointers: Array
    labels: Array
    starts: Array


def corpus(words: list[Array], shown: Signs, views: list[Array], labels: list[Array],
           templates: tuple[Template, ...]) -> Corpus:  # fmt: skip
    """All features of all sentences; `words` are rows of `shown`, of which 0 is what lies outside a sentence."""
    by_offset = [slots(shown.features[:, shown.reaches >= abs(offset)], offset) for offset in range(-REACH, REACH + 1)]
    joint = Joint(templates)
    made: list[Array] = []
    sizes: list[Array] = []
    for row, seen in zip(words, views, strict=True):
        count = len(row)
        padded = np.pad(row, REACH)
        around = np.arange(count)[:, None] + np.arange(2 * REACH + 1)
        spread = np.pad(seen, ((REACH, REACH), (0, 0)))
        own = [table[padded[around[:, place]]] for place, table in enumerate(by_offset)]
        found = np.column_stack((*own, joint.slots(spread[around].reshape(count, -1))))
        made.append(found[found > 0])
        sizes.append((found > 0).sum(axis=1))
    return Corpus(
        np.concatenate(made).astype(np.int32),
        np.concatenate(([0], np.cumsum(np.concatenate(sizes)))),
        np.concatenate(labels).astype(np.int64),
        np.concatenate(([0], np.cumsum([len(row) for row in words]))),
    )


def learn(data: Corpus, *, epochs: int, rate: float, dropout: float, least: int, seed: int) -> tuple[Array, Array]:
    """Weights (slots by labels) and transitions; features seen fewer than `least` times are left out."""
    size = len(LABELS)
    seen = np.bincount(data.features, minlength=1 << BITS) >= least
    weights = np.zeros((1 << BITS, size), np.float32)
    squares = np.full((1 << BITS, size), 0.1, np.float32)
    moves = np.zeros((size + 1, size + 1), np.float32)
    move_squares = np.ones((size + 1, size + 1), np.float32)
    order = np.arange(len(data.starts) - 1)
    shuffled = np.random.default_rng(seed)
    mean, mean_moves = np.zeros_like(weights), np.zeros_like(moves)
    follows = allowed()
    longest = int(np.diff(data.starts).max())
    _seed(seed)
    for epoch in range(epochs):
        shuffled.shuffle(order)
        _epoch(
            data.features, data.pointers, data.labels, data.starts, order, weights, squares, moves,
            move_squares, follows, seen, rate, dropout, longest,
        )  # fmt: skip
        if epoch >= epochs // 2:
            mean += weights
            mean_moves += moves
    kept = epochs - epochs // 2
    return mean / kept, mean_moves / kept


@nb.njit(cache=True)
def _seed(seed):
    np.random.seed(seed)


@nb.njit(cache=True)
def _log_sum(values, count):
    most = values[0]
    for at in range(1, count):
        most = max(most, values[at])
    total = 0.0
    for at in range(count):
        total += np.exp(values[at] - most)
    return most + np.log(total)


@nb.njit(cache=True)
def _chain(scores, count, moves, follows, forward, backward):
    """Fill in forward and backward sums (logarithms); the logarithm of the sum over all sequences."""
    size = scores.shape[1]
    terms = np.empty(size, np.float64)
    for label in range(size):
        forward[0, label] = scores[0, label] + moves[size, label] if follows[size, label] else _FLOOR
        backward[count - 1, label] = moves[label, size] if follows[label, size] else _FLOOR
    for at in range(1, count):
        for label in range(size):
            for other in range(size):
                terms[other] = forward[at - 1, other] + moves[other, label] if follows[other, label] else _FLOOR
            forward[at, label] = _log_sum(terms, size) + scores[at, label]
    for at in range(count - 2, -1, -1):
        for label in range(size):
            for other in range(size):
                terms[other] = (
                    moves[label, other] + scores[at + 1, other] + backward[at + 1, other]
                    if follows[label, other]
                    else _FLOOR
                )
            backward[at, label] = _log_sum(terms, size)
    for label in range(size):
        terms[label] = forward[count - 1, label] + backward[count - 1, label]
    return _log_sum(terms, size)


@nb.njit(cache=True)
def _epoch(features, pointers, labels, starts, order, weights, squares, moves, move_squares, follows, seen,
           rate, dropout, longest):  # fmt: skip
    size = weights.shape[1]
    scores = np.empty((longest, size), np.float64)
    forward = np.empty((longest, size), np.float64)
    backward = np.empty((longest, size), np.float64)
    scale = 1.0 / (1.0 - dropout)
    kept = np.empty(longest * 400, np.int64)
    ends = np.empty(longest + 1, np.int64)
    for sentence in order:
        first = starts[sentence]
        count = starts[sentence + 1] - first
        if count == 0:
            continue
        used = 0
        ends[0] = 0
        for at in range(count):
            for label in range(size):
                scores[at, label] = 0.0
            for feature in features[pointers[first + at] : pointers[first + at + 1]]:
                if seen[feature] and np.random.random() >= dropout:
                    kept[used] = feature
                    used += 1
                    for label in range(size):
                        scores[at, label] += weights[feature, label] * scale
            ends[at + 1] = used
        total = _chain(scores, count, moves, follows, forward, backward)
        for at in range(count):
            right = labels[first + at]
            for label in range(size):
                slope = np.exp(forward[at, label] + backward[at, label] - total) - (1.0 if label == right else 0.0)
                if abs(slope) > _SMALL:
                    for feature in kept[ends[at] : ends[at + 1]]:
                        shrunk = slope + 1e-4 * weights[feature, label]
                        squares[feature, label] += shrunk * shrunk
                        weights[feature, label] -= rate * shrunk / np.sqrt(squares[feature, label])
            if at == 0:
                continue
            before = labels[first + at - 1]
            for other in range(size):
                for label in range(size):
                    if follows[other, label]:
                        slope = np.exp(
                            forward[at - 1, other]
                            + moves[other, label]
                            + scores[at, label]
                            + backward[at, label]
                            - total
                        )
                        if other == before and label == right:
                            slope -= 1.0
                        if abs(slope) > _SMALL:
                            move_squares[other, label] += slope * slope
                            moves[other, label] -= rate * slope / np.sqrt(move_squares[other, label])
