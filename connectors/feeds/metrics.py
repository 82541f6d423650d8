"""How this worker's feeds are, for Prometheus: `GET /metrics` on loopback, port `KABAR_FEEDS_METRICS_PORT`.

`kabar_feeds{health="well|failing|silent|empty|twin"}` counts feeds; `kabar_feed_unhealthy{feed,kind}` is 1 for each
that is ill; `kabar_feed_polls_total` and `kabar_feed_items_total` count since the feeds were first followed.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime

import structlog
from aiohttp import web

from connectors.feeds.health import trouble
from connectors.feeds.schedule import Followed, Schedule
from schemas.codec import now

HEALTHS = ("well", "failing", "silent", "empty", "twin")

log = structlog.get_logger(__name__)


@asynccontextmanager
async def serving(schedule: Schedule, port: int) -> AsyncIterator[None]:
    """Answer on this port for as long as it lasts; on none where the port is 0 or taken."""
    if not port:
        yield
        return
    application = web.Application()

    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(text=exposition(schedule.feeds.values(), now()), content_type="text/plain")

    application.router.add_get("/metrics", answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
    except OSError as error:
        log.warning("no metrics: the port is taken", port=port, error=str(error))
    try:
        yield
    finally:
        await runner.cleanup()


def exposition(feeds: Iterable[Followed], at: datetime) -> str:
    """The figures in Prometheus's text format."""
    return "\n".join(_lines([*feeds], at)) + "\n"


def _lines(feeds: list[Followed], at: datetime) -> Iterator[str]:
    health: Counter[str] = Counter()
    ill: list[str] = []
    for followed in feeds:
        found = trouble(followed.feed, followed.state, at)
        kind = "twin" if followed.state.twin_of else found.kind if found else "well"
        health[kind] += 1
        if found:
            ill.append(f'kabar_feed_unhealthy{{feed="{_escaped(followed.feed.url)}",kind="{found.kind}"}} 1')
    yield "# TYPE kabar_feeds gauge"
    yield from (f'kabar_feeds{{health="{name}"}} {health[name]}' for name in HEALTHS)
    yield "# TYPE kabar_feed_unhealthy gauge"
    yield from ill
    yield "# TYPE kabar_feed_polls_total counter"
    yield f"kabar_feed_polls_total {sum(followed.state.polls for followed in feeds)}"
    yield "# TYPE kabar_feed_items_total counter"
    yield f"kabar_feed_items_total {sum(followed.state.items_sent for followed in feeds)}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
