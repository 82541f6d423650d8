"""Step 3, `index`: each document into its month's index.

Reads `news.documents`. A batch is settled when every document of it is written, was there already in the same or a
newer version, or is a dead letter with the server's reason. While the cluster cannot take more, the partition waits,
says so, and goes on by itself.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence

import msgspec
import structlog

from pipeline.decision import Output, opened, set_aside
from pipeline.elastic import Index, IndexRefused, IndexUnavailable, Outcome, Verdict, Write
from pipeline.query.places import place_of
from pipeline.streaming import Progress
from schemas.broker import Message
from schemas.codec import now
from schemas.document import Document
from schemas.index import month_alias, source, version
from schemas.settings import Settings

FIRST_WAIT, LONGEST_WAIT = 0.2, 30.0
BATCH_BYTES = 5 * 1024 * 1024

log = structlog.get_logger()


class Pending(msgspec.Struct, frozen=True):
    """A document not settled yet, with the record it came from."""

    message: Message
    write: Write


class Indexer:
    """Handles batches of documents."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self._settings = settings
        self._progress = progress
        self._index: Index | None = None

    async def start(self) -> None:
        """Open the connection; the cluster may be away still."""
        self._index = Index(self._settings)

    async def stop(self) -> None:
        """Close it."""
        if self._index is not None:
            self._index.close()

    async def handle(self, messages: Sequence[Message], stopping: Callable[[], bool]) -> list[Output] | None:
        """Settle every document, however long the cluster is away."""
        pending, outputs = prepare(messages, self._settings.index_prefix)
        wait = FIRST_WAIT
        while pending:
            if stopping():
                return None
            outcomes, reason = await asyncio.to_thread(self._write, pending)
            pending, refused = judge(pending, outcomes)
            outputs += [set_aside("index", entry.message, why) for entry, why in refused]
            if not pending:
                break
            log.warning("waiting for Elasticsearch", documents=len(pending), reason=reason or "", wait=wait)
            if not await self._sleep(wait, stopping):
                return None
            wait = min(wait * 2, LONGEST_WAIT)
        return outputs

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

    def _bulk(self, index: Index, writes: list[Write]) -> list[Outcome]:
        outcomes = index.bulk(writes)
        missing = {w.alias for w, o in zip(writes, outcomes, strict=True) if o.verdict is Verdict.NO_INDEX}
        if missing:
            for alias in sorted(missing):
                index.ensure_month(alias)
            return index.bulk(writes)  # those written already answer that they are there
        return outcomes


WAITING = frozenset({Verdict.RETRY, Verdict.BLOCKED, Verdict.NO_INDEX})


def prepare(messages: Sequence[Message], prefix: str) -> tuple[list[Pending], list[Output]]:
    """The documents of these records as writes, and dead letters for what is none."""
    pending, outputs = [], []
    indexed_at = now()
    for message in messages:
        if message.value is None:
            continue
        document = opened("index", message, Document)
        if isinstance(document, Output):
            outputs.append(document)
            continue
        enriched = document.enriched
        write = Write(
            month_alias(prefix, enriched.first_seen_at),
            enriched.item.id,
            version(document),
            msgspec.json.encode(source(document, indexed_at, locations(document))),
        )
        pending.append(Pending(message, write))
    return pending, outputs


def locations(document: Document) -> list[tuple[float, float]]:
    """(latitude, longitude) of the places that a document names, each once, in the order of first mention."""
    ids = dict.fromkeys(mention.entity_id for mention in document.enriched.mentions if mention.type == "LOC")
    places = (place_of(identity) for identity in ids)
    return [(place.latitude, place.longitude) for place in places if place is not None]


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
        if part and size + len(entry.write.source) > BATCH_BYTES:
            yield part
            part, size = [], 0
        part.append(entry)
        size += len(entry.write.source)
    if part:
        yield part
