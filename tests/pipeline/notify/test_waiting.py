"""What is told later: counts, digests, caps, quiet hours, snoozes, without servers."""

from datetime import UTC, datetime

import msgspec

from pipeline.notify import Notifier
from schemas.codec import millis
from schemas.message import Message
from schemas.rule import Tell
from schemas.topics import MATCHES
from tests.pipeline.notify.ledger import DAY, HOUR, MINUTE, START, Ledger, match, outlet


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


def test_a_cap_holds_the_rest_for_one_digest() -> None:
    """Of a thousand stories in a minute two come at once, and the others as one digest at the end of the hour."""
    ledger = Ledger()
    tell = Tell(cap=2)
    told = [alert for n in range(1000) for alert in ledger.send(match(n, tell=tell, rule_id="r"), after=MINUTE / 1000)]
    assert [alert.kind for alert in told] == ["new", "new"]
    (digest,) = ledger.wait(HOUR)
    assert (digest.kind, len(digest.entries) + digest.more) == ("digest", 998)
    assert len(ledger.send(match(2000, tell=tell, rule_id="r"))) == 1, "a new hour"


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
