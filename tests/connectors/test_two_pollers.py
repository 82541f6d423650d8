"""Two processes share the feeds: who has a host, what the host sees of it, and what happens when one is killed."""

import asyncio
import itertools
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from connectors.opml import feed_id
from schemas.feed import Feed
from schemas.settings import Settings
from tests.connectors.test_poller import followed, items, polling, until

# The poller as it is; but this machine's addresses are to it as any others, with a pause between two requests.
POLLER = """
from connectors import hosts
from connectors.feeds import poller
from schemas.settings import load_settings
hosts.is_own = poller.is_own = lambda host: False
poller.run(load_settings())
"""
SPACING_SECONDS = 1.0
HOSTS = 6
ANSWER_SECONDS = 0.2


@dataclass(slots=True)
class Sites:
    """Every address of this machine as a host; for each, when requests to it began and ended; `news` items a feed."""

    port: int = 0
    news: int = 1
    spans: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The items of a feed, after a while."""
        began = time.monotonic()
        try:
            await asyncio.sleep(ANSWER_SECONDS)
        finally:
            self.spans[request.url.host or ""].append((began, time.monotonic()))
        page = f"https://{request.url.host}{request.path}"
        news = "".join(f"<item><title>{n}</title><link>{page}/{n}</link></item>" for n in range(self.news, 0, -1))
        return web.Response(text=f"<rss version='2.0'><channel><title>T</title>{news}</channel></rss>")


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

    At no time do two requests to a host overlap or come closer than the spacing; each host is asked again within 15 s
    of the kill; what appears after it is sent, of every feed; and no item is sent by two of them.
    """
    with sites() as served:
        addresses = [f"http://127.3.0.{h}:{served.port}/{n}" for h in range(1, HOSTS + 1) for n in range(2)]
        feeds = [
            Feed(id=feed_id(url), url=url, name=f"two-{url}", interval_seconds=0.5, alert_existing=True)
            for url in addresses
        ]
        command = ("-c", POLLER)

        def asked_since(moment: float) -> int:
            return sum(any(began > moment for began, _ in spans) for spans in served.spans.values())

        with followed(kabar_settings, *feeds), polling(kabar_settings, *command) as first:
            until(lambda: asked_since(0) == HOSTS)
            with polling(kabar_settings, *command):
                time.sleep(5)  # they share the partitions by now
                first.kill()
                killed, served.news = time.monotonic(), 2
                until(lambda: asked_since(killed + SPACING_SECONDS) == HOSTS)
                assert time.monotonic() - killed < 15
                until(lambda: sum(len(items(kabar_settings, feed)) for feed in feeds) >= 2 * len(feeds))
                with polling(kabar_settings, *command):
                    time.sleep(5)
        sent = Counter(item.id for feed in feeds for item in items(kabar_settings, feed))
    assert len(sent) == 2 * len(feeds)
    assert set(sent.values()) == {1}
    for host, spans in served.spans.items():
        ordered = sorted(spans)
        gaps = [later[0] - earlier[1] for earlier, later in itertools.pairwise(ordered)]
        # The pause begins when the answer has been read, so on the wire it is not shorter; a clock's grain is.
        assert min(gaps) > SPACING_SECONDS - 0.05, (host, sorted(gaps)[:3])
