"""Pages are fetched with manners: robots.txt of every address on the way, `Retry-After`, and never inside."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

import pytest
from aiohttp import web

from connectors.guard import guarded_session
from connectors.hosts import REST_SECONDS
from connectors.pages.fetcher import Fetcher
from connectors.pages.outcome import Outcome
from connectors.robots import Robots
from schemas.codec import now
from schemas.errors import BrokerError
from schemas.item import Item, item_id
from schemas.message import Message
from schemas.page import Page, Wanted
from schemas.settings import Settings, load_settings
from schemas.topics import PAGES, WANTED
from tests.connectors.kept import Kept
from tests.connectors.server import LocalServer, RawServer

ONE_HOST = load_settings(allow_networks="127.0.0.1/32", kafka="unused:1")
PAGE = b"<html><body><p>The ferry left.</p></body></html>"
Reply = Callable[[web.Request], Awaitable[web.StreamResponse]]


def away(location: str) -> Reply:
    """A redirect to there."""

    async def reply(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": location})

    return reply


def asked(url: str, settings: Settings = ONE_HOST) -> Outcome:
    """What becomes of a page."""

    async def run() -> Outcome:
        async with guarded_session(settings) as session:
            found, _ = await Fetcher(settings, Kept())._ask(session, Robots(session), url)  # noqa: SLF001
            return found

    return asyncio.run(run())


def test_a_page_that_leads_inside_is_refused_at_the_hop() -> None:
    """Neither it nor its robots.txt is asked."""
    with LocalServer() as site, RawServer(b"HTTP/1.1 200 OK\r\n\r\n" + PAGE, everywhere=True) as inside:
        found = asked(site.on("/a", away(f"http://127.0.0.2:{inside.port}/secret")))
        assert found.failure in {"guard", "robots"}
        assert found.html is None
        assert inside.connections == 0


def test_a_robots_txt_that_leads_inside_is_not_followed() -> None:
    """What it would say is not known, so that the page is not asked either."""
    with LocalServer() as site, RawServer(b"HTTP/1.1 404 Not Found\r\n\r\n", everywhere=True) as inside:
        site.on("/robots.txt", away(f"http://127.0.0.2:{inside.port}/robots.txt"))
        assert asked(site.serve("/a", PAGE, Content_Type="text/html")).failure == "robots"
        assert inside.connections == 0
        assert site.requests == ["/robots.txt"]


def test_the_site_that_a_redirect_leads_to_is_asked_whether_it_may_be() -> None:
    """Its own robots.txt counts, and a page that it keeps closed is not fetched."""
    with LocalServer() as site, LocalServer() as other:
        other.serve("/robots.txt", b"User-agent: *\nDisallow: /closed/")
        shut = asked(site.on("/a", away(other.serve("/closed/1", PAGE))))
        assert (shut.failure, shut.html) == ("robots", None)
        assert "/closed/1" not in other.requests
        opened = asked(site.on("/b", away(other.serve("/open/1", PAGE, Content_Type="text/html"))))
        assert opened.html is not None


@pytest.mark.parametrize(("retry", "pages"), [("7", [200]), ("3600", [429, 429])])
def test_retry_after_of_a_page_is_kept_to(retry: str, pages: list[int]) -> None:
    """A short one is waited for. After a long one the site is not asked again: its items go on without their pages."""
    hits: list[float] = []

    async def busy(_request: web.Request) -> web.StreamResponse:
        hits.append(time.monotonic())
        if len(hits) == 1 or retry == "3600":
            return web.Response(status=429, headers={"Retry-After": retry})
        return web.Response(body=PAGE, content_type="text/html")

    async def run(urls: list[str]) -> Kept:
        kept = Kept()
        fetcher = Fetcher(ONE_HOST, kept, spacing=0.0)
        fetcher._keep(fetcher._write())  # noqa: SLF001
        fetcher._take([message(url, offset) for offset, url in enumerate(urls)])  # noqa: SLF001
        async with guarded_session(ONE_HOST) as session:
            robots = Robots(session)
            for _ in range(150):
                fetcher._start_due(session, robots)  # noqa: SLF001
                if len(kept.on(PAGES)) == len(urls):
                    break
                await asyncio.sleep(0.1)
            for task in fetcher._tasks:  # noqa: SLF001
                task.cancel()
        return kept

    with LocalServer() as site:
        urls = [site.on(f"/{number}", busy) for number in range(len(pages))]
        kept = asyncio.run(run(urls))
    found = [Page.decode(value) for value in kept.on(PAGES)]
    assert len(found) == len(urls)
    if retry == "7":
        assert found[0].html is not None
        assert hits[1] - hits[0] >= 7
    else:
        assert len(hits) == 1
        assert {page.failure for page in found} == {"http"}


def test_retry_after_holds_for_the_site_that_a_redirect_led_to() -> None:
    """Its own pages go on without being asked for, as the rest of those of the site that leads there."""

    async def busy(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=503, headers={"Retry-After": "3600"})

    async def run(*urls: str) -> Kept:
        kept = Kept()
        fetcher = Fetcher(ONE_HOST, kept, spacing=0.0)
        fetcher._keep(fetcher._write())  # noqa: SLF001
        async with guarded_session(ONE_HOST) as session:
            robots = Robots(session)
            for offset, url in enumerate(urls):
                fetcher._take([message(url, offset)])  # noqa: SLF001
                while len(kept.on(PAGES)) <= offset:
                    fetcher._start_due(session, robots)  # noqa: SLF001
                    await asyncio.sleep(0.05)
            for task in fetcher._tasks:  # noqa: SLF001
                task.cancel()
        return kept

    with LocalServer() as site:
        there = site.on("/there", busy)
        leads = site.on("/leads", away(there)).replace("127.0.0.1", "localhost")
        own = site.serve("/own", PAGE, Content_Type="text/html")
        kept = asyncio.run(asyncio.wait_for(run(leads, own, f"{leads}?2"), 20))
    assert [Page.decode(value).failure for value in kept.on(PAGES)] == ["http"] * 3
    assert site.requests.count("/there") == 1
    assert "/own" not in site.requests


def test_a_page_whose_partition_is_lost_is_let_go_of_at_once() -> None:
    """Another worker has its host now; and what was being asked is no page of this one."""
    kept = Kept()

    async def slow(_request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(5)
        return web.Response(body=PAGE, content_type="text/html")

    async def run(url: str, site: LocalServer) -> None:
        fetcher = Fetcher(ONE_HOST, kept, spacing=0.0)
        fetcher._take([message(url, 0)])  # noqa: SLF001
        async with guarded_session(ONE_HOST) as session:
            fetcher._start_due(session, Robots(session))  # noqa: SLF001
            await asyncio.sleep(1)
            assert "/slow" in site.requests
            (task,) = fetcher._tasks  # noqa: SLF001
            fetcher._lines.drop(0)  # noqa: SLF001
            await asyncio.wait([task], timeout=1)
            assert task.cancelled()
            fetcher._take([message(url, 0)])  # noqa: SLF001
            fetcher._start_due(session, Robots(session))  # noqa: SLF001
            assert len(fetcher._tasks) == 1, "it may come back"  # noqa: SLF001
            for each in fetcher._tasks:  # noqa: SLF001
                each.cancel()
        assert fetcher._failure is None  # noqa: SLF001

    with LocalServer() as site:
        asyncio.run(run(site.on("/slow", slow), site))
    assert kept.on(PAGES) == []


def test_a_host_that_was_taken_over_rests_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever had it may have asked it a moment ago."""
    monkeypatch.setattr("connectors.pages.fetcher.is_own", lambda _host: False)

    async def run(url: str) -> float:
        fetcher, started = Fetcher(ONE_HOST, Kept(), spacing=0.0), time.monotonic()
        fetcher._taken[0] = asyncio.get_running_loop().time()  # noqa: SLF001
        fetcher._take([message(url, 0)])  # noqa: SLF001
        async with guarded_session(ONE_HOST) as session:
            while True:
                fetcher._start_due(session, Robots(session))  # noqa: SLF001
                if fetcher._tasks:  # noqa: SLF001
                    break
                await asyncio.sleep(0.01)
            taken = time.monotonic() - started
            await asyncio.gather(*fetcher._tasks)  # noqa: SLF001
        return taken

    with LocalServer() as site:
        taken = asyncio.run(run(site.serve("/a", PAGE, Content_Type="text/html")))
    assert REST_SECONDS - 0.1 < taken < 2 * REST_SECONDS


