"""The one hand that writes to Kafka for all feeds: items first, and a feed's state only once Kafka has its items.

Many polls end at about the same time; they share one flush. A crash between the two writes sends items again, under
the same ids, which `enrich` recognises; it never loses one.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from connectors.feeds.registry import Sender, seen_key
from connectors.feeds.seen import Seen
from connectors.protocol import Refused
from connectors.send import put
from schemas.errors import BrokerError
from schemas.feed import FeedSeen, FeedState
from schemas.item import Item
from schemas.page import FullText
from schemas.topics import FEED_STATE

STEP = "feeds"
ROUND_LIMIT = 200
RETRY_SECONDS = 1.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One record for Kafka."""

    topic: str
    key: str
    value: bytes | None
    partition: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What one poll leaves: things to send, then the state to keep (None for a part of a long backfill).

    `seen` is kept where it changed; `after` are further records, once all of that is sent.
    """

    found: tuple[Item | Refused, ...] = ()
    quiet: bool = False
    full_text: FullText = "feed"
    state: FeedState | None = None
    seen: Seen | None = None
    partition: int = 0
    after: tuple[Written, ...] = ()
    done: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Writer:
    """Takes deliveries and writes them in rounds, one at a time, in a thread."""

    def __init__(self, producer: Sender) -> None:
        self._producer = producer
        self._queue: asyncio.Queue[Delivery] = asyncio.Queue()

    async def deliver(self, delivery: Delivery) -> None:
        """Returns once Kafka has the items and the state is on its way."""
        self._queue.put_nowait(delivery)
        await delivery.done

    async def run(self) -> None:
        """Write for ever; while Kafka does not answer, try the same round again."""
        while True:
            batch = [await self._queue.get()]
            while len(batch) < ROUND_LIMIT and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            await self._write(batch)
            for delivery in batch:
                if not delivery.done.done():
                    delivery.done.set_result(None)

    async def _write(self, batch: Sequence[Delivery]) -> None:
        while True:
            try:
                # Not cancelled half way: the thread goes on in any case, and the flush must be waited for.
                await asyncio.shield(asyncio.to_thread(self._round, batch))
            except BrokerError as error:
                log.warning("Kafka does not take items; trying again", error=str(error))
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    def _round(self, batch: Sequence[Delivery]) -> None:
        found = [(thing, delivery) for delivery in batch for thing in delivery.found]
        for thing, delivery in found:
            put(thing, self._producer, backfill=delivery.quiet, step=STEP, full_text=delivery.full_text)
        if found:
            self._producer.flush()
        for delivery in batch:
            self._keep(delivery)

    def _keep(self, delivery: Delivery) -> None:
        state, partition = delivery.state, delivery.partition
        if state and delivery.seen is not None:
            seen = FeedSeen(feed_id=state.feed_id, entries=delivery.seen.pack())
            self._producer.send(FEED_STATE, seen_key(state.feed_id), seen.encode(), partition=partition)
        if state:
            self._producer.send(FEED_STATE, state.feed_id, state.encode(), partition=partition)
        for record in delivery.after:
            self._producer.send(record.topic, record.key, record.value, partition=record.partition)
