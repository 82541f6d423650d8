"""A person of whom only the name is known is found in other scripts and cases."""

import pytest

from pipeline.entities import Recogniser
from pipeline.entities.spellings import spellings
from schemas.alert import Figure
from schemas.codec import now
from schemas.item import Item


def _ids(recogniser: Recogniser, text: str, language: str) -> list[str]:
    item = Item(id="i", source="s", fetched_at=now(), body=text)
    return [mention.entity_id for mention in recogniser.mentions(item, language)]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ru", "Встреча с Робертом Таниловым прошла вчера."),
        ("uk", "Розмова з Робертом Таниловим."),
        ("sr", "Састанак са Робертом Таниловом."),
        ("el", "Ο Ρόμπερτ Τανίλοβ μίλησε."),
        ("ka", "რობერტ ტანილოვმა თქვა."),
        ("hy", "Ռոբերտ Տանիլովի խոսքը"),
        ("ar", "قال روبرت تانيلوف إن"),
        ("he", "רוברט טנילוב אמר"),
        ("hi", "व्लादिमीर पुतिन ने कहा"),
        ("fi", "Hän tapasi Robert Tanilovin."),
        ("und", "Tanilov Robert"),
    ],
)
def test_name_alone_is_found_in_other_scripts(language: str, text: str) -> None:
    """Mentions in other scripts carry the figure's id, in the cases of the language."""
    recogniser = Recogniser(())
    name = "Vladimir Putin" if language == "hi" else "Robert Tanilov"
    recogniser.track(Figure(id="x", name=name))
    assert _ids(recogniser, text, language) == ["x"]


def test_a_surname_alone_counts_only_after_the_full_name() -> None:
    """`Танилова` alone is anybody; after the full name it is he."""
    recogniser = Recogniser(())
    recogniser.track(Figure(id="x", name="Роберт Танилов"))
    assert "x" not in _ids(recogniser, "Танилова видели вчера.", "ru")
    assert _ids(recogniser, "Роберт Танилов приехал. Танилова видели вчера.", "ru") == ["x", "x"]


def test_what_is_not_made() -> None:
    """Nothing of one word, of Korean, Chinese or Japanese; middle names go, aliases that are given replace all this."""
    assert spellings("Madonna") == ()
    assert all(word.isalpha() for spelling in spellings("최선희 씨") for word in spelling.split())
    assert "Vladimir Vladimirovich Putin" in spellings("Putin, Vladimir Vladimirovich")
    assert "Robert Tanilov" in spellings("Robert J. Tanilov")
    recogniser = Recogniser(())
    recogniser.track(Figure(id="x", name="Robert Tanilov", aliases=("Bob Tanilov",)))
    assert "x" not in _ids(recogniser, "Роберт Танилов", "ru")
