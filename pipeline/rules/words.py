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


class Words:
    """A text's folded form, its words in order, and the stems of each in the text's language."""

    __slots__ = ("stems", "text", "words")

    def __init__(self, text: str, language: str) -> None:
        self.words, self.stems = _split(text, language)
        self.text = " ".join(self.words)

    def has(self, wanted: "Words") -> bool:
        """Whether these words stand here one after the other, each in any form of the language."""
        return self.find(wanted) is not None

    def find(self, wanted: "Words") -> int | None:
        """The place among the words of the first that `has` means, or None; 0 in scripts without spaces."""
        if not wanted.words:
            return None
        if _UNSPACED.search(wanted.text):
            return 0 if wanted.text.replace(" ", "") in self.text.replace(" ", "") else None
        for place in range(len(self.words) - len(wanted.words) + 1):
            if all(
                self.stems[place + n] == wanted.stems[n] or self.words[place + n] == word
                for n, word in enumerate(wanted.words)
            ):
                return place
        return None

    def keys(self) -> set[str]:
        """Words, stems, and the pairs of neighbours in scripts without spaces: what `needs` says is among them."""
        found = {*self.words, *self.stems}
        for run in _UNSPACED.findall(self.text):
            found.update(run)
            found.update(run[i : i + 2] for i in range(len(run) - 1))
        return found


def needs(text: str) -> frozenset[str] | None:
    """Keys of which at least one is in `Words.keys` of any text that has these words; None where none is known."""
    words, _ = _split(text, "und")
    if not words:
        return None
    run = _UNSPACED.search("".join(words))
    if run:
        return frozenset({run.group()[:2]})
    number = max(range(len(words)), key=lambda place: len(words[place]))
    return frozenset({words[number], *(_split(text, language)[1][number] for language in STEMMERS)})


def _split(text: str, language: str) -> tuple[list[str], list[str]]:
    """The folded words of a text and their stems, folded too; a word is its own stem where no stemmer is known.

    Stemmers know words as they are spelled: the endings of `государственный` are not those of its folded form.
    """
    stemmer = _stemmer(language)
    normal = normalise(text)
    if stemmer is None:
        words = normal.text.replace(".", " ").split()
        return words, words
    found = list(_WORD.finditer(normal.text))
    words = [match.group() for match in found]
    if text.isascii():
        return words, stemmer.stemWords(words)
    spelled = [text[slice(*normal.span(match.start(), match.end()))].casefold() for match in found]
    return words, [fold(stem) for stem in stemmer.stemWords(spelled)]


@lru_cache(maxsize=256)
def _stemmer(language: str) -> "Stemmer.Stemmer | None":
    name = STEMMERS.get(language.partition("-")[0].lower())
    return Stemmer.Stemmer(name, 20_000) if name else None


def span_of(text: str, place: int, wanted: Words) -> tuple[int, int]:
    """The span in the text as stored of what `find` found at a place."""
    normal = normalise(text)
    if _UNSPACED.search(wanted.text):
        start = max(0, normal.text.find(wanted.text))
        return normal.span(start, start + max(1, len(wanted.text)))
    found = list(_WORD.finditer(normal.text))[place : place + len(wanted.words)]
    return normal.span(found[0].start(), found[-1].end())
