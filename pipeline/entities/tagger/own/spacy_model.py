"""spaCy's models: `de=spacy:de_core_news_sm` (extra `spacy`)."""

from importlib import import_module
from typing import Any, Final

from pipeline.entities.tagger.own.find import Find, kind_of
from pipeline.entities.tagger.tag import Tagged
from schemas.settings import SettingsError

# spaCy's models say no confidence. This one lets a name alert, and ranks it under a name that lists know.
_CONFIDENCE: Final = 0.8
# What tells nothing of names costs time.
_NOT_NEEDED: Final = ("lemmatizer", "trainable_lemmatizer", "morphologizer", "senter")


def load(place: str) -> Find:
    """The model that is installed under this name or stands in this folder.

    Raises:
        SettingsError: spaCy is missing or cannot read it.
    """
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
        found = ((entity, kind_of(entity.label_)) for entity in model(text).ents)
        return [Tagged(e.start_char, e.end_char, kind, _CONFIDENCE) for e, kind in found if kind is not None]

    return find
