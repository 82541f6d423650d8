"""Training of a linear-chain conditional random field over hashed features.

Stochastic gradients with AdaGrad step sizes (Duchi et al. 2011) on the log loss of sentences (Lafferty et al. 2001),
with dropout of features, so that a rare word does not silence what else tells a name; the result is the mean over the
later half of the epochs, and over several runs in different order. Compiled by numba: one core learns from 500,000
tokens in about 3 s an epoch.
"""

from typing import Any, Final, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from pipeline.entities.tagger.features import BITS, REACH, Joint, Template, salts, slots
from pipeline.entities.tagger.model import LABELS
from pipeline.entities.tagger.viterbi import allowed

Array = npt.NDArray[Any]
_SMALL: Final = 1e-4
_FLOOR: Final = -1e9
_SHRINK: Final = 1e-4
# More features than a token has.
_MOST: Final = 400


class Shown(NamedTuple):
    """What words show, by number: features (words by columns, 0 for none), their reaches, and views."""

    features: Array
    reaches: Array
    views: Array


class Corpus(NamedTuple):
    """Sentences end to end: each token's features (`features[pointers[i]:pointers[i + 1]]`) and its label."""

    features: Array
    pointers: Array
    labels: Array
    starts: Array


class Plan(NamedTuple):
    """How to learn: times through the texts, size of the first steps, share of features left out, and a seed.

    Features seen fewer than `least` times weigh nothing. What is learnt is the mean of `runs` runs, of which each has
    the next seed: on a held-out fifth of the train texts the mean of three was better than each of them in Indonesian,
    Croatian, Serbian and Chinese, and that of five no better.
    """

    epochs: int
    rate: float = 0.1
    dropout: float = 0.3
    least: int = 2
    seed: int = 1
    runs: int = 3


class _State(NamedTuple):
    """What is learnt, and the sums of squared slopes that AdaGrad divides by."""

    weights: Array
    squares: Array
    moves: Array
    move_squares: Array


class _Rules(NamedTuple):
    """Which label may follow which, which features count, and the plan's numbers."""

    follows: Array
    seen: Array
    rate: float
    dropout: float


class _Room(NamedTuple):
    """Space for the longest sentence: scores, sums from both ends, the features kept, and where each token's end."""

    scores: Array
    forward: Array
    backward: Array
    kept: Array
    ends: Array


def corpus(words: list[Array], shown: Shown, views: list[Array], labels: list[Array],
           templates: tuple[Template, ...]) -> Corpus:  # fmt: skip
    """All features of all sentences; `words` are rows of `shown`, of which 0 is what lies outside a sentence."""
    by_offset = [
        slots(shown.features[:, shown.reaches >= abs(offset)], salts(offset)) for offset in range(-REACH, REACH + 1)
    ]
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


def learn(data: Corpus, plan: Plan) -> tuple[Array, Array]:
    """Weights (slots by labels) and transitions."""
    learnt = [_learn(data, plan, plan.seed + run) for run in range(plan.runs)]
    return np.mean([weights for weights, _ in learnt], axis=0), np.mean([moves for _, moves in learnt], axis=0)


def _learn(data: Corpus, plan: Plan, seed: int) -> tuple[Array, Array]:
    size = len(LABELS)
    state = _State(
        np.zeros((1 << BITS, size), np.float32),
        np.full((1 << BITS, size), 0.1, np.float32),
        np.zeros((size + 1, size + 1), np.float32),
        np.ones((size + 1, size + 1), np.float32),
    )
    seen = np.bincount(data.features, minlength=1 << BITS) >= plan.least
    rules = _Rules(allowed(), seen, plan.rate, plan.dropout)
    order = np.arange(len(data.starts) - 1)
    chance = np.random.default_rng(seed)
    mean, mean_moves = np.zeros_like(state.weights), np.zeros_like(state.moves)
    longest = int(np.diff(data.starts).max())
    scores, forward, backward = (np.empty((longest, size)) for _ in range(3))
    room = _Room(scores, forward, backward, np.empty(longest * _MOST, np.int64), np.empty(longest + 1, np.int64))
    for epoch in range(plan.epochs):
        chance.shuffle(order)
        _epoch(data, order, state, rules, (room, chance))
        if epoch >= plan.epochs // 2:
            mean += state.weights
            mean_moves += state.moves
    kept = plan.epochs - plan.epochs // 2
    return mean / kept, mean_moves / kept


