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
from itertools import pairwise
from typing import Any, Final, NamedTuple

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
_FIRST_SYLLABLE, _LAST_SYLLABLE = 0xAC00, 0xD7A3
# Values whose hashes are kept. Beyond it they are forgotten all at once.
_KEPT: Final = 40_000
Places = npt.NDArray[np.int64]


class _Words(NamedTuple):
    """Words of a text in order, none overlapping another: where each stands (code points), its number, its class's.

    The numbers are hashes of the word, and for its class a hash for each place in a word (S, B, I, E).
    """

    starts: Places
    ends: Places
    words: Hashes
    classes: Hashes


def add_dictionary(text: str, tokens: Tokens, views: Views, language: str) -> None:
    """Fill in the views PART and CLASS of a text's characters."""
    found = _CUT[language](_SURROGATES.sub("\ufffd", text))
    views[:, (PART, CLASS)] = _NOTHING
    if not len(found.starts):
        return
    starts, ends = found.starts, found.ends
    at = np.searchsorted(starts, tokens.starts, side="right") - 1
    inside = np.flatnonzero((at >= 0) & (tokens.starts < ends[at]))
    at = at[inside]
    goes_on = tokens.starts[inside] > starts[at]
    stays = tokens.ends[inside] < ends[at]
    # S, B, I, E: a word alone, its beginning, its inside, its end.
    place = np.where(goes_on, np.where(stays, 2, 3), np.where(stays, 1, 0))
    views[inside, PART] = found.words[at]
    views[inside, CLASS] = found.classes[at, place]


def add_spaces(text: str, tokens: Tokens, views: Views) -> None:
    """Fill in the views EDGES and UNIT of a text's characters: where they stand between spaces, and between which."""
    if not tokens.words:
        return
    apart = np.concatenate(([True], tokens.starts[1:] > tokens.ends[:-1], [True]))
    first, last = apart[:-1], apart[1:]
    views[:, EDGES] = 1 + first + 2 * last
    bounds = zip(tokens.starts[first].tolist(), tokens.ends[last].tolist(), strict=True)
    units = _own.words.of([text[start:end] for start, end in bounds])[:, 0]
    views[:, UNIT] = units[np.cumsum(first) - 1]


class _Hashes:
    """The hashes of values asked for so far, a row for each. For one thread at a time."""

    def __init__(self, columns: Callable[[Any], Sequence[int]]) -> None:
        self._columns = columns
        self._rows: dict[Any, int] = {}
        self._made: Hashes = np.zeros((0, 0), np.uint32)

    def of(self, values: Sequence[Any]) -> Hashes:
        """A row for each value."""
        if len(self._rows) > _KEPT:
            self._rows = {}
        rows = list(map(self._rows.get, values))
        if None in rows:
            new = dict.fromkeys(value for value, row in zip(values, rows, strict=True) if row is None)
            made = np.array([self._columns(value) for value in new], np.uint32)
            first, last = len(self._rows), len(self._rows) + len(new)
            if last > len(self._made):
                room = np.zeros((last, made.shape[1]), np.uint32)
                self._made = np.concatenate((self._made[:first].reshape(first, made.shape[1]), room))
            self._made[first:last] = made
            self._rows.update(zip(new, range(first, last), strict=True))
            rows = list(map(self._rows.get, values))
        return self._made.take(np.array(rows, np.int64), axis=0)


def _word(word: str) -> tuple[int]:
    return (hashed(word),)


def _classes(kind: str) -> tuple[int, ...]:
    """The number of a class for each place in a word."""
    return tuple(hashed(place + kind) for place in _PLACES)


class _Own(threading.local):
    """What each thread has of its own: Sudachi's tokenizer, made when it is first asked, and hashes."""

    def __init__(self) -> None:
        self.japanese: sudachipy.Tokenizer | None = None
        self.words = _Hashes(_word)
        self.classes = _Hashes(_classes)
        self.parts = _Hashes(_classes_of_part)


_NOWHERE: Final = np.zeros(0, np.int64)
_NO_WORDS: Final = _Words(_NOWHERE, _NOWHERE, np.zeros(0, np.uint32), np.zeros((0, len(_PLACES)), np.uint32))


@lru_cache(maxsize=1)
def _jieba() -> rjieba.Jieba:
    return rjieba.Jieba()


