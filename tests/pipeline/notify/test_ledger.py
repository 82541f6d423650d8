"""The ledger's decisions and the ways of telling, without servers."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from pipeline.decision import Decision, Output
from pipeline.notify import Notifier
from pipeline.notify.watches import Groups
from schemas.alert import Alert, Match, Withheld
from schemas.codec import millis
from schemas.message import Message
from schemas.rule import Conditions, Rule, Tell, Tick
from schemas.topics import ALERTS, MATCHES, TIMERS, WITHHELD
from tests.samples import MATCH

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Ledger:
    """The table and the clock of one partition; every decision is made again and must come out the same."""

    def __init__(self, notifier: Notifier | None = None) -> None:
        self.rows: dict[str, bytes] = {}
        self.offset = {MATCHES: -1, TIMERS: -1}
        self.notifier = notifier or Notifier()
        self.at = START
        self.withheld: list[Withheld] = []

    def send(self, match: Match, *, offset: int | None = None, after: timedelta = timedelta()) -> list[Alert]:
        """One match, some time after the last."""
        told = self.wait(after)
        return told + self._decide(MATCHES, match.encode(), offset)

    def wait(self, span: timedelta) -> list[Alert]:
        """Let time go by: what falls due meanwhile."""
        told: list[Alert] = []
        until = self.at + span
        while (due := self.notifier.timers.next_ms()) is not None and due <= millis(until):
            self.at = datetime.fromtimestamp(due / 1000, UTC)
            for tick in self.notifier.due(due):
                told += self._decide(TIMERS, tick.value, None)
        self.at = until
        return told

    def over(self) -> list[Output]:
        """Ticks for the rows that are kept no more."""
        asked = (self.notifier.expired(key, row, millis(self.at)) for key, row in self.rows.items())
        return [output for output in asked if output is not None]

    def take(self, ticks: list[Output]) -> None:
        """The ticks come."""
        for tick in ticks:
            self._decide(TIMERS, tick.value, None)

    def sweep(self) -> int:
        """Remove what is kept no more; how many rows that is."""
        before = len(self.rows)
        self.take(self.over())
        return before - len(self.rows)

    def crash(self) -> None:
        """A process that was killed: the next one has the rows alone."""
        self.notifier = Notifier()
        self.notifier.restore(list(self.rows.items()))

    def _decide(self, topic: str, value: bytes, offset: int | None) -> list[Alert]:
        if offset is None:
            self.offset[topic] += 1
            offset = self.offset[topic]
        message = Message(topic=topic, partition=0, offset=offset, key="", value=value, timestamp_ms=millis(self.at))
        decision = self.notifier.decide(message, self.rows.get)
        for written in range(1, len(decision.rows)):
            cut = {**self.rows, **{key: row for key, row in decision.rows[:written] if row is not None}}
            after = self.notifier.decide(message, cut.get)
            whole = dict(after.rows)
            assert all(whole.get(key, cut.get(key)) == row for key, row in decision.rows), "killed between two rows"
            assert after.outputs == decision.outputs
        self._write(decision)
        again = self.notifier.decide(message, self.rows.get)
        assert again.outputs == decision.outputs, "a redelivered record is answered as it was"
        self._write(again)
        self.withheld += [Withheld.decode(o.value) for o in decision.outputs if o.topic == WITHHELD]
        return [Alert.decode(o.value) for o in decision.outputs if o.topic == ALERTS]

    def _write(self, decision: Decision) -> None:
        for key, row in decision.rows:
            if row is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = row


def match(number: int = 0, *, tell: Tell | None = None, **changes: object) -> Match:
    """A match of a story of its own, from an outlet of its own."""
    return msgspec.structs.replace(
        MATCH,
        item_id=f"item-{number}",
        story_id=f"s-{number}",
        source=f"outlet {number}",
        tell=tell or Tell(),
        **changes,
    )


def outlet(number: int, tell: Tell) -> Match:
    """The one story, from another outlet."""
    return match(number, tell=tell, rule_id="r") if number == 0 else msgspec.structs.replace(
        match(number, tell=tell, rule_id="r"), story_id="s-0"
    )  # fmt: skip


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


def test_first_then_count() -> None:
    """The first outlet at once, and half an hour later once how many followed, whatever is killed meanwhile."""
    ledger = Ledger()
    tell = Tell(how="count")
    assert len(ledger.send(outlet(0, tell))) == 1
    for number in range(1, 13):
        assert ledger.send(outlet(number, tell), after=MINUTE) == []
    assert ledger.send(outlet(12, tell)) == [], "an outlet counts once"
    ledger.crash()
    (count,) = ledger.wait(HOUR)
    assert (count.kind, count.outlets) == ("count", 12)
    assert ledger.wait(DAY) == []
    assert not any(key.startswith("c/") for key in ledger.rows), "nothing is kept of it"


def test_nothing_is_counted_where_nobody_follows() -> None:
    """An outlet alone makes no second message."""
    ledger = Ledger()
    ledger.send(outlet(0, Tell(how="count")))
    assert ledger.wait(DAY) == []


def test_a_digest_comes_when_the_clock_says_so() -> None:
    """Three stories before 08:00 in Jakarta are one message at 08:00 there, and the next day's are another."""
    ledger = Ledger()
    tell = Tell(how="digest", digest="08:00", zone="Asia/Jakarta")
    for number in range(3):
        assert ledger.send(match(number, tell=tell, rule_id="r"), after=MINUTE) == []
    ledger.crash()
    (digest,) = ledger.wait(DAY)
    assert digest.alerted_at == datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
    assert [entry.story_id for entry in digest.entries] == ["s-0", "s-1", "s-2"]
    assert ledger.send(match(1, tell=tell, rule_id="r")) == [], "told already"
    ledger.send(match(4, tell=tell, rule_id="r"))
    (second,) = ledger.wait(DAY)
    assert second.id != digest.id
    assert [entry.story_id for entry in second.entries] == ["s-4"]


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


