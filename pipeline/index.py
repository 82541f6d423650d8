"""Step 3, `index`: each document into its month's index, with its mentions; and each alert.

Reads `news.documents` and `news.alerts`. A batch is settled when every document of it is written, was there already
in the same or a newer version, or is a dead letter with the server's reason. While the cluster cannot take more, the
partition waits, says so, and goes on by itself.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import msgspec
import structlog

from pipeline.decision import Output, opened, set_aside
from pipeline.elastic import Index, Outcome, Verdict, Write
from pipeline.forget import ForgottenList
from pipeline.observe import Observer, Tally
from pipeline.query.places import place_of
from pipeline.reasons import of_alert
from pipeline.settling import Progress
from schemas import side_indices as side
from schemas.alert import Alert
from schemas.codec import millis, now
from schemas.document import Document
from schemas.errors import IndexRefused, IndexUnavailable
from schemas.forgotten import Forgotten
from schemas.index import month_alias, source, version
from schemas.message import Message
from schemas.settings import Settings
from schemas.topics import ALERTS, FORGOTTEN

FIRST_WAIT, LONGEST_WAIT = 0.2, 30.0
# How soon a move to a new mapping is seen; `pipeline.index_life` waits longer before it copies.
NEXT_SECONDS = 1.0
BATCH_BYTES = 5 * 1024 * 1024

log = structlog.get_logger()


class Pending(msgspec.Struct, frozen=True):
    """A write not settled yet, with the record it came from.

    `beside` is what can be made again from elsewhere: mentions, alerts. `revised` items were written before in another
    revision.
    """

    message: Message
    write: Write
    beside: bool = False
    revised: bool = False


class Indexer:
    """Handles batches of documents."""

    # A request costs the cluster as much as several documents: with 0.05 s, at 40 items a second on a busy machine,
    # this step took 4.0 ms of CPU an item, with 0.2 s 3.2 ms. Searches see nothing sooner than each half second anyway.
    company_seconds = 0.2

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self._settings = settings
        self._progress = progress
        self._index: Index | None = None
        self._tally = Tally()
        self._next: frozenset[str] = frozenset()
        self._next_at = float("-inf")
        self._observer: Observer | None = None
        self._forgotten: ForgottenList | None = None

    async def start(self) -> None:
        """Open the connection; the cluster may be away still. And know where places are before the first item."""
        self._index = Index(self._settings)
        await asyncio.to_thread(place_of, "")
        self._forgotten = ForgottenList(self._settings)
        await asyncio.to_thread(self._forgotten.wait)
        self._observer = Observer(self._settings, self._tally)

    async def stop(self) -> None:
        """Close it."""
        if self._observer is not None:
            self._observer.close()
        if self._forgotten is not None:
            self._forgotten.close()
        if self._index is not None:
            self._index.close()

    async def handle(self, messages: Sequence[Message], stopping: Callable[[], bool]) -> list[Output] | None:
        """Settle every document, however long the cluster is away."""
        pending, outputs = prepare(messages, self._settings.index_prefix, self._forgotten)
        wait = FIRST_WAIT
        while True:
            try:
                pending = [*await asyncio.to_thread(self._outdated, pending), *pending]
                break
            except IndexUnavailable as error:
                log.warning("waiting for Elasticsearch", documents=len(pending), reason=str(error), wait=wait)
                if not await self._sleep(wait, stopping):
                    return None
                wait = min(wait * 2, LONGEST_WAIT)
        while pending:
            if stopping():
                return None
            outcomes, reason = await asyncio.to_thread(self._write, pending)
            self._tally.add(outcomes)
            pending, refused = judge(pending, outcomes)
            for entry, why in refused:
                if entry.beside:
                    log.error("not indexed", id=entry.write.id, reason=why)
                else:
                    outputs.append(set_aside("index", entry.message, why))
            if not pending:
                break
            log.warning("waiting for Elasticsearch", documents=len(pending), reason=reason or "", wait=wait)
            if not await self._sleep(wait, stopping):
                return None
            wait = min(wait * 2, LONGEST_WAIT)
        return outputs

    def _outdated(self, pending: Sequence[Pending]) -> list[Pending]:
        """Removals of mentions that a former revision had and the new one has not; before the item is written anew."""
        assert self._index is not None, "started"  # noqa: S101 - for the type checker
        revised = {entry.write.id: entry for entry in pending if not entry.beside and entry.revised}
        if not revised:
            return []
        places = [(entry.write.alias, entry.write.id) for entry in revised.values()]
        kept = {entry.write.id for entry in pending if entry.beside}
        removals = []
        for item, stored in self._index.stored(places, ["entity_ids"]).items():
            entry = revised[item]
            for entity in stored.get("entity_ids", []):
                if side.mention_id(item, entity) not in kept:
                    alias = entry.write.alias.replace("-items-", f"-{side.MENTIONS}-")
                    write = Write(alias, side.mention_id(item, entity), entry.write.version, None)
                    removals.append(Pending(entry.message, write, beside=True))
        return removals

    async def _sleep(self, seconds: float, stopping: Callable[[], bool]) -> bool:
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while loop.time() < until:
            if stopping():
                return False
            self._progress.alive()
            await asyncio.sleep(min(0.2, seconds))
        return True

    def _write(self, pending: Sequence[Pending]) -> tuple[list[Outcome], str]:
        """An outcome for each; RETRY for all of a part that got no answer."""
        assert self._index is not None, "started"  # noqa: S101 - for the type checker
        outcomes: list[Outcome] = []
        for part in parts(pending):
            writes = [entry.write for entry in part]
            try:
                outcomes += self._bulk(self._index, writes)
            except (IndexUnavailable, IndexRefused) as error:
                outcomes += [Outcome(Verdict.RETRY, str(error))] * len(writes)
        reason = next((o.reason for o in outcomes if o.verdict in WAITING), "")
        return outcomes, reason

    def _beside(self, index: Index, writes: list[Write]) -> list[tuple[int, Write]]:
        """The writes again for the indices that stand beside those of their months, while a mapping is moved."""
        if time.monotonic() - self._next_at > NEXT_SECONDS:
            self._next, self._next_at = index.next_aliases(), time.monotonic()
        return [
            (number, Write(f"{write.alias}-next", write.id, write.version, write.source))
            for number, write in enumerate(writes)
            if write.alias in self._next
        ]

    def _bulk(self, index: Index, writes: list[Write]) -> list[Outcome]:
        outcomes = self._bulk_once(index, writes)
        copies = self._beside(index, writes)
        if copies:
            for (number, _), outcome in zip(copies, index.bulk([write for _, write in copies]), strict=True):
                # Without the alias the move is over; what the new index refuses stops the move, not the pipeline.
                if outcome.verdict in {Verdict.RETRY, Verdict.BLOCKED}:
                    outcomes[number] = outcome
        return outcomes

    def _bulk_once(self, index: Index, writes: list[Write]) -> list[Outcome]:
        outcomes = index.bulk(writes)
        missing = {w.alias for w, o in zip(writes, outcomes, strict=True) if o.verdict is Verdict.NO_INDEX}
        if missing:
            for alias in sorted(missing):
                index.ensure_month(alias)
            return index.bulk(writes)  # those written already answer that they are there
        return outcomes


WAITING = frozenset({Verdict.RETRY, Verdict.BLOCKED, Verdict.NO_INDEX})


def prepare(
    messages: Sequence[Message], prefix: str, forgotten: ForgottenList | None = None
) -> tuple[list[Pending], list[Output]]:
    """The writes that these records ask for, and what to send: dead letters of what is none, lines of the forgotten.

    Mentions come before their item.
    """
    pending: list[Pending] = []
    outputs: list[Output] = []
    indexed_at = now()
    for message in messages:
        if message.value is None:
            continue
        kind: type[Document | Alert] = Alert if message.topic == ALERTS else Document
        record = opened("index", message, kind)
        if isinstance(record, Output):
            outputs.append(record)
        elif isinstance(record, Alert):
            pending.append(_alert(message, record, prefix))
        elif forgotten is not None and forgotten.holds(record.enriched.item, record.enriched.mentions):
            # It was on its way when it was taken down; its line closes the books.
            line = Forgotten(kind="item", value=record.enriched.item.id, at=now(), reason="was on its way")
            outputs.append(Output(FORGOTTEN, line.key, line.encode()))
        else:
            pending += _document(message, record, prefix, indexed_at)
    return pending, outputs


def _alert(message: Message, alert: Alert, prefix: str) -> Pending:
    alias = month_alias(prefix, alert.alerted_at, side.ALERTS)
    stored = msgspec.json.encode(side.alert_source(alert) | {"why": of_alert(alert)})
    return Pending(message, Write(alias, alert.id, millis(alert.alerted_at), stored), beside=True)


def _document(message: Message, document: Document, prefix: str, indexed_at: datetime) -> list[Pending]:
    enriched, number = document.enriched, version(document)
    where = locations(document)
    alias = month_alias(prefix, enriched.first_seen_at, side.MENTIONS)
    writes = [
        Pending(message, Write(alias, key, number, msgspec.json.encode(mention)), beside=True)
        for key, mention in side.mention_sources(document, indexed_at, where).items()
    ]
    stored = msgspec.json.encode(source(document, indexed_at, list(where.values())))
    item = Write(month_alias(prefix, enriched.first_seen_at), enriched.item.id, number, stored)
    return [*writes, Pending(message, item, revised=enriched.revision > 1)]


def locations(document: Document) -> dict[str, tuple[float, float]]:
    """(latitude, longitude) of the places that a document names, by entity id, in the order of first mention."""
    ids = dict.fromkeys(mention.entity_id for mention in document.enriched.mentions if mention.type == "LOC")
    places = ((identity, place_of(identity)) for identity in ids)
    return {identity: (place.latitude, place.longitude) for identity, place in places if place is not None}


def judge(pending: Sequence[Pending], outcomes: Sequence[Outcome]) -> tuple[list[Pending], list[tuple[Pending, str]]]:
    """What must be tried again, and what the server refused for good with its reason."""
    pairs = list(zip(pending, outcomes, strict=True))
    again = [entry for entry, outcome in pairs if outcome.verdict in WAITING]
    refused = [(entry, outcome.reason) for entry, outcome in pairs if outcome.verdict is Verdict.REFUSED]
    return again, refused


def parts(pending: Sequence[Pending]) -> Iterator[list[Pending]]:
    """Requests of at most 5 MiB; a larger document stands alone."""
    part: list[Pending] = []
    size = 0
    for entry in pending:
        if part and size + len(entry.write.source or b"") > BATCH_BYTES:
            yield part
            part, size = [], 0
        part.append(entry)
        size += len(entry.write.source or b"")
    if part:
        yield part
