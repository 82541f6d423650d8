"""Searching under load: `python -m tests.benchmarks.search_load [--documents 1000000] [--seconds 60]`.

Fills the embedded node (1 GB heap) with made items (`search_corpus`), then searches with all facets while another
process indexes 50 items a second: ten queries a second with under 10,000 hits, and beside them broader ones, one a
second (`--broad`). Told are the delays that a caller sees, in ms, and the processor time that the node takes for a
search, which does not depend on what else the machine does. With `--data FOLDER` the index stays there, and is filled
up to the number asked for.
"""

import argparse
import itertools
import json
import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import psutil

from deploy.embedded import Servers, start
from pipeline.elastic import Index, Write
from pipeline.index_life import settle
from pipeline.search import Names, Query, search
from schemas.codec import millis, now
from schemas.document import Document
from schemas.index import month_alias, source
from schemas.settings import Settings, load_settings
from tests.benchmarks.measure import Latency, latency
from tests.benchmarks.search_corpus import items, vocabulary

PER_BULK, INDEXED_A_SECOND, ASKED_A_SECOND = 500, 50, 10
# Searches under way at a time; the node is far behind where that is not enough.
AT_ONCE = 16
NARROW = 10_000
SHAPES = ("{}", "{} {}", "{} OR {}", "{} lang:en", "Putin {}", "title:{}", "{} after:7d", '"{}"')
# Ranks of the words that are asked for, drawn evenly by their logarithm: as many rare ones as common ones.
RAREST = 20_000
WARM_SECONDS, SETTLING = 40.0, 3.0
BROAD_A_SECOND = 1.0
# Of a small index no query is broad; so many are drawn for each that is wanted. And how many are asked alone.
DRAWN_FOR_ONE, ALONE = 3, 50


