"""Models of one's own that find names, in the place of Kabar's for the languages that they are named for.

`KABAR_TAGGERS=de=spacy:de_core_news_sm,fi=spacy:/models/fi` (extra `spacy`). A model is read from this machine: an
installed package or a folder. Nothing is fetched.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any, Final

import msgspec

from pipeline.entities.tagger.tag import REACHED, Tagged
from schemas.document import EntityType
from schemas.settings import SettingsError

# What models call the three kinds; places that people made, and states, are places. All else is left out.
_KINDS: Final[Mapping[str, EntityType]] = {
    "PER": "PER", "PERSON": "PER", "PS": "PER", "persName": "PER",
    "ORG": "ORG", "orgName": "ORG", "OG": "ORG",
    "LOC": "LOC", "GPE": "LOC", "FAC": "LOC", "placeName": "LOC", "geogName": "LOC", "LC": "LOC",
}  # fmt: skip
# spaCy's models say no confidence. This one lets a name alert, and ranks it under a name that lists know.
_SPACY_CONFIDENCE: Final = 0.8
# What tells nothing of names costs time.
_NOT_NEEDED: Final = ("lemmatizer", "trainable_lemmatizer", "morphologizer", "senter")

Find = Callable[[str], list[Tagged]]


class Choice(msgspec.Struct, frozen=True):
    """A model for a language (BCP 47, without region): its kind (`spacy`) and its name or folder."""

    language: str
    kind: str
    place: str


def choice_of(text: str) -> Choice:
    """A choice as the setting writes it, `de=spacy:de_core_news_sm`.

    Raises:
        SettingsError: it is written otherwise, or there is no such kind.
    """
    language, equals, model = text.partition("=")
    kind, colon, place = model.partition(":")
    if not (equals and colon and language.strip() and place.strip()) or kind.strip() not in _LOADERS:
        raise SettingsError(f"KABAR_TAGGERS: {text!r} is not LANGUAGE=KIND:NAME with a kind of {', '.join(_LOADERS)}")
    return Choice(language.strip().lower(), kind.strip(), place.strip())


class OwnModels:
    """The models chosen, by language. Any number of threads may ask; one at a time is answered."""

    def __init__(self, choices: Iterable[str]) -> None:
        """Read the models of these choices, as the setting writes them.

        Raises:
            SettingsError: one is malformed or cannot be read; it says which and what to do.
        """
        self._lock = threading.Lock()
        self._models: dict[str, Find] = {}
        for choice in map(choice_of, choices):
            self._models[choice.language] = _LOADERS[choice.kind](choice.place)

    def have(self, language: str) -> bool:
        """Whether there is one for this language."""
        return language.split("-", maxsplit=1)[0] in self._models

    def tag_all(self, texts: Sequence[str], language: str) -> list[list[Tagged]]:
        """The names in each of some texts, in order, none overlapping another."""
        find = self._models[language.split("-", maxsplit=1)[0]]
        with self._lock:
            return [find(text[:REACHED]) for text in texts]


def _spacy(place: str) -> Find:
    try:
        library: Any = import_module("spacy")
    except ImportError as error:
        raise SettingsError(f"KABAR_TAGGERS names {place}, but spaCy is missing: pip install 'kabar[spacy]'") from error
    try:
        model = library.load(place, exclude=list(_NOT_NEEDED))
    except (OSError, ValueError) as error:
        message = f"KABAR_TAGGERS: spaCy cannot read {place}; name an installed model or its folder ({error})"
        raise SettingsError(message) from error

    def find(text: str) -> list[Tagged]:
        found = ((entity, _KINDS.get(entity.label_)) for entity in model(text).ents)
        return [Tagged(e.start_char, e.end_char, kind, _SPACY_CONFIDENCE) for e, kind in found if kind is not None]

    return find


_LOADERS: Final[Mapping[str, Callable[[str], Find]]] = {"spacy": _spacy}
NO_MODELS: Final = OwnModels(())
