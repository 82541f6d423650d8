"""What the ledger sends: alerts and what is withheld, each with the id that its rule, figure and scope give it."""

from datetime import datetime

from pipeline.decision import Decision, Output, origin
from pipeline.notify.rows import ActivityRow, CountRow, Held, LedgerRow, encode
from schemas.alert import Alert, AlertKind, Match, Withheld, alert_id
from schemas.codec import from_millis
from schemas.message import Message
from schemas.rule import Rule, Tick
from schemas.topics import ALERTS, WITHHELD


def scope(match: Match) -> str:
    """What a rule tells of once: a story by default, or an item, a revision, an event."""
    match match.when:
        case "item":
            return f"item/{match.item_id}"
        case "revision" | "enters" | "leaves":
            return f"revision/{match.item_id}/{match.revision}"
        case "event":
            return match.event_id or match.story_id
        case _:
            return match.story_id


def withheld(number: str, match: Match, message: Message, reason: str) -> Decision:
    """Not told, with its reason."""
    row = LedgerRow(origin(message), message.timestamp_ms, match.quiet, "withheld", reason, match.rule_id)
    return Decision(((number, encode(row)),), as_decided(number, row, match))


def snoozed_until(moment: datetime) -> str:
    """The reason of what is withheld since it is snoozed."""
    return f"snoozed until {moment.isoformat()}"


def snoozed_of(snoozed: tuple[tuple[Held, str], ...], message: Message) -> tuple[Output, ...]:
    """What waited, and was snoozed when its time came."""
    at = from_millis(message.timestamp_ms)
    records = (Withheld(id=one.number, at=at, reason=reason, match=one.match) for one, reason in snoozed)
    return tuple(Output(WITHHELD, record.id, record.encode()) for record in records)


def as_decided(number: str, row: LedgerRow, match: Match) -> tuple[Output, ...]:
    """What is sent of an alert as the ledger has it."""
    if row.fate == "held":
        return ()
    if row.fate == "withheld" or row.quiet:
        withheld = Withheld(id=number, at=from_millis(row.alerted_ms), reason=row.reason or "backfill", match=match)
        return (Output(WITHHELD, number, withheld.encode()),)
    kinds: dict[str, AlertKind] = {"enters": "enters", "leaves": "leaves"}
    alert = Alert(id=number, alerted_at=from_millis(row.alerted_ms), match=match, kind=kinds.get(match.when, "new"))
    return (Output(ALERTS, number, alert.encode()),)


def count_of(row: CountRow, message: Message) -> tuple[Output, ...]:
    """The message that tells how many outlets followed."""
    match = row.match
    number = alert_id(match.rule_id, match.figure_id, f"{scope(match)}/count")
    at = from_millis(message.timestamp_ms)
    alert = Alert(id=number, alerted_at=at, match=match, kind="count", outlets=len(row.outlets))
    return (Output(ALERTS, number, alert.encode()),)


def digest_of(rule_id: str, due_ms: int, held: tuple[Held, ...], more: int, message: Message) -> tuple[Output, ...]:
    """What was held as one message, or as itself where it is one that only waited."""
    if not held:
        return ()  # all of it was taken down
    at = from_millis(message.timestamp_ms)
    first = held[0]
    if len(held) == 1 and not more and first.match.tell.how != "digest":
        alert = Alert(id=first.number, alerted_at=at, match=first.match)
    else:
        number = alert_id(rule_id, "", f"digest/{due_ms}")
        entries = tuple(one.match for one in held)
        alert = Alert(
            id=number, alerted_at=at, match=first.match, kind="digest", entries=entries, more=more, outlets=len(entries)
        )
    return (Output(ALERTS, alert.id, alert.encode()),)


def activity_of(row: ActivityRow, kind: AlertKind, message: Message) -> tuple[Output, ...]:
    """A spike or a silence."""
    match = row.match
    if match is None:
        return ()
    at_ms = message.timestamp_ms
    scope_ = f"spike/{row.told_hour}" if kind == "spike" else f"silence/{row.last_ms}"
    number = alert_id(match.rule_id, match.figure_id, scope_)
    alert = Alert(id=number, alerted_at=from_millis(at_ms), match=match, kind=kind, reason=row.told_reason)
    return (Output(ALERTS, number, alert.encode()),)


def never_named(rule: Rule, tick: Tick, at: datetime) -> Match:
    """The match of a figure that was never named since its rule was made."""
    return Match(
        rule_id=rule.id, figure_id=tick.figure_id, figure_name=tick.figure_name or tick.figure_id, item_id="",
        revision=0, story_id="", quiet=False, field="title", surface="", excerpt="", excerpt_start=0, excerpt_end=0,
        why="", title="", url=None, source="", language="und", published_at=None, first_seen_at=at, matched_at=at,
        rule_name=rule.name, when="silence", tell=rule.tell,
    )  # fmt: skip
