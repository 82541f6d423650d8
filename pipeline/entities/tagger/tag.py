"""Names in a text by a trained model: which model for which language, and the way from text to spans."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from math import exp
from typing import Final, NamedTuple

import numpy as np

from pipeline.entities.tagger.features import KNOWN, VIEWS, Signs, characters_of, hashed, signs_of, words_of
from pipeline.entities.tagger.lexicon import lexicon
from pipeline.entities.tagger.model import Model, Scores, Views, Weights, weights_of
from pipeline.entities.tagger.segment import add_dictionary
from pipeline.entities.tagger.tokens import Tokens, tokenise
from pipeline.entities.tagger.viterbi import Labels, label, spans
from schemas.document import EntityType

# The model for each language; the others have the one that knows signs common to languages, `any`, or none where their
# script has no capitals.
_MODELS: Final = {
    "en": "west", "pt": "west", "sv": "west", "gl": "west", "id": "id", "ms": "id", "jv": "id", "su": "id",
    "bs": "south", "hr": "south", "sr": "south", "cnr": "south", "sh": "south", "sl": "south", "ro": "ro", "mo": "ro",
    "hi": "hi", "mr": "hi", "ne": "hi", "zh": "zh", "ja": "ja", "ko": "ko", "de": "nouns", "lb": "nouns",
}  # fmt: skip
CHARACTERS: Final = frozenset({"zh", "ja", "ko"})
TRAINED: Final = frozenset({"en", "pt", "sv", "id", "ms", "bs", "hr", "sr", "cnr", "ro", "hi", "zh", "ja", "ko"})
# Where the lexicon's list of frequent words has another name.
_LISTS: Final = {"bs": "sh", "hr": "sh", "sr": "sh", "cnr": "sh", "ms": "id", "nb": "da", "be": "ru", "mk": "bg"}
# Scripts without capitals in which nothing was learnt: there the tagger abstains.
_UNFIT: Final = frozenset(
    [
        "ar",
        "fa",
        "ur",
        "he",
        "yi",
        "ps",
        "ku",
        "ckb",
        "sd",
        "ug",
        "am",
        "ti",
        "ka",
        "hy",
        "bn",
        "as",
        "ta",
        "te",
        "kn",
        "ml",
        "gu",
        "pa",
        "or",
        "si",
        "th",
        "lo",
        "km",
        "my",
        "bo",
        "dz",
    ]
)
_SERBIAN: Final = str.maketrans(
    dict(zip("абвгдђежзијклљмнњопрстћуфхцчџш", "abvgdđežzijklǉmnǌoprstćufhcčǆš", strict=True))
    | dict(zip("АБВГДЂЕЖЗИЈКЛЉМНЊОПРСТЋУФХЦЧЏШ", "ABVGDĐEŽZIJKLǈMNǋOPRSTĆUFHCČǅŠ", strict=True))
)
_BY_SCRIPT: Final = (
    ("A", "\u024f", "en"), ("\u0400", "\u04ff", "ru"), ("\u0900", "\u097f", "hi"), ("\u3040", "\u30ff", "ja"),
    ("\u4e00", "\u9fff", "zh"), ("\uac00", "\ud7a3", "ko"),
)  # fmt: skip
_LOOKED_AT: Final = 200
_CONFIDENCE: Final = 0.6
# Beyond it a margin tells no more.
_STEEP: Final = 50.0


class Known(NamedTuple):
    """A known name in a text: a feature to the tagger, not yet a decision. `kind` is PER, ORG, LOC, or with `s`."""

    start: int
    end: int
    kind: str


class Tagged(NamedTuple):
    """A name that the tagger found, in code points of the text; `confidence` between 0 and 1."""

    start: int
    end: int
    type: EntityType
    confidence: float


def model_for(language: str) -> str | None:
    """The name of the model for a language (BCP 47), None where the tagger abstains."""
    base = language.split("-", maxsplit=1)[0]
    return _MODELS.get(base) or (None if base in _UNFIT else "any")


def readable(text: str, language: str) -> str:
    """The language whose model reads a text of no known language: that of its first letters' script."""
    if language != "und":
        return language
    for letter in text[:_LOOKED_AT]:
        if letter.isalpha():
            for first, last, read_as in _BY_SCRIPT:
                if first <= letter <= last:
                    return read_as
    return language


