"""A compacted topic, from its beginning and on."""

import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
from kafka import TopicPartition  # noqa: TID251
from kafka.errors import KafkaError  # noqa: TID251

from schemas.broker.connection import Closing, assign, open_consumer
from schemas.errors import BrokerError
from schemas.settings import Settings

# How long the broker holds a request while there is nothing new; what comes meanwhile it sends at once. Asking five
# times a second instead took the steps and Kafka most of a fifth of a core while no news came.
HOLD_MS = 5_000
# How soon the end is seen.
LOOK_MS = 500

log = structlog.get_logger()


class Follower(Closing):
    """A thread that reads a compacted topic from its beginning and then follows it.

    `on_change(key, value)` is called in that thread for each record, value None for a tombstone. `caught_up` is set
    once everything that was there at the start has been handed over. With `from_end`, it begins with what comes next.
    `on_batch()` is called after each lot of changes, and before `caught_up` is set, for what is better done once.
    A failure of the broker is tried again after a second, for a process that followed no more would not show it. What
    a callback raises is logged with the record, and the next record follows: one that cannot be used must not keep out
    all that come after it.
    """

    def __init__(
        self,
        settings: Settings,
        topic: str,
        on_change: Callable[[str, bytes | None], None],
        *,
        from_end: bool = False,
        on_batch: Callable[[], None] = lambda: None,
    ) -> None:
        self._topic = topic
        self._on_batch = on_batch
        self.caught_up = threading.Event()
        self._stop = threading.Event()
        self._on_change = on_change
        self._client = open_consumer(settings, group_id=None, fetch_max_wait_ms=HOLD_MS, max_poll_records=5_000)
        self._partitions = assign(self._client, topic)
        if from_end:
            self._client.seek_to_end(*self._partitions)
            for partition in self._partitions:
                self._client.position(partition)  # the client looks the end up here, not before
        self._ends: dict[TopicPartition, int] = {}
        self._moved = time.monotonic()
        self._thread = threading.Thread(target=self._run, name=f"follow {topic}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._read()
            except KafkaError as error:
                log.warning("a topic cannot be followed; trying again", topic=self._topic, error=str(error))
                self._stop.wait(1.0)
        self._client.close()

    def _read(self) -> None:
        if not self._ends:
            self._ends = self._client.end_offsets(self._partitions)
        batches = self._client.poll(timeout_ms=LOOK_MS)
        for batch in batches.values():
            for record in batch:
                self._hand_over(record)
        if batches:
            try:
                self._on_batch()
            except Exception:  # the topic goes on
                log.exception("a lot of changes could not be taken in", topic=self._topic)
            self._moved = time.monotonic()
        if not self.caught_up.is_set() and all(self._client.position(p) >= e for p, e in self._ends.items()):
            self.caught_up.set()

    def _hand_over(self, record: Any) -> None:  # noqa: ANN401 - kafka-python has no types
        key = (record.key or b"").decode("utf-8", "replace")
        try:
            self._on_change(key, record.value)
        except Exception:  # the topic goes on
            log.exception("a record could not be taken in", topic=self._topic, key=key, offset=record.offset)

    def wait(self, seconds: float) -> None:
        """Block until everything that was there at the start has been handed over, however much it is.

        Raises:
            BrokerError: for so many seconds nothing of it came.
        """
        begun = time.monotonic()
        while not self.caught_up.wait(max(0.0, min(1.0, seconds))):
            if time.monotonic() - max(begun, self._moved) >= seconds:
                raise BrokerError("{} cannot be read: nothing of it came for {:.0f} s", self._topic, seconds)

    def close(self) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join(timeout=5)
