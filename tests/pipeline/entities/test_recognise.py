"""Whom an item names: full names, surnames and short forms, in many scripts, with offsets that hold."""

import threading
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.entities import MENTION_LIMIT, Recogniser
from pipeline.knowledge import load
from schemas.alert import Figure
from schemas.codec import now
from schemas.document import Mention
from schemas.item import Item
from tests.benchmarks.aliases import measure
from tests.processor import at_most

ARTICLE = Path(__file__).parents[4] / "shared/samples/indonesian-article.txt"
NOW = datetime(2024, 1, 21, tzinfo=UTC)


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    """One recogniser for tests that track nobody."""
    return Recogniser(load().entities)


def _item(body: str, title: str = "", summary: str = "") -> Item:
    return Item(id="i", source="s", fetched_at=NOW, title=title, summary=summary, body=body)


def _names(mentions: tuple[Mention, ...]) -> list[tuple[str, str]]:
    return [(mention.text, mention.name) for mention in mentions]


@pytest.mark.skipif(not ARTICLE.exists(), reason="../shared/samples is not here")
def test_sample_article(recogniser: Recogniser) -> None:
    """Every person, place and organisation of an Indonesian article is found, under its English name."""
    found = recogniser.mentions(_item(ARTICLE.read_text("utf-8")), "id")
    names = {kind: {mention.name for mention in found if mention.type == kind} for kind in ("PER", "LOC", "ORG")}
    assert names["PER"] == {
        "Vladimir Putin", "Kim Jong Un", "Choe Son Hui", "Dmitry Peskov", "Boris Yeltsin", "Kim Jong Il", "Jung Pak",
    }  # fmt: skip
    assert names["LOC"] >= {
        "Pyongyang", "Russia", "North Korea", "Ukraine", "United States", "Seoul", "South Korea", "Japan", "China",
        "Moscow", "Washington", "Korean Peninsula", "Northeast Asia",
    }  # fmt: skip
    assert names["ORG"] == {"KCNA", "Kremlin", "UN Security Council"}
    assert ("Choe", "Choe Son Hui") in _names(found)


IN_SCRIPTS = [
    ("de", "Präsident Wladimir Putin sprach mit Lawrow.", {"Vladimir Putin", "Sergey Lavrov"}),
    ("tr", "Erdoğan, Putin'in davetiyle Moskova'ya gitti.", {"Recep Tayyip Erdoğan", "Vladimir Putin", "Moscow"}),
    ("pl", "Rozmawiał z Putinem w Moskwie.", {"Vladimir Putin", "Moscow"}),
    ("ru", "Встреча с Путиным. Владимиру Путину сообщили в Кремле.", {"Vladimir Putin", "Kremlin"}),
    ("ar", "زار فلاديمير بوتين بكين، وبوتين قال للأمم المتحدة", {"Vladimir Putin", "Beijing", "United Nations"}),
    ("he", "נתניהו נפגש בירושלים עם טראמפ", {"Benjamin Netanyahu", "Jerusalem", "Donald Trump"}),
    ("ja", "習近平国家主席はプーチン大統領と北京で会談した", {"Xi Jinping", "Vladimir Putin", "Beijing"}),
    ("zh-Hans", "普京总统访问NATO总部。习近平抵达平壤。", {"Vladimir Putin", "NATO", "Xi Jinping", "Pyongyang"}),
    ("ko", "푸틴 대통령이 북한을 방문했다. 김정은은 환영했다.", {"Vladimir Putin", "North Korea", "Kim Jong Un"}),
    ("hi", "नरेन्द्र मोदी ने रूस के राष्ट्रपति पुतिन से बात की", {"Narendra Modi", "Russia", "Vladimir Putin"}),
    ("fr", "Le président de l'Ukraine, Emmanuel Macron, à l'ONU.", {"Ukraine", "Emmanuel Macron", "United Nations"}),
    ("vi", "Tập Cận Bình gặp ông Putin ở Nga", {"Xi Jinping", "Vladimir Putin", "Russia"}),
    ("id", "Putinlah yang datang ke Moskow", {"Vladimir Putin", "Moscow"}),
    ("en", "PUTIN TO VISIT NORTH KOREA, SAYS KREMLIN", {"Vladimir Putin", "North Korea", "Kremlin"}),
]


@pytest.mark.parametrize(("language", "text", "names"), IN_SCRIPTS, ids=[row[0] for row in IN_SCRIPTS])
def test_scripts_and_cases(recogniser: Recogniser, language: str, text: str, names: set[str]) -> None:
    """Names are found in each script with its boundaries, prefixes, particles, clitics and case forms."""
    assert {mention.name for mention in recogniser.mentions(_item(text), language)} == names


