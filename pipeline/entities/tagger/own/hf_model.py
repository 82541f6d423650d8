"""Hugging Face's token classifiers, exported to ONNX: `de=hf:/models/de` (extra `onnx`).

    text ─► tokens ─► windows that overlap ─► a label for each token, from the window where it is further inside
                                                └─► words, by the label of their first token ─► names

Labels are `PER`, or with a prefix of BIO, IOB1, BIOES or BILOU.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, NamedTuple
from unicodedata import category

import msgspec
import numpy as np

from pipeline.entities.boundaries import UNSPACED
from pipeline.entities.tagger.own.exported import (
    LONGEST,
    Network,
    Scores,
    config_of,
    folder_of,
    tokenizer_of,
    tried,
)
from pipeline.entities.tagger.own.find import Find, kind_of
from pipeline.entities.tagger.tag import Tagged
from schemas.document import EntityType
from schemas.settings import SettingsError

_INPUTS: Final = frozenset({"input_ids", "attention_mask", "token_type_ids"})
# Begin, inside, end or last, middle, single or unit.
_PREFIX: Final = re.compile("^([BIELMSU])[-_]")
_FIRST: Final = frozenset("BSU")
_LAST: Final = frozenset("ELSU")
# Fewer tokens leave no room for an overlap.
_SHORTEST: Final = 16
_UNSPACED: Final = re.compile(f"[{UNSPACED}]")
_APOSTROPHES: Final = frozenset("'’ʼ")


class _Config(msgspec.Struct, frozen=True):
    id2label: dict[int, str]
    max_position_embeddings: int | None = None


class _TokenizerConfig(msgspec.Struct, frozen=True):
    # Written as 1e30 where there is no limit.
    model_max_length: float | None = None


class _Token(NamedTuple):
    """A token of the text, in code points of it; `word` is the tokenizer's number, `label` the model's."""

    start: int
    end: int
    word: int | None
    label: int
    confidence: float


class _Label(NamedTuple):
    """`first` and `last`: whether a name begins or ends with such a word in any case."""

    kind: EntityType | None
    first: bool
    last: bool


def load(place: str) -> Find:
    """The token classifier in this folder: `model.onnx`, `tokenizer.json` and `config.json` with `id2label`.

    Raises:
        SettingsError: something is missing or cannot be read, or the model finds none of Kabar's kinds.
    """
    folder = folder_of(place)
    config = config_of(folder, "config.json", _Config)
    labels = {number: _label(text) for number, text in config.id2label.items()}
    if sorted(labels) != list(range(len(labels))) or not any(label.kind for label in labels.values()):
        told = ", ".join(list(config.id2label.values())[:10])
        message = f"KABAR_TAGGERS: no label of {folder}/config.json means a person, organisation or place ({told})"
        raise SettingsError(message)
    tokenizer = tokenizer_of(folder)
    length = _length(folder, config)
    # What is nearest to a border that is no border of the text has an eighth of a window behind it.
    overlap = length // 4
    tokenizer.enable_truncation(length, stride=overlap)
    tokenizer.encode_special_tokens = True  # "[SEP]" in a text is text
    network = Network(folder, _INPUTS, needed=("input_ids",))

    def find(text: str) -> list[Tagged]:
        tokens = _tokens(tokenizer.encode(text), network, len(labels), overlap)
        return list(_names(_words(tokens, text), text, labels))

    return tried(find, folder)


def _length(folder: Path, config: _Config) -> int:
    """How many tokens a window has, those that every window has included."""
    limits: list[float | None] = [LONGEST, config.max_position_embeddings]
    if (folder / "tokenizer_config.json").is_file():
        limits.append(config_of(folder, "tokenizer_config.json", _TokenizerConfig).model_max_length)
    length = int(min(limit for limit in limits if limit is not None))
    if length < _SHORTEST:
        raise SettingsError(
            f"KABAR_TAGGERS: the model in {folder} reads {length} tokens at once, fewer than {_SHORTEST}"
        )
    return length


def _label(text: str) -> _Label:
    prefix, kind = _PREFIX.match(text), _PREFIX.sub("", text)
    letter = prefix[1] if prefix else ""
    return _Label(kind_of(kind), first=letter in _FIRST, last=letter in _LAST)


def _tokens(encoded: Any, network: Network, labels: int, overlap: int) -> list[_Token]:  # noqa: ANN401 - no import
    """The tokens of all windows; where two overlap, the earlier one's half is its own."""
    tokens: list[_Token] = []
    step = 0
    for number, window in enumerate((encoded, *encoded.overflowing)):
        inside = [place for place, special in enumerate(window.special_tokens_mask) if not special]
        step = step or len(inside) - overlap
        inputs = {
            "input_ids": window.ids,
            "attention_mask": window.attention_mask,
            "token_type_ids": window.type_ids,
        }
        best, sure = _decided(network.logits(inputs, (len(window.ids), labels)))
        skipped = overlap // 2 if number else 0
        del tokens[number * step + skipped :]
        tokens += [
            _Token(
                window.offsets[place][0],
                window.offsets[place][1],
                window.word_ids[place],
                int(best[place]),
                float(sure[place]),
            )
            for place in inside[skipped:]
        ]
    # A mark of a word's beginning stands over its first letter, a letter of several bytes in several tokens.
    ends = [min(one.end, after.start) for one, after in pairwise(tokens)]
    return [one._replace(end=max(one.start, end)) for one, end in zip(tokens, ends, strict=False)] + tokens[-1:]


