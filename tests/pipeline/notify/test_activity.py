"""Spikes and silences, without servers."""

import msgspec
import pytest

from pipeline.notify import Notifier
from pipeline.notify.watches import Groups
from schemas.alert import Alert
from schemas.codec import millis
from schemas.rule import Conditions, Rule, Tell, Tick
from schemas.topics import TIMERS
from tests.pipeline.notify.ledger import DAY, HOUR, MINUTE, START, Ledger, match, outlet
from tests.samples import MATCH


def test_a_count_and_a_silence_say_nothing_of_what_was_taken_down() -> None:
    """The outlets that followed it are not counted to anyone; that nobody is named is told without the last item."""
    gone: set[str] = set()
    counting = Ledger(Notifier(gone=lambda match: match.item_id in gone))
    tell = Tell(how="count", count_minutes=30)
    counting.send(outlet(0, tell))
    counting.send(outlet(1, tell))
    rule = Rule(id="r", name="R", when="silence", conditions=Conditions(figures=("Q7747",)))
    silent = Ledger(Notifier(find_rule=lambda _number: rule, gone=lambda match: match.item_id in gone))
    silent.send(match(5, rule_id="r", when="silence", tell=rule.tell))
    gone |= {"item-0", "item-5"}
    assert counting.wait(HOUR) == []
    (told,) = silent.wait(30 * DAY)
    assert (told.kind, told.match.figure_id, told.match.item_id, told.match.title) == (
        "silence",
        MATCH.figure_id,
        "",
        "",
    )


def test_a_backfill_makes_no_spike() -> None:
    """A thousand old items that are read in at once, then one that is new: no spike, and no silence is broken."""
    ledger = Ledger()
    for number in range(2 * 24):
        ledger.send(match(number, rule_id="r", when="spike"), after=HOUR)
    told = [a for n in range(50) for a in ledger.send(match(n, rule_id="r", when="spike", quiet=True))]
    assert told + ledger.send(match(99, rule_id="r", when="spike")) == []
    rule = Rule(id="r", name="Silent", conditions=Conditions(figures=("Q7747",)), when="silence")
    silent = Ledger(Notifier(find_rule=lambda _number: rule))
    silent.send(match(1, rule_id="r", when="silence"))
    silent.send(match(2, rule_id="r", when="silence", quiet=True), after=DAY)
    assert [alert.alerted_at for alert in silent.wait(7 * DAY)] == [START + 2 * DAY]


def watching(rules: dict[str, Rule], company: Groups) -> Ledger:
    """A ledger that follows these rules and groups."""
    return Ledger(Notifier(find_rule=rules.get, silences=rules.values, company=company))


def test_a_groups_silence_begins_with_the_rule_and_follows_the_group() -> None:
    """Of a member never named, of one that joins later, and of none that has left or is tracked no more."""
    company, rules = Groups(), {"r": Rule(id="r", name="S", when="silence", conditions=Conditions(groups=("cabinet",)))}
    company.change("Q1", "Ada", ("cabinet",))
    company.change("Q2", "Eve", ("cabinet", "other"))
    company.change("Q3", "Ira", ())
    ledger = watching(rules, company)
    ledger.take(ledger.notifier.due(millis(START)))
    assert ledger.notifier.due(millis(START)) == [], "begun once"
    ledger.wait(DAY)
    company.change("Q3", "Ira", ("cabinet",))
    company.change("Q2", "Eve", ("other",))
    ledger.take(ledger.notifier.due(millis(ledger.at)))
    told = [(alert.match.figure_name, alert.alerted_at) for alert in ledger.wait(3 * DAY)]
    assert told == [("Ada", START + 2 * DAY), ("Ira", START + 3 * DAY)]


