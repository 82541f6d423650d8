"""Fits `pipeline/language/calibration.tsv`: python -m tests.benchmarks.language_fit.

By gradient descent on the log loss over the tuning half of the labelled texts (sentences as long as headlines, their
first three words, word pairs) and over training texts labelled with names. What is fitted is few: a temperature that
grows with the number of words, the weight of CLD2's vote, what rare languages need beyond their evidence, and a small
bias a language, held near zero.
"""

import json
import random
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Final

import click
import numpy as np
from numpy.typing import NDArray

from pipeline.language.detect import language_base, needed
from pipeline.language.judge import SCRIPTS, judge, shares
from pipeline.language.locales import script_of
from pipeline.language.passage import passage
from pipeline.language.sample import sample
from pipeline.language.table import evidence, load
from pipeline.language.votes import votes
from tests.benchmarks import language_texts as texts
from tests.benchmarks.language_texts import Text

TARGET: Final = Path(__file__).parents[2] / "pipeline" / "language" / "calibration.tsv"
_HELD_NEAR_ZERO: Final = 2e-3
_STEPS: Final = 500
_RATE: Final = 0.03
_NAMED: Final = ("scale", "power", "vote", "vote of words")
_UNLIKELY: Final = -1e9
_BINS: Final = 40

Matrix = NDArray[np.float64]


class Data:
    """The evidence of all tuning texts: one row a text, one column a language of the table."""

    def __init__(self, chosen: list[Text]) -> None:
        languages = load().names
        scripts = np.array([script_of(code) for code in languages])
        rows = [(text, column) for text in chosen if (column := _column(text, languages)) is not None]
        found = [evidence(text.text) for text, _ in rows]
        self.total: Matrix = np.array([f.total for f in found])
        self.number: Matrix = np.array([max(1, f.number) for f in found], dtype=np.float64)
        self.votes: Matrix = np.array([shares(votes(text.text)) for text, _ in rows])
        self.gold = np.array([column for _, column in rows])
        self.allowed = scripts[None, :] == scripts[self.gold][:, None]
        # Each language counts the same, however many texts it has; Bosnian half, as less news is in it than in its
        # neighbours and half of its labelled sentences could be theirs.
        counts = np.bincount(self.gold, minlength=len(languages))
        weights = 1.0 / counts[self.gold]
        weights[self.gold == languages.index("bs")] /= 2
        self.weights: Matrix = weights / weights.sum()
        self.rare: Matrix = np.array([_rare()[code] for code in languages], dtype=np.float64)


def _rare() -> dict[str, int]:
    lines = (files("pipeline.language") / "languages.tsv").read_text("utf-8").splitlines()
    return {line.split("\t")[0]: int(line.split("\t")[3]) for line in lines if not line.startswith("#")}


def _column(text: Text, languages: tuple[str, ...]) -> int | None:
    """The language's column; for Serbian, that of the script that most letters are of."""
    if text.language == "sr":
        latin = sum(c.isascii() and c.isalpha() for c in text.text) * 2 > sum(map(str.isalpha, text.text))
        return languages.index("sr-Latn" if latin else "sr-Cyrl")
    return languages.index(text.language) if text.language in languages else None


def loss(values: Matrix, data: Data) -> tuple[float, Matrix]:
    """The mean log loss with these parameters, and its gradient."""
    scale, power, vote, vote_words, rare = values[:5]
    logs = np.log(data.number)
    weighed = data.total / (np.exp(scale) * data.number**power)[:, None]
    logits = weighed + (vote + vote_words * logs)[:, None] * data.votes - rare * data.rare + values[5:]
    logits = np.where(data.allowed, logits, _UNLIKELY)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances = powers / powers.sum(axis=1, keepdims=True)
    number = len(data.gold)
    told = -(np.log(chances[np.arange(number), data.gold] + 1e-12) * data.weights).sum()
    chances[np.arange(number), data.gold] -= 1
    chances *= data.weights[:, None]
    by_total = (chances * weighed).sum(axis=1)
    by_vote = (chances * data.votes).sum(axis=1)
    firsts = [-by_total.sum(), -(by_total * logs).sum(), by_vote.sum(), (by_vote * logs).sum()]
    gradient = np.array([*firsts, -(chances * data.rare).sum(), *chances.sum(axis=0)])
    gradient[5:] += 2 * _HELD_NEAR_ZERO * values[5:]
    return float(told + _HELD_NEAR_ZERO * (values[5:] ** 2).sum()), gradient


