"""Models of one's own that find names, in the place of Kabar's for the languages that they are named for.

`KABAR_TAGGERS=de=spacy:de_core_news_sm,fi=hf:/models/fi,cs=gliner:/models/gliner`: one module a kind. A model is read
from this machine: a folder, or for spaCy an installed package. Nothing is fetched.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from pipeline.entities.tagger.own import gliner_model, hf_model, spacy_model
from pipeline.entities.tagger.own.find import Find
from pipeline.entities.tagger.tag import REACHED, Tagged
from schemas.settings import SettingsError

_LOADERS: Final[Mapping[str, Callable[[str], Find]]] = {
    "spacy": spacy_model.load,
    "hf": hf_model.load,
    "gliner": gliner_model.load,
}


class Choice(msgspec.Struct, frozen=True):
    """A model for a language (BCP 47, without region): its kind (`spacy`, `hf`, `gliner`) and its name or folder."""

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
        """Read the models of these choices, as the setting writes them. One named for several languages is read once.

        Raises:
            SettingsError: one is malformed or cannot be read; it says which and what to do.
        """
        self._lock = threading.Lock()
        self._models: dict[str, Find] = {}
        read: dict[tuple[str, str], Find] = {}
        for choice in map(choice_of, choices):
            model = (choice.kind, choice.place)
            if model not in read:
                read[model] = _LOADERS[choice.kind](choice.place)
            self._models[choice.language] = read[model]

    def have(self, language: str) -> bool:
        """Whether there is one for this language."""
        return language.split("-", maxsplit=1)[0] in self._models

    def tag_all(self, texts: Sequence[str], language: str) -> list[list[Tagged]]:
        """The names in each of some texts, in order, none overlapping another."""
        find = self._models[language.split("-", maxsplit=1)[0]]
        with self._lock:
            return [find(text[:REACHED]) for text in texts]


NO_MODELS: Final = OwnModels(())
