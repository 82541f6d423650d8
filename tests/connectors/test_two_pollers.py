"""Two processes share the feeds, and two machines feeds and pages: what a host sees of it, also when one is killed.

The broker notices after ten seconds that a member of the group is gone, and the others share its partitions anew. By
the clock that takes longer where other tests keep the processor (32 s were seen), so that each step is waited for, two
minutes at most; what never comes to pass fails.
"""

import asyncio
import itertools
import subprocess
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from connectors.opml import feed_id
from schemas.feed import Feed
from schemas.settings import Settings
from tests.connectors.test_poller import followed, items, polling, titles, until

# The poller as it is; but this machine's addresses are to it as any others, with a pause between two requests.
POLLER = """
from connectors import hosts
from connectors.feeds import poller
from schemas.settings import load_settings
hosts.is_own = poller.is_own = lambda host: False
poller.run(load_settings())
"""
PAGES = """
from connectors import hosts
from connectors.pages import fetcher
from schemas.settings import load_settings
hosts.is_own = fetcher.is_own = lambda host: False
fetcher.run(load_settings())
"""
SPACING_SECONDS = 1.0
HOSTS = 6
ANSWER_SECONDS = 0.2


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """When a request began and ended, who asked, and for what."""

    began: float
    ended: float
    agent: str
    path: str