def test_a_cap_holds_the_rest_for_one_digest() -> None:
    """Of a thousand stories in a minute two come at once, and the others as one digest at the end of the hour."""
    ledger = Ledger()
    tell = Tell(cap=2)
    told = [alert for n in range(1000) for alert in ledger.send(match(n, tell=tell, rule_id="r"), after=MINUTE / 1000)]
    assert [alert.kind for alert in told] == ["new", "new"]
    (digest,) = ledger.wait(HOUR)
    assert (digest.kind, len(digest.entries) + digest.more) == ("digest", 998)
    assert len(ledger.send(match(2000, tell=tell, rule_id="r"))) == 1, "a new hour"


def elsewhere(number: int) -> Match:
    """The same story at another outlet."""
    return msgspec.structs.replace(match(number, rule_id="r"), source="elsewhere")


def test_a_kill_between_the_rows_of_a_cap_counts_once() -> None:
    """The row of the cap is there and the ledger's is not: the same record is told all the same, and counts once."""
    ledger = Ledger()
    tell = Tell(cap=1)
    first = Message(
        topic=MATCHES, partition=0, offset=7, key="", value=match(1, tell=tell, rule_id="r").encode(),
        timestamp_ms=millis(START),
    )  # fmt: skip
    (cap, row), *_ = Notifier().decide(first, ledger.rows.get).rows
    assert cap == "k/r"
    assert row is not None
    ledger.rows[cap] = row
    assert len(ledger.send(match(1, tell=tell, rule_id="r"), offset=7)) == 1
    assert ledger.send(match(2, tell=tell, rule_id="r"), offset=8) == [], "one is the most"


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


def test_quiet_hours_hold_everything_until_their_end() -> None:
    """At night nothing comes; one story that waited comes as itself in the morning."""
    ledger = Ledger()
    tell = Tell(quiet="08:00-12:00")
    assert ledger.send(match(1, tell=tell, rule_id="r")) == []
    (alert,) = ledger.wait(4 * HOUR)
    assert (alert.kind, alert.alerted_at) == ("new", datetime(2026, 3, 2, 12, 0, tzinfo=UTC))
    assert len(ledger.send(match(2, tell=tell, rule_id="r"))) == 1


def test_a_cap_that_ends_in_quiet_hours_waits_on() -> None:
    """What a cap held at 09:30 for 10:00 comes at the end of the quiet that begins at 09:45."""
    ledger = Ledger()
    tell = Tell(cap=1, quiet="09:45-11:00")
    ledger.send(match(1, tell=tell, rule_id="r"))
    ledger.send(match(2, tell=tell, rule_id="r"), after=30 * MINUTE)
    (alert,) = ledger.wait(DAY)
    assert alert.alerted_at == datetime(2026, 3, 2, 11, 0, tzinfo=UTC)


