"""What became of alerts at each sink: the compacted topic `news.deliveries`, followed by the process of the sinks."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime

from schemas.alert import Delivery
from schemas.broker import Follower, read_newest, send_all
from schemas.codec import Undecodable
from schemas.settings import Settings
from schemas.topics import DELIVERIES

CATCH_UP_SECONDS = 300.0
# Enough to know what was sent since the last commit, and every alert that a crash of `notify` may repeat.
REMEMBERED = 200_000


class Deliveries:
    """Which alerts are settled or wait, and which sinks are disabled, live."""

    def __init__(self, settings: Settings) -> None:
        self._lock = threading.Lock()
        self._settled: dict[str, OrderedDict[str, datetime]] = {}
        self._waiting: dict[str, dict[str, Delivery]] = {}
        self._sinks: dict[str, Delivery] = {}
        self._follower = Follower(settings, DELIVERIES, self._changed)

    def wait(self) -> None:
        """Block until everything of the start is known.

        Raises:
            BrokerError: for five minutes nothing of the topic came.
        """
        self._follower.wait(CATCH_UP_SECONDS)

    def is_settled(self, sink: str, number: str) -> bool:
        """Whether an alert was sent to a sink or set aside."""
        return number in self._settled.get(sink, ())

    def waiting(self, sink: str) -> list[Delivery]:
        """What waits to be tried again."""
        with self._lock:
            return list(self._waiting.get(sink, {}).values())

    def of_sink(self, sink: str) -> Delivery | None:
        """What was said last of the sink itself: enabled or disabled; None for one never seen."""
        return self._sinks.get(sink)

    def close(self) -> None:
        """Stop following."""
        self._follower.close()

    def _changed(self, key: str, value: bytes | None) -> None:
        try:
            self.note(key, None if value is None else Delivery.decode(value))
        except Undecodable:
            return

    def note(self, key: str, delivery: Delivery | None) -> None:
        """Know this from now on, before the topic says it."""
        number, _, sink = key.partition("/")
        with self._lock:
            if not number:
                if delivery is not None:
                    self._sinks[sink] = delivery
                return
            if delivery is not None:
                self._note(delivery)

    def _note(self, delivery: Delivery) -> None:
        number = delivery.alert_id
        waiting = self._waiting.setdefault(delivery.sink, {})
        settled = self._settled.setdefault(delivery.sink, OrderedDict())
        known = waiting[number].at if number in waiting else settled.get(number)
        if known is not None and known > delivery.at:
            return  # the topic says what was noted before
        waiting.pop(number, None)
        settled.pop(number, None)
        if delivery.state == "retrying":
            waiting[number] = delivery
            return
        settled[number] = delivery.at
        if len(settled) > REMEMBERED:
            settled.popitem(last=False)


def deliveries_now(settings: Settings) -> dict[str, Delivery]:
    """What became of every alert at every sink, by key."""
    return {key: Delivery.decode(value) for key, value in read_newest(settings, DELIVERIES).items()}


def record(settings: Settings, deliveries: Mapping[str, Delivery | None]) -> None:
    """Write these down by key."""
    encoded = ((key, None if delivery is None else delivery.encode()) for key, delivery in deliveries.items())
    send_all(settings, DELIVERIES, encoded)
