"""What dictionaries say of the characters of languages without spaces: the word that each is part of, and its class.

Chinese is cut into words by jieba (its port to Rust), Japanese by Sudachi, each with a dictionary in its wheel, which
say the class of each word. Korean is cut into the longest words of a list, from the left: of its dictionaries in
wheels none is small, so that hashes of one's words are kept here (`words-ko.npz`).
"""

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import rjieba
import sudachipy

from pipeline.entities.keys import Numbers, Table
from pipeline.entities.tagger.features import CLASS, EDGES, PART, UNIT, hashed
from pipeline.entities.tagger.letters import Hashes, windows
from pipeline.entities.tagger.model import Views
from pipeline.entities.tagger.tokens import Tokens

# Words of the list have so many letters at most.
LONGEST: Final = 10
_SHORTEST: Final = 2
# What Sudachi reads at once: under its limit of 49,149 bytes, of which a character has up to four.
_PIECE: Final = 12_000
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_NOTHING: Final = 1
_NAME: Final = "固有名詞"
_AFFIX: Final = "接尾辞"
_PLACES: Final = "SBIE"


class _Words(NamedTuple):
    """Words of a text in order, none overlapping another: where each stands (code points), and its class."""

    starts: Sequence[int]
    ends: Sequence[int]
    kinds: Sequence[str]


class _Cutters(threading.local):
    """Sudachi's tokenizer, one for each thread, made when it is first asked."""

    japanese: "sudachipy.Tokenizer | None" = None


_cutters: Final = _Cutters()


def add_dictionary(text: str, tokens: Tokens, views: Views, language: str) -> None:
    """Fill in the views PART and CLASS of a text's characters."""
    found = _CUT[language](_SURROGATES.sub("\ufffd", text))
    views[:, (PART, CLASS)] = _NOTHING
    if not found.starts:
        return
    starts, ends = np.array(found.starts), np.array(found.ends)
    at = np.searchsorted(starts, tokens.starts, side="right") - 1
    inside = np.flatnonzero((at >= 0) & (tokens.starts < ends[at]))
    at = at[inside]
    goes_on = tokens.starts[inside] > starts[at]
    stays = tokens.ends[inside] < ends[at]
    # S, B, I, E: a word alone, its beginning, its inside, its end.
    place = np.where(goes_on, np.where(stays, 2, 3), np.where(stays, 1, 0))
    words = np.array([hashed(text[start:end]) for start, end in zip(found.starts, found.ends, strict=True)], np.uint32)
    views[inside, PART] = words[at]
    views[inside, CLASS] = np.array([_classes(kind) for kind in found.kinds], np.uint32)[at, place]


def add_spaces(text: str, tokens: Tokens, views: Views) -> None:
    """Fill in the views EDGES and UNIT of a text's characters: where they stand between spaces, and between which."""
    if not tokens.words:
        return
    apart = np.concatenate(([True], tokens.starts[1:] > tokens.ends[:-1], [True]))
    first, last = apart[:-1], apart[1:]
    views[:, EDGES] = 1 + first + 2 * last
    bounds = zip(tokens.starts[first].tolist(), tokens.ends[last].tolist(), strict=True)
    units = np.array([hashed(text[start:end]) for start, end in bounds], np.uint32)
    views[:, UNIT] = units[np.cumsum(first) - 1]


@lru_cache(maxsize=4096)
def _classes(kind: str) -> tuple[int, ...]:
    """The number of a class for each place in a word."""
    return tuple(hashed(place + kind) for place in _PLACES)


@lru_cache(maxsize=1)
def _jieba() -> rjieba.Jieba:
    return rjieba.Jieba()


def _chinese(text: str) -> _Words:
    # Without its guesses at words that the dictionary does not have: what is a name of these the model decides better.
    tagged = _jieba().tag(text, hmm=False)
    ends = np.cumsum([len(word) for word, _ in tagged]).tolist()
    return _Words([0, *ends[:-1]] if ends else [], ends, [kind for _, kind in tagged])


@lru_cache(maxsize=1)
def _sudachi() -> sudachipy.Dictionary:
    return sudachipy.Dictionary(dict="small")


def _japanese(text: str) -> _Words:
    if _cutters.japanese is None:
        _cutters.japanese = _sudachi().tokenizer(mode=sudachipy.SplitMode.C)
    starts: list[int] = []
    ends: list[int] = []
    kinds: list[str] = []
    for offset in range(0, len(text), _PIECE):
        for word in _cutters.japanese.tokenize(text[offset : offset + _PIECE]):
            starts.append(offset + word.begin())
            ends.append(offset + word.end())
            kinds.append(_kind(word.part_of_speech_id()))
    return _Words(starts, ends, kinds)


@lru_cache(maxsize=4096)
def _kind(number: int) -> str:
    part, finer, kind, finest, *_ = _sudachi().pos_of(number)
    if finer == _NAME:
        return f"{finer}/{kind}/{finest}"
    return f"{part}/{finer}{kind}" if part == _AFFIX else f"{part}/{finer}"


def _korean(text: str) -> _Words:
    return listed().cut(text)


_CUT: Final[Mapping[str, Callable[[str], _Words]]] = {"zh": _chinese, "ja": _japanese, "ko": _korean}
# Languages that have a dictionary.
SEGMENTED: Final = frozenset(_CUT)


class Listed:
    """A list of words by their hashes. Another word's hash meets one of them once in six thousand."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
        keys = np.cumsum(np.asarray(arrays["k"], np.uint32), dtype=np.uint32)
        self._table = Table.of(_wide(keys), np.asarray(arrays["v"], np.uint32))
        self._kinds = bytes(np.asarray(arrays["kinds"], np.uint8)).decode().split("\n")

    def cut(self, text: str) -> _Words:
        """The longest words of the list in a text, from the left."""
        codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
        lengths = np.zeros(len(codes), np.int64)
        numbers = np.zeros(len(codes), np.uint32)
        for size, hashes in windows(codes, _SHORTEST, LONGEST):
            at, found = self._table.find(_wide(hashes))
            lengths[at] = size
            numbers[at] = found
        starts: list[int] = []
        ends: list[int] = []
        kinds: list[str] = []
        end = 0
        there = np.flatnonzero(lengths)
        for start, length, number in zip(there.tolist(), lengths[there].tolist(), numbers[there].tolist(), strict=True):
            if start >= end:
                end = start + length
                starts.append(start)
                ends.append(end)
                kinds.append(self._kinds[number])
        return _Words(starts, ends, kinds)


def _wide(hashes: Hashes) -> Numbers:
    """Hashes as the keys that tables have, of which the first bits tell most apart."""
    return hashes.astype(np.uint64) << np.uint64(32)


@lru_cache(maxsize=1)
def listed() -> Listed:
    """The words in `words-ko.npz`."""
    with (files("pipeline.entities.tagger") / "words-ko.npz").open("rb") as stream, np.load(stream) as arrays:
        return Listed(arrays)
