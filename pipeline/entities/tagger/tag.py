"""Names in a text by a trained model: which model for which language, and the way from text to spans."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from math import exp
from typing import Final, NamedTuple

import numpy as np

from pipeline.entities.tagger.features import KNOWN, VIEWS, Signs, characters_of, hashed, signs_of, words_of
from pipeline.entities.tagger.lexicon import lexicon
from pipeline.entities.tagger.model import BY_CHARACTERS, Model, Scores, Views, Weights, weights_of
from pipeline.entities.tagger.segment import SEGMENTED, add_dictionary, add_spaces
from pipeline.entities.tagger.tokens import Tokens, tokenise
from pipeline.entities.tagger.viterbi import Labels, label, spans
from pipeline.language.han import simplified
from schemas.document import EntityType

# The model for each language. `any` knows signs common to languages, for those near the ones that it was learnt from;
# in all others the tagger abstains.
_MODELS: Final = {
    "en": "en", "pt": "west", "sv": "west", "gl": "west", "id": "id", "ms": "id", "jv": "id", "su": "id",
    "bs": "south", "hr": "south", "sr": "south", "cnr": "south", "sh": "south", "sl": "south", "ro": "ro", "mo": "ro",
    "hi": "hi", "mr": "hi", "ne": "hi", "zh": "zh", "ja": "ja", "ko": "ko",
} | dict.fromkeys(
    ("es", "ca", "fr", "it", "nl", "da", "nb", "nn", "no", "pl", "cs", "sk", "bg", "mk", "ru", "uk", "be"), "any"
)  # fmt: skip
CHARACTERS: Final = frozenset({"zh", "ja", "ko"})
TRAINED: Final = frozenset({"en", "pt", "sv", "id", "ms", "bs", "hr", "sr", "cnr", "ro", "hi", "zh", "ja", "ko"})
# Where the lexicon's list of frequent words has another name.
_LISTS: Final = {"bs": "sh", "hr": "sh", "sr": "sh", "cnr": "sh", "ms": "id", "nb": "da", "be": "ru", "mk": "bg"}
_SERBIAN: Final = str.maketrans(
    dict(zip("абвгдђежзијклљмнњопрстћуфхцчџш", "abvgdđežzijklǉmnǌoprstćufhcčǆš", strict=True))
    | dict(zip("АБВГДЂЕЖЗИЈКЛЉМНЊОПРСТЋУФХЦЧЏШ", "ABVGDĐEŽZIJKLǈMNǋOPRSTĆUFHCČǅŠ", strict=True))
)
_BY_SCRIPT: Final = (
    ("A", "\u024f", "en"), ("\u0400", "\u04ff", "ru"), ("\u0900", "\u097f", "hi"), ("\u3040", "\u30ff", "ja"),
    ("\u4e00", "\u9fff", "zh"), ("\uac00", "\ud7a3", "ko"),
)  # fmt: skip
_LOOKED_AT: Final = 200
_UNKNOWN: Final = hashed("-")
# Code points of a field that are read; names further on are found by lists only.
REACHED: Final = 40_000
_CONFIDENCE: Final = 0.6
# How sure the model must be of a name in a language that it has not learnt from: on 400 Russian sentences 0.78 of such
# names are also those of natasha, and 0.70 where all are taken.
_LEAST_UNLEARNT: Final = 0.5
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
    return _MODELS.get(base)


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
        language = readable("\n".join(text[:_LOOKED_AT] for text in texts), language)
        name = model_for(language)
        if name is None:
            return found
        base = language.split("-")[0]
        least = _LEAST_UNLEARNT if name == "any" else 0.0
        model = self._model(name, base)
        if name == "zh":
            texts = [simplified(text) for text in texts]
        read = [tokenise(text[:REACHED], characters=base in CHARACTERS) for text in texts]
        counts = [len(tokens.words) for tokens in read]
        if not any(counts):
            return found
        views = [views_of(text, tokens, base, names) for text, tokens, names in zip(texts, read, known, strict=True)]
        firsts = np.cumsum([0, *counts[:-1]]).tolist()
        words = [word for tokens in read for word in tokens.words]
        begins = [begin + first for first, tokens in zip(firsts, read, strict=True) for begin in tokens.begins]
        if name == "south" and any("\u0400" <= word[0] <= "\u04ff" for word in words[:50]):
            words = [word.translate(_SERBIAN) for word in words]
        scores = model.score(words, begins, np.concatenate(views))
        labels = label(scores, begins, model.weights.moves)
        named = np.flatnonzero(labels)
        sure = dict(zip(named.tolist(), _margins(scores[named], labels[named]).tolist(), strict=True))
        for first, end, kind in spans(labels):
            number = bisect_right(firsts, first) - 1
            tokens, at = read[number], firsts[number]
            place = int(tokens.starts[first - at]), int(tokens.ends[end - 1 - at])
            confidence = _confidence(min(sure[token] for token in range(first, end)))
            if confidence >= least:
                found[number].append(Tagged(*place, kind, confidence))
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
    if style in BY_CHARACTERS:
        return characters_of
    look = words_of if style == "words" else signs_of
    return partial(look, lexicon=lexicon(), language=_LISTS.get(language, language))


def views_of(text: str, tokens: Tokens, language: str, known: Iterable[Known]) -> Views:
    """What is known of a text's tokens beside their words."""
    views = np.zeros((len(tokens.words), VIEWS), np.uint32)
    views[:, KNOWN] = _UNKNOWN
    if tokens.words:
        _add_known(tokens, views, known)
        if language in SEGMENTED:
            add_dictionary(text, tokens, views, language)
        if language == "ko":
            add_spaces(text, tokens, views)
    return views


def _add_known(tokens: Tokens, views: Views, known: Iterable[Known]) -> None:
    """The longest of known names that overlap, where they begin and end with tokens."""
    listed = sorted(known, key=lambda name: (name.start - name.end, name.start))
    if not listed:
        return
    starts, ends = np.array([name[:2] for name in listed], np.int64).T
    last = len(tokens.words) - 1
    firsts = np.minimum(tokens.starts.searchsorted(starts), last)
    lasts = np.minimum(tokens.ends.searchsorted(ends), last)
    fit = (tokens.starts[firsts] == starts) & (tokens.ends[lasts] == ends)
    taken = bytearray(last + 1)
    for number in np.flatnonzero(fit).tolist():
        begin, end = int(firsts[number]), int(lasts[number]) + 1
        if 1 not in taken[begin:end]:
            taken[begin:end] = b"\1" * (end - begin)
            kind = listed[number].kind
            views[begin:end, KNOWN] = hashed(f"I{kind}")
            views[begin, KNOWN] = hashed(f"B{kind}")


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
