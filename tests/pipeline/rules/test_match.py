"""Which rules hold for a document, and what a match says."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from pipeline.entities import Recogniser
from pipeline.figures import Tracked, slim
from pipeline.knowledge import load
from pipeline.rules.book import RuleBook
from pipeline.rules.match import matches
from schemas.alert import Figure, Match
from schemas.document import Document
from schemas.rule import Conditions, Rule, Tell
from tests.pipeline.rules.documents import AT, document

PUTIN = Tracked("Q7747", "Vladimir Putin", groups=("heads",))
KIM = Tracked("Q56226", "Kim Jong Un")
FIGURES = {figure.id: figure for figure in (PUTIN, KIM)}
VISIT = document(
    "Putin akan mengunjungi Pyongyang",
    "Presiden Rusia Vladimir Putin menyatakan kesediaannya.\n\nIa akan bertemu Kim Jong Un di Pyongyang pekan depan.",
    source="harbour",
)


def found(item: Document = VISIT, figures: dict[str, Tracked] | None = None, **rules: Rule) -> dict[str, list[str]]:
    """Rule ids and the figures that each matched."""
    told: dict[str, list[str]] = {}
    for match in told_of(item, figures, *rules.values()):
        told.setdefault(match.rule_id, []).append(match.figure_id)
    return told


def told_of(item: Document, figures: dict[str, Tracked] | None = None, *rules: Rule) -> list[Match]:
    """The matches of an item under these rules."""
    book = RuleBook()
    book.change({rule.id: rule for rule in rules})
    return matches(item, FIGURES if figures is None else figures, book.index, AT)


def rule(when: str = "story", **conditions: Any) -> Rule:  # noqa: ANN401 - any condition
    """A rule of the id `r`."""
    return Rule(id="r", name="A rule", when=when, conditions=Conditions(**conditions))  # type: ignore[arg-type]


def test_each_tracked_figure_has_a_rule_of_its_own() -> None:
    """Without any rule, every tracked figure that is named matches once, at its most prominent mention."""
    first, second = sorted(told_of(VISIT), key=lambda match: match.rule_id, reverse=True)
    assert (first.rule_id, first.field, first.surface) == ("figure:Q7747", "title", "Putin")
    assert (second.rule_id, second.field, second.surface) == ("figure:Q56226", "body", "Kim Jong Un")
    assert second.excerpt[second.excerpt_start : second.excerpt_end] == "Kim Jong Un"
    assert second.excerpt.startswith("Ia akan bertemu")


def test_a_figure_may_have_none() -> None:
    """One that is tracked for other rules alone makes no match by itself."""
    figures = {"Q7747": msgspec.structs.replace(PUTIN, alert=False)}
    assert found(figures=figures) == {}
    assert found(figures=figures, r=rule(figures=("Q7747",))) == {"r": ["Q7747"]}


def test_the_default_rule_changes_how_all_of_them_tell() -> None:
    """A rule of the id `default` has the sinks and conditions of every figure's own rule."""
    default = Rule(id="default", name="", tell=Tell(to=("desk",)), conditions=Conditions(languages=("id",)))
    assert {match.tell.to for match in told_of(VISIT, None, default)} == {("desk",)}
    other = msgspec.structs.replace(default, conditions=Conditions(languages=("en",)))
    assert told_of(VISIT, None, other) == []


def test_a_rule_of_a_figures_own_id_takes_its_place() -> None:
    """`figure:Q7747` by a user is told instead of the figure's own."""
    own = Rule(id="figure:Q7747", name="mine", conditions=Conditions(figures=("Q7747",), parts=("lead",)))
    (match,) = [match for match in told_of(VISIT, None, own) if match.figure_id == "Q7747"]
    assert (match.rule_name, match.field) == ("mine", "body")


