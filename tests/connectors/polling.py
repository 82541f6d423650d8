"""The poller, as a process of a test and within one."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from connectors.feeds.poller import Poller
from connectors.feeds.schedule import Followed
from connectors.guard import guarded_session
from schemas.feed import Feed, FeedState
from schemas.settings import Settings
from tests.connectors.kept import Kept

# Without the pace of backfills: no steps run here that would take what other tests have left on the topics.
POLLER = "from connectors.feeds.poller import run; from schemas.settings import load_settings; run(load_settings())"


def polls(settings: Settings, *feeds: Feed, times: int = 1) -> tuple[list[Followed], Kept]:
    """These feeds polled at once, so many times, by a real poller whose Kafka is kept in memory."""

    async def run() -> tuple[list[Followed], Kept]:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(4))
        kept = Kept()
        poller = Poller(settings, kept)
        writing = asyncio.create_task(poller._writer.run())  # noqa: SLF001 - the broker's part is in test_poller
        made = [Followed(feed=feed, state=FeedState(feed_id=feed.id), partition=0) for feed in feeds]
        async with guarded_session(settings) as session:
            for _ in range(times):
                await asyncio.gather(*(poller._poll(session, one) for one in made))  # noqa: SLF001
        writing.cancel()
        return made, kept

    return asyncio.run(run())
