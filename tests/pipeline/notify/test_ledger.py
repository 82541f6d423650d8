"""What is told once, and of what nothing more is told, without servers."""

import msgspec
import pytest

from pipeline.notify import Notifier
from pipeline.notify.watches import Groups
from schemas.rule import Conditions, Rule, Tell
from tests.pipeline.notify.ledger import DAY, Ledger, elsewhere, match, outlet
from tests.samples import MATCH


def test_one_alert_for_a_figure_and_a_story() -> None:
    """The first match of a story alerts, an outlet that repeats it does not, another story or figure does."""
    ledger = Ledger()
    assert len(ledger.send(MATCH)) == 1
    assert ledger.send(msgspec.structs.replace(MATCH, item_id="other", source="another outlet")) == []
    assert len(ledger.send(msgspec.structs.replace(MATCH, story_id="s-2"))) == 1
    assert len(ledger.send(msgspec.structs.replace(MATCH, figure_id="Q2", rule_id="figure:Q2"))) == 1


def test_a_redelivered_match_is_the_same_alert() -> None:
    """After a crash, the match that owns the ledger's row is sent again with the same id and time."""
    ledger = Ledger()
    first = ledger.send(MATCH)
    ledger.send(msgspec.structs.replace(MATCH, item_id="other"))
    ledger.crash()
    assert ledger.send(MATCH, offset=0) == first
    assert ledger.send(msgspec.structs.replace(MATCH, item_id="other"), offset=1) == []


def test_a_quiet_match_fills_the_ledger_and_says_so() -> None:
    """A backfilled story is known afterwards, nothing is sent for it, then or later, and what would have been is."""
    ledger = Ledger()
    quiet = msgspec.structs.replace(MATCH, quiet=True)
    assert ledger.send(quiet) == []
    assert ledger.send(MATCH) == []
    assert [(w.reason, w.match.figure_name) for w in ledger.withheld] == [("backfill", "Vladimir Putin")]


@pytest.mark.parametrize(("when", "alerts"), [("story", 1), ("item", 2), ("revision", 3), ("enters", 3), ("event", 1)])
def test_the_scope_is_the_rules(when: str, alerts: int) -> None:
    """Two items of a story, one of them edited: once a story, twice by item, three times by revision."""
    ledger = Ledger()
    told = 0
    for item, revision in (("a", 1), ("b", 1), ("a", 2)):
        told += len(ledger.send(msgspec.structs.replace(MATCH, item_id=item, revision=revision, when=when)))
    assert told == alerts


@pytest.mark.parametrize(("when", "alerts"), [("story", 2), ("event", 1)])
def test_an_event_is_told_once_in_all_languages(when: str, alerts: int) -> None:
    """Stories of different languages that tell of one event are one thing to tell of, if the rule wants it so."""
    ledger = Ledger()
    told = 0
    for item, story in (("a", "s-1"), ("b", "s-2")):
        match = msgspec.structs.replace(MATCH, item_id=item, story_id=story, event_id="s-1", when=when)
        told += len(ledger.send(match))
    assert told == alerts


def test_what_was_taken_down_is_told_no_more() -> None:
    """Neither at once nor from a digest that it waits in; a digest of nothing else does not come."""
    gone: set[str] = set()
    ledger = Ledger(Notifier(gone=lambda match: match.item_id in gone))
    tell = Tell(how="digest", digest="08:00", zone="Asia/Jakarta")
    for number in range(3):
        assert ledger.send(match(number, tell=tell, rule_id="r")) == []
    gone |= {"item-1", "item-7"}
    assert ledger.send(match(7, rule_id="r")) == []
    (digest,) = ledger.wait(DAY)
    assert [entry.item_id for entry in digest.entries] == ["item-0", "item-2"]
    assert not any(b"item-1" in row for row in ledger.rows.values())
    ledger.send(match(8, tell=tell, rule_id="r"))
    gone.add("item-8")
    assert ledger.wait(DAY) == []
    assert ledger.withheld == []


def test_a_rule_that_was_removed_tells_nothing_more() -> None:
    """Neither the digest that waits nor the count of who follows; a figure's own rule is not one that is removed."""
    rules = {"r": Rule(id="r", name="R", conditions=Conditions(figures=("Q7747",)))}
    ledger = Ledger(Notifier(find_rule=rules.get))
    digest, count = Tell(how="digest", digest="1h"), Tell(how="count", count_minutes=30)
    own = MATCH.rule_id
    ledger.send(match(1, tell=digest, rule_id="r"))
    ledger.send(match(1, tell=digest, rule_id=own))
    assert ledger.send(outlet(0, count)) != []
    ledger.send(outlet(2, count))
    del rules["r"]
    assert [alert.match.rule_id for alert in ledger.wait(DAY)] == [own]
    ledger.crash()
    assert ledger.wait(DAY) == []


def test_rows_of_the_ledger_go_once_nothing_can_repeat_them() -> None:
    """A story told is kept as long as outlets go on with it and 30 days more; then the row goes, and no other does."""
    ledger = Ledger()
    ledger.send(match(1, rule_id="r"))
    assert ledger.send(elsewhere(1), after=20 * DAY) == []
    ledger.send(match(2, rule_id="r", tell=Tell(cap=3)), after=29 * DAY)
    assert ledger.sweep() == 0
    assert ledger.send(elsewhere(1)) == [], "the story went on after 20 days"
    ledger.wait(31 * DAY)
    assert ledger.sweep() == 2
    assert [key for key in ledger.rows if "/" not in key] == []
    assert list(ledger.rows) == ["k/r"]


def test_a_tick_for_a_row_that_came_again_removes_nothing() -> None:
    """Between the look at a row and its tick the story came again: the row says so, and stays."""
    ledger = Ledger()
    ledger.send(match(1, rule_id="r"))
    ledger.wait(31 * DAY)
    ticks = ledger.over()
    assert ledger.send(elsewhere(1)) == []
    ledger.take(ticks)
    assert len(ledger.rows) == 1


def test_what_a_figure_that_is_tracked_no_more_still_holds_is_told_to_nobody() -> None:
    """Its own rule went with it."""
    company = Groups()
    company.change("Q7747", "Vladimir Putin", ())
    ledger = Ledger(Notifier(company=company))
    ledger.send(match(1, tell=Tell(how="digest", digest="1h"), rule_id="figure:Q7747"))
    company.change("Q7747", "", None)
    assert ledger.wait(DAY) == []
