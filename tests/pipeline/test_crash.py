"""`kill -9` of each process while 5,000 items flow from feeds into the index: nothing lost, nothing told twice."""

import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from aiohttp import web

from connectors.feeds.registry import partition_of, read_states
from connectors.opml import feed_id
from connectors.urls import host_of
from pipeline.books import books
from pipeline.cli.alerts import alerts_so_far
from pipeline.cli.feeds import save
from pipeline.cli.figures import make_figure
from pipeline.elastic import Index
from pipeline.launch import Pipeline, Process
from schemas.broker import Producer
from schemas.feed import Feed
from schemas.settings import Settings
from schemas.topics import FEEDS, FIGURES
from tests.connectors.server import LocalServer
from tests.waiting import until, until_idle

ITEMS_SENT = 5_000
FEEDS_SERVED = 20
# A feed shows its newest 100 items, 25 more with each poll: what a killed poll had read is still there for the next.
SHOWN, MORE_A_POLL = 100, 25
EVERY_SECONDS = 2.0
KILLED = ("connectors", "enrich", "stories", "index", "alert", "notify")
PUTIN = "Q7747"


class Told(msgspec.Struct, frozen=True):
    """An item as a feed tells it."""

    url: str
    title: str
    body: str


@pytest.fixture
def server() -> Iterator[LocalServer]:
    """A real HTTP server."""
    with LocalServer() as running:
        yield running


@pytest.fixture
def connectors(kabar_settings: Settings) -> Iterator[Process]:
    """The connectors as a process of its own beside the session's steps."""
    environment = {**os.environ, **kabar_settings.environment()}
    command = [sys.executable, "-m", "connectors.feeds"]
    process = Process("connectors", command, environment, kabar_settings.data_dir / "logs" / "connectors.log")
    process.start()
    yield process
    process.terminate()
    process.wait(10)


@pytest.mark.slow
@pytest.mark.usefixtures("connectors")
def test_kill_9_of_every_process_while_items_flow(
    kabar_settings: Settings, pipeline: Pipeline, connectors: Process, server: LocalServer
) -> None:
    """Afterwards every item is in the index exactly once, every figure was alerted once a story, the books close."""
    told = _items(ITEMS_SENT)
    feeds = [_serve(server, f"/{number}.xml", told[number::FEEDS_SERVED]) for number in range(FEEDS_SERVED)]
    _track("Vladimir Putin", kabar_settings)
    save(kabar_settings, feeds)
    try:
        _kill_each(kabar_settings, pipeline, connectors)
        until(lambda: _sent(kabar_settings, feeds) >= ITEMS_SENT, seconds=90, what="the feeds are told", every=1)
        until_idle(kabar_settings, pipeline, seconds=120)
    finally:
        _forget(kabar_settings, feeds)
    with Index(kabar_settings) as index:
        index.refresh()
        found = _all_of(index, host_of(feeds[0].url) or "")
        assert sorted(hit["url"] for hit in found) == sorted(item.url for item in told)
        assert books(kabar_settings, index).difference == 0
    urls = {item.url for item in told}
    expected = {(PUTIN, hit["story_id"]) for hit in found if PUTIN in hit["entity_ids"]}
    alerts = [alert.match for alert in alerts_so_far(kabar_settings) if alert.match.url in urls]
    assert len(expected) > 100
    assert sorted((match.figure_id, match.story_id) for match in alerts) == sorted(expected)


def _kill_each(settings: Settings, pipeline: Pipeline, connectors: Process) -> None:
    """Kill one process after the other, 2.5 s between two, each started anew by its launcher."""

    def watch() -> None:
        pipeline.watch(lambda _line: None)
        connectors.watch()

    until(lambda: bool(read_states(settings)), seconds=60, what="the first feed is read", every=0.2)
    for name in KILLED:
        os.kill(connectors.pid if name == "connectors" else pipeline.pids()[name], signal.SIGKILL)
        deadline = time.monotonic() + 2.5
        while time.monotonic() < deadline:
            watch()
            time.sleep(0.05)
    assert connectors.restarts == 1


def _serve(server: LocalServer, path: str, items: list[Told]) -> Feed:
    shown = 0

    async def reply(_request: web.Request) -> web.StreamResponse:
        nonlocal shown
        shown = min(len(items), shown + MORE_A_POLL)
        return web.Response(text=_rss(items[max(0, shown - SHOWN) : shown]), content_type="application/rss+xml")

    url = server.on(path, reply)
    return Feed(id=feed_id(url), url=url, interval_seconds=EVERY_SECONDS, alert_existing=True)


def _rss(items: list[Told]) -> str:
    entries = "".join(
        f"<item><title>{item.title}</title><link>{item.url}</link><description>{item.body}</description></item>"
        for item in reversed(items)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Crash</title>{entries}</channel></rss>'


def _items(count: int) -> list[Told]:
    """Items with words of their own, so that each is a story; every tenth names a tracked figure."""
    numbers = random.Random(7)
    made = []
    for number in range(count):
        words = ["".join(numbers.choices("aeioubdgklmnprst", k=8)) for _ in range(60)]
        title = f"{'Vladimir Putin ' if number % 10 == 0 else ''}{' '.join(words[:6])}"
        made.append(Told(f"https://crash.example/{number}", title, " ".join(words)))
    return made


def _track(name: str, settings: Settings) -> None:
    figure = make_figure(name)
    with Producer(settings) as producer:
        producer.send(FIGURES, figure.id, figure.encode())
        producer.flush()


def _sent(settings: Settings, feeds: list[Feed]) -> int:
    states = read_states(settings)
    return sum(states[feed.id].items_sent for feed in feeds if feed.id in states)


def _forget(settings: Settings, feeds: list[Feed]) -> None:
    with Producer(settings) as producer:
        for feed in feeds:
            producer.send(FEEDS, feed.id, None, partition=partition_of(feed, settings))
        producer.flush()


def _all_of(index: Index, source: str) -> list[dict[str, Any]]:
    query = {"term": {"source": source}}
    found = index.search({"query": query, "size": 10_000, "source_includes": ["url", "story_id", "entity_ids"]})
    return [hit["_source"] for hit in found["hits"]["hits"]]
