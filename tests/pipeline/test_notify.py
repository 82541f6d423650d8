"""The ledger's decisions, without servers."""

import msgspec

from pipeline.notify import Notifier
from schemas.alert import Alert, Match
from schemas.broker import Message
from schemas.topics import ALERTS, MATCHES
from tests.samples import MATCH


class _Ledger:
    def __init__(self) -> None:
        self.rows: dict[str, bytes] = {}
        self.offset = -1

    def send(self, match: Match, *, offset: int | None = None) -> list[Alert]:
        self.offset = self.offset + 1 if offset is None else offset
        message = Message(
            topic=MATCHES, partition=0, offset=self.offset, key=match.rule_id, value=match.encode(), timestamp_ms=1000
        )
        decision = Notifier().decide(message, self.rows.get)
        self.rows.update({key: row for key, row in decision.rows if row is not None})
        assert all(output.topic == ALERTS for output in decision.outputs)
        return [Alert.decode(output.value) for output in decision.outputs]


def test_one_alert_for_a_figure_and_a_story() -> None:
    """The first match of a story alerts, an outlet that repeats it does not, another story does."""
    ledger = _Ledger()
    assert len(ledger.send(MATCH)) == 1
    assert ledger.send(msgspec.structs.replace(MATCH, item_id="other", source="another outlet")) == []
    assert len(ledger.send(msgspec.structs.replace(MATCH, story_id="s-2"))) == 1
    assert len(ledger.send(msgspec.structs.replace(MATCH, figure_id="Q2", rule_id="figure:Q2"))) == 1


def test_a_redelivered_match_is_the_same_alert() -> None:
    """After a crash, the match that owns the ledger's row is sent again with the same id and time."""
    ledger = _Ledger()
    first = ledger.send(MATCH)
    ledger.send(msgspec.structs.replace(MATCH, item_id="other"))
    assert ledger.send(MATCH, offset=0) == first
    assert ledger.send(msgspec.structs.replace(MATCH, item_id="other"), offset=1) == []


def test_a_quiet_match_fills_the_ledger() -> None:
    """A backfilled story is known afterwards, and nothing is sent for it, then or later."""
    ledger = _Ledger()
    quiet = msgspec.structs.replace(MATCH, quiet=True)
    assert ledger.send(quiet) == []
    assert ledger.send(MATCH) == []
    assert ledger.send(quiet, offset=0) == []
