"""The few numbers that turn evidence into probabilities, read from `calibration.tsv`.

They are fitted by `python -m tests.benchmarks.language_fit` on the half of the labelled texts kept for tuning: of all
answers near 0.9, about 0.9 are right. `docs/language.md` has the table on the other half.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np

from pipeline.language.table import Evidence, Scores, load


@dataclass(frozen=True, slots=True)
class Calibration:
    """`probability = softmax(evidence / (scale * words^power) + (vote + vote_words * ln words) * CLD2's share - bias)`.

    `bias` has one number for each language of the table: what rare languages and close neighbours need beyond their
    evidence.
    """

    scale: float
    power: float
    vote: float
    vote_words: float
    bias: Scores
    reliability: tuple[tuple[float, float], ...]

    def logits(self, found: Evidence, votes: Scores) -> Scores:
        """Evidence and votes (shares of the text by language, by CLD2) on one scale, in nats."""
        number = max(1, found.number)
        weight = self.vote + self.vote_words * math.log(number)
        logits: Scores = found.total / (self.scale * number**self.power) + weight * votes - self.bias
        return logits

    def told(self, probability: float) -> float:
        """How many of the answers with this probability were right, by the tuning half (isotonic regression)."""
        said = [knot for knot, _ in self.reliability]
        right = [share for _, share in self.reliability]
        return float(np.interp(probability, said, right))


@lru_cache(maxsize=1)
def calibration() -> Calibration:
    """The numbers of this package, read once."""
    lines = (files("pipeline.language") / "calibration.tsv").read_text("utf-8").splitlines()
    values = {name: float(value) for name, value in (line.split("\t") for line in lines if not line.startswith("#"))}
    bias = np.array([values[f"bias {code}"] for code in load().names])
    knots = [(float(name.split()[1]), value) for name, value in values.items() if name.startswith("told ")]
    reliability = tuple(sorted(knots)) or ((0.0, 0.0), (1.0, 1.0))
    return Calibration(values["scale"], values["power"], values["vote"], values["vote of words"], bias, reliability)
