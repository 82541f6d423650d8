"""The poller as a process, against a real broker and a real HTTP server."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
from aiohttp import web

from connectors.feeds.registry import partition_of, read_states
from connectors.opml import feed_id
from schemas.broker import Producer, read_all
from schemas.codec import Undecodable
from schemas.deadletter import DeadLetter
from schemas.feed import Feed, FeedState
from schemas.item import Item
from schemas.settings import Settings
from schemas.topics import BACKFILL, DEADLETTERS, FEED_STATE, FEEDS, ITEMS
from tests.connectors.polling import POLLER
from tests.connectors.server import LocalServer, RawServer
from tests.waiting import shortest

WAIT_SECONDS = 120.0  # by the clock, where other tests run beside


class Outlet:
    """A feed on a server: its entries can be edited, and it honours ETags."""

    def __init__(self, server: LocalServer, path: str, **settings: object) -> None:
        self.entries: dict[str, str] = {}
        self.replies: list[int] = []
        self.url = server.on(path, self._answer)
        self.feed = msgspec.convert(
            {"id": feed_id(self.url), "url": self.url, "name": path, "interval_seconds": 0.3, **settings}, Feed
        )

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        items = "".join(
            f"<item><title>{title}</title><link>https://outlet.example{name}</link></item>"
            for name, title in reversed(self.entries.items())
        )
        body = f"<rss version='2.0'><channel><title>Outlet</title>{items}</channel></rss>".encode()
        etag = f'"{hash(body)}"'
        if request.headers.get("If-None-Match") == etag:
            self.replies.append(304)
            return web.Response(status=304)
        self.replies.append(200)
        return web.Response(body=body, headers={"ETag": etag, "Content-Type": "application/rss+xml"})


@contextmanager
def polling(settings: Settings, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """A poller process, ended at the end whatever happens."""
    process = subprocess.Popen(
        [sys.executable, *(command or ("-c", POLLER))],
        env={**os.environ, **settings.environment()},
        cwd=Path(__file__).parents[2],
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


@contextmanager
def followed(settings: Settings, *feeds: Feed) -> Iterator[None]:
    """These feeds on `news.feeds`, and removed at the end, so that the tests do not meet."""
    with Producer(settings) as producer:
        for feed in feeds:
            producer.send(FEEDS, feed.id, feed.encode(), partition=partition_of(feed, settings))
        producer.flush()
        yield
        for feed in feeds:
            for topic in (FEEDS, FEED_STATE):
                producer.send(topic, feed.id, None, partition=partition_of(feed, settings))
        producer.flush()


def until(done: Callable[[], bool]) -> None:
    """Wait for this."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not done():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.1)


def items(settings: Settings, feed: Feed, topic: str = ITEMS) -> list[Item]:
    """What a feed sent to a topic; in order only within a partition. What other tests left there may be no item."""
    found = []
    for message in read_all(settings, topic):
        with suppress(Undecodable):
            found.append(Item.decode(message.value or b""))
    return [item for item in found if item.source == feed.name]


def titles(settings: Settings, feed: Feed) -> list[str]:
    """The titles of what a feed sent to `news.items`, sorted."""
    return sorted(item.title for item in items(settings, feed))


def state(settings: Settings, feed: Feed) -> FeedState:
    """What is remembered of a feed."""
    return read_states(settings).get(feed.id, FeedState(feed_id=feed.id))


def after_polls(settings: Settings, feed: Feed, number: int) -> None:
    """Wait for so many further polls, as its state counts them."""
    goal = state(settings, feed).polls + number
    until(lambda: state(settings, feed).polls >= goal)


def test_items_are_sent_once_and_edits_once(kabar_settings: Settings) -> None:
    """New items go to Kafka, a 304 sends nothing, an edited entry is sent once, and the state says it all."""
    with LocalServer() as server:
        outlet = Outlet(server, "/loud", alert_existing=True, language="en")
        outlet.entries = {"/loud/1": "First", "/loud/2": "Second"}
        with followed(kabar_settings, outlet.feed), polling(kabar_settings):
            until(lambda: len(items(kabar_settings, outlet.feed)) == 2)
            after_polls(kabar_settings, outlet.feed, 3)
            assert outlet.replies[0] == 200
            assert set(outlet.replies[1:]) == {304}
            assert titles(kabar_settings, outlet.feed) == ["First", "Second"]
            outlet.entries["/loud/2"] = "Second, edited"
            until(lambda: len(items(kabar_settings, outlet.feed)) == 3)
            after_polls(kabar_settings, outlet.feed, 3)
            assert titles(kabar_settings, outlet.feed) == ["First", "Second", "Second, edited"]
            sent = items(kabar_settings, outlet.feed)
            assert len({item.id for item in sent}) == 2
            assert {item.language_hint for item in sent} == {"en"}
            remembered = state(kabar_settings, outlet.feed)
            assert (remembered.items_sent, remembered.failures) == (3, 0)
            assert items(kabar_settings, outlet.feed, BACKFILL) == []


