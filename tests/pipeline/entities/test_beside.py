"""What a text is about, first names in other spellings, and what is called after somebody: whose a name is."""

import pytest

from pipeline.entities import Recogniser
from schemas.codec import now
from schemas.item import Item
from tests.pipeline.entities.tracked import everyone, named, tracking
from tests.processor import at_most

TRACKED = (
    "Jerome Powell", "Anwar Ibrahim", "Tim Cook", "Robert Golob", "Friedrich Merz", "António Costa", "Donald Trump",
    "Devlet Bahçeli", "Narendra Modi", "Keir Starmer", "Emmanuel Macron", "Prabowo Subianto", "Vladimir Putin",
)  # fmt: skip


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    """One that tracks these."""
    return tracking(TRACKED)


@pytest.mark.parametrize(
    ("language", "text", "who"),
    [
        ("en", "Powell keeps markets guessing as the Fed meets", {"Jerome Powell"}),
        ("ms", "Anwar bentang belanjawan di Parlimen esok.", {"Anwar Ibrahim"}),
        ("en", "Powell, 34, drowned near the Fed in Washington.", set()),
        ("en", "Ann Powell spoke to the Fed in Washington; Powell runs a bakery.", set()),
        ("ms", "Anwar jaring dua gol di Ipoh.", set()),
    ],
)
def test_what_a_text_is_about_tells_whose_a_surname_is(
    recogniser: Recogniser, language: str, text: str, who: set[str]
) -> None:
    """A body or public affairs in the sentence; not beside an age, a profession, or another's first name."""
    assert named(recogniser, text, language, TRACKED) == who


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("id", "Macet panjang di Jalan Jenderal Prabowo sejak pagi."),
        ("de", "Die Merz Pharma GmbH baut ein Werk in Dessau."),
        ("en", "Pupils of the Emmanuel Macron School won the quiz."),
        ("zh", "莫迪国际机场昨晚因大雾关闭。"),
        ("th", "ถนนทรัมป์ปิดซ่อมหนึ่งสัปดาห์"),
        ("tr", "Modi Köprüsü iki gün trafiğe kapalı."),
        ("ar", "أغلقت البلدية شارع الرئيس بوتين أمس."),
    ],
)
def test_what_is_called_after_somebody_is_no_mention(recogniser: Recogniser, language: str, text: str) -> None:
    """Streets with a rank between, companies, schools, airports, in scripts without spaces too."""
    assert named(recogniser, text, language, TRACKED) == set()


@pytest.mark.parametrize(
    ("language", "text", "who"),
    [
        ("sl", "Golob je vzletel z balkona v Kopru.", set()),
        ("sl", "Včeraj je Golob predstavil proračun v parlamentu.", {"Robert Golob"}),
        ("tr", "Bahçeli evin önünde bir köpek bulundu.", set()),
        ("tr", "Bahçeli'den açıklama geldi.", {"Devlet Bahçeli"}),
        ("ru", "Антонио Кошта приехал в Киев.", {"António Costa"}),
    ],
)
def test_words_and_first_names(recogniser: Recogniser, language: str, text: str, who: set[str]) -> None:
    """What is a word too needs more than the head of a sentence; a first name may be written by ear."""
    assert named(recogniser, text, language, TRACKED) == who


@pytest.mark.parametrize(
    ("language", "unit"),
    [
        ("en", "Powell Fed rates Trump "),
        ("id", "Jalan Jenderal Anwar (54) "),
        ("hu", "Orbán Magyar "),
        ("zh", "特朗普称"),
    ],
)
def test_names_without_end_cost_linear_time(language: str, unit: str) -> None:
    """Forty kilobytes of nothing else, everyone known tracked."""
    item = Item(id="1", source="s", fetched_at=now(), body=unit * (40_000 // len(unit)))
    tracked = everyone()
    with at_most(5):
        tracked.mentions(item, language)