def fit(data: Data) -> Matrix:
    """The parameters with the least loss (Adam, a fixed number of steps)."""
    values = np.array([0.5, 0.5, 1.0, 0.0, 0.5, *np.zeros(len(data.rare))])
    first, second = np.zeros_like(values), np.zeros_like(values)
    for step in range(1, _STEPS + 1):
        told, gradient = loss(values, data)
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        values = values - _RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        if step % 100 == 0:
            click.echo(f"step {step}: log loss {told:.4f}", err=True)
    return values


def tuning_texts(number: int) -> list[Text]:
    """What is fitted on: the tuning half, and training texts of another source."""
    sentences = texts.read(texts.SENTENCES, held=False)
    chosen = texts.headlines(sentences, number) + texts.three_words(sentences, number)
    chosen += texts.evenly(texts.read(texts.PAIRS, held=False), number)
    chance = random.Random(1)
    for path in sorted((texts.DATA / "ner").glob("*.train.jsonl")):
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        chosen += [Text(row["language"], row["text"][:200]) for row in chance.sample(rows, number)]
    return chosen


def reliability(chosen: list[Text]) -> list[tuple[float, float]]:
    """What probabilities the judge gives, and how many of such answers are right: isotonic over equally large bins."""
    said: list[tuple[float, bool]] = []
    for text in chosen:
        read = passage(sample(text.text, "", ""))
        script = next(iter(read.weights()), "")
        if script in SCRIPTS:
            found = judge(read, script)
            code, probability = found.ranked[0]
            # Only what is answered: the rest is `und`.
            if probability >= needed(found.words):
                said.append((probability, language_base(code) == text.language))
    said.sort()
    size = max(1, len(said) // _BINS)
    # Few answers are improbable: smaller bins for them.
    starts = [*range(0, 2 * size, max(1, size // 4)), *range(2 * size, len(said), size), len(said)]
    blocks = [said[start:end] for start, end in pairwise(starts) if end > start]
    # Pool adjacent violators.
    pooled: list[list[tuple[float, bool]]] = []
    for block in blocks:
        pooled.append(block)
        while len(pooled) > 1 and _right(pooled[-2]) > _right(pooled[-1]):
            last = pooled.pop()
            pooled[-1] = pooled[-1] + last
    return [(sum(p for p, _ in block) / len(block), _right(block)) for block in pooled]


def _right(block: list[tuple[float, bool]]) -> float:
    return sum(right for _, right in block) / len(block)


@click.command()
@click.option("--per-language", default=100, show_default=True, help="Texts of each language and set.")
@click.option("--only-reliability", is_flag=True, help="Leave all but the last step as it is.")
def main(per_language: int, *, only_reliability: bool) -> None:
    """Fit the numbers and write them."""
    chosen = tuning_texts(per_language)
    if not only_reliability:
        fit_weights(chosen)
    kept = [line for line in TARGET.read_text("utf-8").splitlines() if not line.startswith("told ")]
    knots = [f"told {said:.4f}\t{right:.4f}" for said, right in reliability(chosen)]
    TARGET.write_text("\n".join([*kept, *knots]) + "\n", encoding="utf-8")


def fit_weights(chosen: list[Text]) -> None:
    """Fit the parameters and write them."""
    data = Data(chosen)
    values = fit(data)
    firsts = [float(np.exp(values[0])), *map(float, values[1:4])]
    biases = values[4] * data.rare - values[5:]
    lines = ["# made by python -m tests.benchmarks.language_fit; what each number is: calibration.py"]
    lines += [f"{name}\t{value:.4f}" for name, value in zip(_NAMED, firsts, strict=True)]
    lines += [f"bias {code}\t{value:.3f}" for code, value in zip(load().names, biases, strict=True)]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")
    click.echo(f"{TARGET.name}: {len(data.gold):,} texts")


if __name__ == "__main__":
    main()