@pytest.mark.parametrize(
    ("conditions", "figures"),
    [
        ({"figures": ("Q7747",)}, ["Q7747"]),
        ({"groups": ("heads",)}, ["Q7747"]),
        ({"groups": ("others",)}, None),
        ({"any_figure": True}, ["Q7747", "Q56226"]),
        ({"any_figure": True, "parts": ("title",)}, ["Q7747"]),
        ({"any_figure": True, "parts": ("lead",)}, ["Q7747"]),
        ({"any_figure": True, "parts": ("body",)}, ["Q56226"]),
        ({"any_figure": True, "languages": ("id", "ms")}, ["Q7747", "Q56226"]),
        ({"any_figure": True, "languages": ("en",)}, None),
        ({"any_figure": True, "sources": ("Harbour",)}, ["Q7747", "Q56226"]),
        ({"any_figure": True, "sources": ("other",)}, None),
        ({"any_figure": True, "places": ("Pyongyang",)}, ["Q7747", "Q56226"]),
        ({"any_figure": True, "places": ("Jakarta",)}, None),
        ({"figures": ("Q7747",), "together": ("Q56226",)}, ["Q7747"]),
        ({"figures": ("Q7747",), "together": ("Kim Jong Un", "Pyongyang")}, ["Q7747"]),
        ({"figures": ("Q7747",), "together": ("Joko Widodo",)}, None),
        ({"figures": ("Q7747",), "search": "kesediaan -ekonomi"}, ["Q7747"]),
        ({"figures": ("Q7747",), "search": "ekonomi"}, None),
        ({"search": "kesediaan lang:id"}, [""]),
        ({"search": "ekonomi"}, None),
        ({"places": ("Pyongyang",)}, [""]),
        ({"sources": ("harbour",)}, [""]),
        ({"languages": ("id",)}, [""]),
    ],
)
def test_conditions(conditions: dict[str, Any], figures: list[str] | None) -> None:
    """Figures, groups, parts, languages, sources, places, company, searches, and rules about no figure."""
    assert found(r=rule(**conditions)).get("r") == figures


def test_a_name_enters_and_leaves_a_headline() -> None:
    """Told of the revision in whose headline it is new, or gone, and of none other."""
    enters, leaves = rule("enters", figures=("Q7747",)), rule("leaves", figures=("Q7747",))
    without = "Kunjungan ke Pyongyang"
    body = "Presiden Rusia Vladimir Putin menyatakan kesediaannya."
    now_in = document("Putin ke Pyongyang", body, revision=2, headline_before=("Q18808",))
    now_out = document(without, body, revision=3, headline_before=("Q7747",))
    first = document("Putin ke Pyongyang", body)
    same = document("Putin ke Pyongyang!", body, revision=2, headline_before=("Q7747",))
    gone = document(without, "Kunjungan batal.", revision=3, headline_before=("Q7747",))
    assert [("r" in found(item, r=enters)) for item in (now_in, now_out, first, same, gone)] == [True] + [False] * 4
    assert [("r" in found(item, r=leaves)) for item in (now_in, now_out, first, same, gone)] == [
        False, True, False, False, True,
    ]  # fmt: skip


def test_a_late_item_says_so() -> None:
    """Published a month before it was seen: it matches all the same, and is marked."""
    late = document("Putin di Moskow", published_at=AT - timedelta(days=30))
    assert [match.late for match in told_of(late)] == [True]
    assert [match.late for match in told_of(document("Putin di Moskow", published_at=AT - timedelta(hours=3)))] == [
        False
    ]


def test_an_ambiguous_alias_asks_for_context() -> None:
    """`Ri` alone is many people: only beside a word of the context, a named companion, or another of her names."""
    figure = Figure(
        id="kabar:ri", name="Ri Sol Ju", aliases=("Ri",), ambiguous=("Ri",), context=("first lady", "Kim Jong Un")
    )
    recogniser = Recogniser(load().entities)
    recogniser.track(figure)
    figures = {figure.id: slim(figure)}

    def context(body: str) -> list[str]:
        item = document("News of the day", body, with_=recogniser)
        return [match.context for match in told_of(item, figures) if match.surface.startswith("Ri")]

    assert context("In the evening Ri opened the exhibition of the company in the harbour.") == []
    assert context("The country's first lady, Ri, opened the exhibition in the harbour.") == ["beside “first lady”"]
    assert context("Ri opened the exhibition, and Kim Jong Un spoke afterwards.") != []
    assert context("Ri Sol Ju came at noon, and then Ri opened the exhibition.") == [""]


def test_ten_thousand_rules_ask_only_those_that_may_hold() -> None:
    """What is not about anything in the document is not even looked at: a few rules of ten thousand are asked."""
    rules = {f"r{n}": Rule(id=f"r{n}", name="x", conditions=Conditions(figures=(f"Q{n}",))) for n in range(5000)}
    rules |= {
        f"s{n}": Rule(id=f"s{n}", name="x", conditions=Conditions(search=f"word{n} AND visit")) for n in range(5000)
    }
    book = RuleBook()
    book.change(rules)
    assert len(book) == 10_000
    told = matches(document("word77 and a visit", "Nothing else"), FIGURES, book.index, AT)
    assert [match.rule_id for match in told] == ["s77"]
