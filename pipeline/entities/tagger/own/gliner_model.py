"""GLiNER's models of spans, exported to ONNX: `cs=gliner:/models/gliner` (extra `onnx`).

    text ─► words ─► windows that overlap ─► for each span of words how well it fits each kind that is asked for
                                               └─► the likeliest of those that overlap ─► names

The format is that of the library at https://github.com/urchade/GLiNER (`export_to_onnx`): Zaratiana et al. 2024,
"GLiNER: Generalist Model for Named Entity Recognition using Bidirectional Transformer".
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from pipeline.entities.tagger.own.exported import (
    LONGEST,
    Network,
    Numbers,
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

# What is asked for, in the words that such models have learnt from.
_ASKED: Final = ("person", "organization", "location")
_KINDS: Final = tuple(kind for kind in map(kind_of, _ASKED) if kind is not None)
_LEAST: Final = 0.5
_WORD: Final = re.compile(r"\w+(?:[-_]\w+)*|\S")
# Ways to look at a span that give one answer for each span of words, by its first and last one.
_MODES: Final = ("markerV0", "markerV1", "marker")
_INPUTS: Final = ("input_ids", "attention_mask", "words_mask", "text_lengths", "span_idx", "span_mask")


class _Config(msgspec.Struct, frozen=True):
    """The part of `gliner_config.json` that matters here, with the library's defaults; lengths in words."""

    span_mode: str = "markerV0"
    max_width: int = 12
    max_len: int = 384
    ent_token: str = "<<ENT>>"  # noqa: S105 - a mark in a text, no secret
    sep_token: str = "<<SEP>>"  # noqa: S105 - another
    words_splitter_type: str = "whitespace"
    labels_encoder: str | None = None
    labels_decoder: str | None = None
    relations_layer: str | None = None
    precomputed_prompts_mode: bool | None = None


class _Window(NamedTuple):
    """Words `first` to `end`; names are taken from it whose middle is in `own_first` to `own_end`."""

    first: int
    end: int
    own_first: float
    own_end: float


class _Span(NamedTuple):
    """A span of words, `end` exclusive, that may be a name."""

    confidence: float
    first: int
    end: int
    kind: EntityType


class _Prompt(NamedTuple):
    """The tokens before and behind the text's."""

    before: list[int]
    behind: list[int]


def load(place: str) -> Find:
    """The model in this folder: `model.onnx` or `onnx/model.onnx`, `tokenizer.json` and `gliner_config.json`.

    Raises:
        SettingsError: something is missing or cannot be read, or the model is one of GLiNER's others.
    """
    folder = folder_of(place)
    config = config_of(folder, "gliner_config.json", _Config)
    _check(config, folder)
    tokenizer = tokenizer_of(folder)
    prompt = _prompt(tokenizer, config, folder)
    model = _Model(Network(folder, _INPUTS, needed=_INPUTS), prompt, config.max_width)
    room = LONGEST - len(prompt.before) - len(prompt.behind)

    def find(text: str) -> list[Tagged]:
        words = [match.span() for match in _WORD.finditer(text)]
        tokens = _tokens(tokenizer, [text[start:end] for start, end in words], room)
        windows = _windows([len(of) for of in tokens], config, room)
        spans = [span for window in windows for span in model.spans(tokens, window)]
        return [
            Tagged(words[span.first][0], words[span.end - 1][1], span.kind, span.confidence)
            for span in _likeliest(spans, len(words))
        ]

    return tried(find, folder)


def _check(config: _Config, folder: Path) -> None:
    """Whether it is a model of spans whose text says what is looked for.

    Raises:
        SettingsError: it is another.
    """
    told = f"KABAR_TAGGERS: {folder}/gliner_config.json"
    if config.span_mode not in _MODES:
        raise SettingsError(f"{told} has the span_mode {config.span_mode}; read are models with {', '.join(_MODES)}")
    other = [name for name in ("labels_encoder", "labels_decoder", "relations_layer") if getattr(config, name)]
    if other or config.precomputed_prompts_mode:
        name = (other or ["precomputed_prompts_mode"])[0]
        raise SettingsError(f"{told} has a {name}; read are models that are told in the text what to look for")
    if config.words_splitter_type != "whitespace":
        raise SettingsError(f"{told} splits words by {config.words_splitter_type}; read are models with whitespace")
    if config.max_width < 1 or config.max_len < 1:
        raise SettingsError(f"{told} has a max_width or max_len below 1")


