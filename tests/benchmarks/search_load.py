"""Searching under load: `python -m tests.benchmarks.search_load [--documents 1000000] [--seconds 60]`.

Fills the embedded node (1 GB heap) with items made of the demo's texts with words of their own, then searches with all
facets at ten queries a second while 50 items a second are indexed. Told are the delays that a caller sees, in ms, for
queries with under 10,000 hits and for broader ones. Words of the items are drawn from a list whose frequencies fall as
those of a language do (Zipf), so that there are rare and common ones.
"""

import argparse
import itertools
import json
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec

from deploy.embedded import start
from pipeline.elastic import Index, Write
from pipeline.search import Query, search
from schemas.codec import millis, now
from schemas.document import Document
from schemas.index import month_alias, source
from schemas.settings import Settings, load_settings
from tests.benchmarks.measure import Latency, latency
from tests.pipeline.search.demo import demo_documents

PER_BULK, INDEXED_A_SECOND, ASKED_A_SECOND = 500, 50, 10
NARROW = 10_000
WORDS = 50_000
DAYS = 60


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What a run gave; delays in ms as a caller sees them."""

    documents: int
    narrow: Latency | None
    broad: Latency | None
    searches: int
    indexed_meanwhile: int


def items(count: int, seed: int = 3) -> Iterator[tuple[Document, list[str]]]:
    """Items with words of their own, the nth word of the list with a frequency of 1 / n."""
    draw = random.Random(seed)
    vocabulary = ["".join(draw.choices("aeioubdgklmnprst", k=draw.randint(5, 9))) for _ in range(WORDS)]
    heights = list(itertools.accumulate(1 / (number + 1) for number in range(WORDS)))
    bases = demo_documents()
    began = now()
    for number in range(count):
        base = bases[number % len(bases)]
        words = draw.choices(vocabulary, cum_weights=heights, k=40)
        item = base.enriched.item
        item = msgspec.structs.replace(
            item, id=f"{seed:08x}{number:024x}", title=f"{item.title} {' '.join(words[:5])}",
            body=f"{item.body[:600]} {' '.join(words)}",
            published_at=began - timedelta(days=draw.random() * DAYS),
        )  # fmt: skip
        enriched = msgspec.structs.replace(base.enriched, item=item)
        placement = msgspec.structs.replace(base.placement, story_id=f"s-{number // 3}", duplicate_of=None)
        yield msgspec.structs.replace(base, enriched=enriched, placement=placement), words


def fill(index: Index, made: Iterator[tuple[Document, list[str]]]) -> list[str]:
    """Index them; some of their words, rare and common."""
    sample: list[str] = []
    while part := list(itertools.islice(made, PER_BULK)):
        index.bulk([_write(index, document) for document, _ in part])
        sample.append(part[0][1][len(sample) % 40])
    index.refresh()
    return sample


def _write(index: Index, document: Document) -> Write:
    alias = month_alias(index.prefix, document.enriched.first_seen_at)
    return Write(alias, document.enriched.item.id, millis(now()), msgspec.json.encode(source(document, now())))


def run(settings: Settings, documents: int, seconds: float) -> Load:
    """Fill the index, then search and index side by side."""
    with Index(settings) as index:
        index.prepare()
        sample = fill(index, items(documents))
        stop, indexed = threading.Event(), [0]
        writer = threading.Thread(target=_index_meanwhile, args=(settings, stop, indexed))
        writer.start()
        try:
            narrow, broad = _ask(index, sample, seconds)
        finally:
            stop.set()
            writer.join()
    return Load(
        documents=documents, narrow=latency(narrow) if narrow else None, broad=latency(broad) if broad else None,
        searches=len(narrow) + len(broad), indexed_meanwhile=indexed[0],
    )  # fmt: skip


def _index_meanwhile(settings: Settings, stop: threading.Event, indexed: list[int]) -> None:
    made = items(10_000_000, seed=4)
    with Index(settings) as index:
        while not stop.wait(0.5):
            part = list(itertools.islice(made, INDEXED_A_SECOND // 2))
            index.bulk([_write(index, document) for document, _ in part])
            indexed[0] += len(part)


def _ask(index: Index, sample: list[str], seconds: float) -> tuple[list[float], list[float]]:
    """Delays in ms of queries with under 10,000 hits, and of broader ones; at a steady rate."""
    draw = random.Random(5)
    shapes = ("{}", "{} {}", "{} OR {}", "{} lang:id", "Putin {}", "title:{}", "{} after:7d")
    narrow: list[float] = []
    broad: list[float] = []
    due = time.perf_counter()
    end = due + seconds
    while due < end:
        time.sleep(max(0.0, due - time.perf_counter()))
        query = draw.choice(shapes).format(*draw.choices(sample, k=2))
        began = time.perf_counter()
        found = search(index, Query(text=query))
        (narrow if found.total < NARROW else broad).append((time.perf_counter() - began) * 1000)
        due = max(due + 1 / ASKED_A_SECOND, time.perf_counter() - 1)
    return narrow, broad


def main() -> None:
    """Measure on a node of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=60)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kabar-load-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        with start(Path(name), with_kafka=False, elasticsearch_heap_mb=1024) as servers:
            settings = load_settings(elasticsearch=servers.elasticsearch, kafka="unused:1")
            found = run(settings, asked.documents, asked.seconds)
    print(json.dumps(msgspec.to_builtins(found), indent=2))  # noqa: T201 - what it is for


if __name__ == "__main__":
    main()
