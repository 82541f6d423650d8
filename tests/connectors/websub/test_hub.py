"""A real local hub, the poller and the push server as processes, a real broker: from the feed's link to an item."""

import asyncio
import contextlib
import hashlib
import hmac
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web

from connectors.feeds.registry import partition_of
from connectors.opml import feed_id
from schemas.broker import Producer, read_all, read_newest
from schemas.feed import Feed
from schemas.item import Item, item_id
from schemas.settings import Settings
from schemas.subscription import Subscription
from schemas.topics import FEEDS, ITEMS, SUBSCRIPTIONS
from tests.connectors.polling import POLLER
from tests.connectors.push.serving import push_server
from tests.connectors.server import LocalServer
from tests.waiting import until


def rss(hub: str, itself: str, *numbers: int) -> bytes:
    """A feed that names its hub, with these entries."""
    items = "".join(
        f"<item><title>News {n}</title><link>https://hubbed.example/{n}</link><description>T {n}</description></item>"
        for n in numbers
    )
    return (
        f'<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Hubbed</title>'
        f'<atom:link rel="hub" href="{hub}"/><atom:link rel="self" href="{itself}"/>{items}</channel></rss>'
    ).encode()


class Hub:
    """Verifies whoever subscribes, as the standard has it, and sends what it is told to."""

    def __init__(self, server: LocalServer, lease: int = 3600) -> None:
        self.asked: list[dict[str, str]] = []
        self.verified: list[str] = []
        self.lease = lease
        self.url = server.on("/hub", self._answer)
        self._tasks: set[asyncio.Task[None]] = set()

    async def _answer(self, request: web.Request) -> web.Response:
        form = {key: str(value) for key, value in (await request.post()).items()}
        self.asked.append(form)
        task = asyncio.get_running_loop().create_task(self._verify(form))
        self._tasks.add(task)
        return web.Response(status=202)

    async def _verify(self, form: dict[str, str]) -> None:
        query = {
            "hub.mode": form["hub.mode"], "hub.topic": form["hub.topic"], "hub.challenge": "ch4llenge",
            "hub.lease_seconds": str(self.lease),
        }  # fmt: skip
        url = form["hub.callback"] + "?" + urlencode(query)
        async with aiohttp.ClientSession() as session, session.get(url) as reply:
            if reply.status == 200 and await reply.text() == "ch4llenge":
                self.verified.append(form["hub.mode"])

    def send(self, body: bytes, *, method: str = "sha256", secret: str | None = None) -> int:
        """Send a body to the last subscriber; the status of its answer."""
        form = self.asked[-1]
        key = (secret or form["hub.secret"]).encode()
        signature = f"{method}={hmac.new(key, body, getattr(hashlib, method)).hexdigest()}"
        headers = {"X-Hub-Signature": signature, "Content-Type": "application/rss+xml"}
        return status(urllib.request.Request(form["hub.callback"], data=body, headers=headers))


def status(request: urllib.request.Request) -> int:
    """The status of an answer."""
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextlib.contextmanager
def feeds_process(settings: Settings, log: Path) -> Iterator[None]:
    """The poller as a process."""
    with log.open("ab") as out:
        child = subprocess.Popen(
            [sys.executable, "-c", POLLER],
            env={**os.environ, **settings.environment()},
            stdout=out,
            stderr=out,
        )
    try:
        yield
    finally:
        child.terminate()
        child.wait(10)


@pytest.fixture
def settings(kabar_settings: Settings, tmp_path: Path) -> Settings:
    """The session's broker, a data directory of its own, and a push server that hubs reach."""
    port = free_port()
    return kabar_settings.model_copy(
        update={"data_dir": tmp_path / "data", "push_port": port, "push_url": f"http://127.0.0.1:{port}"}
    )


