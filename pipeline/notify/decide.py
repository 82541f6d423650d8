"""The ledger, and the ways of telling.

match ─► known? ─ the same record ──► as it was decided
          │   └── another outlet ───► counted, where the rule counts
          no ─► backfill, snoozed ──► withheld, and said so
             ─► digest, quiet, cap ─► held until it is due ─► tick ─► one digest
             ─► else ───────────────► told at once

What was taken down is told no more, nor what of it is held or counted.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec

from pipeline.decision import Decision, Lookup, Output, opened, origin
from pipeline.notify.activity import counted, silence_due, spike
from pipeline.notify.due import MINUTE_MS, cap_now, due_at, quiet_until
from pipeline.notify.outputs import (
    activity_of,
    as_decided,
    count_of,
    digest_of,
    never_named,
    scope,
    snoozed_of,
    snoozed_until,
    withheld,
)
from pipeline.notify.rows import (
    ACTIVITY,
    CAP,
    COUNT,
    HELD,
    ActivityRow,
    CountRow,
    Held,
    HeldRow,
    LedgerRow,
    R,
    decode,
    encode,
    is_ledger,
)
from pipeline.notify.timers import Timers, activity_key
from pipeline.notify.watches import Company, NoGroups, Watches, is_figures_own, watched
from schemas.alert import Match, alert_id
from schemas.codec import from_millis, millis
from schemas.message import Message
from schemas.rule import FIGURE_RULE, Rule, Tick
from schemas.topics import DAY_MS, TIMERS

HELD_LIMIT = 200
OUTLET_LIMIT = 1_000
SWEEP_MS = 3_600_000
# A row whose alert comes again is written anew at most once in so long, so that a story that runs on is not forgotten.
SEEN_MS = DAY_MS

Snoozed = Callable[[Iterable[str], datetime], datetime | None]
FindRule = Callable[[str], Rule | None]


class Notifier:
    """Decides about records of `news.matches` and `news.timers`.

    `snoozed` says until when one of some keys is snoozed; `find_rule` gives a rule that a user made, `silences` those
    that await one: both are asked for silences alone, since a match carries how its rule tells. `company` says who is
    tracked, and in which group. The ledger forgets an alert after `keep_days` in which nothing of it came. What is
    `gone`, since it was taken down, is told no more, nor what of it is held.
    """

    def __init__(  # noqa: PLR0913 - each is followed by itself
        self,
        snoozed: Snoozed = lambda _keys, _at: None,
        find_rule: FindRule | None = None,
        silences: Callable[[], Iterable[Rule]] = tuple,
        gone: Callable[[Match], bool] = lambda _match: False,
        *,
        company: Company | None = None,
        keep_days: float = 30.0,
    ) -> None:
        self.timers = Timers()
        self._keep_ms = round(keep_days * DAY_MS)
        self._snoozed = snoozed
        self._find_rule = find_rule
        self._gone = gone
        self._company = company or NoGroups()
        self._watches = Watches(silences, self._company)

    def restore(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Set the timers that the rows say."""
        self.timers.restore(rows)
        self._watches.reset()

    def due(self, now_ms: int) -> list[Output]:
        """What to send to `news.timers` now."""
        return [*self._watches.new(), *self.timers.due(now_ms)]

    def expired(self, key: str, data: bytes, now_ms: int) -> Output | None:
        """The tick that removes a row of the ledger, where it is old enough; it decides again by what the row says."""
        if not is_ledger(key):
            return None
        row = decode(LedgerRow, data)
        if not row.rule or not self._is_over(row, now_ms):
            return None
        return Output(TIMERS, row.rule, Tick(rule_id=row.rule, row=key).encode())

    def decide(self, message: Message, lookup: Lookup) -> Decision:
        """What to tell, hold or remember; nothing for what was told before."""
        if message.value is None:
            return Decision()
        if message.topic == TIMERS:
            tick = opened("notify", message, Tick)
            return Decision(outputs=(tick,)) if isinstance(tick, Output) else self._tick(tick, message, lookup)
        match = opened("notify", message, Match)
        if isinstance(match, Output):
            return Decision(outputs=(match,))
        if self._gone(match):
            return Decision()
        if match.when in {"spike", "silence"}:
            return self._activity(match, message, lookup)
        return self._match(match, message, lookup)

    # A match.

    def _match(self, match: Match, message: Message, lookup: Lookup) -> Decision:
        number = alert_id(match.rule_id, match.figure_id, scope(match))
        found = lookup(number)
        if found is None:
            return self._first(number, match, message, lookup)
        row = decode(LedgerRow, found)
        if row.origin == origin(message):
            return Decision(outputs=as_decided(number, row, match))
        rows: list[tuple[str, bytes | None]] = []
        if message.timestamp_ms - max(row.alerted_ms, row.seen_ms) >= SEEN_MS:
            rows.append((number, encode(msgspec.structs.replace(row, seen_ms=message.timestamp_ms))))
        counting = lookup(COUNT + number) if match.tell.how == "count" and not match.quiet else None
        if counting is not None:
            rows += _follow(COUNT + number, decode(CountRow, counting), match)
        return Decision(rows=tuple(rows))

    def _first(self, number: str, match: Match, message: Message, lookup: Lookup) -> Decision:
        at_ms = message.timestamp_ms
        at = from_millis(at_ms)
        if match.quiet:
            return withheld(number, match, message, "backfill")
        until = self._snoozed(_keys(match), at)
        if until is not None:
            return withheld(number, match, message, snoozed_until(until))
        cap = cap_now(match, message, lookup)
        due = due_at(match, at, cap)
        rows: list[tuple[str, bytes | None]] = []
        if match.tell.how == "count":
            # Before the ledger's row: a crash between the two decides anew, and finds the count as it leaves it. Of one
            # that waits, outlets are counted from now on, and told so long after it is told itself.
            due_ms = (at_ms if due is None else millis(due)) + match.tell.count_minutes * MINUTE_MS
            rows.append((COUNT + number, encode(CountRow(due_ms, match))))
            self.timers.set(due_ms, match.rule_id, COUNT + number)
        if due is not None:
            held = self._hold(number, match, message, lookup, millis(due))
            return Decision(rows=(*rows, *held.rows))
        if cap is not None:
            # Before it too, for the same reason: `cap_now` takes back what this very record counted.
            counted_one = msgspec.structs.replace(cap, count=cap.count + 1, last=origin(message))
            rows.append((CAP + match.rule_id, encode(counted_one)))
        row = LedgerRow(origin(message), at_ms, quiet=False, rule=match.rule_id)
        rows.append((number, encode(row)))
        return Decision(tuple(rows), as_decided(number, row, match))

    def _hold(self, number: str, match: Match, message: Message, lookup: Lookup, due_ms: int) -> Decision:
        key = HELD + match.rule_id
        found = lookup(key)
        row = decode(HeldRow, found) if found else HeldRow()
        if not row.due_ms:
            row = msgspec.structs.replace(row, due_ms=due_ms)
            self.timers.set(due_ms, match.rule_id, key)
        if row.newest != origin(message):
            if len(row.held) < HELD_LIMIT:
                row = msgspec.structs.replace(row, held=(*row.held, Held(number, match)), newest=origin(message))
            else:
                row = msgspec.structs.replace(row, more=row.more + 1, newest=origin(message))
        ledger = LedgerRow(origin(message), message.timestamp_ms, quiet=False, fate="held", rule=match.rule_id)
        return Decision(rows=((key, encode(row)), (number, encode(ledger))))

    # A time has come.

    def _tick(self, tick: Tick, message: Message, lookup: Lookup) -> Decision:
        if tick.rule is not None:
            return self._watch(tick, tick.rule, message, lookup)
        found = lookup(tick.row) if tick.row else None
        if found is None:
            return Decision()
        if tick.row.startswith(HELD):
            return self._release(tick, decode(HeldRow, found), message)
        if tick.row.startswith(COUNT):
            return self._count(tick, decode(CountRow, found), message)
        if tick.row.startswith(ACTIVITY):
            activity = decode(ActivityRow, found)
            spiked = activity.match is not None and activity.match.when == "spike"
            return self._late_spike(tick, activity, message) if spiked else self._silence(tick, activity, message)
        over = is_ledger(tick.row) and self._is_over(decode(LedgerRow, found), message.timestamp_ms)
        return Decision(rows=((tick.row, None),) if over else ())

    def _is_over(self, row: LedgerRow, now_ms: int) -> bool:
        """Whether nothing can come any more that the row would have to hold back."""
        return max(row.alerted_ms, row.seen_ms) + self._keep_ms < now_ms

    def _release(self, tick: Tick, row: HeldRow, message: Message) -> Decision:
        if row.last_origin == origin(message):
            last = self._kept(row.last)
            outputs = digest_of(tick.rule_id, row.last_due_ms, last, row.last_more, message)
            return Decision(outputs=(*outputs, *snoozed_of(row.last_snoozed, message)))
        if row.due_ms != tick.due_ms or not row.held:
            return Decision()
        if self._is_removed(tick.rule_id):
            return Decision(rows=((tick.row, None),))
        at = from_millis(message.timestamp_ms)
        held = self._kept(row.held)
        quiet = quiet_until(held[-1].match, at) if held else None
        if quiet is not None:
            return self._later(tick, row, quiet)
        # Who snoozes something wants to hear nothing of it, be it that it waited before.
        ends = [(one, self._snoozed(_keys(one.match), at)) for one in held]
        told = tuple(one for one, until in ends if until is None)
        snoozed = tuple((one, snoozed_until(until)) for one, until in ends if until is not None)
        kept = HeldRow(
            last_origin=origin(message), last_due_ms=row.due_ms, last=told, last_more=row.more, newest=row.newest,
            last_snoozed=snoozed,
        )  # fmt: skip
        rows: list[tuple[str, bytes | None]] = [(COUNT + one.number, None) for one, _ in snoozed]
        outputs = (*digest_of(tick.rule_id, row.due_ms, told, row.more, message), *snoozed_of(snoozed, message))
        return Decision((*rows, (tick.row, encode(kept))), outputs)

    def _is_removed(self, rule_id: str) -> bool:
        """Whether a rule is there no more, or the figure whose own it was; what it still held is told to nobody.

        Asked of what waited only: a match may come from a rule so new that it is not known here yet.
        """
        if is_figures_own(rule_id):
            return not self._company.is_tracked(rule_id.removeprefix(FIGURE_RULE))
        return self._find_rule is not None and self._find_rule(rule_id) is None

    def _kept(self, held: tuple[Held, ...]) -> tuple[Held, ...]:
        """What of it was not taken down meanwhile."""
        return tuple(one for one in held if not self._gone(one.match))

    def _count(self, tick: Tick, row: CountRow, message: Message) -> Decision:
        if self._gone(row.match) or self._is_removed(tick.rule_id):
            return Decision(rows=((tick.row, None),))
        if row.told == origin(message):
            return Decision(outputs=count_of(row, message))
        if row.due_ms != tick.due_ms:
            return Decision()
        at = from_millis(message.timestamp_ms)
        if row.told or not row.outlets or self._snoozed(_keys(row.match), at) is not None:
            return Decision(rows=((tick.row, None),))
        quiet = quiet_until(row.match, at)
        if quiet is not None:
            return self._later(tick, row, quiet)
        due_ms = message.timestamp_ms + SWEEP_MS
        self.timers.set(due_ms, tick.rule_id, tick.row)
        told = msgspec.structs.replace(row, due_ms=due_ms, told=origin(message))
        return Decision(((tick.row, encode(told)),), count_of(row, message))

    # Spikes and silences.

    def _activity(self, match: Match, message: Message, lookup: Lookup) -> Decision:
        if match.quiet or (match.when == "spike" and match.revision > 1):
            return Decision()  # a backfill is no mention of this hour, an edit no further one
        key = activity_key(match.rule_id, match.figure_id)
        found = lookup(key)
        before = decode(ActivityRow, found) if found else None
        at_ms = message.timestamp_ms
        row = counted(before, match, at_ms, message.offset)
        if before is not None and row is before:
            again = row.told == origin(message) and row.match is not None
            return Decision(outputs=activity_of(row, "spike", message) if again else ())
        if match.when == "silence":
            due_ms = silence_due(row.last_ms, match.tell)
            self.timers.set(due_ms, match.rule_id, key)
            return Decision(rows=((key, encode(msgspec.structs.replace(row, due_ms=due_ms, told=""))),))
        reason = spike(row, match.tell, at_ms)
        if reason is None or self._is_snoozed(match, at_ms):
            return Decision(rows=((key, encode(row)),))
        row = msgspec.structs.replace(row, told_hour=at_ms // SWEEP_MS, told_reason=reason)
        quiet = quiet_until(match, from_millis(at_ms))
        if quiet is not None:
            due_ms = millis(quiet)
            self.timers.set(due_ms, match.rule_id, key)
            return Decision(rows=((key, encode(msgspec.structs.replace(row, due_ms=due_ms))),))
        row = msgspec.structs.replace(row, told=origin(message))
        return Decision(((key, encode(row)),), activity_of(row, "spike", message))

    def _watch(self, tick: Tick, rule: Rule, message: Message, lookup: Lookup) -> Decision:
        key = activity_key(tick.rule_id, tick.figure_id)
        found = lookup(key)
        if found is not None:
            return self._again(tick, decode(ActivityRow, found), key, rule)
        at_ms = message.timestamp_ms
        due_ms = silence_due(at_ms, rule.tell)
        self.timers.set(due_ms, tick.rule_id, key)
        match = never_named(rule, tick, from_millis(at_ms))
        return Decision(rows=((key, encode(ActivityRow(at_ms, at_ms, -1, (), match, due_ms))),))

    def _again(self, tick: Tick, row: ActivityRow, key: str, rule: Rule) -> Decision:
        """A silence that is awaited already, by the rule as it is now."""
        due_ms = silence_due(row.last_ms, rule.tell)
        if not row.due_ms or row.due_ms == due_ms:
            return Decision()
        self.timers.set(due_ms, tick.rule_id, key)
        return Decision(rows=((key, encode(msgspec.structs.replace(row, due_ms=due_ms))),))

    def _silence(self, tick: Tick, row: ActivityRow, message: Message) -> Decision:
        if row.told == origin(message):
            return Decision(outputs=activity_of(row, "silence", message))
        if row.due_ms != tick.due_ms or row.match is None:
            return Decision()
        rule = self._find_rule(tick.rule_id) if self._find_rule else None
        if rule is None or row.match.figure_id not in watched(rule, self._company):
            return Decision(rows=((tick.row, None),))
        match = msgspec.structs.replace(row.match, tell=rule.tell, rule_name=rule.name)
        quiet = quiet_until(match, from_millis(message.timestamp_ms))
        if quiet is not None:
            return self._later(tick, row, quiet)
        if self._gone(match):
            # That there is silence is true still; of what came last nothing is told.
            whose = Tick(rule_id=rule.id, figure_id=match.figure_id, figure_name=match.figure_name)
            match = never_named(rule, whose, from_millis(row.last_ms))
        told = msgspec.structs.replace(
            row, match=match, due_ms=0, told=origin(message),
            told_reason=str((message.timestamp_ms - row.last_ms) // SWEEP_MS),
        )  # fmt: skip
        if self._is_snoozed(match, message.timestamp_ms):
            return Decision(rows=((tick.row, encode(msgspec.structs.replace(told, told=""))),))
        return Decision(((tick.row, encode(told)),), activity_of(told, "silence", message))

    def _late_spike(self, tick: Tick, row: ActivityRow, message: Message) -> Decision:
        """A spike that came in quiet hours, at their end."""
        if row.told == origin(message):
            return Decision(outputs=activity_of(row, "spike", message))
        if row.due_ms != tick.due_ms or row.match is None:
            return Decision()
        if self._gone(row.match) or self._is_removed(tick.rule_id) or self._is_snoozed(row.match, message.timestamp_ms):
            return Decision(rows=((tick.row, encode(msgspec.structs.replace(row, due_ms=0))),))
        told = msgspec.structs.replace(row, due_ms=0, told=origin(message))
        return Decision(((tick.row, encode(told)),), activity_of(told, "spike", message))

    def _later(self, tick: Tick, row: R, moment: datetime) -> Decision:
        """The row falls due at that moment instead."""
        due_ms = millis(moment)
        self.timers.set(due_ms, tick.rule_id, tick.row)
        return Decision(rows=((tick.row, encode(msgspec.structs.replace(row, due_ms=due_ms))),))

    def _is_snoozed(self, match: Match, at_ms: int) -> bool:
        keys = (f"figure:{match.figure_id}", f"rule:{match.rule_id}")
        return self._snoozed(keys, from_millis(at_ms)) is not None


def _keys(match: Match) -> tuple[str, ...]:
    """What may be snoozed of a match."""
    return f"figure:{match.figure_id}", f"story:{match.story_id}", f"rule:{match.rule_id}"


def _follow(key: str, row: CountRow, match: Match) -> list[tuple[str, bytes | None]]:
    """One outlet more, unless it was counted or is the first one's."""
    known = match.source == row.match.source or match.source in row.outlets
    if row.told or known or len(row.outlets) >= OUTLET_LIMIT:
        return []
    return [(key, encode(msgspec.structs.replace(row, outlets=(*row.outlets, match.source))))]
