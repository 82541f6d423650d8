"""Others who find names, to stand beside Kabar: exact Aho-Corasick over the same names, a CRF of simple features."""

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pycrfsuite
from ahocorasick_rs import AhoCorasick, MatchKind

from pipeline.knowledge import Entity

Span = tuple[int, int, str]
Spans = set[Span]
Judge = Callable[[str], Spans]
CHARACTERS: Final = frozenset({"zh", "ja", "ko"})
_WORD: Final = re.compile(r"[^\W\d_][\w\u0900-\u0d7f'-]*|\d+|\S")
_CHARACTER: Final = re.compile(r"[A-Za-z]+|\d+|\S")
_ITERATIONS: Final = 60


class Labelled(NamedTuple):
    """A text and its names."""

    text: str
    names: Spans


def exact(entities: Iterable[Entity], language: str) -> Judge:
    """Names of the knowledge base exactly as they are written there, between word boundaries, the longest first."""
    kinds = {name: entity.type for entity in entities for name in (entity.name, *entity.aliases)}
    names = list(kinds)
    automaton = AhoCorasick(names, matchkind=MatchKind.LeftmostLongest)
    whole = language not in CHARACTERS

    def find(text: str) -> Spans:
        return {
            (start, end, kinds[names[number]])
            for number, start, end in automaton.find_matches_as_indexes(text)
            if not whole or not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum())
        }

    return find


def crf(train: list[Labelled], language: str) -> Judge:
    """A linear-chain CRF (python-crfsuite, L-BFGS) over words, affixes, shapes and neighbours; the same train texts."""
    pieces = _CHARACTER if language in CHARACTERS else _WORD
    trainer = pycrfsuite.Trainer(verbose=False)
    for labelled in train:
        tokens = list(pieces.finditer(labelled.text))
        if tokens:
            trainer.append(_features(tokens), list(_labels(tokens, labelled.names)))
    trainer.set_params({"c1": 0.1, "c2": 0.01, "max_iterations": _ITERATIONS, "feature.possible_transitions": True})
    handle, path = tempfile.mkstemp(suffix=".crfsuite")
    os.close(handle)
    trainer.train(path)
    tagger = pycrfsuite.Tagger()
    tagger.open(path)
    Path(path).unlink()

    def find(text: str) -> Spans:
        tokens = list(pieces.finditer(text))
        return set(_spans(tokens, tagger.tag(_features(tokens)))) if tokens else set()

    return find


def _features(tokens: list[re.Match[str]]) -> list[list[str]]:
    words = [token.group() for token in tokens]
    own = [_own(word) for word in words]
    rows: list[list[str]] = []
    for at, word in enumerate(words):
        row = ["b", *own[at], f"p3={word[:3]}", f"s3={word[-3:]}", f"s2={word[-2:]}"]
        for offset in (-2, -1, 1, 2):
            if 0 <= at + offset < len(words):
                row += [f"{offset}{feature}" for feature in own[at + offset]]
            else:
                row.append(f"{offset}end")
        rows.append(row)
    return rows


def _own(word: str) -> list[str]:
    if word.isdigit() or word.islower():
        shape = "1" if word.isdigit() else "a"
    else:
        shape = "A" if word.isupper() else "Aa" if word[:1].isupper() else "x"
    return [f"w={word.lower()}", f"f={shape}"]


def _labels(tokens: list[re.Match[str]], names: Spans) -> Iterator[str]:
    for token in tokens:
        name = next((one for one in names if token.start() < one[1] and one[0] < token.end()), None)
        if name is None:
            yield "O"
        else:
            yield f"{'B' if token.start() <= name[0] else 'I'}-{name[2]}"


def _spans(tokens: list[re.Match[str]], labels: list[str]) -> Iterator[Span]:
    begin: int | None = None
    for at, label in enumerate([*labels, "O"]):
        if begin is not None and (label[0] in "OB" or label[2:] != labels[begin][2:]):
            yield tokens[begin].start(), tokens[at - 1].end(), labels[begin][2:]
            begin = None
        if label != "O" and begin is None:
            begin = at


def natasha() -> Judge | None:
    """Natasha's tagger of Russian news, where it is installed; its model is in its wheel."""
    try:
        module: Any = __import__("natasha")
    except ImportError:
        return None
    segmenter, tagger = module.Segmenter(), module.NewsNERTagger(module.NewsEmbedding())

    def find(text: str) -> Spans:
        document = module.Doc(text)
        document.segment(segmenter)
        document.tag_ner(tagger)
        return {(span.start, span.stop, span.type) for span in document.spans}

    return find