def follow(settings: Settings, url: str, *, tombstone: bool = False) -> Feed:
    """Follow a feed, or no longer."""
    feed = Feed(id=feed_id(url), url=url, name="Hubbed")
    with Producer(settings) as producer:
        value = None if tombstone else feed.encode()
        producer.send(FEEDS, feed.id, value, partition=partition_of(feed, settings))
        producer.flush()
    return feed


def titles(settings: Settings, number: int) -> list[str]:
    """The titles sent live of that entry."""
    identity = item_id(url=f"https://hubbed.example/{number}")
    return [Item.decode(m.value).title for m in read_all(settings, ITEMS) if m.key == identity and m.value]


def subscription(settings: Settings, feed: Feed) -> Subscription | None:
    """What is written down of a feed's subscription."""
    value = read_newest(settings, SUBSCRIPTIONS).get(feed.id)
    return Subscription.decode(value) if value else None


def test_a_hub_sends_what_is_new_within_moments(settings: Settings, tmp_path: Path) -> None:
    """Subscribed from the feed's own link, challenge answered, signature held to, lease renewed, left when removed."""
    with LocalServer() as site:
        hub = Hub(site, lease=60)
        url = site.url("/feed")
        site.serve("/feed", rss(hub.url, url, 1, 2), content_type="application/rss+xml")
        with push_server(settings, tmp_path / "push.log"), feeds_process(settings, tmp_path / "feeds.log"):
            feed = follow(settings, url)
            until(lambda: hub.verified == ["subscribe"], seconds=30, what="the hub is asked and has verified")
            until(lambda: getattr(subscription(settings, feed), "status", "") == "active", seconds=10, what="active")
            asked = hub.asked[0]
            assert (asked["hub.topic"], asked["hub.mode"]) == (url, "subscribe")
            started = time.monotonic()
            assert hub.send(rss(hub.url, url, 3, 2, 1), method="sha512") == 202
            assert time.monotonic() - started < 5
            assert titles(settings, 3) == ["News 3"]
            assert titles(settings, 2) == [], "what the feed showed before is not sent again"
            assert hub.send(rss(hub.url, url, 3)) == 202
            assert titles(settings, 3) == ["News 3"]
            assert hub.send(rss(hub.url, url, 4), secret="wrong") == 403
            assert status(urllib.request.Request(asked["hub.callback"], data=rss(hub.url, url, 4))) == 403
            wrong = asked["hub.callback"][:-4] + "0000"
            assert status(urllib.request.Request(wrong, data=rss(hub.url, url, 4))) == 404
            assert titles(settings, 4) == []
            forged = urlencode({"hub.mode": "subscribe", "hub.topic": "https://other.example/", "hub.challenge": "x"})
            assert status(urllib.request.Request(f"{asked['hub.callback']}?{forged}")) == 404
            until(lambda: hub.verified.count("subscribe") >= 2, seconds=70, what="the lease is renewed before its end")
            follow(settings, url, tombstone=True)
            until(lambda: "unsubscribe" in hub.verified, seconds=20, what="the hub may forget it")
            assert hub.send(rss(hub.url, url, 5)) == 410


def test_a_hub_inside_the_network_is_never_asked(settings: Settings, tmp_path: Path) -> None:
    """The guard stands before hubs too: no request, and the subscription says why."""
    with LocalServer() as site:
        hub = Hub(site)
        url = site.url("/feed")
        site.serve("/feed", rss(hub.url, url, 7), content_type="application/rss+xml")
        with feeds_process(settings, tmp_path / "feeds.log"):
            feed = follow(settings, url)
            until(lambda: "/feed" in site.requests, seconds=30, what="the feed is polled")
            closed = settings.model_copy(update={"allow_networks": ()})
            with push_server(closed, tmp_path / "push.log"):
                until(
                    lambda: getattr(subscription(settings, feed), "status", "") == "failed",
                    seconds=30, what="the subscription fails",
                )  # fmt: skip
        found = subscription(settings, feed)
        assert found is not None
        assert "Refused address" in (found.reason or "")
        assert hub.asked == []
        follow(settings, url, tombstone=True)
