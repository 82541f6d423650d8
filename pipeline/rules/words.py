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

    __slots__ = ("_stem_of", "_stems", "text", "words")

    def __init__(self, text: str, language: str) -> None:
        self.words, self._stem_of = _split(text, language)
        self._stems: list[str] | None = None
        self.text = " ".join(self.words)

    @property
    def stems(self) -> list[str]:
        """The stem of each word, in order."""
        if self._stems is None:
            self._stems = [self._stem_of.get(word, word) for word in self.words]
        return self._stems

    def stem_set(self) -> set[str]:
        """Every stem."""
        return set(self._stem_of.values())

    def has(self, wanted: "Words") -> bool:
        """Whether these words stand here one after the other, each in any form of the language."""
        return self.find(wanted) is not None

    def find(self, wanted: "Words") -> int | None:
        """The place among the words of the first that `has` means, or None; 0 in scripts without spaces."""
        if not wanted.words:
            return None
        if _UNSPACED.search(wanted.text):
            return 0 if wanted.text.replace(" ", "") in self.text.replace(" ", "") else None
        pairs = tuple(zip(wanted.words, wanted.stems, strict=True))
        for place in range(len(self.words) - len(pairs) + 1):
            for at, (word, stem) in enumerate(pairs, place):
                if self.stems[at] != stem and self.words[at] != word:
                    break
            else:
                return place
        return None

    def spelled(self) -> set[str]:
        """The words, and the single letters and pairs of neighbours in scripts without spaces, as `needs` has them."""
        found = set(self.words)
        if _UNSPACED.search(self.text):
            for run in _UNSPACED.findall(self.text):
                found.update(run)
                found.update(run[i : i + 2] for i in range(len(run) - 1))
        return found


def needs(text: str) -> tuple[str, dict[str, str]] | None:
    """What any text that has these words has of one of them: the word itself, or in a language its stem there.

    None where nothing can be said. In scripts without spaces the word is a pair of neighbours, and there are no stems.
    """
    words, _ = _split(text, "und")
    if not words:
        return None
    run = _UNSPACED.search("".join(words))
    if run:
        return run.group()[:2], {}
    number = max(range(len(words)), key=lambda place: len(words[place]))
    return words[number], {language: Words(text, language).stems[number] for language in STEMMERS}


def _split(text: str, language: str) -> tuple[list[str], dict[str, str]]:
    """The folded words of a text, and the stem of each different one, folded too; none where no stemmer is known.

    Stemmers know words as they are spelled: the endings of `государственный` are not those of its folded form.
    """
    stemmer = _stemmer(language)
    normal = normalise(text)
    if stemmer is None:
        return normal.text.replace(".", " ").split(), {}
    if text.isascii():
        words = normal.text.replace(".", " ").split()
        unique = list(set(words))
        return words, dict(zip(unique, stemmer.stemWords(unique), strict=True))
    spans = [match.span() for match in _WORD.finditer(normal.text)]
    words = [normal.text[start:end] for start, end in spans]
    lowered = text.casefold()
    if normal.starts is None and len(lowered) == len(text):
        spelled = [lowered[start:end] for start, end in spans]
    else:
        spelled = [text[slice(*normal.span(start, end))].casefold() for start, end in spans]
    spelling = dict(zip(words, spelled, strict=True))
    stems = map(fold, stemmer.stemWords(list(spelling.values())))
    return words, dict(zip(spelling, stems, strict=True))


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
