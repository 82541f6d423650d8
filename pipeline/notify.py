"""Step 5, `notify`: has this been told before?

Reads `news.matches` by rule id. The ledger has one row for each (rule, figure, story): the first match owns it and
becomes the alert, all later ones are known already. A redelivered match that owns its row is sent again as the same
alert with the same id. Quiet matches (backfills) fill the ledger and send nothing.
"""

import msgspec

from pipeline.decision import Decision, Lookup, Output, opened, origin
from schemas.alert import Alert, Match, alert_id
from schemas.broker import Message
from schemas.codec import from_millis
from schemas.topics import ALERTS


class LedgerRow(msgspec.Struct, frozen=True, array_like=True):
    """The match that owns an alert: where it came from, and when it was told (ms)."""

    origin: str
    alerted_ms: int
    quiet: bool


class Notifier:
    """Decides about records of `news.matches`."""

    def restore(self, rows: list[tuple[str, bytes]]) -> None:
        """Nothing is kept beside the table."""

    def decide(self, message: Message, lookup: Lookup) -> Decision:
        """An alert for the first match of a figure in a story; nothing for the others."""
        if message.value is None:
            return Decision()
        match = opened("notify", message, Match)
        if isinstance(match, Output):
            return Decision(outputs=(match,))
        number = alert_id(match.rule_id, match.figure_id, match.story_id)
        found = lookup(number)
        if found is None:
            row = LedgerRow(origin(message), message.timestamp_ms, match.quiet)
            return Decision(rows=((number, _encoder.encode(row)),), outputs=_told(number, row, match))
        row = _decoder.decode(found)
        return Decision(outputs=_told(number, row, match) if row.origin == origin(message) else ())


def _told(number: str, row: LedgerRow, match: Match) -> tuple[Output, ...]:
    if row.quiet:
        return ()
    alert = Alert(id=number, alerted_at=from_millis(row.alerted_ms), match=match)
    return (Output(ALERTS, number, alert.encode()),)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(LedgerRow)
