"""Words and stems of a text, so that a rule's words find the forms that the index would find.

The stemmers are Snowball's (https://snowballstem.org), as most analyzers of the index are. Scripts without spaces
between words have no stems; what stands in them is looked for as it is written.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import Stemmer

from pipeline.entities.boundaries import UNSPACED
from pipeline.entities.normalise import normalise
from pipeline.rules.facts import fold

STEMMERS: Final[Mapping[str, str]] = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian",
    "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "ms": "indonesian", "nb": "norwegian",
    "ne": "nepali", "nl": "dutch", "nn": "norwegian", "no": "norwegian", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
_UNSPACED: Final = re.compile(f"[{UNSPACED}]+")
_WORD: Final = re.compile(r"[^ .]+")
# Longer pieces do not come again; of each language so many are remembered, about 10 MB.
PIECE_LIMIT: Final = 40
REMEMBERED: Final = 30_000
Split = tuple[tuple[str, ...], tuple[str, ...]]


class Words:
    """A text's folded words in order, and the stem of each in the text's language."""

    __slots__ = ("_joined", "_stem_set", "_unspaced", "_word_set", "stems", "words")

    def __init__(self, text: str, language: str) -> None:
        known = _pieces_of(language)
        found = [known[piece] for piece in text.split()]
        self.words = [word for words, _ in found for word in words]
        self.stems = [stem for _, stems in found for stem in stems]
        self._word_set: frozenset[str] | None = None
        self._stem_set: frozenset[str] | None = None
        self._unspaced: bool | None = None
        self._joined: str | None = None

    @property
    def joined(self) -> str:
        """The words without anything between them."""
        if self._joined is None:
            self._joined = "".join(self.words)
        return self._joined

    @property
    def unspaced(self) -> bool:
        """Whether some of it is in a script without spaces between words."""
        if self._unspaced is None:
            self._unspaced = has_unspaced(self.joined)
        return self._unspaced

    def has(self, wanted: "Words") -> bool:
        """Whether these words stand here one after the other, each in any form of the language."""
        return self.find(wanted) is not None

    def find(self, wanted: "Words") -> int | None:
        """The place among the words of the first that `has` means, or None; 0 in scripts without spaces."""
        if not wanted.words:
            return None
        if wanted.unspaced:
            return 0 if wanted.joined in self.joined else None
        if not self._may_have(wanted):
            return None
        pairs = tuple(zip(wanted.words, wanted.stems, strict=True))
        for place in range(len(self.words) - len(pairs) + 1):
            for at, (word, stem) in enumerate(pairs, place):
                if self.stems[at] != stem and self.words[at] != word:
                    break
            else:
                return place
        return None

    def _may_have(self, wanted: "Words") -> bool:
        """Whether all of the words are here, in whatever order: most texts lack one, and need no walk."""
        if self._word_set is None or self._stem_set is None:
            self._word_set, self._stem_set = frozenset(self.words), frozenset(self.stems)
        words, stems = self._word_set, self._stem_set
        return all(stem in stems or word in words for word, stem in zip(wanted.words, wanted.stems, strict=True))


def needs(text: str) -> tuple[str, dict[str, str]] | None:
    """What any text that has these words has of one of them: the word itself, or in a language its stem there.

    None where nothing can be said. In scripts without spaces the word is a pair of neighbours, and there are no stems.
    """
    pieces = [(piece, split_piece(piece, "und")[0]) for piece in text.split()]
    words = [(word, piece, place) for piece, words in pieces for place, word in enumerate(words)]
    if not words:
        return None
    run = _UNSPACED.search("".join(word for word, _, _ in words))
    if run:
        return run.group()[:2], {}
    longest, piece, place = max(words, key=lambda found: len(found[0]))
    return longest, {language: split_piece(piece, language)[1][place] for language in STEMMERS}


def has_unspaced(text: str) -> bool:
    """Whether a folded text has letters of scripts without spaces between words."""
    return not text.isascii() and _UNSPACED.search(text) is not None


def runs(text: str) -> list[str]:
    """The unbroken runs of letters of such scripts in a folded text."""
    return _UNSPACED.findall(text)


def split_piece(piece: str, language: str) -> Split:
    """The folded words of a text without spaces, and the stem of each, folded too; the word where none is known.

    Of several with spaces between them, those of each, in their order. Stemmers know words as they are spelled: the
    endings of `государственный` are not those of its folded form.
    """
    stemmer = _stemmer(language)
    normal = normalise(piece)
    if stemmer is None or piece.isascii():
        words = tuple(normal.text.replace(".", " ").split())
        return words, words if stemmer is None else tuple(map(_folded, stemmer.stemWords(words)))
    spans = [match.span() for match in _WORD.finditer(normal.text)]
    words = tuple(normal.text[start:end] for start, end in spans)
    spelled = [piece[slice(*normal.span(start, end))].casefold() for start, end in spans]
    return words, tuple(map(_folded, stemmer.stemWords(spelled)))


def _folded(stem: str) -> str:
    return stem if stem.isascii() else fold(stem)


class _Pieces(dict[str, Split]):
    """What each piece of text between spaces is in a language, worked out once."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language

    def __missing__(self, piece: str) -> Split:
        found = split_piece(piece, self._language)
        if len(piece) <= PIECE_LIMIT:
            self[piece] = found
        return found


_known: Final[dict[str, _Pieces]] = {}


def _pieces_of(language: str) -> _Pieces:
    code = language.partition("-")[0].lower()
    if code not in STEMMERS:
        code = "und"
    known = _known.get(code)
    if known is None or len(known) > REMEMBERED:
        known = _known[code] = _Pieces(code)
    return known


@lru_cache(maxsize=256)
def _stemmer(language: str) -> "Stemmer.Stemmer | None":
    name = STEMMERS.get(language.partition("-")[0].lower())
    return Stemmer.Stemmer(name, 20_000) if name else None


def span_of(text: str, place: int, wanted: Words) -> tuple[int, int]:
    """The span in the text as stored of what `find` found at a place."""
    normal = normalise(text)
    if wanted.unspaced:
        # The words may be broken up by spaces and points here, which are no part of what was looked for.
        places = [number for number, character in enumerate(normal.text) if character not in " ."]
        start = "".join(normal.text[number] for number in places).find(wanted.joined)
        if start < 0:
            return 0, 0
        return normal.span(places[start], places[start + len(wanted.joined) - 1] + 1)
    found = list(_WORD.finditer(normal.text))[place : place + len(wanted.words)]
    return normal.span(found[0].start(), found[-1].end())
