"""Taking down: out of the index, the alerts and every replay, and what comes back is turned away.

In this order, so that nothing slips through: the list `news.forgotten` first, which `enrich`, `index`, `notify` and
`web` follow; then what is in the index, until nothing of it is left there; tombstones on the archive and the alerts.
"""

import getpass
import json
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import msgspec

from pipeline.elastic import Index, Verdict, Write
from pipeline.figures import forget_figures, tracked_or_none
from pipeline.search import Names
from schemas.alert import Alert, Match
from schemas.broker import Follower, Producer, partition_for, read_all, read_newest, send_all
from schemas.codec import Undecodable, millis, now
from schemas.deadletter import DeadLetter
from schemas.document import Document, Enriched, Mention
from schemas.forgotten import Forgotten, ForgottenKind
from schemas.item import Item
from schemas.settings import Settings
from schemas.side_indices import ALERTS as ALERTS_INDEX
from schemas.side_indices import MENTIONS
from schemas.topics import ALERTS, BACKFILL, DEADLETTERS, FORGOTTEN, ITEMS

CATCH_UP_SECONDS = 60.0
# The steps hear of a new line within this time; what they had in hand before is then in the index, to be removed.
HEARD_SECONDS = 2.0
ROUNDS = 10
PAGE = 500


class ForgottenList:
    """What was taken down, followed live. Asking costs three look-ups."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._known: dict[str, set[str]] = {"item": set(), "source": set(), "figure": set(), "expired": set()}
        self._follower = Follower(settings, FORGOTTEN, self.changed) if settings else None

    def changed(self, key: str, value: bytes | None) -> None:
        """A line was added, or taken back."""
        kind, _, name = key.partition(":")
        if kind in self._known:
            (self._known[kind].discard if value is None else self._known[kind].add)(name)

    def wait(self, seconds: float = CATCH_UP_SECONDS) -> None:
        """Block until the list is known as it was at the start: without it, what was taken down would come back.

        Raises:
            BrokerError: for so many seconds nothing of it came; the step ends, and is started anew.
        """
        if self._follower is not None:
            self._follower.wait(seconds)

    def holds(self, item: Item, mentions: Iterable[Mention] = ()) -> bool:
        """Whether an item is turned away: itself, its source, or someone whom it names."""
        if item.id in self._known["item"] or item.source in self._known["source"]:
            return True
        figures = self._known["figure"]
        return bool(figures) and any(mention.entity_id in figures for mention in mentions)

    def holds_match(self, match: Match) -> bool:
        """Whether a match is told no more: its item, the item's source, or whom it is about."""
        known = self._known
        return match.item_id in known["item"] or match.source in known["source"] or match.figure_id in known["figure"]

    def close(self) -> None:
        """Stop following."""
        if self._follower is not None:
            self._follower.close()


class Removed(msgspec.Struct, frozen=True, kw_only=True):
    """What was removed, for the audit."""

    kind: str
    value: str
    items: int
    mentions: int
    alerts: int
    dead_letters: int


_audit_lock = threading.Lock()


def forgotten_now(settings: Settings) -> list[Forgotten]:
    """The whole list."""
    return [Forgotten.decode(value) for value in read_newest(settings, FORGOTTEN).values()]


def forgotten_list(settings: Settings) -> ForgottenList:
    """The list as it is now, for whoever reads a topic once."""
    listed = ForgottenList()
    for key, value in read_newest(settings, FORGOTTEN).items():
        listed.changed(key, value)
    return listed


def figure_ids(settings: Settings, name: str) -> tuple[str, ...]:
    """The ids of those who have a name, or the name itself as an id."""
    return Names(tracked_or_none(settings)).ids(name) or (name,)


def found(index: Index, kind: ForgottenKind, value: str) -> list[str]:
    """The ids of the items in the index that would be removed."""
    return list(_ids(index, f"{index.prefix}-items", _asked(kind, value)))


def forget(settings: Settings, index: Index, kind: ForgottenKind, value: str, reason: str) -> Removed:
    """Take down an item, a source, or all that names a figure.

    Raises:
        BrokerError, IndexUnavailable: a server does not answer; asking again goes on where it stopped.
    """
    by = _user()
    with Producer(settings) as producer:
        line = Forgotten(kind=kind, value=value, at=now(), by=by, reason=reason)
        producer.send(FORGOTTEN, line.key, line.encode())
        producer.flush()
    if kind == "figure":
        forget_figures(settings, [value])
    time.sleep(HEARD_SECONDS)
    items = dict.fromkeys([value] if kind == "item" else [])
    removed_items = mentions = 0
    for _ in range(ROUNDS):
        index.refresh()
        there = found(index, kind, value)
        items |= dict.fromkeys(there)
        removed_items += _remove(index, f"{index.prefix}-items", _asked(kind, value))
        mentions += _remove(index, f"{index.prefix}-{MENTIONS}", _mentions_asked(kind, value, list(items)))
        if not there:
            break
    about = [(letter, named) for letter in _letters(settings) if (named := _about(letter, items.keys(), kind, value))]
    items |= dict.fromkeys(named for _, named in about)
    _tombstones(settings, list(items), about, by, reason)
    alerts = _forget_alerts(settings, index, kind, value, frozenset(items))
    removed = Removed(
        kind=kind, value=value, items=removed_items, mentions=mentions, alerts=alerts, dead_letters=len(about)
    )
    _audit(settings, removed, by, reason)
    return removed