class Tagger:
    """All models, each loaded when its first text comes. For one thread at a time."""

    def __init__(self) -> None:
        self._models: dict[tuple[str, str], Model] = {}

    def tag(self, text: str, language: str, known: Iterable[Known] = ()) -> list[Tagged]:
        """The names in a text, in order, none overlapping another."""
        return self.tag_all((text,), language, (known,))[0]

    def tag_all(self, texts: Sequence[str], language: str, known: Sequence[Iterable[Known]]) -> list[list[Tagged]]:
        """The names in each of some texts, which are looked at together: two short texts cost less so than apart."""
        found: list[list[Tagged]] = [[] for _ in texts]
        language = readable("\n".join(texts), language)
        name = model_for(language)
        if name is None:
            return found
        base = language.split("-")[0]
        model = self._model(name, base)
        whole, ends = Tokens([], [], []), []
        views: list[Views] = []
        for text, names in zip(texts, known, strict=True):
            tokens = tokenise(text, characters=base in CHARACTERS)
            views.append(views_of(text, tokens, base, names))
            whole.add(tokens)
            ends.append(len(whole.words))
        if not whole.words:
            return found
        words = whole.words
        if name == "south" and any("\u0400" <= word[0] <= "\u04ff" for word in words[:50]):
            words = [word.translate(_SERBIAN) for word in words]
        scores = model.score(words, whole.begins, np.concatenate(views))
        labels = label(scores, whole.begins, model.weights.moves)
        sure = _margins(scores, labels).tolist()
        for first, end, kind in spans(labels):
            place = whole.spans[first][0], whole.spans[end - 1][1]
            found[bisect_right(ends, first)].append(Tagged(*place, kind, _confidence(min(sure[first:end]))))
        return found

    def _model(self, name: str, language: str) -> Model:
        key = (name, language)
        if key not in self._models:
            self._models[key] = load(weights_of(name), language)
        return self._models[key]


def load(weights: Weights, language: str) -> Model:
    """A model that looks at words as its style says."""
    return Model(weights, looker(weights.style, language))


def looker(style: str, language: str) -> Callable[[Sequence[str]], Signs]:
    """The function that says what words of a language show to a model of a style."""
    if style == "characters":
        return characters_of
    look = words_of if style == "words" else signs_of
    return partial(look, lexicon=lexicon(), language=_LISTS.get(language, language))


def views_of(text: str, tokens: Tokens, language: str, known: Iterable[Known]) -> Views:
    """What is known of a text's tokens beside their words."""
    views = np.zeros((len(tokens.words), VIEWS), np.uint32)
    views[:, KNOWN] = hashed("-")
    _add_known(tokens, views, known)
    if language in CHARACTERS:
        add_dictionary(text, tokens.spans, views, language)
    return views


def _add_known(tokens: Tokens, views: Views, known: Iterable[Known]) -> None:
    listed = sorted(known, key=lambda name: (name.start - name.end, name.start))
    if not listed:
        return
    firsts = {start: number for number, (start, _) in enumerate(tokens.spans)}
    lasts = {end: number for number, (_, end) in enumerate(tokens.spans)}
    taken = bytearray(len(tokens.words))
    for name in listed:
        first, last = firsts.get(name.start), lasts.get(name.end)
        if first is None or last is None or 1 in taken[first : last + 1]:
            continue
        taken[first : last + 1] = b"\1" * (last + 1 - first)
        views[first : last + 1, KNOWN] = hashed(f"I{name.kind}")
        views[first, KNOWN] = hashed(f"B{name.kind}")


def _margins(scores: Scores, labels: Labels) -> Scores:
    """How much better each token's label scores than the best other one."""
    rows = np.arange(len(labels))
    own = scores[rows, labels]
    others = scores.copy()
    others[rows, labels] = -np.inf
    margins: Scores = own - others.max(axis=1)
    return margins


def _confidence(margin: float) -> float:
    return 1 / (1 + exp(-_CONFIDENCE * (max(margin, -_STEEP) + 1)))
