"""Rules by the words that an item must have for them, looked up a piece of text at a time.

News repeats its words, so what each piece between spaces leads to is worked out once and remembered: an item costs a
look-up for each of its pieces, and no word of it is folded or stemmed again.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Generic, TypeVar

from pipeline.rules.words import PIECE_LIMIT, has_unspaced, runs, split_piece

T = TypeVar("T")
# Pieces remembered, over all languages: about 25 MB, then all of them begin anew.
REMEMBERED: Final = 200_000


class ByWord(Generic[T]):
    """What is found by a word or by a stem, the keys as `words.needs` gives them.

    `is_stem_of(one, stem, language)` says whether what a stem leads to has it in that language.
    """

    def __init__(
        self,
        words: Mapping[str, tuple[T, ...]],
        stems: Mapping[str, tuple[T, ...]],
        is_stem_of: Callable[[T, str, str], bool],
    ) -> None:
        self._words = words
        self._stems = stems
        self._is_stem_of = is_stem_of
        self._pieces: dict[str, dict[str, tuple[T, ...]]] = {}

    def __bool__(self) -> bool:
        return bool(self._words or self._stems)

    def of(self, pieces: Iterable[str], language: str) -> list[T]:
        """What the pieces of an item's texts in a language lead to; what several lead to comes several times."""
        code = language.partition("-")[0].lower()
        known = self._pieces.get(code)
        if known is None or len(known) > REMEMBERED:
            if sum(map(len, self._pieces.values())) > REMEMBERED:
                self._pieces.clear()
            known = self._pieces[code] = _Known(self, code)
        return [one for lot in map(known.__getitem__, pieces) if lot for one in lot]

    def of_piece(self, piece: str, language: str) -> tuple[T, ...]:
        """What one piece leads to."""
        words, stems = split_piece(piece, language)
        found: list[T] = []
        for word in words:
            if word in self._words:
                found += self._words[word]
        for stem in stems:
            if stem in self._stems:
                found += [one for one in self._stems[stem] if self._is_stem_of(one, stem, language)]
        if not piece.isascii() and has_unspaced(text := "".join(words)):
            for run in runs(text):
                keys = {*run, *(run[place : place + 2] for place in range(len(run) - 1))}
                found += [one for key in keys & self._words.keys() for one in self._words[key]]
        return tuple(found)


class _Known(dict[str, tuple[T, ...]]):
    def __init__(self, by_word: ByWord[T], language: str) -> None:
        super().__init__()
        self._by_word = by_word
        self._language = language

    def __missing__(self, piece: str) -> tuple[T, ...]:
        found = self._by_word.of_piece(piece, self._language)
        if len(piece) <= PIECE_LIMIT:
            self[piece] = found
        return found
