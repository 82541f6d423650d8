"""A partition of `notify` in memory, beside the topics it stands for: what tests of the ledger speak to."""

from datetime import UTC, datetime, timedelta

import msgspec

from pipeline.decision import Decision, Output
from pipeline.notify import Notifier
from schemas.alert import Alert, Match, Withheld
from schemas.codec import millis
from schemas.message import Message
from schemas.rule import Tell
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


def elsewhere(number: int) -> Match:
    """The same story at another outlet."""
    return msgspec.structs.replace(match(number, rule_id="r"), source="elsewhere")
