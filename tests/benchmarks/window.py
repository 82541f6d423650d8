"""What a decision costs in a small and in a large window, what an item takes of memory, and how long a start takes.

    python -m tests.benchmarks.window [SIZE…]

A few thousand made items are decided and their rows kept. A window of each size is made of rows like these, with
other ids, shingles and stories and terms drawn from the same ones, written to a RocksDB in a temporary folder. Then a
window is rebuilt from it, as at a start, and decides about items that are new to it. Time is that of the processor in
this process, so that what runs beside it does not count as waiting; memory is what the process grew by, RocksDB's
buffers and what the start leaves with the allocator included.
"""

import random
import sys
import time
from array import array
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import psutil

from pipeline.stories.restoring import restored
from pipeline.stories.rows import InMemory, OnDisk, decide
from pipeline.stories.state import Row
from pipeline.stories.window import Window
from schemas.document import Enriched, Mention
from schemas.item import Item, item_id
from tests.benchmarks.corpus import Maker
from tests.samples import passed_on

SIZES = (10_000, 100_000, 1_000_000)
LANGUAGE = "en"
LIKE = 800  # items whose rows the window is made of
DECIDED = 800
WARMING = 200  # items that are decided before the clock runs
CHARACTERS = 3_000  # of a body; the corpus has half as many, so that a text is made of two or three
MENTIONS = 6
ENTITIES = 3_000
STORY = 3  # items a story, in the mean
START = datetime(2024, 1, 21, tzinfo=UTC)
SPAN = timedelta(days=7)


class Figures(msgspec.Struct, frozen=True):
    """What was measured with one size; `bytes_an_item` in this process, not on disk."""

    size: int
    start_seconds: float
    bytes_an_item: float
    decision_ms: float


def measure(size: int, decided: int = DECIDED, like: int = LIKE) -> Figures:
    """Fill, start and decide once."""
    made = list(_news(like + WARMING + decided, seed=11))
    patterns = _patterns(made[:like])
    process = psutil.Process()
    with OnDisk() as table:
        for key, row in _rows(patterns, size):
            table.put(key, row.encode())
        before = process.memory_info().rss
        started = time.process_time()
        window = restored(LANGUAGE, table.items(), SPAN)
        took = time.process_time() - started
        grown = process.memory_info().rss - before
        for number, event in enumerate(made[like : like + WARMING], size):
            decide(window, event, number, table)
        started = time.process_time()
        for number, event in enumerate(made[like + WARMING :], size + WARMING):
            decide(window, event, number, table)
        spent = time.process_time() - started
    return Figures(size, took, grown / size, 1_000 * spent / decided)


def _news(count: int, seed: int) -> Iterator[Enriched]:
    """English items of the load corpus, of 3 KB each, with entities by a Zipf law, at the window's end."""
    dice = random.Random(seed)
    items = (item for item in Maker("window", seed).items(sys.maxsize) if item.body.isascii())
    for _ in range(count):
        item = next(items)
        body = item.body
        while len(body) < CHARACTERS:
            body += "\n" + next(items).body
        yield _enriched(msgspec.structs.replace(item, body=body[:CHARACTERS], fetched_at=START + SPAN / 2), dice)


def _enriched(item: Item, dice: random.Random) -> Enriched:
    entities = {f"Q{int(ENTITIES ** dice.random())}" for _ in range(MENTIONS)}
    mentions = (
        Mention(
            text=entity, type="PER", start=0, end=1, field="body", entity_id=entity, name=entity, confidence=1.0,
            why="made",
        )
        for entity in sorted(entities)
    )  # fmt: skip
    return passed_on(item, LANGUAGE, tuple(mentions))


def _patterns(events: list[Enriched]) -> list[Row]:
    """The rows of texts that are no copies."""
    window, table = Window(LANGUAGE, SPAN), InMemory()
    for number, event in enumerate(events):
        decide(window, event, number, table)
    return [row for row in map(Row.decode, table.kept.values()) if row.duplicate_of is None]


def _rows(patterns: list[Row], size: int) -> Iterator[tuple[str, Row]]:
    """Rows of so many items over half the window, with shingles of their own, three a story.

    Two thirds of the terms of a story are those of a made text, so that many stories share them, a third its own.
    """
    dice = random.Random(size)
    moment, step = START.timestamp(), SPAN.total_seconds() / 2 / size
    founders: list[tuple[str, bytes]] = []
    for number in range(size):
        pattern = dice.choice(patterns)
        key = item_id(url=f"https://window.example/{size}/{number}")
        if founders and dice.random() > 1 / STORY:
            story, terms = founders[-1 - dice.randrange(min(len(founders), 200))]
            telling = b""
        else:
            story, terms = f"s-{key[:16]}", _varied(pattern.terms, dice)
            founders.append((story, terms))
            telling = pattern.telling
        yield (
            key,
            msgspec.structs.replace(
                pattern,
                seq=number + 1,
                joined=number + 1,
                offset=number,
                story=story,
                content=dice.getrandbits(62) | 1,
                bands=array("I", (dice.getrandbits(32) | 1 for _ in range(len(pattern.bands) // 4))).tobytes(),
                terms=terms,
                telling=telling,
                first_seen=int(1_000 * (moment + number * step)),
                entered=int(moment + number * step),
            ),
        )


def _varied(terms: bytes, dice: random.Random) -> bytes:
    count = len(terms) // 6
    numbers = array("I", terms[: 4 * count])
    for place in range(0, count, 3):
        numbers[place] = dice.getrandbits(22) << 10 | numbers[place] & 0x3FF
    return numbers.tobytes() + terms[4 * count :]


def main(sizes: list[int]) -> None:
    """Print one line a size."""
    sys.stdout.write("items in the window   start s   bytes an item   ms a decision\n")
    for size in sizes or SIZES:
        found = measure(size)
        sys.stdout.write(
            f"{found.size:>19,}   {found.start_seconds:7.1f}"
            f"   {found.bytes_an_item:13,.0f}   {found.decision_ms:13.2f}\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]])