def _decided(logits: Scores) -> tuple[Scores, Scores]:
    """For each token the best label and its probability."""
    best = logits.argmax(axis=1)
    return best, 1 / np.exp(logits - logits.max(axis=1, keepdims=True)).sum(axis=1)


def _words(tokens: Iterable[_Token], text: str) -> Iterator[Sequence[_Token]]:
    """The tokens of each word; the first decides on it.

    The tokenizer says what a word is. Where that is all between two spaces, its outer marks, each token of a script
    without spaces and what follows an article (`l'Élysée`) are words of their own.
    """
    for _, group in groupby(tokens, attrgetter("word")):
        word = list(group)
        first, last = _core(word, text)
        begin = 0
        for place in range(1, len(word)):
            if not first < place <= last or _is_apart(word[begin:place], word[place], text):
                yield word[begin:place]
                begin = place
        yield word[begin:]


def _core(word: Sequence[_Token], text: str) -> tuple[int, int]:
    """Places of the first and the last token of a word that are not of its outer marks."""
    pieces = [text[token.start : token.end].strip() for token in word]
    letters = [place for place, piece in enumerate(pieces) if any(category(letter)[0] not in "PS" for letter in piece)]
    if not letters:
        return len(word), -1
    first = letters[0]
    # The mark of a word's beginning goes with its first letters and decides for them: so was learnt.
    return first - (first > 0 and not pieces[first - 1]), letters[-1]


def _is_apart(before: Sequence[_Token], token: _Token, text: str) -> bool:
    """Whether a token inside the core of a word begins one of its own behind what is `before` it."""
    gone, piece = text[before[0].start : token.start].strip(), text[token.start : token.end]
    if _UNSPACED.match(piece.strip()) or _UNSPACED.search(gone[-1:]):
        return True
    return gone[-1:] in _APOSTROPHES and gone[:-1].islower() and piece[:1].isupper()


def _names(words: Iterable[Sequence[_Token]], text: str, labels: Mapping[int, _Label]) -> Iterator[Tagged]:
    """Words with labels of one kind, one behind another, joined to names."""
    name: list[Tagged] = []
    closed = False
    end = 0
    for word in words:
        # A tokenizer that joins letters may say that two tokens stand at one place.
        written = text[max(word[0].start, end) : word[-1].end].rstrip()
        start = max(word[0].start, end) + len(written) - len(written.lstrip())
        if not written.strip():
            continue
        end = max(word[0].start, end) + len(written)
        label = labels[word[0].label]
        if name and (closed or label.first or label.kind != name[0].type):
            yield _joined(name)
            name = []
        if label.kind is not None:
            name.append(Tagged(start, end, label.kind, word[0].confidence))
        closed = label.last
    if name:
        yield _joined(name)


def _joined(words: Sequence[Tagged]) -> Tagged:
    sure = sum(word.confidence for word in words) / len(words)
    return Tagged(words[0].start, words[-1].end, words[0].type, sure)
