"""Many feeds that nobody polled before: they are polled one after the other, and keep no other feed waiting."""

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from aiohttp import web

from connectors.feeds.poller import Poller
from connectors.feeds.schedule import Followed
from connectors.guard import guarded_session
from schemas.feed import Feed, FeedState
from schemas.settings import load_settings
from tests.connectors.kept import Kept
from tests.connectors.server import LocalServer

BODY = b"<rss version='2.0'><channel><title>T</title><item><title>A</title><link>/a</link></item></channel></rss>"
NEW, ANSWER_SECONDS = 120, 0.02


def test_new_feeds_of_a_host_keep_its_other_feeds_not_waiting() -> None:
    """Of one host, 120 new feeds and one that is followed: its polls wait for one of the new ones, not for all."""
    settings = load_settings(allow_networks="127.0.0.0/8", kafka="unused:1")

    async def slow(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(ANSWER_SECONDS)
        answered[request.path] += 1
        return web.Response(body=BODY)

    async def run(server: LocalServer) -> list[int]:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(4))
        poller, waited_for = Poller(settings, Kept()), []
        writing = asyncio.create_task(poller._writer.run())  # noqa: SLF001 - the broker's part is in test_poller
        feeds = [Feed(id=str(n), url=server.on(f"/{n}", slow)) for n in range(NEW)]
        new = [Followed(feed=feed, state=FeedState(feed_id=feed.id), partition=0) for feed in feeds]
        known = Feed(id="known", url=server.on("/known", slow), alert_existing=True)
        old = Followed(feed=known, state=FeedState(feed_id="known", polls=1), partition=0)
        async with guarded_session(settings) as session:
            polls = asyncio.gather(*(poller._poll(session, one) for one in new))  # noqa: SLF001
            await asyncio.sleep(10 * ANSWER_SECONDS)
            while not polls.done():
                before = answered.total() - answered["/known"]
                await poller._poll(session, old)  # noqa: SLF001
                waited_for.append(answered.total() - answered["/known"] - before)
            await polls
        writing.cancel()
        assert {one.state.polls for one in new} == {1}
        return waited_for

    answered = Counter[str]()
    with LocalServer() as server:
        waited_for = asyncio.run(run(server))
    assert len(waited_for) > 10
    assert sorted(waited_for)[len(waited_for) // 2] <= 2
    assert max(waited_for) < NEW / 4
