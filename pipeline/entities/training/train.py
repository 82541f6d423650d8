"""`make train-entities`: the tagger's models from labelled texts, in minutes on one core.

Reads `FOLDER/*.train.jsonl` (`../shared/eval/ner` by default), and no other file. A tenth of each is set aside: how the
models do on it is printed beside nothing being tuned on it here. The models are written to `pipeline/entities/tagger/models`.
"""

import json
import lzma
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from pipeline.entities.recognise import Recogniser
from pipeline.entities.tagger import tag
from pipeline.entities.tagger.features import CHARACTER_TEMPLATES, TEMPLATES, WIDE, Signs, hashed
from pipeline.entities.tagger.model import LABELS, Stored, Views
from pipeline.entities.tagger.tokens import Tokens, tokenise
from pipeline.entities.training.crf import Corpus, corpus, learn
from pipeline.knowledge import load

FOLDER: Final = Path(__file__).parents[3] / ".." / "shared" / "eval" / "ner"
MODELS: Final = Path(tag.__file__).parent / "models"
_NUMBERS: Final = {label: number for number, label in enumerate(LABELS)}


class Recipe(NamedTuple):
    """One model: its style, the files it learns from, and how often words in small letters are capitalised."""

    name: str
    style: str
    files: tuple[str, ...]
    capitals: float = 0.0
    epochs: int = 8


# Serbian and Croatian are one system of cases; English and Swedish have too few names alone and gain from Portuguese;
# Romanian, Indonesian and Hindi label by other rules, and lose by company. What no language has for itself (`any`) is
# learnt from all that label by one set of rules; for German from the same with words capitalised at random.
RECIPES: Final = (
    Recipe("id", "words", ("id-idner",), epochs=10),
    Recipe("west", "words", ("en-uner", "sv-uner", "pt-uner")),
    Recipe("south", "words", ("hr-uner", "sr-uner")),
    Recipe("ro", "words", ("ro-ronec",), epochs=10),
    Recipe("hi", "words", ("hi-hiner",), epochs=5),
    Recipe("zh", "characters", ("zh-uner",), epochs=5),
    Recipe("ja", "characters", ("ja-wikipedia",)),
    Recipe("ko", "characters", ("ko-klue",), epochs=5),
    Recipe("any", "signs", ("en-uner", "sv-uner", "pt-uner", "hr-uner", "sr-uner"), epochs=6),
    Recipe("nouns", "signs", ("en-uner", "sv-uner", "pt-uner", "hr-uner", "sr-uner"), capitals=0.35, epochs=6),
)


@dataclass(slots=True)
class Words:
    """The different words of a corpus, each with what it shows."""

    numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    shown: list[Signs] = field(default_factory=lambda: [Signs([(hashed("<>"), WIDE)], (0, 0, 0))])

    def number(self, word: str, style: str, language: str) -> int:
        """The number of a word of a language; new words get the next one."""
        key = (word, language)
        if key not in self.numbers:
            self.numbers[key] = len(self.shown)
            self.shown.append(tag.looker(style, language)(word))
        return self.numbers[key]

    def own(self) -> tuple[Any, Any, Any]:
        """Pointers, hashes and reaches of all words."""
        pointers = np.concatenate(([0], np.cumsum([len(signs.features) for signs in self.shown])))
        pairs = np.array([pair for signs in self.shown for pair in signs.features], np.uint32)
        return pointers, pairs[:, 0], pairs[:, 1]


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
        inside = [n for n, (start, end) in enumerate(tokens.spans) if start < entity["end"] and end > entity["start"]]
        for number in inside:
            place = "S" if len(inside) == 1 else "B" if number == inside[0] else "E" if number == inside[-1] else "I"
            labels[number] = _NUMBERS[f"{place}-{entity['type']}"]
    return labels


def examples(recipe: Recipe, texts: list[dict[str, Any]], words: Words, recogniser: Recogniser) -> Iterator[Example]:
    """Each text as the model sees it."""
    chance = random.Random(1)
    for text in texts:
        language = text["language"]
        tokens = tokenise(text["text"], characters=recipe.style == "characters")
        if not tokens.words:
            continue
        labels = labels_of(tokens, text["entities"])
        if recipe.capitals:
            for number, word in enumerate(tokens.words):
                if not labels[number] and word.islower() and len(word) > 3 and chance.random() < recipe.capitals:
                    tokens.words[number] = word.capitalize()
        rows = [words.number(word, recipe.style, language) for word in tokens.words]
        views = tag.views_of(text["text"], tokens, language, recogniser.known_spans(text["text"], language))
        views[:, :3] = [words.shown[row].views for row in rows]
        yield Example(np.array(rows), views, np.array(labels))


def prepared(recipe: Recipe, texts: list[dict[str, Any]], recogniser: Recogniser) -> Corpus:
    """The corpus of a recipe."""
    words = Words()
    made = list(examples(recipe, texts, words, recogniser))
    templates = CHARACTER_TEMPLATES if recipe.style == "characters" else TEMPLATES
    return corpus(
        [example.words for example in made], words.own(), [example.views for example in made],
        [example.labels for example in made], templates, [1.0] * len(made),
    )  # fmt: skip


def pack(style: str, weights: Any, moves: Any, least: float = 0.05) -> Stored:
    """A model as stored: weights under `least` for every label are dropped, the others have 8 bits."""
    strongest = np.abs(weights).max(axis=1)
    used = np.flatnonzero(strongest > least)
    unit = float(np.quantile(strongest[used], 0.999)) / 127
    rounded = np.clip(np.round(weights[used] / unit), -127, 127).astype(np.int8)
    return Stored(
        style, np.diff(used, prepend=0).astype(np.uint32).tobytes(), rounded.tobytes(), unit,
        moves.astype(np.float32).tobytes(),
    )  # fmt: skip


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
        weights, moves = learn(data, epochs=recipe.epochs, rate=0.1, dropout=0.3, least=2, seed=1)
        stored = lzma.compress(msgspec.msgpack.encode(pack(recipe.style, weights, moves)))
        (MODELS / f"{recipe.name}.bin").write_bytes(stored)
        print(
            f"{recipe.name}: {len(data.labels):,} tokens, {len(stored):,} bytes, {time.process_time() - began:.0f} s",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
