"""The recorded news: what it holds."""

import unicodedata
from collections import Counter
from itertools import combinations
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from connectors.demo import DEMO_FIGURES, DemoServer, expected
from connectors.demo.feeds import FEEDS, age
from connectors.demo.records import NewsItem, edited, news
from tests.connectors.demo.asking import get

SAMPLE = Path(__file__).parents[4] / "shared" / "samples" / "indonesian-article.txt"
BY_ID = {feed.id: feed for feed in FEEDS}
BY_KEY = {item.key: item for item in news()}
LANGUAGES = {item.language for item in news()}
TEMPLATES = [{f"{name}-1", f"{name}-2"} for name in ("cuaca-jakarta", "kurs-rupiah", "shipping-forecast")]
# These say in a third of the letters what Latin script says.
DENSE = {"ja", "ko", "zh-Hans", "zh-Hant", "th"}


def scripts_of(text: str) -> Counter[str]:
    """Letters by the first word of their Unicode name, such as LATIN or HANGUL."""
    letters = (letter for letter in text if unicodedata.category(letter).startswith("L"))
    return Counter(unicodedata.name(letter, "?").split()[0] for letter in letters)


def shingles(text: str) -> set[str]:
    """All runs of five characters."""
    return {text[start : start + 5] for start in range(len(text) - 4)}


def overlap(one: NewsItem, other: NewsItem) -> float:
    """The share of the smaller text's five-letter pieces that the other has too, between 0 and 1."""
    first, second = shingles("\n".join(one.paragraphs)), shingles("\n".join(other.paragraphs))
    return len(first & second) / min(len(first), len(second)) if first and second else 0.0


def test_there_are_many_items_languages_and_scripts() -> None:
    """At least 60 items in 15 languages, and 8 scripts with 40 letters or more each, by Unicode's own names."""
    letters = scripts_of("\n".join(item.text() for item in news()))
    assert len(news()) >= 60
    assert len({item.language for item in news()}) >= 15
    common = {script for script, count in letters.items() if count >= 40}
    assert common >= {
        "LATIN", "CYRILLIC", "ARABIC", "CJK", "HANGUL", "HIRAGANA", "KATAKANA",
        "DEVANAGARI", "THAI", "HEBREW", "GREEK", "TAMIL",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("language", "script"),
    [
        ("ar", "ARABIC"), ("fa", "ARABIC"), ("ru", "CYRILLIC"), ("uk", "CYRILLIC"), ("el", "GREEK"),
        ("he", "HEBREW"), ("hi", "DEVANAGARI"), ("hy", "ARMENIAN"), ("ka", "GEORGIAN"), ("ko", "HANGUL"),
        ("ta", "TAMIL"), ("th", "THAI"), ("zh-Hans", "CJK"), ("zh-Hant", "CJK"), ("id", "LATIN"), ("vi", "LATIN"),
    ],
)  # fmt: skip
def test_each_item_is_in_the_script_of_its_language(language: str, script: str) -> None:
    """Three quarters of the letters of every item belong to the script that its label implies."""
    for item in news():
        if item.language == language and item.text():
            letters = scripts_of(item.text())
            assert letters[script] >= 0.75 * letters.total(), item.key


def test_letters_tell_close_languages_apart() -> None:
    """Ukrainian, Persian, Japanese and the two Chinese hold letters that the language beside them lacks."""
    texts = {lang: "".join(i.text() for i in news() if i.language == lang) for lang in LANGUAGES}
    assert not set("іїєґ") & set(texts["ru"])
    assert not set("ыэъё") & set(texts["uk"])
    assert set("پچژگ") & set(texts["fa"])
    assert not set("پچژگ") & set(texts["ar"])
    assert not set("這個國發電") & set(texts["zh-Hans"])
    assert not set("这个国发电") & set(texts["zh-Hant"])


def test_texts_are_normal_and_of_the_length_of_news() -> None:
    """All text is NFC; an item with paragraphs has 2 to 14 of them and no stray space."""
    for item in news():
        assert item.text() == unicodedata.normalize("NFC", item.text()), item.key
        for line in item.text().splitlines():
            assert line == line.strip(), item.key
            assert "  " not in line, item.key
        if item.paragraphs:
            assert 2 <= len(item.paragraphs) <= 14, item.key
            assert len(item.text()) >= (100 if item.language in DENSE else 250), item.key