def _chinese(text: str) -> _Words:
    # Without its guesses at words that the dictionary does not have: what is a name of these the model decides better.
    tagged = _jieba().tag(text, hmm=False)
    words = [word for word, _ in tagged]
    lengths = np.fromiter(map(len, words), np.int64, len(words))
    ends = np.cumsum(lengths)
    if not words:
        return _NO_WORDS
    return _Words(ends - lengths, ends, _own.words.of(words)[:, 0], _own.classes.of([kind for _, kind in tagged]))


@lru_cache(maxsize=1)
def _sudachi() -> sudachipy.Dictionary:
    return sudachipy.Dictionary(dict="small")


def _japanese(text: str) -> _Words:
    if _own.japanese is None:
        _own.japanese = _sudachi().tokenizer(mode=sudachipy.SplitMode.C)
    ends: list[int] = []
    parts: list[int] = []
    for offset in range(0, len(text), _PIECE):
        found = _own.japanese.tokenize(text[offset : offset + _PIECE])
        # What it finds follows one upon another.
        ends += [offset + word.end() for word in found]
        parts += [word.part_of_speech_id() for word in found]
    if not ends:
        return _NO_WORDS
    words = [text[start:end] for start, end in pairwise((0, *ends))]
    bounds = np.array((0, *ends))
    return _Words(bounds[:-1], bounds[1:], _own.words.of(words)[:, 0], _own.parts.of(parts))


def _classes_of_part(number: int) -> tuple[int, ...]:
    """The classes of a part of speech of Sudachi's."""
    part, finer, kind, finest, *_ = _sudachi().pos_of(number)
    if finer == _NAME:
        return _classes(f"{finer}/{kind}/{finest}")
    return _classes(f"{part}/{finer}{kind}" if part == _AFFIX else f"{part}/{finer}")


def _korean(text: str) -> _Words:
    return listed().cut(text)


_CUT: Final[Mapping[str, Callable[[str], _Words]]] = {"zh": _chinese, "ja": _japanese, "ko": _korean}
# Languages that have a dictionary.
SEGMENTED: Final = frozenset(_CUT)


_own: Final = _Own()


class Listed:
    """A list of words by their hashes. Another word's hash meets one of them once in six thousand."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
        keys = np.cumsum(np.asarray(arrays["k"], np.uint32), dtype=np.uint32)
        self._table = Table.of(_wide(keys), np.asarray(arrays["v"], np.uint32))
        kinds = bytes(np.asarray(arrays["kinds"], np.uint8)).decode().split("\n")
        self._classes = np.array([_classes(kind) for kind in kinds], np.uint32)

    def cut(self, text: str) -> _Words:
        """The longest words of the list in a text, from the left."""
        codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
        lengths = np.zeros(len(codes), np.int64)
        numbers = np.zeros(len(codes), np.uint32)
        for size, places, hashes in windows(codes, _rests(codes), _SHORTEST, LONGEST):
            at, found = self._table.find(_wide(hashes))
            lengths[places[at]] = size
            numbers[places[at]] = found
        there = np.flatnonzero(lengths)
        chosen: list[int] = []
        end = 0
        for place, start, length in zip(range(len(there)), there.tolist(), lengths[there].tolist(), strict=True):
            if start >= end:
                end = start + length
                chosen.append(place)
        if not chosen:
            return _NO_WORDS
        starts = there[chosen]
        ends = starts + lengths[starts]
        bounds = zip(starts.tolist(), ends.tolist(), strict=True)
        words = _own.words.of([text[start:end] for start, end in bounds])[:, 0]
        return _Words(starts, ends, words, self._classes[numbers[starts]])


def _rests(codes: Hashes) -> Places:
    """How many letters there are from each place to the next that is no Hangul syllable."""
    gaps = np.flatnonzero((codes < _FIRST_SYLLABLE) | (codes > _LAST_SYLLABLE))
    ends = np.concatenate((gaps, [len(codes)]))
    places = np.arange(len(codes))
    return ends[np.searchsorted(gaps, places)] - places


def _wide(hashes: Hashes) -> Numbers:
    """Hashes as the keys that tables have, of which the first bits tell most apart."""
    return hashes.astype(np.uint64) << np.uint64(32)


@lru_cache(maxsize=1)
def listed() -> Listed:
    """The words in `words-ko.npz`."""
    with (files("pipeline.entities.tagger") / "words-ko.npz").open("rb") as stream, np.load(stream) as arrays:
        return Listed(arrays)
