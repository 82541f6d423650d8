"""A search asked of one item: what holds, and that the key by which a rule is found is never missing where it holds."""

from datetime import timedelta

import pytest

from pipeline.query import parse
from pipeline.rules.book import RuleBook, found_by
from pipeline.rules.evaluate import Asked, holds, where
from pipeline.rules.facts import Facts
from schemas.document import Document
from schemas.rule import Conditions, Rule
from tests.pipeline.rules.documents import AT, document

INDONESIAN = document(
    "Putin akan mengunjungi Pyongyang",
    "Presiden Rusia Vladimir Putin menyatakan kesediaannya. Kunjungan itu bersejarah.",
    source="harbour", source_name="Harbour Post", source_country="ID", categories=("World News",), published_at=AT,
)  # fmt: skip
CHINESE = document(
    "俄罗斯总统普京将访问平壤",
    "俄罗斯总统普京表示愿意访问朝鲜。",
    source="xin",
    story="s-2",
    event="s-1",
    published_at=AT - timedelta(days=40),
)
RUSSIAN = document("Путин посетит Пхеньян", "Владимир Путин готов к государственному визиту в КНДР.", source="ria")

HOLDS: list[tuple[str, Document, bool]] = [
    ("", INDONESIAN, True),
    ("mengunjungi", INDONESIAN, True),
    ("kunjungan", INDONESIAN, True),
    ("berkunjung", INDONESIAN, True),
    ("PYONGYANG", INDONESIAN, True),
    ("makanan", INDONESIAN, False),
    ("akan mengunjungi", INDONESIAN, True),
    ('"akan mengunjungi Pyongyang"', INDONESIAN, True),
    ('"mengunjungi akan"', INDONESIAN, False),
    ("title:Pyongyang", INDONESIAN, True),
    ("title:bersejarah", INDONESIAN, False),
    ("Putin -Kim", INDONESIAN, True),
    ("Putin NOT Pyongyang", INDONESIAN, False),
    ("makanan OR bersejarah", INDONESIAN, True),
    ("figure:Путин", INDONESIAN, True),
    ("figure:Q7747", INDONESIAN, True),
    ("person:Putin", INDONESIAN, True),
    ("org:Putin", INDONESIAN, False),
    ("place:平壤", INDONESIAN, True),
    ("place:Jakarta", INDONESIAN, False),
    ("lang:id", INDONESIAN, True),
    ("lang:en", INDONESIAN, False),
    ("source:harbour", INDONESIAN, True),
    ('source:"harbour post"', INDONESIAN, True),
    ("source:news.example", INDONESIAN, True),
    ("source:other", INDONESIAN, False),
    ("country:id", INDONESIAN, True),
    ('topic:"world news"', INDONESIAN, True),
    ("story:s-1", INDONESIAN, True),
    ("story:s-1", CHINESE, False),
    ("event:s-1", INDONESIAN, True),
    ("event:s-1", CHINESE, True),
    ("event:s-2", CHINESE, False),
    ("id:item-1", INDONESIAN, True),
    ("after:7d", INDONESIAN, True),
    ("before:7d", INDONESIAN, False),
    ("near:Pyongyang,30km", INDONESIAN, True),
    ("near:Jakarta,30km", INDONESIAN, False),
    ("访问", CHINESE, True),
    ("普京访问", CHINESE, False),
    ('"将访问平壤"', CHINESE, True),
    ("title:平壤", CHINESE, True),
    ("东京", CHINESE, False),
    ("before:7d", CHINESE, True),
    ("визита", RUSSIAN, True),
    ('"государственного визита"', RUSSIAN, True),
    ("Putin", RUSSIAN, True),
    ("(lang:ru OR lang:zh) place:Pyongyang -source:tass", RUSSIAN, True),
]


@pytest.mark.parametrize(("query", "item", "expected"), HOLDS, ids=[query for query, *_ in HOLDS])
def test_what_holds(query: str, item: Document, expected: bool) -> None:  # noqa: FBT001 - a table of cases
    """Words in any form of the language, phrases, names in any script, and every field."""
    asked = Asked(Facts(item, AT))
    node = parse(query)
    assert holds(node, asked, AT) is expected


def test_the_key_is_there_wherever_a_query_holds() -> None:
    """What a rule is found by never misses an item that it holds for: each query on each item."""
    missed = []
    for query in {query for query, *_ in HOLDS}:
        node = parse(query)
        for item in (INDONESIAN, CHINESE, RUSSIAN):
            asked = Asked(Facts(item, AT))
            book = RuleBook()
            book.change({"r": Rule(id="r", name="r", conditions=Conditions(search=query))})
            index = book.index
            found = found_by(asked, index.any_item) or index.every_item
            if holds(node, asked, AT) and not found:
                missed.append((query, item.enriched.item.title))
    assert missed == []


def test_a_word_is_found_in_whatever_form_and_script_it_stands() -> None:
    """For each word of each item, a rule that searches for it is found by it and holds, at the word itself."""
    wrong = []
    for item in (INDONESIAN, CHINESE, RUSSIAN):
        for word in f"{item.enriched.item.title} {item.enriched.item.body}".replace("。", "").split():
            asked = Asked(Facts(item, AT))
            book = RuleBook()
            book.change({"r": Rule(id="r", name="r", conditions=Conditions(search=f'"{word}"'))})
            if not [one for one in found_by(asked, book.index.any_item) if one.query and where(one.query, asked)]:
                wrong.append(word)
    assert wrong == []


def test_the_excerpt_shows_what_was_found() -> None:
    """The first word or name of the query, in the form that stands there."""
    shown = where(parse("berkunjung OR bersejarah"), Asked(Facts(INDONESIAN, AT)))
    assert shown is not None
    _field, excerpt = shown
    assert excerpt.text[excerpt.start : excerpt.end].lower() in {"mengunjungi", "kunjungan"}
