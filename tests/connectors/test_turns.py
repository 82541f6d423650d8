"""A host is asked by one process of a machine at a time, and not right after another has asked it."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from itertools import pairwise
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from connectors.feeds.poller import Poller
from connectors.feeds.schedule import Followed
from connectors.fetch import Asking
from connectors.guard import guarded_session
from connectors.hosts import Hosts
from connectors.pages.fetcher import Fetcher
from connectors.robots import Robots
from connectors.turns import FILE, Turns
from schemas.feed import Feed, FeedState
from schemas.settings import SettingsError, load_settings
from tests.connectors.kept import Kept
from tests.connectors.pages.test_fetcher import message
from tests.connectors.server import Handler, LocalServer

OPEN = load_settings(allow_networks="127.0.0.0/8", kafka="unused:1")

# Another process that takes a host's turn, says so, and keeps it until its input ends.
OTHER = """
import asyncio, sys
from pathlib import Path
from connectors.turns import Turns

async def keep():
    async with Turns(Path(sys.argv[1])).turn(sys.argv[2], float(sys.argv[3])):
        print("mine", flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(keep())
"""


@contextmanager
def kept_by_another(folder: Path, host: str, spacing: float = 0.0) -> Iterator[subprocess.Popen[str]]:
    """A process that has the host's turn."""
    command = [sys.executable, "-c", OTHER, str(folder), host, str(spacing)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "mine\n"
        try:
            yield other
        finally:
            other.kill()


def waited(folder: Path, url: str, spacing: float = 0.0, limit: float = 5.0) -> float | None:
    """Seconds until this process had the turn of a URL's host; None where it did not within the limit."""

    async def take() -> float | None:
        hosts, begun = Hosts(spacing, Turns(folder)), time.monotonic()
        with suppress(TimeoutError):
            async with asyncio.timeout(limit), hosts.turn(url):
                return time.monotonic() - begun
        return None

    return asyncio.run(take())


def test_a_host_that_another_process_asks_is_waited_for(tmp_path: Path) -> None:
    """Other hosts are not; and when that process is killed, nothing of its turn is left."""
    with kept_by_another(tmp_path, "a.example") as other:
        assert waited(tmp_path, "https://a.example/feed", limit=0.5) is None
        assert waited(tmp_path, "https://b.example/feed") is not None
        other.kill()
        other.wait()
        assert waited(tmp_path, "https://a.example/feed") is not None


def test_the_pause_after_another_process_asked_is_kept(tmp_path: Path) -> None:
    """It counts from when that one was done."""
    with kept_by_another(tmp_path, "a.example", 1.0) as other:
        assert other.stdin is not None
        other.stdin.close()
        other.wait()
        first = waited(tmp_path, "https://a.example/feed", 1.0)
    assert first is not None
    assert 0.3 < first <= 1.0


def test_within_a_process_one_host_that_ends_leaves_the_other_its_turn(tmp_path: Path) -> None:
    """Two hosts may share a place; the place is free when both are done."""

    async def both() -> None:
        turns = Turns(tmp_path)
        async with turns.turn("a.example", 0.0):
            async with turns.turn("a.example", 0.0):
                pass
            with pytest.raises(subprocess.TimeoutExpired):
                await asyncio.to_thread(taken_elsewhere, tmp_path)
        await asyncio.to_thread(taken_elsewhere, tmp_path)

    asyncio.run(both())


def taken_elsewhere(folder: Path) -> None:
    """Another process takes the turn and ends, within two seconds."""
    command = [sys.executable, "-c", OTHER, str(folder), "a.example", "0"]
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True, timeout=2)


def test_a_clock_that_was_set_back_holds_nobody_for_long(tmp_path: Path) -> None:
    """The longest wait is the pause itself."""
    Turns(tmp_path).close()
    (tmp_path / FILE).write_bytes(b"\xff\xff\xff\xff\xff\xff\xef\x7f" * (1 << 20))  # the largest number everywhere
    first = waited(tmp_path, "https://a.example/feed", 0.2)
    assert first is not None
    assert first < 1.0


def test_poller_and_fetcher_of_one_site_meet_here(tmp_path: Path) -> None:
    """While another process asks the site neither of them does; then both do."""

    async def run(feed_url: str, page_url: str) -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(4))
        turns = Turns(tmp_path)
        poller = Poller(OPEN, Kept(), turns=turns)
        fetcher = Fetcher(OPEN, Kept(), spacing=0.0, turns=turns)
        feed = Feed(id="a", url=feed_url)
        followed = Followed(feed=feed, state=FeedState(feed_id="a"), partition=0)
        fetcher._take([message(page_url, 0)])  # noqa: SLF001
        async with guarded_session(OPEN) as session:
            writing = asyncio.create_task(poller._writer.run())  # noqa: SLF001
            with kept_by_another(tmp_path, "127.0.0.1") as other:
                polling = asyncio.create_task(poller._poll(session, followed))  # noqa: SLF001
                fetcher._start_due(session, Robots(session, Asking(turn=fetcher._turn)))  # noqa: SLF001
                await asyncio.sleep(1.0)
                assert site.requests == []
                other.kill()
                await asyncio.wait_for(asyncio.gather(polling, *fetcher._tasks), 10)  # noqa: SLF001
            writing.cancel()

    with LocalServer() as site:
        asyncio.run(run(site.serve("/feed", b"<rss version='2.0'><channel/></rss>"), site.serve("/a", b"<p>A page.")))
    assert sorted(set(site.requests)) == ["/a", "/feed", "/robots.txt"]


REDIRECTED = b"<rss version='2.0'><channel><title>T</title></channel></rss>"


def away(location: str) -> Handler:
    """A redirect to there."""

    async def reply(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=301, headers={"Location": location})

    return reply


