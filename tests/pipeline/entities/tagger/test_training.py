"""A small model, trained here: what it learns, that it is the same each time, and that its file is."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.entities import Recogniser
from pipeline.entities.tagger.features import VIEWS
from pipeline.entities.tagger.model import Weights
from pipeline.entities.tagger.tag import load, views_of
from pipeline.entities.tagger.tokens import tokenise
from pipeline.entities.tagger.viterbi import label, spans
from pipeline.entities.training.crf import Plan, learn
from pipeline.entities.training.save import save
from pipeline.entities.training.train import Recipe, labels_of, main, pack, prepared

PEOPLE = [
    "Ana Petrova",
    "Bo Lund",
    "Carlos Reyes",
    "Dewi Lestari",
    "Emil Novak",
    "Fatima Noor",
    "Goran Ilić",
    "Hana Ito",
]
PLACES = ["Solna", "Kedah", "Oravița", "Trebinje", "Laguna", "Vimeiro", "Ngawi", "Karlovac"]
RECIPE = Recipe("small", "words", (), epochs=8)


def _text(person: str, place: str, number: int) -> dict[str, Any]:
    text = (f"Menteri {person} tiba di {place} kemarin.", f"Warga di {place} menyambut Menteri {person} itu.")[
        number % 2
    ]
    names = [(person, "PER"), (place, "LOC")]
    entities = [{"start": text.index(name), "end": text.index(name) + len(name), "type": kind} for name, kind in names]
    return {"text": text, "language": "id", "entities": entities}


@pytest.fixture(scope="module")
def learnt() -> dict[str, np.ndarray[Any, Any]]:
    """A model of 64 sentences."""
    return _learn()


def _learn() -> dict[str, np.ndarray[Any, Any]]:
    texts = [_text(person, place, a + b) for a, person in enumerate(PEOPLE) for b, place in enumerate(PLACES)]
    weights, moves = learn(prepared(RECIPE, texts, Recogniser((), tagger=False)), Plan(RECIPE.epochs))
    return pack(RECIPE, weights, moves)


def test_names_not_seen_are_found_by_what_stands_around_them(learnt: dict[str, np.ndarray[Any, Any]]) -> None:
    """After `Menteri` is a person, after `di` a place."""
    text = "Menteri Zubir Qadri tiba di Wexborough kemarin."
    tokens = tokenise(text, characters=False)
    model = load(Weights(learnt), "id")
    scores = model.score(tokens.words, tokens.begins, views_of(text, tokens, "id", ()))
    found = spans(label(scores, tokens.begins, model.weights.moves))
    assert [(" ".join(tokens.words[first:end]), kind) for first, end, kind in found] == [
        ("Zubir Qadri", "PER"), ("Wexborough", "LOC"),
    ]  # fmt: skip


def test_words_kept_or_new_score_alike(learnt: dict[str, np.ndarray[Any, Any]]) -> None:
    """What is remembered of words changes no score, however texts follow one another."""
    tokens = tokenise("Warga di Solna menyambut Menteri Bo Lund itu.", characters=False)
    model = load(Weights(learnt), "id")

    def scores() -> np.ndarray[Any, Any]:
        return model.score(tokens.words, tokens.begins, views_of("", tokens, "id", ()))

    first = scores()
    more = [f"kata{chr(97 + n % 26)}{'x' * (n // 26)}" for n in range(3_000)]
    model.score(more, [0], np.zeros((3_000, VIEWS), np.uint32))
    assert np.array_equal(scores(), first)


def test_training_twice_makes_one_file(learnt: dict[str, np.ndarray[Any, Any]], tmp_path: Path) -> None:
    """The same texts make the same bytes."""
    save(tmp_path / "a.npz", learnt)
    save(tmp_path / "b.npz", _learn())
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_labels_cover_names_that_end_inside_a_token() -> None:
    """`Putinom` is the name of a text that marks `Putin` only."""
    tokens = tokenise("s Putinom i Ana Marijom", characters=False)
    labels = labels_of(tokens, [{"start": 2, "end": 7, "type": "PER"}, {"start": 12, "end": 23, "type": "PER"}])
    assert [number > 0 for number in labels] == [False, True, False, True, True]


def test_the_command_says_what_it_lacks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without labelled texts it names where it looked and how to say another place."""
    assert main(["--folder", str(tmp_path / "none")]) == 1
    assert "--folder" in capsys.readouterr().err
