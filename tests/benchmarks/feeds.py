"""What following feeds costs: `python -m tests.benchmarks.feeds [--feeds 20000] [--seconds 60]`.

Three measurements in one run, against a server of its own process (`feeds_server`), all in CPU time of the client:

- a poll of an unchanged feed and of one of a hundred items with one new, each alone in its process's loop: the median
  of some rounds over twenty feeds;
- the same with feedparser in a plain asyncio loop, which remembers ids;
- the poller as it runs, with a real Kafka: so many feeds at a mean interval of 10 minutes, 15 % of the polls changed;
  their states are there from the start, as after a restart. A new item's way is from the reply that first had it to the
  time that Kafka's record carries.
"""

import argparse
import asyncio
import logging
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import TypeVar

import aiohttp
import feedparser
import psutil
import structlog

from connectors.feeds.decide import Changed, Known, decide
from connectors.feeds.meaning import interpret
from connectors.feeds.poller import Poller
from connectors.feeds.registry import partition_of, seen_key
from connectors.feeds.schedule import Followed
from connectors.feeds.seen import Seen
from connectors.fetch import Fetched, fetch
from connectors.guard import guarded_session
from connectors.parse import ParsedFeed
from deploy.ports import free_port
from schemas.broker import Producer, read_all
from schemas.codec import millis, now
from schemas.feed import Feed, FeedSeen, FeedState
from schemas.item import Item
from schemas.settings import Settings, load_settings
from schemas.topics import FEED_STATE, FEEDS, ITEMS
from tests.benchmarks.feeds_server import TEMPLATES
from tests.benchmarks.measure import Latency, latency
from tests.benchmarks.running import own_servers
from tests.connectors.kept import Kept

T = TypeVar("T")
LOOPBACK = "127.0.0.0/8"
INTERVAL_SECONDS = 600.0
CHANGED_PERCENT = 15
HOSTS = 5_000


@dataclass(frozen=True, slots=True)
class Costs:
    """CPU milliseconds of one poll, unchanged and with one new item of a hundred."""

    unchanged_ms: float
    changed_ms: float


@dataclass(frozen=True, slots=True)
class Load:
    """The poller under load: fetches a second, its share of one core, its peak memory, and a new item's way."""

    feeds: int
    fetches_per_second: float
    core_percent: float
    peak_mib: float
    way: Latency | None


@contextmanager
def serving() -> Iterator[int]:
    """The server, in a process of its own; its port."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.feeds_server", str(port)], cwd=Path(__file__).parents[2]
    )
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not _answers(port):
            time.sleep(0.1)
        yield port
    finally:
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    async def once() -> bool:
        async with guarded_session(load_settings(allow_networks=LOOPBACK)) as session:
            return isinstance(await fetch(session, f"http://127.0.0.1:{port}/f/0/0?items=1"), Fetched)

    return asyncio.run(once())


def address(port: int, number: int, changed: float) -> str:
    """The address of a feed; five thousand hosts, fifty outlets."""
    host = number % HOSTS
    return f"http://127.1.{host // 200}.{host % 200 + 1}:{port}/f/{number % TEMPLATES}/{number}?changed={changed:g}"


def kabar_costs(port: int, feeds: int, rounds: int) -> Costs:
    """The poller's own way with a feed, without Kafka: fetch, read, decide, encode what would be sent."""

    async def measured(changed: int) -> float:
        settings = load_settings(allow_networks=LOOPBACK, kafka="unused:1")
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(4))
        poller = Poller(settings, Kept())
        writing = asyncio.create_task(poller._writer.run())  # noqa: SLF001 - what is measured is inside
        made = [_followed(port, number, changed) for number in range(feeds)]
        async with guarded_session(settings) as session:
            spent = await _per_poll(made, lambda one: poller._poll(session, one), rounds)  # noqa: SLF001
        writing.cancel()
        return spent

    return Costs(asyncio.run(measured(0)), asyncio.run(measured(100)))


def _followed(port: int, number: int, changed: int) -> Followed:
    url = address(port, 1_000_000 * (1 + changed) + number, changed)
    feed = Feed(id=f"{changed}-{number}", url=url, alert_existing=True)
    return Followed(feed=feed, state=FeedState(feed_id=feed.id), partition=0)


async def _per_poll(things: list[T], poll: Callable[[T], Awaitable[None]], rounds: int) -> float:
    for thing in things:
        await poll(thing)  # the first poll is another matter
    spent: list[float] = []
    for _ in range(rounds):
        started = time.process_time()
        for thing in things:
            await poll(thing)
        spent.append(1000 * (time.process_time() - started) / len(things))
    return median(spent)


@dataclass(slots=True)
class Naive:
    """A feed as a plain program follows it: its validator, and the ids that it showed."""

    url: str
    etag: str | None = None
    seen: frozenset[str] = frozenset()


def naive_costs(port: int, feeds: int, rounds: int) -> Costs:
    """Feedparser in a plain asyncio loop, with conditional requests and a set of ids."""

    async def measured(changed: int) -> float:
        made = [Naive(address(port, 2_000_000 * (1 + changed) + number, changed)) for number in range(feeds)]
        async with aiohttp.ClientSession() as session:
            return await _per_poll(made, lambda one: _naive(session, one), rounds)

    return Costs(asyncio.run(measured(0)), asyncio.run(measured(100)))


async def _naive(session: aiohttp.ClientSession, one: Naive) -> None:
    headers = {"If-None-Match": one.etag} if one.etag else {}
    async with session.get(one.url, headers=headers) as reply:
        if reply.status == 304:
            return
        body = await reply.read()
        one.etag = reply.headers.get("ETag")
    parsed = feedparser.parse(body)
    new = [entry for entry in parsed.entries if entry.get("id") not in one.seen]
    assert new, "every reply with a body has a new item here"
    one.seen |= {entry.id for entry in new}