def test_a_silence_is_awaited_by_the_rule_as_it_is_now() -> None:
    """Shortened while it is awaited, it falls due sooner; taken away and made anew, it begins anew."""
    rule = Rule(id="r", name="S", when="silence", conditions=Conditions(figures=("Q1",), figure_names=("Ada",)))
    company, rules = Groups(), {"r": rule}
    company.change("Q1", "Ada", ())
    ledger = watching(rules, company)
    ledger.take(ledger.notifier.due(millis(START)))
    rules["r"] = msgspec.structs.replace(rule, tell=Tell(silence_hours=12, to=("desk",)))
    ledger.take(ledger.notifier.due(millis(START)))
    (alert,) = ledger.wait(DAY)
    assert (alert.alerted_at, alert.match.tell.to) == (START + DAY / 2, ("desk",))
    del rules["r"]
    ledger.take(ledger.notifier.due(millis(ledger.at)))
    rules["r"] = msgspec.structs.replace(rule, conditions=Conditions(figures=("Q2",), figure_names=("Eve",)))
    company.change("Q2", "Eve", ())
    ledger.take(ledger.notifier.due(millis(ledger.at)))
    assert [alert.match.figure_name for alert in ledger.wait(3 * DAY)] == ["Eve"]


def test_a_spike_is_told_once_against_the_figures_own_days() -> None:
    """Two mentions an hour for a week, then nine in an hour: one alert. The same nine are none for a busy figure."""
    usual = Ledger()
    for number in range(7 * 24 * 2):
        assert usual.send(match(number, rule_id="r", when="spike"), after=HOUR / 2) == []
    told = [a for n in range(9) for a in usual.send(match(n, rule_id="r", when="spike"), after=MINUTE)]
    assert [alert.kind for alert in told] == ["spike"]
    busy = Ledger()
    for number in range(3 * 24 * 8):
        assert busy.send(match(number, rule_id="r", when="spike"), after=HOUR / 8) == []
    assert [a for n in range(9) for a in busy.send(match(n, rule_id="r", when="spike"), after=MINUTE)] == []


def test_a_spike_needs_a_day_of_history() -> None:
    """A figure of whom nothing is known yet does not spike."""
    ledger = Ledger()
    assert [a for n in range(50) for a in ledger.send(match(n, rule_id="r", when="spike"), after=MINUTE)] == []


def test_a_silence_is_told_once_and_again_after_the_next_mention() -> None:
    """Two days after the last mention, once; the clock starts anew with the next."""
    rule = Rule(id="r", name="Silent", conditions=Conditions(figures=("Q7747",)), when="silence")
    ledger = Ledger(Notifier(find_rule=lambda number: rule if number == "r" else None))
    quiet = match(1, rule_id="r", when="silence")
    ledger.send(quiet)
    ledger.send(quiet, after=DAY)
    told = ledger.wait(7 * DAY)
    assert [(alert.kind, alert.alerted_at) for alert in told] == [("silence", START + 3 * DAY)]
    ledger.send(quiet)
    assert len(ledger.wait(7 * DAY)) == 1


def test_a_silence_is_told_of_someone_never_named() -> None:
    """The watch begins with the rule."""
    rule = Rule(id="r", name="Silent", when="silence", conditions=Conditions(figures=("Q1",), figure_names=("Ada",)))
    ledger = Ledger(Notifier(find_rule=lambda number: rule if number == "r" else None, silences=lambda: [rule]))
    for tick in ledger.notifier.due(millis(START)):
        ledger._decide(TIMERS, tick.value, None)  # noqa: SLF001 - the tick that begins the watch
    (alert,) = ledger.wait(3 * DAY)
    assert (alert.kind, alert.match.figure_name, alert.reason) == ("silence", "Ada", "48")


