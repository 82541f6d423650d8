"""What an attempt to send came to, and what follows from it: nothing here acts."""

from datetime import datetime, timedelta

import msgspec

from schemas.alert import Alert, Delivery

GIVE_UP = timedelta(days=1)
FIRST_WAIT, LONGEST_WAIT = 0.5, 300.0


class Sent(msgspec.Struct, frozen=True):
    """It was taken."""


class Later(msgspec.Struct, frozen=True):
    """It was not taken now; trying again may help."""

    reason: str


class Refused(msgspec.Struct, frozen=True):
    """It will never be taken."""

    reason: str


class Gone(msgspec.Struct, frozen=True):
    """The place itself is no more (410): nothing shall be sent to it."""

    reason: str


Outcome = Sent | Later | Refused | Gone


class Waiting(msgspec.Struct, frozen=True):
    """An alert that was not taken yet, with how it went so far."""

    alert: Alert
    delivery: Delivery


def after(outcome: Outcome, alert: Alert, before: Delivery, now: datetime) -> Delivery:
    """What became of an alert by an attempt; `before` is where it stood, with the attempts made."""
    attempts = before.attempts + 1
    first = before.first_at or now
    changed = {"alert_id": alert.id, "at": now, "attempts": attempts, "first_at": first, "next_at": None}
    match outcome:
        case Sent():
            return msgspec.structs.replace(before, **changed, state="sent", reason="")
        case Later(reason):
            wait = timedelta(seconds=min(FIRST_WAIT * 2 ** min(attempts - 1, 20), LONGEST_WAIT))
            if now + wait - first > GIVE_UP:
                reason = f"given up after a day; at last: {reason}"
                return msgspec.structs.replace(before, **changed, state="set aside", reason=reason)
            changed["next_at"] = now + wait
            return msgspec.structs.replace(before, **changed, state="retrying", reason=reason)
        case Refused(reason) | Gone(reason):
            return msgspec.structs.replace(before, **changed, state="set aside", reason=reason)