def _prompt(tokenizer: Any, config: _Config, folder: Path) -> _Prompt:  # noqa: ANN401 - no import
    for name in (config.ent_token, config.sep_token):
        if tokenizer.token_to_id(name) is None:
            raise SettingsError(f"KABAR_TAGGERS: {folder}/tokenizer.json has no token {name}, which GLiNER's have")
    asked = [word for label in _ASKED for word in (config.ent_token, label)]
    encoded = tokenizer.encode([*asked, config.sep_token], is_pretokenized=True)
    end = 1 + max(place for place, word in enumerate(encoded.word_ids) if word is not None)
    return _Prompt(encoded.ids[:end], encoded.ids[end:])


def _tokens(tokenizer: Any, words: Sequence[str], room: int) -> list[list[int]]:  # noqa: ANN401 - no import
    """The tokens of each word, as many as a window has room for."""
    tokens: list[list[int]] = [[] for _ in words]
    encoded = tokenizer.encode(words, is_pretokenized=True, add_special_tokens=False)
    for word, token in zip(encoded.word_ids, encoded.ids, strict=True):
        if word is not None and len(tokens[word]) < room:
            tokens[word].append(token)
    return tokens


def _windows(sizes: Sequence[int], config: _Config, room: int) -> Iterator[_Window]:
    """Windows over words of these sizes in tokens, none above `room`: of as many words as the model reads, or fewer."""
    sums = np.cumsum([0, *sizes])
    first, own_first = 0, 0.0
    while first < len(sizes):
        fitting = int(sums.searchsorted(sums[first] + room, "right")) - 1
        end = min(first + config.max_len, fitting)
        if end == len(sizes):
            yield _Window(first, end, own_first, end)
            return
        # A quarter, and the widest name where there is room for it.
        overlap = min(max((end - first) // 4, config.max_width), (end - first) // 2)
        yield _Window(first, end, own_first, end - overlap / 2)
        first, own_first = end - overlap, end - overlap / 2


class _Model:
    """What the network says of windows."""

    def __init__(self, network: Network, prompt: _Prompt, width: int) -> None:
        self._network = network
        self._prompt = prompt
        self._width = width

    def spans(self, tokens: Sequence[Sequence[int]], window: _Window) -> Iterator[_Span]:
        """The spans of a window's own words that may be names; they may overlap."""
        likely = self._likely(tokens[window.first : window.end])
        count = len(likely)
        for first, more, kind in np.argwhere(likely > _LEAST).tolist():
            span = _Span(
                float(likely[first, more, kind]), window.first + first, window.first + first + more + 1, _KINDS[kind]
            )
            middle = (span.first + span.end) / 2
            if first + more < count and window.own_first <= middle < window.own_end:
                yield span

    def _likely(self, tokens: Sequence[Sequence[int]]) -> Scores:
        """The probability of each word, number of words behind it, and kind."""
        before, behind = self._prompt
        ids, numbers = list(before), [0] * len(before)
        for number, of in enumerate(tokens, start=1):
            ids += of
            numbers += [number, *[0] * (len(of) - 1)][: len(of)]
        spans = _spans(len(tokens), self._width)
        real = spans[:, 1] < len(tokens)
        inputs: dict[str, npt.ArrayLike] = {
            "input_ids": [*ids, *behind],
            "attention_mask": [1] * (len(ids) + len(behind)),
            "words_mask": [*numbers, *[0] * len(behind)],
            "text_lengths": [len(tokens)],
            "span_idx": spans * real[:, np.newaxis],
            "span_mask": real,
        }
        logits = self._network.logits(inputs, (len(tokens), self._width, len(_KINDS)))
        likely: Scores = 0.5 + 0.5 * np.tanh(logits / 2)  # the sigmoid, without overflow
        return likely


def _spans(words: int, width: int) -> Numbers:
    """The first and the last word of each span, as many for each first word as names are wide; some end too late."""
    firsts = np.repeat(np.arange(words), width)
    return np.stack([firsts, firsts + np.tile(np.arange(width), words)], axis=1)


def _likeliest(spans: Iterable[_Span], words: int) -> list[_Span]:
    """Of spans that overlap the likeliest, in the text's order."""
    taken = bytearray(words)
    kept = []
    for span in sorted(spans, key=lambda span: (-span.confidence, span.first, span.end)):
        if 1 not in taken[span.first : span.end]:
            taken[span.first : span.end] = b"\1" * (span.end - span.first)
            kept.append(span)
    return sorted(kept, key=lambda span: span.first)