class Asked(msgspec.Struct, frozen=True):
    """Queries with under 10,000 hits, and others; none twice."""

    narrow: list[str]
    broad: list[str]


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What a run gave; delays in ms as a caller sees them, `cpu_ms` what the node takes for a search when it is alone.

    `load_average` of the machine at the end says whether it was quiet.
    """

    documents: int
    bytes: int
    narrow: Latency | None
    broad: Latency | None
    searches: int
    indexed_meanwhile: int
    narrow_cpu_ms: float = 0.0
    broad_cpu_ms: float = 0.0
    load_average: float = 0.0


def fill(settings: Settings, documents: int, deadline: float = float("inf")) -> int:
    """Index items up to a number of them, or until a time; how many there are then."""
    with Index(settings) as index:
        index.prepare()
        index.refresh()
        there = sum(month.documents for month in index.months("items"))
        made = itertools.islice(items(documents), there, None) if there < documents else iter(())
        with _without_refreshes(settings):
            began = time.monotonic()
            while time.monotonic() < deadline and (
                part := [document for document, _ in itertools.islice(made, PER_BULK)]
            ):
                for alias in {_alias(index, document) for document in part}:
                    index.ensure_month(alias)
                index.bulk([_write(index, document) for document in part])
                there += len(part)
                if sys.stderr.isatty() or there % 10_000 == 0:
                    rate = there / max(1e-9, time.monotonic() - began)
                    print(f"\r{there:,} of {documents:,}, {rate:,.0f} a second", end="", file=sys.stderr)  # noqa: T201
        index.refresh()
    return there


@contextmanager
def _without_refreshes(settings: Settings) -> Iterator[None]:
    """Filling does not make each part searchable by itself; what indexes meanwhile does."""
    url = f"{settings.elasticsearch}/{settings.index_prefix}-items-*/_settings"
    httpx.put(url, json={"index": {"refresh_interval": "-1"}}, timeout=60)
    try:
        yield
    finally:
        interval = f"{round(settings.refresh_seconds * 1000)}ms"
        httpx.put(url, json={"index": {"refresh_interval": interval}}, timeout=60)


def _alias(index: Index, document: Document) -> str:
    return month_alias(index.prefix, document.enriched.first_seen_at)


def _write(index: Index, document: Document) -> Write:
    stored = msgspec.json.encode(source(document, now()))
    return Write(_alias(index, document), document.enriched.item.id, millis(now()), stored)


def run(
    settings: Settings,
    seconds: float,
    node: psutil.Process | None = None,
    *,
    warm: float = 1,
    broad_a_second: float = BROAD_A_SECOND,
) -> Load:
    """Search and index side by side, then search alone; the index is filled.

    `warm` are the seconds of searching before, which do not count.
    """
    context = multiprocessing.get_context("spawn")
    stop, ready, indexed = context.Event(), context.Event(), context.Value("q", 0)
    environment = settings.environment()
    writer = context.Process(target=_index_meanwhile, args=(environment, stop, ready, indexed), daemon=True)
    with Index(settings) as index:
        queries = _queries()
        asked = _chosen(index, queries, round(seconds * ASKED_A_SECOND), max(1, round(seconds * broad_a_second)))
        before = _chosen(index, queries, round(warm * ASKED_A_SECOND), max(1, round(warm * broad_a_second)))
        writer.start()
        _both(index, before, warm, broad_a_second)  # so that what is loaded once is loaded, and compiled
        ready.wait(120)
        indexed.value = 0
        try:
            narrow, broad = _both(index, asked, seconds, broad_a_second)
        finally:
            stop.set()
            writer.join()
        time.sleep(SETTLING)  # what was indexed is merged
        cpu = [_alone(index, part[:ALONE], node) if node else 0.0 for part in (before.narrow, before.broad)]
        months = index.months("items")
    return Load(
        documents=sum(month.documents for month in months), bytes=sum(month.bytes for month in months),
        narrow=latency(narrow) if narrow else None,
        broad=latency(broad) if broad else None, searches=len(narrow) + len(broad), indexed_meanwhile=indexed.value,
        narrow_cpu_ms=cpu[0], broad_cpu_ms=cpu[1], load_average=os.getloadavg()[0],
    )  # fmt: skip


def _index_meanwhile(environment: dict[str, str], stop: object, ready: object, indexed: object) -> None:
    os.environ.update(environment)
    made = items(10_000_000, seed=4, days=0.001)
    with Index(load_settings()) as index:
        ready.set()  # type: ignore[attr-defined]
        while not stop.wait(0.5):  # type: ignore[attr-defined]
            part = [document for document, _ in itertools.islice(made, INDEXED_A_SECOND // 2)]
            index.bulk([_write(index, document) for document in part])
            indexed.value += len(part)  # type: ignore[attr-defined]


def _queries(seed: int = 5) -> Iterator[str]:
    """Queries without end, of rare and common words."""
    dice, words = random.Random(seed), vocabulary()
    while True:
        chosen = [words[int(RAREST ** dice.random())] for _ in range(2)]
        yield dice.choice(SHAPES).format(*chosen)


def _ask(index: Index, queries: Sequence[str], a_second: float) -> list[float]:
    """Delays in ms of queries that are asked at a steady rate, whether those before are answered or not.

    A delay counts from the moment at which a query is due, so that one that waits for others shows it.
    """
    names = Names()
    began = time.perf_counter()

    def ask(text: str, due: float) -> float:
        time.sleep(max(0.0, due - time.perf_counter()))
        search(index, Query(text=text), names)
        return (time.perf_counter() - due) * 1000

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(ask, queries, [began + number / a_second for number in range(len(queries))]))


def _both(index: Index, asked: Asked, seconds: float, broad_a_second: float) -> tuple[list[float], list[float]]:
    """Delays of narrow and of broader queries, asked side by side."""
    with ThreadPoolExecutor(2) as pool:
        few = list(itertools.islice(itertools.cycle(asked.narrow), round(seconds * ASKED_A_SECOND)))
        many = list(itertools.islice(itertools.cycle(asked.broad), round(seconds * broad_a_second)))
        narrow = pool.submit(_ask, index, few, ASKED_A_SECOND)
        broad = pool.submit(_ask, index, many, broad_a_second)
        return narrow.result(), broad.result()


def _chosen(index: Index, queries: Iterator[str], narrow: int, broad: int) -> Asked:
    """So many different queries of each kind, told apart by how many hits they have now."""
    found: tuple[list[str], list[str]] = ([], [])
    for text in itertools.islice(queries, DRAWN_FOR_ONE * (narrow + broad)):
        kind = found[search(index, Query(text=text, facets=False, collapse=False, size=0), Names()).total >= NARROW]
        kind.append(text)
        if len(found[0]) >= narrow and len(found[1]) >= broad:
            break
    return Asked(found[0][:narrow], found[1][:broad])


def _alone(index: Index, queries: Sequence[str], node: psutil.Process) -> float:
    """The node's processor time for a search, in ms, in the mean."""
    names = Names()
    before = sum(node.cpu_times()[:2])
    for text in queries:
        search(index, Query(text=text), names)
    return round((sum(node.cpu_times()[:2]) - before) * 1000 / max(1, len(queries)), 1)


def node_of(servers: Servers) -> psutil.Process:
    """The process of the node."""
    assert servers.elasticsearch_server
    return psutil.Process(servers.elasticsearch_server.processes[0].child_pid)


def main() -> None:
    """Measure on a node of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument(
        "--broad", type=float, default=BROAD_A_SECOND, help="queries with 10,000 hits and more a second"
    )
    parser.add_argument("--fill-seconds", type=float, default=float("inf"), help="fill for so long at most")
    parser.add_argument("--data", type=Path, help="where the index stays; without it, it is removed")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kabar-load-", ignore_cleanup_errors=True) as name:
        folder = asked.data or Path(name)
        folder.mkdir(exist_ok=True)
        folder.chmod(0o711)
        with start(folder, with_kafka=False, elasticsearch_heap_mb=1024) as servers:
            settings = load_settings(elasticsearch=servers.elasticsearch, kafka="unused:1")
            fill(settings, asked.documents, time.monotonic() + asked.fill_seconds)
            with Index(settings) as index:
                settle(index, quiet=timedelta(0), wait=True)  # as it is a day after a month's last write
            found = run(settings, asked.seconds, node_of(servers), warm=WARM_SECONDS, broad_a_second=asked.broad)
    print(json.dumps(msgspec.to_builtins(found), indent=2))  # noqa: T201 - what it is for


if __name__ == "__main__":
    main()
