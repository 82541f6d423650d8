"""Demonyms tell the country, in the language in which they are written."""

import pytest

from pipeline.knowledge.demonyms import country_of, demonyms
from pipeline.knowledge.places import territories


@pytest.mark.parametrize(
    ("word", "language", "country"),
    [
        ("Russian", "en", "RU"),
        ("российской", "ru", "RU"),
        ("Rus", "tr", "RU"),
        ("الروسية", "ar", "RU"),
        ("South Korean", "en", "KR"),
        ("china", "es", "CN"),
        ("China", "es", None),
        ("Russian", "id", None),
        ("table", "en", None),
    ],
)
def test_country_of(word: str, language: str, country: str | None) -> None:
    """A demonym tells its country in its language and nothing in another; letter case counts."""
    assert country_of(word, language) == country


def test_every_demonym_is_of_a_country() -> None:
    """The table can be read, has 500 words at least, and names countries that exist."""
    assert len(demonyms()) >= 500
    assert set(demonyms().values()) <= territories()[0].keys()
