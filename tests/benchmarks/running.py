"""What the benchmarks run on: servers of their own, and the pipeline without connectors."""

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from deploy.embedded import start
from pipeline.cli.figures import make_figure
from pipeline.elastic import Index
from pipeline.launch import Pipeline
from schemas.broker import Admin, Producer
from schemas.errors import IndexUnavailable
from schemas.item import Item
from schemas.settings import Settings, load_settings
from schemas.topics import FIGURES, ITEMS, TOPICS

TRACKED = ("Vladimir Putin", "Kim Jong Un")
FLUSH_EVERY = 1_000
LOOK_SECONDS = 0.25

Say = Callable[[str], None]


class NotDone(RuntimeError):
    """The items were not through in time."""


@contextmanager
def own_servers(say: Say) -> Iterator[Settings]:
    """Settings of a broker and a node with empty data, topics and template in place; all gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="kabar-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)  # Elasticsearch runs as another user where this runs as root
        with start(folder, progress=say) as servers:
            settings = load_settings(
                kafka=servers.kafka, elasticsearch=servers.elasticsearch, data_dir=folder / "kabar"
            )
            with Admin(settings) as admin:
                admin.ensure_topics(TOPICS)
            with Index(settings) as index:
                index.prepare()  # as `kabar up` does
            yield settings


@contextmanager
def own_pipeline(settings: Settings, say: Say, *, connectors: bool = False) -> Iterator[Pipeline]:
    """All steps, ready; with `connectors` also those, and the page."""
    pipeline = Pipeline(settings, connectors=connectors)
    try:
        pipeline.start(say)
        yield pipeline
    finally:
        pipeline.stop()


def step_processes(pipeline: Pipeline) -> dict[str, psutil.Process]:
    """The process of each step."""
    return {name: psutil.Process(pid) for name, pid in pipeline.pids().items()}


def track(settings: Settings) -> None:
    """Track the two figures, and wait until every step must know it (Kafka tells it at once)."""
    with Producer(settings) as producer:
        for figure in map(make_figure, TRACKED):
            producer.send(FIGURES, figure.id, figure.encode())
        producer.flush()
    time.sleep(1)


def send(settings: Settings, items: Iterable[Item], topic: str = ITEMS) -> None:
    """Send items as fast as Kafka takes them."""
    with Producer(settings) as producer:
        for number, item in enumerate(items, 1):
            producer.send(topic, item.id, item.encode())
            if number % FLUSH_EVERY == 0:
                producer.flush()
        producer.flush()


def wait_for(count: Callable[[], int], wanted: int, *, seconds: float, say: Say) -> None:
    """Wait until so many are there, saying how far it is now and then.

    Raises:
        NotDone: in a minute nothing new came, or it took longer than `seconds`.
    """
    begun = told = moved = time.monotonic()
    last = 0
    while (found := count()) < wanted:
        moment = time.monotonic()
        if found != last:
            last, moved = found, moment
        if moment - begun > seconds or moment - moved > 60:
            raise NotDone(f"{found:,} of {wanted:,} items after {moment - begun:.0f} s")
        if moment - told > 10:
            say(f"  {found:,} of {wanted:,}")
            told = moment
        time.sleep(LOOK_SECONDS)


def searchable(index: Index, run: str | None = None) -> int:
    """How many items (of a run) a search finds now; none while the index has only just been made."""
    query = {"prefix": {"source": f"{run}-"}} if run else {"match_all": {}}
    try:
        found = index.search({"query": query, "size": 0, "track_total_hits": True})
    except IndexUnavailable:
        return 0
    total: int = found["hits"]["total"]["value"]
    return total
