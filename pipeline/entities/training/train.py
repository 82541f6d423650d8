"""`python -m pipeline.entities.training.train`: the tagger's models from labelled texts, in minutes on one core.

Reads `FOLDER/*.train.jsonl` (`../shared/eval/ner` by default), and no other file. The models are written to
`pipeline/entities/tagger/models`; the same texts, lists and versions of packages make the same files.
"""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from pipeline.entities.recognise import Recogniser
from pipeline.entities.tagger import tag
from pipeline.entities.tagger.features import WORD_VIEWS, Signs
from pipeline.entities.tagger.model import BY_CHARACTERS, LABELS, OUTSIDE, STYLES, TEMPLATES_OF, Views
from pipeline.entities.tagger.tokens import Tokens, tokenise
from pipeline.entities.training.crf import Array, Corpus, Plan, Shown, corpus, learn
from pipeline.entities.training.save import save
from pipeline.knowledge import load

FOLDER: Final = Path(__file__).parents[3] / ".." / "shared" / "eval" / "ner"
MODELS: Final = Path(tag.__file__).parent / "models"
OUTSIDE_LABEL: Final = LABELS.index("O")
_NUMBERS: Final = {label: number for number, label in enumerate(LABELS)}


class Recipe(NamedTuple):
    """One model: its style, the files it learns from, how many times it goes through them, and its lean.

    By the lean "outside" weighs less than was learnt, for each token: in texts that are unlike those learnt from, too
    few names are seen.
    """

    name: str
    style: str
    files: tuple[str, ...]
    epochs: int = 6
    lean: float = 0.0


# Serbian and Croatian are one system of cases; Portuguese and Swedish gain from English, and English, whose texts are
# the fewest, from all that label by the same rules: of two fifths of its train texts that were held out one was read as
# well and one much better with Croatian and Serbian, by which Swedish lost in both. Romanian, Indonesian and
# Hindi label by other rules, and lose by company. What no language has for itself (`any`) is learnt from all that label
# by one set of rules. Leans are the best on held-out fifths, whole documents of them, where they gain at all.
RECIPES: Final = (
    Recipe("id", "words", ("id-idner",), epochs=10),
    Recipe("en", "words", ("en-uner", "sv-uner", "pt-uner", "hr-uner", "sr-uner"), lean=0.3),
    Recipe("west", "words", ("en-uner", "sv-uner", "pt-uner"), lean=0.3),
    Recipe("south", "words", ("hr-uner", "sr-uner")),
    Recipe("ro", "words", ("ro-ronec",), epochs=10),
    Recipe("hi", "words", ("hi-hiner",), epochs=5),
    Recipe("zh", "characters", ("zh-uner",), epochs=5),
    Recipe("ja", "characters", ("ja-wikipedia",)),
    Recipe("ko", "syllables", ("ko-klue",), lean=0.3),
    Recipe("any", "signs", ("en-uner", "sv-uner", "pt-uner", "hr-uner", "sr-uner"), epochs=6),
)


class Words:
    """The different words of a corpus, each with what it shows; 0 is what lies outside a sentence."""

    def __init__(self, style: str) -> None:
        self._style = style
        self._numbers: dict[str, dict[str, int]] = {}
        self._count = 1

    def numbers(self, words: Sequence[str], language: str) -> list[int]:
        """The numbers of words of a language; new words get the next ones."""
        known = self._numbers.setdefault(language, {})
        for word in words:
            if word not in known:
                known[word] = self._count
                self._count += 1
        return [known[word] for word in words]

    def shown(self) -> Shown:
        """What all words show, by number."""
        rows: list[Signs] = []
        order: list[int] = []
        for language, numbers in self._numbers.items():
            rows.append(tag.looker(self._style, language)(list(numbers)))
            order += numbers.values()
        reaches = rows[0].reaches
        features = np.zeros((self._count, len(reaches)), np.uint32)
        views = np.zeros((self._count, WORD_VIEWS), np.uint32)
        features[order] = np.concatenate([signs.features for signs in rows])
        views[order] = np.concatenate([signs.views for signs in rows])
        # The one feature of the outside stands in a column that is seen from afar.
        features[0, np.argmax(reaches)] = OUTSIDE
        return Shown(features, reaches, views)


