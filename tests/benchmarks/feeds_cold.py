"""A cold start: `python -m tests.benchmarks.feeds_cold [--feeds 20000] [--seconds 90]`.

So many feeds that nobody polled before come to one process at once, beside two hundred that it follows already, every
ten seconds. For so many seconds: how many first polls are made, the process's share of a core and peak memory, and how
late the polls of the others are (the time of a poll less the time that the poll before had set for it).
"""

import argparse
import itertools
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import psutil

from connectors.feeds.registry import partition_of
from schemas.broker import Producer, read_all
from schemas.codec import now
from schemas.feed import Feed, FeedState
from schemas.settings import Settings
from schemas.topics import FEED_STATE, FEEDS
from tests.benchmarks.feeds import HOSTS, LOOPBACK, serving
from tests.benchmarks.feeds_server import TEMPLATES
from tests.benchmarks.measure import Latency, latency
from tests.benchmarks.running import own_servers
from tests.connectors.polling import POLLER

KNOWN = 200
KNOWN_SECONDS = 10.0
ITEMS = 10
NEW = "cold"


@dataclass(frozen=True, slots=True)
class Cold:
    """What came of a cold start; `late` is of the feeds that were known, in milliseconds."""

    feeds: int
    polled: int
    seconds: float
    core_percent: float
    peak_mib: float
    late: Latency


def prepare(settings: Settings, port: int, feeds: int) -> None:
    """The known feeds with their states, and the new ones without any."""
    at = now()
    with Producer(settings) as producer:
        for number in range(KNOWN):
            feed = _feed(f"known{number}", port, 10_000_000 + number, interval_seconds=KNOWN_SECONDS)
            state = FeedState(
                feed_id=feed.id, polls=1, etag=f'"{10_000_000 + number}-0"', polled_at=at, changed_at=at, items_sent=1,
                next_poll_at=at + timedelta(seconds=KNOWN_SECONDS * (1 + number / KNOWN)),
            )  # fmt: skip
            producer.send(FEED_STATE, feed.id, state.encode(), partition=partition_of(feed, settings))
            producer.send(FEEDS, feed.id, feed.encode(), partition=partition_of(feed, settings))
        for number in range(feeds):
            feed = _feed(f"{NEW}{number}", port, number)
            producer.send(FEEDS, feed.id, feed.encode(), partition=partition_of(feed, settings))
        producer.flush()


def _feed(name: str, port: int, number: int, *, interval_seconds: float | None = None) -> Feed:
    host = number % HOSTS
    place = f"127.1.{host // 200}.{host % 200 + 1}:{port}"
    url = f"http://{place}/f/{number % TEMPLATES}/{number}?changed=0&items={ITEMS}"
    return Feed(id=name, url=url, interval_seconds=interval_seconds)


def cold_start(settings: Settings, port: int, feeds: int, seconds: float, say: Callable[[str], None]) -> Cold:
    """Start a process before all of them and watch it."""
    prepare(settings, port, feeds)
    say(f"{feeds:,} new feeds and {KNOWN} known ones are on the topic")
    process = subprocess.Popen(
        [sys.executable, "-c", POLLER],
        env={**os.environ, **settings.environment()},
        cwd=Path(__file__).parents[2],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    watched, peak = psutil.Process(process.pid), 0
    try:
        started = time.monotonic()
        while time.monotonic() - started < seconds:
            time.sleep(0.5)
            peak = max(peak, watched.memory_info().rss)
        times = watched.cpu_times()
        elapsed = time.monotonic() - started
        states = _states(settings)
    finally:
        process.terminate()
        process.wait(20)
    # The first poll of a known feed waits for the process to start, which is not what is asked here.
    late = [
        1000 * max(0.0, (later.polled_at - before.next_poll_at).total_seconds())
        for name, found in states.items()
        if not name.startswith(NEW)
        for before, later in itertools.pairwise(found[1:])
        if later.polled_at and before.next_poll_at
    ]
    polled = sum(name.startswith(NEW) for name in states)
    return Cold(
        feeds=feeds, polled=polled, seconds=elapsed, core_percent=100 * (times.user + times.system) / elapsed,
        peak_mib=peak / 2**20, late=latency(late or [float("nan")]),
    )  # fmt: skip


def _states(settings: Settings) -> dict[str, list[FeedState]]:
    found: defaultdict[str, list[FeedState]] = defaultdict(list)
    for message in read_all(settings, FEED_STATE):
        if message.value and message.key and not message.key.endswith("/seen"):
            found[message.key].append(FeedState.decode(message.value))
    for states in found.values():
        states.sort(key=lambda state: state.polled_at or datetime.min.replace(tzinfo=now().tzinfo))
    return found


def show(cold: Cold) -> str:
    """The figures, for people."""
    return (
        f"{cold.polled:,} of {cold.feeds:,} new feeds polled in {cold.seconds:.0f} s; "
        f"{cold.core_percent:.0f} % of a core, {cold.peak_mib:.0f} MiB at the most\n"
        f"the {KNOWN} known feeds: {cold.late.count:,} polls, late by {cold.late.median_ms:.0f} ms (median), "
        f"{cold.late.p99_ms:.0f} ms (p99), {cold.late.worst_ms:.0f} ms (worst)"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--feeds", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=90.0)
    given = parser.parse_args()

    def say(line: str) -> None:
        print(line, flush=True)  # noqa: T201 - a program's output

    with serving() as port, own_servers(say) as servers:
        settings = servers.model_copy(update={"allow_networks": (LOOPBACK,)})
        say(show(cold_start(settings, port, given.feeds, given.seconds, say)))


if __name__ == "__main__":
    main()