def test_a_snooze_is_withheld_with_its_end() -> None:
    """A snoozed figure or story is not told, and stands among what was withheld."""
    end = START + HOUR
    ledger = Ledger(Notifier(snoozed=lambda keys, at: end if "figure:Q7747" in keys and at < end else None))
    assert ledger.send(match(1)) == []
    assert [w.reason for w in ledger.withheld] == [f"snoozed until {end.isoformat()}"]
    assert len(ledger.send(match(2), after=2 * HOUR)) == 1


def test_what_waits_is_not_told_of_what_is_snoozed_meanwhile() -> None:
    """A snooze after the match and before the digest: left out of it and withheld, and the rest is told."""
    snoozed: dict[str, datetime] = {}
    tell = Tell(how="digest", digest="08:00")
    ledger = Ledger(Notifier(lambda keys, at: next((e for k in keys if (e := snoozed.get(k)) and e > at), None)))
    ledger.send(match(1, tell=tell, rule_id="r"))
    ledger.send(match(2, tell=tell, rule_id="r"))
    snoozed["story:s-1"] = START + 2 * DAY
    (digest,) = ledger.wait(DAY)
    assert [entry.story_id for entry in digest.entries] == ["s-2"]
    assert [(w.match.story_id, w.reason) for w in ledger.withheld] == [
        ("s-1", f"snoozed until {(START + 2 * DAY).isoformat()}")
    ]
    ledger.send(match(3, tell=tell, rule_id="r"))
    snoozed["rule:r"] = START + 3 * DAY
    assert ledger.wait(DAY) == []
    assert [w.match.story_id for w in ledger.withheld] == ["s-1", "s-3"]


def test_a_snoozed_story_is_counted_no_further() -> None:
    """Told, then snoozed: how many outlets followed is not said; nor of what was snoozed before it was told."""
    snoozed: dict[str, datetime] = {}
    tell = Tell(how="count", count_minutes=30)
    ledger = Ledger(Notifier(lambda keys, at: next((e for k in keys if (e := snoozed.get(k)) and e > at), None)))
    assert len(ledger.send(outlet(0, tell))) == 1
    ledger.send(outlet(1, tell))
    snoozed["story:s-0"] = START + HOUR
    assert ledger.wait(DAY) == []
    night = Tell(how="count", count_minutes=30, quiet="08:00-12:00")
    ledger.send(msgspec.structs.replace(match(5, tell=night, rule_id="r"), story_id="s-5"))
    ledger.send(msgspec.structs.replace(match(6, tell=night, rule_id="r"), story_id="s-5"))
    snoozed["figure:Q7747"] = ledger.at + 4 * HOUR
    assert ledger.wait(DAY) == []


def test_outlets_that_follow_in_quiet_hours_are_counted_after_them() -> None:
    """Named at night: told at seven, and half an hour later how many outlets followed since the first."""
    tell = Tell(how="count", count_minutes=30, quiet="08:00-12:00")
    ledger = Ledger()
    for number in range(4):
        assert ledger.send(outlet(number, tell), after=MINUTE) == []
    told = [(a.kind, a.outlets, a.alerted_at) for a in ledger.wait(DAY)]
    assert told == [("new", 1, START + 3 * HOUR), ("count", 3, START + 3.5 * HOUR)]


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


def test_what_a_figure_that_is_tracked_no_more_still_holds_is_told_to_nobody() -> None:
    """Its own rule went with it."""
    company = Groups()
    company.change("Q7747", "Vladimir Putin", ())
    ledger = Ledger(Notifier(company=company))
    ledger.send(match(1, tell=Tell(how="digest", digest="1h"), rule_id="figure:Q7747"))
    company.change("Q7747", "", None)
    assert ledger.wait(DAY) == []


def watching(rules: dict[str, Rule], company: Groups) -> Ledger:
    """A ledger that follows these rules and groups."""
    return Ledger(Notifier(find_rule=rules.get, all_rules=rules.values, company=company))


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
    ledger = Ledger(Notifier(find_rule=lambda number: rule if number == "r" else None, all_rules=lambda: [rule]))
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