def prepare(settings: Settings, port: int, feeds: int) -> None:
    """Feeds and their states on the topics, as a poller that ran before left them: due evenly over the interval."""
    at = now()
    shown = {outlet: _shown(port, outlet, at) for outlet in range(TEMPLATES)}
    with Producer(settings) as producer:
        for number in range(feeds):
            url = address(port, number, CHANGED_PERCENT)
            feed = Feed(id=f"bench{number}", url=url, interval_seconds=INTERVAL_SECONDS, alert_existing=True)
            known = shown[number % TEMPLATES]
            state = FeedState(
                feed_id=feed.id, polls=1, etag=f'"{number}-0"', polled_at=at, changed_at=at, items_sent=1,
                next_poll_at=at + timedelta(seconds=INTERVAL_SECONDS * number / feeds),
            )  # fmt: skip
            seen = FeedSeen(feed_id=feed.id, entries=known.pack())
            partition = partition_of(feed, settings)
            producer.send(FEED_STATE, seen_key(feed.id), seen.encode(), partition=partition)
            producer.send(FEED_STATE, feed.id, state.encode(), partition=partition)
            producer.send(FEEDS, feed.id, feed.encode(), partition=partition)
        producer.flush()


def _shown(port: int, outlet: int, at: datetime) -> Seen:
    async def once() -> Seen:
        async with guarded_session(load_settings(allow_networks=LOOPBACK)) as session:
            feed = Feed(id=f"shown{outlet}", url=address(port, 3_000_000 + outlet, 0))
            fetched = await fetch(session, feed.url)
            assert isinstance(fetched, Fetched)
            parsed = interpret(feed, Seen(), fetched)
            assert isinstance(parsed, ParsedFeed)
            known = Known(FeedState(feed_id=feed.id))
            decision = decide(feed, known, Changed(fetched=fetched, feed=parsed), at)
            assert decision.seen is not None
            return decision.seen

    return asyncio.run(once())


def under_load(settings: Settings, port: int, feeds: int, seconds: float, say: Callable[[str], None]) -> Load:
    """The connectors' process with all these feeds, measured once it has them."""
    prepare(settings, port, feeds)
    say(f"{feeds:,} feeds and their states are on the topics")
    process = subprocess.Popen(
        [sys.executable, "-m", "connectors.feeds"],
        env={**os.environ, **settings.environment()},
        cwd=Path(__file__).parents[2],
        stderr=subprocess.DEVNULL,
    )
    try:
        return _watched(settings, psutil.Process(process.pid), feeds, seconds, say)
    finally:
        process.terminate()
        process.wait(20)


def _watched(
    settings: Settings, process: psutil.Process, feeds: int, seconds: float, say: Callable[[str], None]
) -> Load:
    before = _polls(settings)
    deadline = time.monotonic() + 120
    while _polls(settings) == before:
        assert time.monotonic() < deadline, "the poller never began"
        time.sleep(1)
    # What was due while it started is caught up first.
    time.sleep(min(20.0, seconds / 2))
    started, polled, cpu, peak = time.monotonic(), _polls(settings), _cpu(process), 0
    window = now()
    while time.monotonic() - started < seconds:
        time.sleep(1)
        peak = max(peak, process.memory_info().rss)
    elapsed = time.monotonic() - started
    polls, spent = _polls(settings) - polled, _cpu(process) - cpu
    say(f"{polls:,} polls in {elapsed:.0f} s")
    records = [(m.timestamp_ms, Item.decode(m.value)) for m in read_all(settings, ITEMS) if m.value]
    appeared = [(at, int(item.title.split()[-1])) for at, item in records if item.title.startswith("Breaking")]
    ways = [at - moment for at, moment in appeared if moment >= millis(window)]
    return Load(
        feeds=feeds,
        fetches_per_second=polls / elapsed,
        core_percent=100 * spent / elapsed,
        peak_mib=peak / 2**20,
        way=latency(map(float, ways)) if ways else None,
    )


def _polls(settings: Settings) -> int:
    # Every poll writes one state; a change writes what was seen as well.
    return sum(not (m.key or "").endswith("/seen") for m in read_all(settings, FEED_STATE))


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def show(kabar: Costs, naive: Costs, load: Load | None) -> str:
    """The figures, for people."""
    lines = [
        "CPU of one poll, ms              kabar   feedparser",
        f"  unchanged                    {kabar.unchanged_ms:7.2f}      {naive.unchanged_ms:7.2f}",
        f"  one new of a hundred items   {kabar.changed_ms:7.2f}      {naive.changed_ms:7.2f}",
    ]
    if load:
        lines.append(
            f"{load.feeds:,} feeds every 10 minutes: {load.fetches_per_second:.1f} fetches/s, "
            f"{load.core_percent:.0f} % of a core, {load.peak_mib:.0f} MiB"
        )
        if load.way:
            lines.append(
                f"  a new item's way from its reply to Kafka: median {load.way.median_ms:.0f} ms, "
                f"p99 {load.way.p99_ms:.0f} ms, of {load.way.count:,}"
            )
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--feeds", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with serving() as port:
        kabar = kabar_costs(port, feeds=20, rounds=10)
        naive = naive_costs(port, feeds=20, rounds=3)
        print(show(kabar, naive, None), flush=True)  # noqa: T201 - a program's output
        with own_servers(lambda line: print(line, flush=True)) as servers:  # noqa: T201
            settings = servers.model_copy(update={"allow_networks": (LOOPBACK,)})
            load = under_load(settings, port, given.feeds, given.seconds, lambda line: print(line, flush=True))  # noqa: T201
    print(show(kabar, naive, load))  # noqa: T201


if __name__ == "__main__":
    main()
