"""What a rule would have sent: the documents of some days through matching and the ledger, in memory."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

import msgspec

from pipeline.forget import forgotten_list
from pipeline.notify import Notifier
from pipeline.notify.watches import Company, Groups
from pipeline.rules.book import RuleBook
from pipeline.rules.match import Figures, matches
from schemas.alert import Alert, Match
from schemas.broker import read_all
from schemas.codec import Undecodable, from_millis
from schemas.document import Document
from schemas.message import Message
from schemas.rule import DEFAULT_RULE, FIGURE_RULE, Conditions, Rule
from schemas.settings import Settings
from schemas.topics import ALERTS, DOCUMENTS, MATCHES, TIMERS


class Simulation(msgspec.Struct, frozen=True, kw_only=True):
    """What it came to: documents read, matches among them, and the alerts that they would have made, in order.

    `waiting` matches are held still, for a digest or the end of quiet hours that is yet to come.
    """

    documents: int
    matches: int
    alerts: tuple[Alert, ...]
    waiting: int


class _Ledger:
    """The table and the topics of `notify`, in memory."""

    def __init__(self, rule: Rule, company: Company) -> None:
        self._rows: dict[str, bytes] = {}
        self._offset = 0
        silences = (rule,) if rule.when == "silence" else ()
        self._notifier = Notifier(
            find_rule=lambda number: rule if number == rule.id else None, silences=lambda: silences, company=company
        )
        self.alerts: list[Alert] = []

    def run_until(self, at_ms: int) -> None:
        """Let everything fall due that does until then."""
        while (due := self._notifier.timers.next_ms()) is not None and due <= at_ms:
            for tick in self._notifier.timers.due(due):
                self._decide(TIMERS, tick.value, due)

    def begin(self, at_ms: int) -> None:
        """The rule is made: from here on a silence is awaited."""
        for tick in self._notifier.due(at_ms):
            self._decide(TIMERS, tick.value, at_ms)

    def match(self, match: Match, at_ms: int) -> None:
        """One match at a time."""
        self._decide(MATCHES, match.encode(), at_ms)

    @property
    def waiting(self) -> int:
        """Rows that something waits in."""
        return int(self._notifier.timers.next_ms() is not None)

    def _decide(self, topic: str, value: bytes, at_ms: int) -> None:
        self._offset += 1
        message = Message(topic=topic, partition=0, offset=self._offset, key="", value=value, timestamp_ms=at_ms)
        decision = self._notifier.decide(message, self._rows.get)
        for key, row in decision.rows:
            if row is None:
                self._rows.pop(key, None)
            else:
                self._rows[key] = row
        self.alerts += map(Alert.decode, (output.value for output in decision.outputs if output.topic == ALERTS))


def simulate(rule: Rule, figures: Figures, documents: Iterable[tuple[int, Document]], until: datetime) -> Simulation:
    """What a rule would have sent for documents with their times (ms), in the order of time, until a moment."""
    book = RuleBook()
    if not rule.id.startswith(FIGURE_RULE) or rule.conditions != Conditions():
        book.change({rule.id: rule})
    else:
        # A figure's own rule says nothing of whom it is about: it is the default one for a single figure.
        book.change({DEFAULT_RULE: msgspec.structs.replace(rule, id=DEFAULT_RULE)})
    wanted = _only(rule, figures)
    company = Groups()
    for number, figure in figures.items():
        company.change(number, figure.name, figure.groups)
    ledger = _Ledger(rule, company)
    count = found = 0
    for at_ms, document in documents:
        if not count:
            ledger.begin(at_ms)
        count += 1
        ledger.run_until(at_ms)
        for match in matches(document, wanted, book.index, from_millis(at_ms)):
            if match.rule_id == rule.id:
                found += 1
                ledger.match(msgspec.structs.replace(match, quiet=False), at_ms)
    ledger.run_until(round(until.timestamp() * 1000))
    return Simulation(documents=count, matches=found, alerts=tuple(ledger.alerts), waiting=ledger.waiting)


def _only(rule: Rule, figures: Figures) -> Figures:
    """The figures without rules of their own, except the one whose rule is asked for."""
    return {
        number: msgspec.structs.replace(figure, alert=rule.id == f"{FIGURE_RULE}{number}")
        for number, figure in figures.items()
    }


def past_documents(
    settings: Settings, since: datetime, progress: Callable[[int], None] = lambda _count: None
) -> Iterator[tuple[int, Document]]:
    """The documents since a moment that Kafka still has, in the order of time, without those taken down since."""
    forgotten = forgotten_list(settings)
    found = []
    for message in read_all(settings, DOCUMENTS, since_ms=round(since.timestamp() * 1000)):
        if message.value is not None:
            found.append((message.timestamp_ms, message.partition, message.offset, message.value))
            if len(found) % 1000 == 0:
                progress(len(found))
    found.sort()
    for at_ms, _, _, value in found:
        try:
            document = Document.decode(value)
        except Undecodable:
            continue
        if not forgotten.holds(document.enriched.item, document.enriched.mentions):
            yield at_ms, document