@nb.njit(cache=True)
def _log_sum(values: Array, count: int) -> float:
    most = values[0]
    for at in range(1, count):
        most = max(most, values[at])
    total = 0.0
    for at in range(count):
        total += np.exp(values[at] - most)
    found: float = most + np.log(total)
    return found


@nb.njit(cache=True)
def _chain(room: _Room, count: int, moves: Array, follows: Array) -> float:
    """Fill in forward and backward sums (logarithms); the logarithm of the sum over all sequences."""
    scores, forward, backward = room.scores, room.forward, room.backward
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
                onward = moves[label, other] + scores[at + 1, other] + backward[at + 1, other]
                terms[other] = onward if follows[label, other] else _FLOOR
            backward[at, label] = _log_sum(terms, size)
    for label in range(size):
        terms[label] = forward[count - 1, label] + backward[count - 1, label]
    return _log_sum(terms, size)


@nb.njit(cache=True)
def _score(
    data: Corpus, first: int, count: int, state: _State, rules: _Rules, aids: tuple[_Room, np.random.Generator]
) -> None:
    """The scores of a sentence's labels, by the features that are not left out this time."""
    room, chance = aids
    scale = 1.0 / (1.0 - rules.dropout)
    used = 0
    room.ends[0] = 0
    for at in range(count):
        room.scores[at] = 0.0
        for feature in data.features[data.pointers[first + at] : data.pointers[first + at + 1]]:
            if rules.seen[feature] and chance.random() >= rules.dropout:
                room.kept[used] = feature
                used += 1
                for label in range(room.scores.shape[1]):
                    room.scores[at, label] += state.weights[feature, label] * scale
        room.ends[at + 1] = used


@nb.njit(cache=True)
def _step_weights(right: int, at: int, total: float, room: _Room, state: _State, rate: float) -> None:
    for label in range(room.scores.shape[1]):
        slope = np.exp(room.forward[at, label] + room.backward[at, label] - total) - (1.0 if label == right else 0.0)
        if abs(slope) > _SMALL:
            for feature in room.kept[room.ends[at] : room.ends[at + 1]]:
                shrunk = slope + _SHRINK * state.weights[feature, label]
                state.squares[feature, label] += shrunk * shrunk
                state.weights[feature, label] -= rate * shrunk / np.sqrt(state.squares[feature, label])


@nb.njit(cache=True)
def _step_moves(pair: tuple[int, int], at: int, total: float, room: _Room, state: _State, rules: _Rules) -> None:
    before, right = pair
    size = room.scores.shape[1]
    for other in range(size):
        for label in range(size):
            if rules.follows[other, label]:
                way = room.forward[at - 1, other] + state.moves[other, label] + room.scores[at, label]
                slope = np.exp(way + room.backward[at, label] - total)
                if other == before and label == right:
                    slope -= 1.0
                if abs(slope) > _SMALL:
                    state.move_squares[other, label] += slope * slope
                    state.moves[other, label] -= rules.rate * slope / np.sqrt(state.move_squares[other, label])


@nb.njit(cache=True)
def _epoch(data: Corpus, order: Array, state: _State, rules: _Rules, aids: tuple[_Room, np.random.Generator]) -> None:
    room = aids[0]
    for sentence in order:
        first = data.starts[sentence]
        count = data.starts[sentence + 1] - first
        if count > 0:
            _score(data, first, count, state, rules, aids)
            total = _chain(room, count, state.moves, rules.follows)
            for at in range(count):
                _step_weights(data.labels[first + at], at, total, room, state, rules.rate)
                if at:
                    pair = (data.labels[first + at - 1], data.labels[first + at])
                    _step_moves(pair, at, total, room, state, rules)
