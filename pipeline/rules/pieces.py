"""Rules by the words that an item must have for them, looked up a piece of text at a time.

News repeats its words, so what each piece between spaces leads to is worked out once and remembered: an item costs a
look-up for each of its pieces, and no word of it is folded or stemmed again.
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
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
        self._known: dict[str, _Known[T]] = {}

    def __bool__(self) -> bool:
        return bool(self._words or self._stems)

    def of(self, pieces: AbstractSet[str], language: str) -> list[T]:
        """What the pieces of an item's texts in a language lead to; what several lead to comes several times."""
        code = language.partition("-")[0].lower()
        known = self._known.get(code)
        if known is None or len(known) > REMEMBERED:
            if sum(map(len, self._known.values())) > REMEMBERED:
                self._known.clear()
            known = self._known[code] = _Known()
        found: list[T] = []
        # Nearly all pieces lead nowhere: taking those away at once costs a quarter of looking each of them up.
        left = pieces - known.barren
        new = left - known.leading.keys()
        if new and self._lead_nowhere(new, code):
            known.barren.update(piece for piece in new if len(piece) <= PIECE_LIMIT)
            left -= new
        for piece in left:
            lot = known.leading.get(piece)
            if lot is None:
                lot = self.of_piece(piece, code)
                known.learn(piece, lot)
            found += lot
        return found

    def _lead_nowhere(self, pieces: AbstractSet[str], language: str) -> bool:
        """Whether none of these leads anywhere, as most lots of new pieces do: read at once, that costs a third."""
        text = " ".join(pieces)
        words, stems = split_piece(text, language)
        return (
            self._words.keys().isdisjoint(words)
            and self._stems.keys().isdisjoint(stems)
            and not has_unspaced("".join(words))
        )

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


class _Known(Generic[T]):
    """What is remembered of a language's pieces."""

    def __init__(self) -> None:
        self.barren: set[str] = set()
        self.leading: dict[str, tuple[T, ...]] = {}

    def __len__(self) -> int:
        return len(self.barren) + len(self.leading)

    def learn(self, piece: str, lot: tuple[T, ...]) -> None:
        """Remember what a piece leads to; long ones do not come again."""
        if len(piece) > PIECE_LIMIT:
            return
        if lot:
            self.leading[piece] = lot
        else:
            self.barren.add(piece)