class Example(NamedTuple):
    """A labelled text: its tokens' words and views, and the label of each."""

    words: Any
    views: Views
    labels: Any


def read(path: Path) -> list[dict[str, Any]]:
    """The texts of a file with their names."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def labels_of(tokens: Tokens, entities: list[dict[str, Any]]) -> list[int]:
    """The label of each token. A name that ends inside a token is labelled to the token's end."""
    labels = [0] * len(tokens.words)
    for entity in entities:
        inside = np.flatnonzero((tokens.starts < entity["end"]) & (tokens.ends > entity["start"])).tolist()
        for number in inside:
            place = "S" if len(inside) == 1 else "B" if number == inside[0] else "E" if number == inside[-1] else "I"
            labels[number] = _NUMBERS[f"{place}-{entity['type']}"]
    return labels


def examples(recipe: Recipe, texts: list[dict[str, Any]], words: Words, recogniser: Recogniser) -> Iterator[Example]:
    """Each text as the model sees it."""
    for text in texts:
        language = text["language"]
        tokens = tokenise(text["text"], characters=recipe.style in BY_CHARACTERS)
        if not tokens.words:
            continue
        labels = labels_of(tokens, text["entities"])
        rows = words.numbers(tokens.words, language)
        views = tag.views_of(text["text"], tokens, language, recogniser.known_spans(text["text"], language))
        yield Example(np.array(rows), views, np.array(labels))


def prepared(recipe: Recipe, texts: list[dict[str, Any]], recogniser: Recogniser) -> Corpus:
    """The corpus of a recipe."""
    words = Words(recipe.style)
    made = list(examples(recipe, texts, words, recogniser))
    shown = words.shown()
    for example in made:
        example.views[:, :WORD_VIEWS] = shown.views[example.words]
    return corpus(
        [example.words for example in made], shown, [example.views for example in made],
        [example.labels for example in made], TEMPLATES_OF[recipe.style],
    )  # fmt: skip


def pack(recipe: Recipe, weights: Array, moves: Array, least: float = 0.05) -> dict[str, Array]:
    """A model as stored: weights under `least` for every label are dropped, the others have 8 bits."""
    leaning = moves.astype(np.float32)
    leaning[:, OUTSIDE_LABEL] -= np.float32(recipe.lean)
    used = np.flatnonzero(np.abs(weights).max(axis=1) > least)
    unit = float(np.quantile(np.abs(weights[used]).max(axis=1), 0.999)) / 127
    return {
        "style": np.array(STYLES.index(recipe.style)),
        "slots": np.diff(used, prepend=0).astype(np.uint32),
        "weights": np.clip(np.round(weights[used] / unit), -127, 127).astype(np.int8),
        "unit": np.array(unit, np.float32),
        "moves": leaning,
    }


def main(arguments: list[str]) -> int:
    """Train the models named (all by default); `--folder PATH` names the labelled texts."""
    folder = FOLDER
    if arguments[:1] == ["--folder"]:
        folder, arguments = Path(arguments[1]), arguments[2:]
    if not folder.exists():
        print(f"{folder} is not here: say where the labelled texts are with --folder PATH", file=sys.stderr)
        return 1
    recogniser = Recogniser(load().entities, tagger=False)
    for recipe in RECIPES:
        if arguments and recipe.name not in arguments:
            continue
        began = time.process_time()
        texts = [text for name in recipe.files for text in read(folder / f"{name}.train.jsonl")]
        data = prepared(recipe, texts, recogniser)
        weights, moves = learn(data, Plan(recipe.epochs))
        size = save(MODELS / f"{recipe.name}.npz", pack(recipe, weights, moves))
        print(
            f"{recipe.name}: {len(data.labels):,} tokens, {size:,} bytes, {time.process_time() - began:.0f} s",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