@dataclass(slots=True)
class Sites:
    """Every address of this machine as a host, with the requests to each; `news` items a feed.

    `/of/HOST` at another host is a copy of `/feed` at that one. Hosts that are `down` answer 500. `crowds` are the
    hosts that were asked while another of their connections was open.
    """

    port: int = 0
    news: int = 1
    spans: dict[str, list[Span]] = field(default_factory=lambda: defaultdict(list))
    crowds: set[str] = field(default_factory=set)
    down: set[str] = field(default_factory=set)
    _open: dict[str, list[asyncio.BaseTransport]] = field(default_factory=lambda: defaultdict(list))

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The items of a feed, after a while."""
        began = time.monotonic()
        transport, host = request.transport, request.url.host or ""
        assert transport is not None
        others = [other for other in self._open[host] if other is not transport and not other.is_closing()]
        self.crowds |= {host} if others else set()
        self._open[host] = [*others, transport]
        try:
            await asyncio.sleep(ANSWER_SECONDS)
        finally:
            agent = request.headers["User-Agent"]
            self.spans[host].append(Span(began, time.monotonic(), agent, request.path))
        if host in self.down:
            return web.Response(status=500)
        of = request.path.removeprefix("/of/")
        itself = request.url.with_host(of).with_path("/feed") if of != request.path else request.url
        news = "".join(f"<item><title>{n}</title><link>{itself}/{n}</link></item>" for n in range(self.news, 0, -1))
        link = f"<atom:link xmlns:atom='http://www.w3.org/2005/Atom' rel='self' href='{itself}'/>"
        return web.Response(text=f"<rss version='2.0'><channel><title>T</title>{link}{news}</channel></rss>")


@contextmanager
def sites() -> Iterator[Sites]:
    """Those, in a thread, from `with` to its end."""
    loop, made = asyncio.new_event_loop(), Sites()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> web.AppRunner:
        application = web.Application()
        application.router.add_get("/{path:.*}", made.answer)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "0.0.0.0", 0).start()
        made.port = runner.addresses[0][1]
        return runner

    runner = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    try:
        yield made
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@pytest.mark.slow
def test_a_host_is_asked_once_at_a_time_by_whoever_has_it(kabar_settings: Settings) -> None:
    """Six hosts with two feeds each, always due. A second process joins, the first is killed, and a third one joins.

    At no time do two requests to a host overlap or come closer than the spacing; each host is asked again after the
    kill; what appears after it is sent, of every feed; and no item is sent by two of them.
    """
    with sites() as served:
        addresses = [f"http://127.3.0.{h}:{served.port}/{n}" for h in range(1, HOSTS + 1) for n in range(2)]
        feeds = [
            Feed(id=feed_id(url), url=url, name=f"two-{url}", interval_seconds=0.5, alert_existing=True)
            for url in addresses
        ]
        command = ("-c", POLLER)

        def asked_since(moment: float) -> int:
            return sum(any(span.began > moment for span in spans) for spans in served.spans.values())

        with followed(kabar_settings, *feeds), polling(kabar_settings, *command) as first:
            until(lambda: asked_since(0) == HOSTS)
            with polling(kabar_settings, *command):
                time.sleep(5)  # they share the partitions by now
                first.kill()
                killed, served.news = time.monotonic(), 2
                until(lambda: asked_since(killed + SPACING_SECONDS) == HOSTS)
                until(lambda: sum(len(items(kabar_settings, feed)) for feed in feeds) >= 2 * len(feeds))
                with polling(kabar_settings, *command):
                    time.sleep(5)
        sent = Counter(item.id for feed in feeds for item in items(kabar_settings, feed))
    assert len(sent) == 2 * len(feeds)
    assert set(sent.values()) == {1}
    assert_in_turn(served)


def assert_in_turn(served: Sites) -> None:
    """At no host were two connections open at once, nor did two requests overlap or come closer than the spacing."""
    assert not served.crowds
    for host, spans in served.spans.items():
        pairs = itertools.pairwise(sorted(spans))
        near = min((later.began - earlier.ended, earlier, later) for earlier, later in pairs)
        # The pause begins when the answer has been read, so on the wire it is not shorter; a clock's grain is.
        assert near[0] > SPACING_SECONDS - 0.05, (host, near)


@contextmanager
def machine(settings: Settings, folder: Path) -> Iterator[tuple[Settings, list[subprocess.Popen[bytes]]]]:
    """A poller and a fetcher of pages that meet the others only in Kafka; their requests say which machine it is."""
    own = settings.model_copy(update={"data_dir": folder, "contact": folder.name})
    with polling(own, "-c", POLLER) as poller, polling(own, "-c", PAGES) as pages:
        yield own, [poller, pages]


@pytest.mark.slow
def test_a_host_is_asked_by_one_of_two_machines_for_feeds_and_pages(kabar_settings: Settings, tmp_path: Path) -> None:
    """Two machines that share nothing but Kafka. A host's feed and pages are asked by one of them, with the pause.

    Then one of them is killed: the other asks for the feeds of all hosts, and for the pages too.
    """
    with sites() as served:
        addresses = [f"http://127.4.0.{h}:{served.port}/feed" for h in range(1, HOSTS + 1)]
        feeds = [
            Feed(
                id=feed_id(url),
                url=url,
                name=f"apart-{url}",
                interval_seconds=0.5,
                alert_existing=True,
                full_text="page",
            )
            for url in addresses
        ]

        def askers(moment: float) -> dict[str, set[tuple[str, bool]]]:
            """Of each host, who asked since, and whether for the feed."""
            return {
                host: {(span.agent, span.path == "/feed") for span in spans if span.began > moment}
                for host, spans in served.spans.items()
            }

        def news() -> None:
            while not done.wait(4 * SPACING_SECONDS):
                served.news += 1

        done = threading.Event()
        appearing = threading.Thread(target=news)
        with (
            followed(kabar_settings, *feeds),
            machine(kabar_settings, tmp_path / "one") as (_, first),
            machine(kabar_settings, tmp_path / "two") as _,
        ):
            appearing.start()
            try:
                until(lambda: len({agent for found in askers(0).values() for agent, _ in found}) == 2)
                time.sleep(5)  # they share the partitions by now
                settled = time.monotonic()
                until(lambda: len(found := askers(settled)) == HOSTS and all(len(who) >= 2 for who in found.values()))
                found = askers(settled)
                for process in first:
                    process.kill()
                killed = time.monotonic()
                two = "Kabar/0.1 (+two)"
                until(lambda: all((two, True) in who for who in askers(killed + SPACING_SECONDS).values()))
                until(lambda: all((two, False) in who for who in askers(killed + SPACING_SECONDS).values()))
            finally:
                done.set()
                appearing.join()
    by = [{agent for agent, _ in who} for who in found.values()]
    assert all(len(agents) == 1 for agents in by), found
    assert len(set().union(*by)) == 2, found
    assert_in_turn(served)


@pytest.mark.slow
def test_a_feed_of_two_hosts_is_polled_once_though_two_processes_have_them(kabar_settings: Settings) -> None:
    """Six feeds, each followed under its own address and under a copy's at another host, by two processes.

    Every address is asked to learn what it is; then only the feeds' own are, also after a change. Where they fail, the
    copies are asked, and what is new comes by them.
    """
    with sites() as served:
        places = [(f"127.6.0.{h}", f"127.7.0.{h}") for h in range(1, HOSTS + 1)]
        addresses = [
            (f"http://{own}:{served.port}/feed", f"http://{other}:{served.port}/of/{own}") for own, other in places
        ]
        feeds = [
            Feed(id=feed_id(url), url=url, name=f"copied-{url}", interval_seconds=1.5, alert_existing=True)
            for url in itertools.chain(*addresses)
        ]

        def asked(moment: float, *, copies: bool) -> dict[str, int]:
            hosts = [pair[copies] for pair in places]
            return {host: sum(span.began > moment for span in served.spans[host]) for host in hosts}

        def agents(host: str) -> set[str]:
            return {span.agent for span in served.spans[host]}

        def rest() -> None:
            """Until no copy was asked for three seconds, in which every feed's own address was."""
            until(lambda: not any(asked(time.monotonic() - 3, copies=True).values()))
            settled = time.monotonic()
            until(lambda: all(asked(settled, copies=False).values()))

        one, two = (kabar_settings.model_copy(update={"contact": name}) for name in ("one", "two"))
        with followed(kabar_settings, *feeds), polling(one, "-c", POLLER), polling(two, "-c", POLLER):
            until(lambda: all({**asked(0, copies=False), **asked(0, copies=True)}.values()))
            rest()
            assert any(agents(own) != agents(other) for own, other in places), "none was shared by two processes"
            served.news = 2
            rest()
            served.down = {own for own, _ in places}
            down = time.monotonic()
            until(lambda: all(count >= 2 for count in asked(down, copies=True).values()))
            served.news = 3
            copies = feeds[1::2]
            until(lambda: all("3" in titles(kabar_settings, feed) for feed in copies))
            settled = time.monotonic()
            time.sleep(4)
            assert not any(asked(settled, copies=False).values()), "who fails is not asked beside its copy"