@pytest.mark.parametrize(
    "text",
    [
        "Putinism and Trumpet players at Kima",
        "us and who may be nice in bath, a woman read",
        "turkey and china on the table, a reading man",
        "Jack Londoner",
        "Dia berbahasa Korea",
    ],
)
def test_not_names(recogniser: Recogniser, text: str) -> None:
    """Parts of words, words in small letters and languages are no known names; whoever is called so is another."""
    found = recogniser.mentions(_item(text), "id")
    assert [mention.entity_id for mention in found if not mention.entity_id.startswith("local:")] == []


def test_short_form_joins_its_full_form(recogniser: Recogniser) -> None:
    """A later surname is the person named in full, by the family name that comes first in Korean and Chinese names."""
    found = recogniser.mentions(_item("Choe Son Hui met Wang Yi. Choe spoke, then Wang."), "en")
    assert _names(found)[2:] == [("Choe", "Choe Son Hui"), ("Wang", "Wang Yi")]
    assert found[2].confidence < found[0].confidence


def test_ambiguous_short_form_joins_nobody(recogniser: Recogniser) -> None:
    """`Kim` is nobody who is known where the item names two, known or not."""
    for text in ("Kim Jong Un met Kim Yo Jong. Kim spoke.", "Kim Jong Un met Kim Hyun-woo. Kim spoke."):
        alone = [mention.entity_id for mention in recogniser.mentions(_item(text), "en") if mention.text == "Kim"]
        assert all(entity_id == "local:per:kim" for entity_id in alone)
    joined = recogniser.mentions(_item("Kim Jong Un met troops. Kim spoke."), "en")
    assert ("Kim", "Kim Jong Un") in _names(joined)


def test_namesake_with_first_name(recogniser: Recogniser) -> None:
    """A surname right after another first name is not the prominent person, but somebody whom no list knows."""
    (found,) = recogniser.mentions(_item("We know that Lyudmila Putin spoke."), "en")
    assert (found.text, found.entity_id, found.why) == ("Lyudmila Putin", "local:per:lyudmila-putin", "tagger")


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("hi", "ललित मोदी ने लंदन में बयान दिया।", False),
        ("hi", "प्रधानमंत्री मोदी ने लंदन में बयान दिया।", True),
        ("en", "Ivana Trump wrote a book.", False),
        ("en", "Later Trump wrote a letter.", True),
        ("id", "Megawati Hangestri mencetak 20 poin dalam laga voli.", False),
        ("id", "Menurut Megawati, harga beras naik.", True),
        ("id", "Puisi Kahlil Gibran dibacakan di panggung.", False),
    ],
)
def test_another_first_name_is_a_namesake(recogniser: Recogniser, language: str, text: str, *, expected: bool) -> None:
    """Known first names tell a namesake at the head of a sentence and in scripts without capitals; titles do not."""
    item = Item(id="1", source="s", fetched_at=now(), body=text)
    found = [mention for mention in recogniser.mentions(item, language) if "without a first name" in mention.why]
    assert bool(found) == expected


def test_short_words_are_no_short_forms(recogniser: Recogniser) -> None:
    """`He` after He Lifeng is the pronoun."""
    assert _names(recogniser.mentions(_item("He Lifeng came. He spoke."), "en")) == [("He Lifeng", "He Lifeng")]


def test_fields_in_order(recogniser: Recogniser) -> None:
    """Mentions come by field, then by place; a surname in the title joins the full name in the body."""
    found = recogniser.mentions(_item("Vladimir Putin in Moscow.", title="Putin speaks", summary="In Seoul"), "en")
    assert [mention.field for mention in found] == ["title", "summary", "body", "body"]
    assert found[0].entity_id == found[2].entity_id


def test_tracking_is_immediate() -> None:
    """A figure is found from `track` until `untrack`, also by its short form."""
    recogniser = Recogniser((), tagger=False)
    item = _item("Budi Santoso came. Santoso left.")
    assert recogniser.mentions(item, "en") == ()
    recogniser.track(Figure(id="b", name="Budi Santoso", aliases=("Буди Сантосо",)))
    assert [mention.entity_id for mention in recogniser.mentions(item, "en")] == ["b", "b"]
    assert len(recogniser.mentions(_item("Встреча с Буди Сантосо"), "ru")) == 1
    recogniser.track(Figure(id="b", name="Ani Wijaya"))
    assert recogniser.mentions(item, "en") == ()
    recogniser.untrack("b")
    assert recogniser.mentions(_item("Ani Wijaya"), "en") == ()


