"""What a rule would have sent: the same matching and ledger, over documents with their times, in memory."""

from datetime import datetime, timedelta

import msgspec

from pipeline.figures import Tracked
from pipeline.rules.simulate import simulate
from schemas.codec import millis
from schemas.document import Document
from schemas.rule import Conditions, Rule, Tell
from tests.pipeline.rules.documents import AT, document

FIGURES = {number: Tracked(number, name) for number, name in (("Q7747", "Vladimir Putin"), ("Q56226", "Kim Jong Un"))}


def week() -> list[tuple[int, Document]]:
    """Putin on three days, the second time from two outlets; Kim once."""
    told = [("Putin di Moskow", "s-1", 0), ("Putin di Hanoi", "s-2", 24), ("Putin di Hanoi", "s-2", 25),
            ("Kim Jong Un di Wonsan", "s-3", 30), ("Putin di Astana", "s-4", 48)]  # fmt: skip
    return [
        (millis(AT + timedelta(hours=hours)), document(title, story=story, id=f"item-{n}", source=f"outlet-{n}"))
        for n, (title, story, hours) in enumerate(told)
    ]


def stories(rule: Rule, until: datetime = AT + timedelta(days=7)) -> list[list[str]]:
    """The stories of each alert that the week would have made."""
    found = simulate(rule, FIGURES, week(), until)
    return [[entry.story_id for entry in alert.entries or (alert.match,)] for alert in found.alerts]


def test_a_rule_of_ones_own_a_figures_own_and_a_digest() -> None:
    """Once a story at once; a figure's own rule is that figure's alone; a digest collects a day."""
    assert stories(Rule(id="r", name="r", conditions=Conditions(figures=("Q7747",)))) == [["s-1"], ["s-2"], ["s-4"]]
    assert stories(Rule(id="figure:Q56226", name="")) == [["s-3"]]
    daily = Rule(id="r", name="r", conditions=Conditions(any_figure=True), tell=Tell(how="digest", digest="00:00"))
    assert stories(daily) == [["s-1"], ["s-2", "s-3"], ["s-4"]]


def test_what_still_waits_is_said() -> None:
    """A digest that is yet to come is no alert, and counts as waiting."""
    rule = Rule(id="r", name="r", conditions=Conditions(any_figure=True), tell=Tell(how="digest", digest="00:00"))
    found = simulate(rule, FIGURES, week()[:1], AT + timedelta(hours=1))
    assert (found.documents, found.matches, found.alerts, found.waiting) == (1, 1, (), 1)


def test_the_silence_of_a_group_is_of_those_never_named_too() -> None:
    """One member is named all week, the other never: two days after the first document that is told."""
    named, silent = next(iter(FIGURES.values())), Tracked("Q1", "Ada", ("pair",))
    figures = {silent.id: silent, named.id: msgspec.structs.replace(named, groups=("pair",))}
    rule = Rule(id="r", name="r", when="silence", conditions=Conditions(groups=("pair",)))
    found = simulate(rule, figures, week(), AT + timedelta(days=2, hours=1))
    assert ("silence", "Ada") in {(alert.kind, alert.match.figure_name) for alert in found.alerts}
