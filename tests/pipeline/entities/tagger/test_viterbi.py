"""The best sequence of labels, beside trying all sequences."""

from itertools import pairwise, product

import numpy as np
import pytest

from pipeline.entities.tagger.model import LABELS
from pipeline.entities.tagger.viterbi import allowed, label, spans

OUTSIDE = len(LABELS)


def _all(scores: np.ndarray, moves: np.ndarray) -> tuple[int, ...]:
    """The best sequence of one sentence, found by trying every one that is allowed."""
    follows = allowed()
    best, chosen = -np.inf, (0,) * len(scores)
    for labels in product(range(len(LABELS)), repeat=len(scores)):
        path = [OUTSIDE, *labels, OUTSIDE]
        if all(follows[a, b] for a, b in pairwise(path)):
            value = sum(scores[at, one] for at, one in enumerate(labels))
            value += sum(moves[a, b] for a, b in pairwise(path))
            if value > best:
                best, chosen = value, labels
    return chosen


@pytest.mark.parametrize("seed", range(6))
def test_labels_are_the_best_of_all_sequences(seed: int) -> None:
    """Two sentences decoded side by side are as good as each alone, tried exhaustively."""
    chance = np.random.default_rng(seed)
    scores = chance.normal(size=(6, OUTSIDE)).astype(np.float32) * 2
    moves = chance.normal(size=(OUTSIDE + 1, OUTSIDE + 1)).astype(np.float32)
    found = label(scores, [0, 3], moves)
    assert tuple(found[:3].tolist()) == _all(scores[:3], moves)
    assert tuple(found[3:].tolist()) == _all(scores[3:], moves)


def test_what_is_clearly_outside_is_no_name() -> None:
    """Tokens far from any name cost no search and get none."""
    scores = np.zeros((1_000, OUTSIDE), np.float32)
    scores[:, 0] = 50
    assert not label(scores, [0], np.zeros((OUTSIDE + 1, OUTSIDE + 1), np.float32)).any()


def test_spans_are_read_from_labels() -> None:
    """Begin, inside and end are one name; single is one; neighbours are two."""
    numbers = {name: number for number, name in enumerate(LABELS)}
    names = ["O", "B-PER", "I-PER", "E-PER", "S-LOC", "S-LOC", "O", "B-ORG", "E-ORG"]
    assert spans(np.array([numbers[name] for name in names])) == [
        (1, 4, "PER"), (4, 5, "LOC"), (5, 6, "LOC"), (7, 9, "ORG"),
    ]  # fmt: skip