def test_the_first_poll_is_quiet_and_feeds_come_and_go_while_it_runs(kabar_settings: Settings) -> None:
    """A feed added to a running poller is polled at once, its first items quietly; once removed, no more."""
    with LocalServer() as server, polling(kabar_settings):
        outlet = Outlet(server, "/quiet")
        outlet.entries = {"/quiet/1": "Old"}
        with followed(kabar_settings, outlet.feed):
            until(lambda: len(items(kabar_settings, outlet.feed, BACKFILL)) == 1)
            outlet.entries["/quiet/2"] = "New"
            until(lambda: len(items(kabar_settings, outlet.feed)) == 1)
            assert items(kabar_settings, outlet.feed)[0].title == "New"
        time.sleep(1.5)
        polls = len(outlet.replies)
        time.sleep(1.5)
        assert len(outlet.replies) == polls


def test_a_kill_between_items_and_state_loses_nothing(kabar_settings: Settings) -> None:
    """Killed at that very point, the next process sends the items again, under the same ids."""
    with LocalServer() as server:
        outlet = Outlet(server, "/crash", alert_existing=True)
        outlet.entries = {f"/crash/{number}": f"Title {number}" for number in range(50)}
        with followed(kabar_settings, outlet.feed):
            with polling(kabar_settings, "-m", "tests.connectors.crashing_poller") as process:
                assert process.wait(WAIT_SECONDS) == -signal.SIGKILL
            first = Counter(item.id for item in items(kabar_settings, outlet.feed))
            assert set(first.values()) == {1}
            assert len(first) == 50
            assert state(kabar_settings, outlet.feed).polls == 0
            with polling(kabar_settings):
                until(lambda: state(kabar_settings, outlet.feed).polls >= 2)
            both = Counter(item.id for item in items(kabar_settings, outlet.feed))
            assert both == first + first


def test_a_new_process_goes_on_where_the_old_one_was(kabar_settings: Settings) -> None:
    """After a restart nothing is sent again, and the validators are still known."""
    with LocalServer() as server:
        outlet = Outlet(server, "/restart", alert_existing=True)
        outlet.entries = {"/restart/1": "Once"}
        with followed(kabar_settings, outlet.feed):
            with polling(kabar_settings):
                until(lambda: state(kabar_settings, outlet.feed).polls >= 2)
            with polling(kabar_settings):
                after_polls(kabar_settings, outlet.feed, 2)
        assert len(items(kabar_settings, outlet.feed)) == 1
        assert outlet.replies.count(200) == 1


def test_a_bad_feed_harms_no_other(kabar_settings: Settings) -> None:
    """A page instead of a feed is a failure with a reason and one dead letter; a stalled server delays nobody."""
    with LocalServer() as server, RawServer(b"HTTP/1.1 200 OK\r\n", hold=True) as stalled:
        page = server.serve("/page", b"<html><body>Sign in</body></html>")
        bad = Feed(id=feed_id(page), url=page, interval_seconds=0.3)
        slow = Feed(id=feed_id(stalled.url), url=stalled.url.replace("127.0.0.1", "localhost"), interval_seconds=0.3)
        good = Outlet(server, "/good", alert_existing=True)
        good.entries = {"/good/1": "Well"}
        with followed(kabar_settings, bad, slow, good.feed), polling(kabar_settings):
            until(lambda: len(items(kabar_settings, good.feed)) == 1)
            until(lambda: state(kabar_settings, bad).failures >= 2)
            after_polls(kabar_settings, good.feed, 3)
            assert state(kabar_settings, bad).last_error == "an HTML page, not a feed"
    letters = [DeadLetter.decode(m.value) for m in read_all(kabar_settings, DEADLETTERS) if m.value]
    assert [letter.step for letter in letters if letter.origin == page] == ["feeds"]


def test_sigterm_ends_it_within_three_seconds(kabar_settings: Settings) -> None:
    """Also while a server keeps it waiting."""

    def ended_after() -> float:
        with RawServer(hold=True) as stalled:
            feed = Feed(id=feed_id(stalled.url), url=stalled.url, interval_seconds=1)
            with followed(kabar_settings, feed), polling(kabar_settings) as process:
                until(lambda: stalled.connections > 0)
                process.terminate()
                started = time.monotonic()
                assert process.wait(10) == 0
                return time.monotonic() - started

    assert shortest(ended_after, below=3) < 3


def test_without_kafka_it_says_so_and_ends() -> None:
    """One line of JSON on standard error, exit code 1."""
    ended = subprocess.run(
        [sys.executable, "-m", "connectors.feeds"],
        env={key: value for key, value in os.environ.items() if not key.startswith("KABAR_")},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 1
    line = msgspec.json.decode(ended.stderr.strip().splitlines()[-1])
    assert "KABAR_KAFKA" in line["error"]