def elsewhere(url: str) -> str:
    """The same server by another name, and so another host."""
    return url.replace("127.0.0.1", "localhost")


def unknown(url: str) -> Followed:
    """A feed that was never polled."""
    return Followed(feed=Feed(id=url, url=url), state=FeedState(feed_id=url), partition=0)


@asynccontextmanager
async def polling(turns: Turns | None = None) -> AsyncIterator[tuple[Poller, aiohttp.ClientSession]]:
    """A poller whose Kafka is kept in memory."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(4))
    poller = Poller(OPEN, Kept(), turns=turns)
    writing = asyncio.create_task(poller._writer.run())  # noqa: SLF001
    async with guarded_session(OPEN) as session:
        yield poller, session
    writing.cancel()


@pytest.mark.parametrize("what", ["feed", "page", "robots", "sitemap"])
def test_a_redirect_waits_for_the_turn_of_where_it_leads(tmp_path: Path, what: str) -> None:
    """While another process asks that host it is not asked; the host that leads there is free meanwhile."""

    async def run(site: LocalServer) -> None:
        turns = Turns(tmp_path)
        async with polling(turns) as (poller, session):
            fetcher = Fetcher(OPEN, Kept(), spacing=0.0, turns=turns)
            with kept_by_another(tmp_path, "127.0.0.1") as other:
                if what in {"feed", "sitemap"}:
                    asking = [asyncio.create_task(poller._poll(session, unknown(elsewhere(site.url("/a")))))]  # noqa: SLF001
                else:
                    fetcher._take([message(elsewhere(site.url("/a")), 0)])  # noqa: SLF001
                    fetcher._start_due(session, Robots(session, Asking(turn=fetcher._turn)))  # noqa: SLF001
                    asking = [*fetcher._tasks]  # noqa: SLF001
                await asyncio.sleep(1.0)
                assert there == []
                assert site.requests[-1] == ("/robots.txt" if what == "robots" else "/a")
                free = await asyncio.to_thread(waited, tmp_path, elsewhere(site.url("/")), 0.0, 0.5)
                assert free is not None
                other.kill()
                await asyncio.wait_for(asyncio.gather(*asking), 10)
        assert there[-1] == ("/robots.txt.there" if what == "robots" else "/b")

    there: list[str] = []

    async def reply(request: web.Request) -> web.StreamResponse:
        there.append(request.path)
        return web.Response(body=REDIRECTED)

    async def none(request: web.Request) -> web.StreamResponse:
        if request.url.host == "127.0.0.1":
            there.append(request.path)
        return web.Response(status=404)

    with LocalServer() as site:
        target = site.on("/b", reply)
        site.on("/robots.txt", none)
        site.on("/a", away(target))
        if what == "robots":
            site.on("/robots.txt", away(site.on("/robots.txt.there", none)))
            site.serve("/a", b"<p>A page.")
        if what == "sitemap":
            site.serve("/a", f"<sitemapindex><sitemap><loc>{target}</loc></sitemap></sitemapindex>".encode())
        asyncio.run(run(site))


def test_two_hosts_that_lead_to_each_other_hold_nobody() -> None:
    """Each redirect gives its own host back before it waits for the other's."""

    async def run(*urls: str) -> list[FeedState]:
        feeds = [unknown(url) for url in urls]
        async with polling() as (poller, session), asyncio.timeout(10):
            await asyncio.gather(*(poller._poll(session, feed) for feed in feeds))  # noqa: SLF001
        return [feed.state for feed in feeds]

    with LocalServer() as site:
        end = site.serve("/end", REDIRECTED)
        states = asyncio.run(run(site.on("/a", away(elsewhere(end))), elsewhere(site.on("/b", away(end)))))
    assert [state.last_error for state in states] == [None, None]
    assert [state.moved_to for state in states] == [elsewhere(end), end]


def test_a_redirect_keeps_the_pause_of_where_it_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between a poll of a host, a redirect to it, and one within it, there is the pause each time."""
    monkeypatch.setattr("connectors.hosts.is_own", lambda _host: False)
    begun: list[float] = []

    async def reply(request: web.Request) -> web.StreamResponse:
        if request.url.host == "127.0.0.1":
            begun.append(time.monotonic())
        leads = request.path == "/leads"
        return web.Response(status=302, headers={"Location": "/b"}) if leads else web.Response(body=REDIRECTED)

    async def run(*urls: str) -> None:
        async with polling() as (poller, session):
            await asyncio.gather(*(poller._poll(session, unknown(url)) for url in urls))  # noqa: SLF001

    with LocalServer() as site:
        here = site.on("/b", reply)
        asyncio.run(run(here, elsewhere(site.on("/a", away(here))), site.on("/leads", reply)))
    assert len(begun) == 4
    assert min(later - earlier for earlier, later in pairwise(begun)) > 0.95


def test_a_feed_that_is_lost_waits_for_no_turn(tmp_path: Path) -> None:
    """Whoever has it now asks; what waited here is over at once."""

    async def run(url: str) -> None:
        async with polling(Turns(tmp_path)) as (poller, session):
            feed = unknown(url)
            poller._schedule.add(feed)  # noqa: SLF001
            with kept_by_another(tmp_path, "127.0.0.1"):
                poll = asyncio.create_task(poller._poll(session, feed))  # noqa: SLF001
                await asyncio.sleep(0.2)
                poller._schedule.drop_partition(0)  # noqa: SLF001
                await asyncio.wait([poll], timeout=1)
                assert poll.cancelled()

    with LocalServer() as site:
        asyncio.run(run(site.serve("/b", REDIRECTED)))
    assert site.requests == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """With the setting that says another."""
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="KABAR_DATA_DIR"):
        Turns(tmp_path / "file" / "data")
