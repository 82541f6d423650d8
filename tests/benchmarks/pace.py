"""Items at a steady pace, and how long each took until a search finds it and until its alert is read."""

import time
from types import TracebackType

import msgspec

from pipeline.elastic import Index
from schemas.alert import Alert
from schemas.broker import Follower, Producer, read_all
from schemas.item import Item
from schemas.settings import Settings
from schemas.topics import ALERTS, ITEMS
from tests.benchmarks.beside import Beside
from tests.benchmarks.measure import Latency, latency
from tests.benchmarks.running import NotDone

POLL_SECONDS = 0.2
PAGE, LARGE_PAGE = 100, 10_000
LONGEST_SECONDS = 60.0


class Freshness(msgspec.Struct, frozen=True):
    """From the Kafka timestamp of an item to a search that finds it, and to its alert at a consumer of the topic."""

    searchable: Latency
    alerted: Latency | None


class _Looking(Beside):
    """A thread that searches five times a second and notes when each item of a run is first found."""

    def __init__(self, settings: Settings, run: str) -> None:
        self.seen: dict[str, float] = {}
        self._run = run
        self._index = Index(settings)
        super().__init__("searching")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        super().__exit__(kind, error, tb)
        self._index.close()

    def _work(self) -> None:
        due = time.monotonic()
        while not self._stop.is_set():
            if not self._look(PAGE):
                self._look(LARGE_PAGE)
            due = max(due + POLL_SECONDS, time.monotonic())
            self._stop.wait(due - time.monotonic())

    def _look(self, size: int) -> bool:
        """Note what is new among the last indexed; whether that was all (some of the page was known already)."""
        found = self._index.search(
            {
                "query": {"prefix": {"source": f"{self._run}-"}},
                "sort": [{"indexed_at": "desc"}],
                "size": size,
                "source": False,
                "track_total_hits": True,
            }
        )
        moment = time.time()
        for hit in found["hits"]["hits"]:
            self.seen.setdefault(hit["_id"], moment)
        return len(self.seen) >= int(found["hits"]["total"]["value"])


def measure(settings: Settings, items: list[Item], run: str, *, per_second: float) -> Freshness:
    """Send the items of a run at this pace and measure.

    Raises:
        NotDone: some were not searchable within a minute.
    """
    alerts: dict[str, float] = {}

    def alerted(_key: str, value: bytes | None) -> None:
        if value is not None:
            alerts.setdefault(Alert.decode(value).match.item_id, time.time())

    begun = int(time.time() * 1000)
    with _Looking(settings, run) as looking, Follower(settings, ALERTS, alerted, from_end=True):
        _send_paced(settings, items, per_second)
        deadline = time.monotonic() + LONGEST_SECONDS
        while len(looking.seen) < len(items):
            if time.monotonic() > deadline:
                raise NotDone(f"{len(looking.seen):,} of {len(items):,} paced items are searchable after a minute")
            time.sleep(POLL_SECONDS)
        time.sleep(2)  # for the alerts of the last ones
    ids = {item.id for item in items}
    sent = {m.key: m.timestamp_ms for m in read_all(settings, ITEMS, since_ms=begun) if m.key in ids}
    told = [moment * 1000 - sent[key] for key, moment in alerts.items() if key in sent]
    return Freshness(
        searchable=latency(looking.seen[key] * 1000 - moment for key, moment in sent.items() if key),
        alerted=latency(told) if told else None,
    )


def _send_paced(settings: Settings, items: list[Item], per_second: float) -> None:
    with Producer(settings) as producer:
        due = time.monotonic()
        for item in items:
            time.sleep(max(0.0, due - time.monotonic()))
            producer.send(ITEMS, item.id, item.encode())
            due += 1 / per_second
        producer.flush()