def test_a_spike_and_a_silence_outlive_a_process() -> None:
    """Killed between the mentions of a spike, and before a silence falls due: each is told once all the same."""
    spiking = Ledger()
    for number in range(2 * 24 * 2):
        assert spiking.send(match(number, rule_id="r", when="spike"), after=HOUR / 2) == []
    told = []
    for number in range(9):
        spiking.crash()
        told += spiking.send(match(number, rule_id="r", when="spike"), after=MINUTE)
    assert [alert.kind for alert in told] == ["spike"]
    rule = Rule(id="r", name="Silent", conditions=Conditions(figures=("Q7747",)), when="silence")
    silent = Ledger()
    silent.send(match(1, rule_id="r", when="silence"))
    told = []
    for _ in range(5):
        silent.notifier = Notifier(find_rule=lambda _number: rule)
        silent.notifier.restore(list(silent.rows.items()))
        told += silent.wait(DAY)
    assert [(alert.kind, alert.alerted_at) for alert in told] == [("silence", START + 2 * DAY)]


@pytest.mark.parametrize("killed", [False, True])
def test_quiet_hours_hold_counts_spikes_and_silences_too(*, killed: bool) -> None:
    """What falls due at night, or happens then, is told once at the end of it, by whichever process."""
    rules = {"r": Rule(id="r", name="R", conditions=Conditions(figures=("Q7747",)))}

    def ledger() -> Ledger:
        return Ledger(Notifier(find_rule=rules.get))

    def until_morning(at_night: Ledger) -> list[Alert]:
        if killed:
            at_night.notifier = Notifier(find_rule=rules.get)
            at_night.notifier.restore(list(at_night.rows.items()))
        return at_night.wait(DAY)

    seven = START + 22 * HOUR
    tell = Tell(how="count", count_minutes=30, quiet="22:00-07:00")
    counting = ledger()
    assert counting.wait(12 * HOUR + 50 * MINUTE) == []
    assert [alert.kind for alert in counting.send(outlet(0, tell))] == ["new"]
    counting.send(outlet(1, tell), after=MINUTE)
    counting.send(outlet(2, tell), after=HOUR)
    assert [(a.kind, a.outlets, a.alerted_at) for a in until_morning(counting)] == [("count", 2, seven)]

    tell = Tell(quiet="22:00-07:00", silence_hours=16)
    rules["r"] = msgspec.structs.replace(rules["r"], tell=tell)
    silent = ledger()
    silent.send(match(1, rule_id="r", when="silence", tell=tell))
    assert [(a.kind, a.alerted_at) for a in until_morning(silent)] == [("silence", seven)]

    tell = Tell(quiet="22:00-07:00")
    spiking = ledger()
    for number in range((2 * 24 + 14) * 2):
        assert spiking.send(match(number, rule_id="r", when="spike", tell=tell), after=HOUR / 2) == []
    assert [
        a for n in range(9) for a in spiking.send(match(n, rule_id="r", when="spike", tell=tell), after=MINUTE)
    ] == []
    assert [(a.kind, a.alerted_at) for a in until_morning(spiking)] == [("spike", seven + 2 * DAY)]


def test_a_snoozed_silence_stays_untold() -> None:
    """The record that it fell due by, delivered again, is answered as before."""
    rule = Rule(id="r", name="Silent", conditions=Conditions(figures=("Q7747",)), when="silence")
    ledger = Ledger(Notifier(lambda _keys, at: at + DAY, find_rule=lambda _number: rule))
    ledger.send(match(1, rule_id="r", when="silence"))
    assert ledger.wait(7 * DAY) == []


def test_a_tick_of_the_past_changes_nothing() -> None:
    """A tick whose row says another time, or is gone, or that only wakes, does nothing."""
    ledger = Ledger()
    tell = Tell(how="digest", digest="1h")
    ledger.send(match(1, tell=tell, rule_id="r"))
    for tick in (Tick(rule_id="r", row="h/r", due_ms=5), Tick(rule_id="r", row="h/x", due_ms=5), Tick(rule_id="")):
        assert ledger._decide(TIMERS, tick.encode(), None) == []  # noqa: SLF001 - a tick of the past
    assert len(ledger.wait(HOUR)) == 1
