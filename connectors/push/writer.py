"""Requests into Kafka, several at a time: those that wait share one flush, and each is told when Kafka has its items.

Promises: `deliver` returns once Kafka has everything of its request. On `BrokerError` Kafka may have a part of it; to
send all of it again is harmless, since the ids are the same.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from connectors.feeds.registry import Sender
from connectors.protocol import Refused
from connectors.send import put
from schemas.errors import BrokerError
from schemas.item import Item
from schemas.page import FullText

STEP = "push"
ROUND = 64
WAITING_LIMIT = 256
# A round that is under way for so long waits for a broker that is away: what comes meanwhile is told so at once.
STUCK_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The items and refusals of one request. `done` tells of each whether Kafka has it as an item."""

    found: Sequence[Item | Refused]
    backfill: bool
    full_text: FullText = "feed"
    done: "asyncio.Future[list[bool]]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Writer:
    """Takes deliveries and writes them in rounds, one at a time, in a thread."""

    def __init__(self, producer: Sender) -> None:
        self._producer = producer
        self._queue: asyncio.Queue[Delivery] = asyncio.Queue(WAITING_LIMIT)
        self._begun: float | None = None

    async def deliver(
        self, found: Sequence[Item | Refused], *, backfill: bool, full_text: FullText = "feed"
    ) -> list[bool]:
        """Write these and wait for Kafka; whether each is an item that Kafka has.

        Raises:
            BrokerError: Kafka does not take it, takes nothing for some seconds, or too many requests wait already.
        """
        if self._begun is not None and time.monotonic() - self._begun > STUCK_SECONDS:
            raise BrokerError(f"Kafka has taken nothing for {time.monotonic() - self._begun:.0f} s")
        delivery = Delivery(found=found, backfill=backfill, full_text=full_text)
        try:
            self._queue.put_nowait(delivery)
        except asyncio.QueueFull as error:
            raise BrokerError("too many requests wait for Kafka") from error
        return await delivery.done

    async def run(self) -> None:
        """Write for ever."""
        while True:
            batch = [await self._queue.get()]
            while len(batch) < ROUND and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            self._begun = time.monotonic()
            try:
                answers = await asyncio.shield(asyncio.to_thread(self._round, batch))
            except BrokerError as error:
                for delivery in batch:
                    _fail(delivery, error)
            else:
                for delivery, taken in zip(batch, answers, strict=True):
                    if not delivery.done.done():
                        delivery.done.set_result(taken)
            finally:
                self._begun = None

    def _round(self, batch: Sequence[Delivery]) -> list[list[bool]]:
        answers = [
            [
                put(each, self._producer, backfill=delivery.backfill, step=STEP, full_text=delivery.full_text)
                for each in delivery.found
            ]
            for delivery in batch
        ]
        self._producer.flush()
        return answers


def _fail(delivery: Delivery, error: BrokerError) -> None:
    if not delivery.done.done():
        delivery.done.set_exception(error)