def _asked(kind: ForgottenKind, value: str) -> dict[str, Any]:
    field = {"item": "id", "source": "source", "figure": "entity_ids"}[kind]
    return {"term": {field: value}}


def _mentions_asked(kind: ForgottenKind, value: str, items: list[str]) -> dict[str, Any]:
    asked = [{"terms": {"item_id": items[:60_000]}}]
    if kind != "item":
        asked.append({"term": {"source" if kind == "source" else "entity_id": value}})  # type: ignore[dict-item]
    return {"bool": {"should": asked, "minimum_should_match": 1}}


def _ids(index: Index, name: str, query: dict[str, Any]) -> Iterator[str]:
    yield from (hit["_id"] for hit in _hits(index, name, query))


def _hits(index: Index, name: str, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
    body: dict[str, Any] = {"query": query, "size": PAGE, "source": False, "sort": [{"_shard_doc": "asc"}]}
    with index.snapshot(name) as pit:
        body["pit"] = pit
        while True:
            answer = index.search(body)
            hits = answer["hits"]["hits"]
            yield from hits
            if len(hits) < PAGE:
                return
            body |= {"search_after": hits[-1]["sort"], "pit": {**pit, "id": answer["pit_id"]}}


def _remove(index: Index, name: str, query: dict[str, Any]) -> int:
    """Remove what a query finds; a version of this moment keeps an older write from undoing it.

    While a mapping is moved, also from the index that stands beside, where it is copied already or would be later.
    """
    writes = [Write(hit["_index"], hit["_id"], millis(now()), None) for hit in _hits(index, name, query)]
    moving = index.next_aliases() if writes else frozenset()
    removed = 0
    for start in range(0, len(writes), PAGE):
        part = writes[start : start + PAGE]
        removed += sum(outcome.verdict is Verdict.WRITTEN for outcome in index.bulk(part, aliases=False))
        beside = [
            Write(f"{alias}-next", write.id, write.version, None)
            for write in part
            if (alias := write.alias.rsplit("-v", 1)[0]) in moving
        ]
        if beside:
            index.bulk(beside)
    return removed


def _tombstones(
    settings: Settings, items: list[str], about: list[tuple[DeadLetter, str]], by: str, reason: str
) -> None:
    """Tombstones on the archive for each item, each with a line of the list that counts them; and its dead letters.

    A letter of `enrich` is all that the books have of its record: the line counts it too.
    """
    archived = {topic: _keys(settings, topic, items) for topic in (ITEMS, BACKFILL)}
    unknown = Counter(named for letter, named in about if letter.step == "enrich")
    with Producer(settings) as producer:
        for item in items:
            topics = [topic for topic, keys in archived.items() if item in keys]
            for topic in topics:
                producer.send(topic, item, None)
            line = Forgotten(
                kind="item", value=item, at=now(), by=by, reason=reason, tombstones=len(topics) + unknown[item]
            )
            producer.send(FORGOTTEN, line.key, line.encode())
        for letter, _ in about:
            producer.send(DEADLETTERS, letter.id, None)
        producer.flush()


def _keys(settings: Settings, topic: str, items: list[str]) -> set[str]:
    """Those of the items that a topic has."""
    wanted = set(items)
    partitions = {partition_for(item, settings.partitions) for item in items}
    newest: dict[str, bool] = {}
    for partition in partitions:
        for message in read_all(settings, topic, partition):
            if message.key in wanted:
                newest[message.key] = message.value is not None
    return {key for key, there in newest.items() if there}


def _about(letter: DeadLetter, items: Collection[str], kind: ForgottenKind, value: str) -> str | None:
    """The item that a letter is about, where it is one of these or from the source; of most steps no key says it."""
    if letter.key in items:
        return letter.key
    named, source = _named(letter.payload() or b"") or (None, None)
    return named if named in items or (kind == "source" and source == value) else None


def _named(payload: bytes) -> tuple[str, str] | None:
    """The item that a record is about, and its source."""
    for of in (Document, Enriched, Item, Match):
        try:
            record = of.decode(payload)
        except Undecodable:
            continue
        if isinstance(record, Match):
            return record.item_id, record.source
        enriched = record.enriched if isinstance(record, Document) else record
        item = enriched.item if isinstance(enriched, Enriched) else enriched
        return item.id, item.source
    return None


def _letters(settings: Settings) -> Iterator[DeadLetter]:
    for value in read_newest(settings, DEADLETTERS).values():
        try:
            yield DeadLetter.decode(value)
        except Undecodable:
            continue


def _forget_alerts(settings: Settings, index: Index, kind: ForgottenKind, value: str, items: frozenset[str]) -> int:
    gone = []
    for key, data in read_newest(settings, ALERTS).items():
        try:
            alert = Alert.decode(data)
        except Undecodable:
            continue
        # A digest goes whole: without one of its entries it would be told again.
        if any(
            match.item_id in items or (kind == "figure" and match.figure_id == value)
            for match in (alert.match, *alert.entries)
        ):
            gone.append(key)
    send_all(settings, ALERTS, ((key, None) for key in gone))
    if gone:
        _remove(index, f"{index.prefix}-{ALERTS_INDEX}", {"terms": {"id": gone[:60_000]}})
    return len(gone)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def _audit(settings: Settings, removed: Removed, by: str, reason: str) -> None:
    """One line of JSON to `audit.jsonl` in the data directory."""
    line = {"at": now().isoformat(), "by": by, "reason": reason, "action": "forget", **msgspec.to_builtins(removed)}
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with _audit_lock, (settings.data_dir / "audit.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
