"""What the faults are shown on: servers that can be broken, a sender that numbers what it sends, and an oracle."""

import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psutil

from deploy.embedded import Servers, start
from deploy.ports import free_port
from pipeline.books import dead_letters
from pipeline.elastic import Index
from pipeline.launch import Pipeline
from schemas.broker import Admin, Producer
from schemas.codec import now
from schemas.errors import BrokerError, IndexUnavailable
from schemas.item import Item, item_id
from schemas.settings import Settings, load_settings
from schemas.topics import ITEMS, TOPICS
from tests.benchmarks.beside import Beside
from tests.benchmarks.faulty_node import FaultyNode
from tests.waiting import until_idle

BATCHES_A_SECOND = 5
PAGE = 5_000
STALL_SECONDS = 20.0
DRAIN_SECONDS = 900.0

Say = Callable[[str], None]


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the items of one fault.

    `lost` are not in the index, `twice` in it more than once, `wrong` marked as copies though each is a text of its
    own, `dead` set aside. `seconds_back` is from the end of the fault to the next item indexed, where it was measured.
    `figures` are the fault's own, by name.
    """

    row: int
    fault: str
    sent: int
    lost: int
    twice: int
    wrong: int
    dead: int
    seconds_back: float | None
    figures: dict[str, float]

    @property
    def holds(self) -> bool:
        """Whether every item is in the index once, rightly."""
        return not (self.lost or self.twice or self.wrong or self.dead)


class Sender(Beside):
    """Sends items of its own at a rate, in a thread, however the broker is: what is not confirmed is sent again."""

    def __init__(self, settings: Settings, run: str, per_second: int) -> None:
        self.ids: list[str] = []
        self._settings = settings
        self._run = run
        self._per_batch = max(1, per_second // BATCHES_A_SECOND)
        self._dice = random.Random(run)
        super().__init__("sender")

    def _work(self) -> None:
        due = time.monotonic()
        while not self._stop.is_set():
            self._confirmed([self._item() for _ in range(self._per_batch)])
            due = max(due + 1 / BATCHES_A_SECOND, time.monotonic() - 1)
            self._stop.wait(max(0.0, due - time.monotonic()))

    def _confirmed(self, items: list[Item]) -> None:
        while True:
            try:
                with Producer(self._settings) as producer:
                    for item in items:
                        producer.send(ITEMS, item.id, item.encode())
                    producer.flush()
            except BrokerError:
                time.sleep(0.5)
            else:
                self.ids += [item.id for item in items]
                return

    def _item(self) -> Item:
        words = ["".join(self._dice.choices("aeioubdgklmnprst", k=8)) for _ in range(40)]
        url = f"https://{self._run}.example/{len(self.ids)}-{words[0]}{words[1]}"
        title, body = " ".join(words[:6]), " ".join(words)
        return Item(id=item_id(url=url), source=self._run, url=url, fetched_at=now(), title=title, body=body)


class Rig:
    """A whole pipeline on servers of its own, and what is known of it."""

    def __init__(self, servers: Servers, settings: Settings, node: FaultyNode, pipeline: Pipeline, say: Say) -> None:
        self.servers = servers
        self.settings = settings
        self.node = node
        self.pipeline = pipeline
        self.say = say
        self.seconds_back: float | None = None
        self.figures: dict[str, float] = {}

    def watch(self, seconds: float) -> None:
        """Let time pass, while the launcher keeps its processes running."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.pipeline.watch(lambda _line: None)
            time.sleep(0.05)

    def begin_anew(self) -> None:
        """Forget the figures of the fault before."""
        self.seconds_back, self.figures = None, {}

    def time_back(self) -> None:
        """Measure from now until the index has more than now."""
        began, had = time.monotonic(), self.indexed()
        while self.indexed() <= had and time.monotonic() - began < DRAIN_SECONDS:
            self.watch(0.2)
        self.seconds_back = time.monotonic() - began

    def indexed(self) -> int:
        """How many items the index has, of all faults; the same as before where it does not answer."""
        try:
            with Index(self.direct) as index:
                index.refresh()
                found = index.search({"size": 0, "track_total_hits": True})
        except IndexUnavailable:
            return 0
        total: int = found["hits"]["total"]["value"]
        return total

    @property
    def direct(self) -> Settings:
        """Settings that reach the index past what answers amiss."""
        return self.settings.model_copy(update={"elasticsearch": self.servers.elasticsearch})

    def verdict(self, row: int, fault: str, run: str, ids: list[str]) -> Verdict:
        """Wait until all is through, and compare what is there with what was sent."""
        until_idle(self.settings, self.pipeline, seconds=DRAIN_SECONDS)
        with Index(self.direct) as index:
            index.refresh()
            found = list(_all_of(index, run))
        counts = Counter(str(document["id"]) for document in found)
        sent = set(ids)
        return Verdict(
            row=row,
            fault=fault,
            sent=len(sent),
            lost=len(sent - counts.keys()),
            twice=sum(count - 1 for count in counts.values()),
            wrong=sum(document.get("duplicate_of") is not None for document in found),
            dead=sum(letter.key in sent for letter in dead_letters(self.settings)),
            seconds_back=self.seconds_back,
            figures=self.figures,
        )

    def resident_mib(self, step: str) -> float:
        """Resident memory of a step."""
        return float(psutil.Process(self.pipeline.pids()[step]).memory_info().rss) / (1024 * 1024)


@contextmanager
def rig(say: Say) -> Iterator[Rig]:
    """Servers on ports that stay theirs when they are started again, the pipeline ready; all gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="kabar-faults-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)  # Elasticsearch runs as another user where this runs as root
        with (
            start(folder, progress=say, kafka_port=free_port(), elasticsearch_port=free_port()) as servers,
            FaultyNode(servers.elasticsearch or "") as node,
        ):
            settings = load_settings(
                kafka=servers.kafka,
                elasticsearch=node.url,
                data_dir=folder / "kabar",
                stall_seconds=STALL_SECONDS,
            )
            with Admin(settings) as admin:
                admin.ensure_topics(TOPICS)
            with Index(settings) as index:
                index.prepare()
            pipeline = Pipeline(settings, connectors=False)
            try:
                pipeline.start(say)
                yield Rig(servers, settings, node, pipeline, say)
            finally:
                pipeline.stop()


def _all_of(index: Index, run: str) -> Iterator[dict[str, Any]]:
    body: dict[str, Any] = {
        "size": PAGE,
        "query": {"term": {"source": run}},
        "sort": [{"_shard_doc": "asc"}],
        "source_includes": ["id", "duplicate_of"],
    }
    with index.snapshot() as pit:
        while hits := index.search({**body, "pit": pit})["hits"]["hits"]:
            yield from (hit["_source"] for hit in hits)
            body["search_after"] = hits[-1]["sort"]