def test_records_are_consistent() -> None:
    """Keys and URLs are unique, hosts reserved, feeds known, copies name an item of the same language and story."""
    assert len(BY_KEY) == len({item.url for item in news()}) == len(news())
    for item in news():
        assert urlsplit(item.url).hostname is not None
        assert str(urlsplit(item.url).hostname).endswith(".example"), item.key
        assert all(listing.feed in BY_ID for listing in item.feeds), item.key
        assert age(item).total_seconds() > 0
        if item.same_text_as:
            original = BY_KEY[item.same_text_as]
            assert (item.language, item.story) == (original.language, original.story)


def test_gold_names_stand_in_the_text() -> None:
    """Every surface of a person, place or organisation occurs in the item's own text."""
    for item in news():
        for surface in (*item.people, *item.places, *item.organisations):
            assert surface in item.text(), (item.key, surface)


def test_copies_templates_and_other_items_differ_in_kind() -> None:
    """A copy shares over 80 % with its original, a template of two days 40 to 80 %, any other pair under 30 %.

    So templates are hard cases: alike in wording, different in news.
    """
    for one, other in combinations(news(), 2):
        if one.language != other.language:
            continue
        share = overlap(one, other)
        if (one.same_text_as or one.key) == (other.same_text_as or other.key):
            assert share > 0.8, (one.key, other.key)
        elif {one.key, other.key} in TEMPLATES:
            assert 0.4 < share < 0.8, (one.key, other.key)
        else:
            assert share < 0.3, (one.key, other.key)


def test_only_indonesian_items_tell_of_the_visit() -> None:
    """The visit is one story of one language; each figure is also named elsewhere, in one or two other items."""
    assert {item.language for item in news() if item.story == "putin-pyongyang"} == {"id"}
    for figure in DEMO_FIGURES:
        stories = {item.story for item in news() if figure in item.people.values()} - {"putin-pyongyang"}
        assert 1 <= len(stories) <= 2


@pytest.mark.skipif(not SAMPLE.exists(), reason="the project's first sample is not beside this checkout")
def test_the_sample_article_is_whole(server: DemoServer) -> None:
    """The first sample is served paragraph by paragraph, unchanged, at its address."""
    lines = [line for line in SAMPLE.read_text(encoding="utf-8").splitlines() if line.strip()]
    item = BY_KEY["putin-pyongyang"]
    assert item.url == "https://news.example/putin-pyongyang"
    assert list(item.paragraphs) == [line.strip() for line in lines]
    served = get(server, BY_ID["demo-kabar-nusantara"].path).body.decode()
    assert all(f"<p>{line.strip()}</p>" in served for line in lines)


def test_edits_change_what_they_say() -> None:
    """Each edit finds what it replaces, and at least one is a typo, one a paragraph, one a headline."""
    edits = [(item, item.edit) for item in news() if item.edit]
    for item, edit in edits:
        assert edited(item).text() != item.text()
        assert all(old in item.text() for old, _new in edit.replace), item.key
        assert len(item.feeds) == 1, f"{item.key}: two feeds would show two versions in no certain order"
    assert any(edit.replace for _item, edit in edits)
    assert any(edit.append for _item, edit in edits)
    assert any(edit.title for _item, edit in edits)


def test_a_repeat_comes_after_what_it_repeats() -> None:
    """The second feed has it an edition later: of two first polls side by side either may reach Kafka first."""
    for item in news():
        first, *others = (max(item.edition, listing.edition) for listing in item.feeds)
        assert all(first < later for later in others), item.key


def test_every_kind_of_fault_is_there() -> None:
    """Each fault that a record may have occurs, and so do an item without any text and both broken feeds."""
    assert {item.fault for item in news()} - {None} == {
        "date-9999", "html-title", "invalid-utf8", "no-guid", "nul", "relative-link", "undeclared-entity",
    }  # fmt: skip
    assert [item.key for item in news() if not item.text()] == ["leer-de"]
    assert {feed.breakage for feed in FEEDS} == {None, "broken-xml", "html-on-second"}


def test_expected_adds_up() -> None:
    """The books follow from the records: all but the refused are items, and each language is counted."""
    books = expected()
    assert books.items + books.refused == len(news())
    assert sum(books.by_language.values()) == books.items
    readable = [item for item in news() if BY_ID[item.feeds[0].feed].breakage != "html-on-second"]
    assert books.revisions == sum(item.edit is not None for item in readable)
    assert books.repeats == sum(len(item.feeds) - 1 for item in news()) == 2
    assert books.sent == books.items + books.revisions + books.repeats
    assert len(books.near_copies) == 6
    assert expected() == books