def test_a_figure_lends_its_id_to_the_known_entity() -> None:
    """All names of a known entity carry the id of the figure that shares its name, until it is untracked."""
    recogniser = Recogniser(load().entities)
    recogniser.track(Figure(id="mine", name="Vladimir Putin"))
    item = _item("Wladimir Putin, Владимир Путин, Poutine")
    assert {mention.entity_id for mention in recogniser.mentions(item, "en")} == {"mine"}
    recogniser.untrack("mine")
    assert {mention.entity_id for mention in recogniser.mentions(item, "en")} == {"Q7747"}


def test_ten_thousand_figures() -> None:
    """They are tracked in about a second, one more in less, and an item of nothing but names is capped."""
    recogniser = Recogniser((), tagger=False)
    figures = [
        Figure(id=f"f{n:05}", name=f"Given{n} Family{n}", aliases=(f"Имя{n} Фамилия{n}",)) for n in range(10_000)
    ]
    with at_most(3):
        recogniser.track_all(figures)
    found = recogniser.mentions(_item(", ".join(figure.name for figure in figures)), "en")
    assert len(found) == MENTION_LIMIT
    assert len({mention.entity_id for mention in found}) == MENTION_LIMIT


def test_reading_while_tracking() -> None:
    """Threads that read see each change as a whole, and none fails."""
    recogniser = Recogniser((), tagger=False)
    recogniser.track(Figure(id="a", name="Anna Alpha"))
    failures: list[int] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            if len(recogniser.mentions(_item("Anna Alpha"), "en")) != 1:
                failures.append(1)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(200):
        recogniser.track(Figure(id=f"x{number}", name=f"Other{number} Person"))
        recogniser.untrack(f"x{number}")
    stop.set()
    for reader in readers:
        reader.join()
    assert failures == []


PIECES = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["Vladimir Putin", "Pu\u0301tin ", "Kim Jong-un", " ", ". ", "習近平", "プーチン", "بوتين", "و", "PBB",
         "NATO总部", "İstanbul", "ß", "\u200b", "김정은은", "ﬁ", "U.S.", "נתניהו", "\U0001f600", "K\u0131m"],
    ),
)  # fmt: skip


@given(st.lists(PIECES, max_size=12), st.sampled_from(["en", "id", "und", "zh-Hans", "tr"]))
@settings(max_examples=400, deadline=None)
def test_offsets_always_hold(pieces: list[str], language: str) -> None:
    """The text at a mention's offsets is the mention's text, mentions never overlap, for any text."""
    text = "".join(pieces)
    item = _item(text, title=text[::-1], summary=text * 2)
    found = _shared().mentions(item, language)
    for mention in found:
        assert getattr(item, mention.field)[mention.start : mention.end] == mention.text
        assert 0 < mention.confidence <= 1
    for before, after in pairwise(found):
        assert before.field != after.field or before.end <= after.start


_made: list[Recogniser] = []


def _shared() -> Recogniser:
    if not _made:
        _made.append(Recogniser(load().entities))
    return _made[0]


@pytest.mark.parametrize("unit", ["a", "aЖ", "日", "中国", "Kim Jong Un ", "U.S. "])
def test_long_texts_cost_linear_time(recogniser: Recogniser, unit: str) -> None:
    """Two megabytes of anything take seconds at the most, and give at most 1,000 mentions."""
    with at_most(10):
        found = recogniser.mentions(_item(unit * (2_000_000 // len(unit))), "en")
    assert len(found) <= MENTION_LIMIT


def test_changes_among_many_are_live_at_once() -> None:
    """Of 5,000 figures one is changed, one removed, one added, in a small part of the time to build them."""
    recogniser = Recogniser((), tagger=False)
    figures = [Figure(id=f"f{n:05}", name=f"Given{n} Family{n}", aliases=(f"Имя{n} Фамилия{n}",)) for n in range(5_000)]
    recogniser.track_all(figures)
    with at_most(1):
        recogniser.track(Figure(id="f00007", name="Changed Person"))
        recogniser.untrack("f00008")
        recogniser.track(Figure(id="new", name="Added Person"))

    def ids(text: str) -> list[str]:
        return [mention.entity_id for mention in recogniser.mentions(_item(text), "en")]

    assert ids("Given7 Family7, Given8 Family8, Given9 Family9") == ["f00009"]
    assert ids("Changed Person, Added Person") == ["f00007", "new"]
    recogniser.track(figures[8])
    recogniser.untrack("new")
    assert ids("Given8 Family8, Added Person") == ["f00008"]


def test_the_cost_of_many_aliases() -> None:
    """The benchmark of aliases in its quick form: everyone named is found."""
    cost = measure(2_000, items=20)
    assert cost.found >= 40
    assert cost.items_a_second > 0