class Committing:
    """The part of a consumer that commits; the first time the group is being divided anew."""

    def __init__(self) -> None:
        self.tries: list[Mapping[tuple[str, int], int] | None] = []

    def commit(self, positions: Mapping[tuple[str, int], int] | None = None) -> None:
        """Keep what is to be committed."""
        self.tries.append(positions)
        if len(self.tries) == 1:
            raise BrokerError("a rebalance")


def test_a_position_that_could_not_be_committed_is_committed_later() -> None:
    """With no further page needed, and then not again."""
    fetcher, consumer = Fetcher(ONE_HOST, Kept()), Committing()
    fetcher._positions.begin(0, 7)  # noqa: SLF001
    fetcher._positions.done(0, 7)  # noqa: SLF001
    with pytest.raises(BrokerError):
        fetcher._commit(consumer, {0})  # noqa: SLF001
    for _ in range(3):
        fetcher._commit(consumer, {0})  # noqa: SLF001
    assert consumer.tries == [{(WANTED, 0): 8}] * 2


def message(url: str, offset: int) -> Message:
    """A record of `news.wanted`."""
    item = Item(id=item_id(url=url), source="s", fetched_at=now(), title="Ferry", url=url)
    value = Wanted(item=item, quiet=False).encode()
    return Message(topic=WANTED, partition=0, offset=offset, key="127.0.0.1", value=value, timestamp_ms=0)
