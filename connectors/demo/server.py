"""The recorded news over real HTTP, on loopback only, by a server that runs in a thread of its own.

Each feed has two editions. A feed serves its first until that was answered whole with status 200, then its second;
so what a client sees depends on its own requests and on no clock.
"""

import asyncio
import gzip
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256
from html import escape
from types import TracebackType
from typing import Self

from aiohttp import web

from connectors.demo.feeds import EDITIONS, FEEDS, DemoFeed, Format, edition
from connectors.demo.writers import entry, html_page, write

HOST = "127.0.0.1"

CONTENT_TYPES: dict[Format, str] = {
    "rss-0.91": "text/xml",
    "rss-1.0": "application/rdf+xml",
    "rss-2.0": "application/rss+xml",
    "atom": "application/atom+xml",
    "json": "application/feed+json",
    "sitemap": "application/xml",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """One edition of one feed, ready to send: its bytes, headers and validators."""

    body: bytes
    content_type: str
    etag: str | None
    modified: datetime | None

    def matches(self, request: web.Request) -> bool:
        """Whether the client has it already (RFC 9110, 13.1: an ETag overrides the date)."""
        asked = request.headers.get("If-None-Match")
        if asked is not None:
            return self.etag is not None and self.etag in {tag.strip() for tag in asked.split(",")}
        since = request.headers.get("If-Modified-Since")
        if since is None or self.modified is None:
            return False
        try:
            return self.modified <= parsedate_to_datetime(since)
        except ValueError:
            return False

    def headers(self) -> dict[str, str]:
        """The headers that a 200 and a 304 share."""
        found = {"Content-Type": self.content_type, "Cache-Control": "no-cache"}
        if self.etag is not None:
            found["ETag"] = self.etag
        if self.modified is not None:
            found["Last-Modified"] = format_datetime(self.modified, usegmt=True)
        return found


def reply(feed: DemoFeed, number: int, start: datetime) -> Reply:
    """Edition `number` of a feed, as served by a server that started at `start`."""
    if number > 1 and feed.breakage == "html-on-second":
        return Reply(html_page(feed), "text/html; charset=utf-8", None, None)
    body = _body(feed, number, start)
    charset = f"; charset={feed.header_charset}" if feed.header_charset else ""
    tag = f'"{sha256(body).hexdigest()[:16]}"'
    if feed.validators == "weak-etag":
        tag = f"W/{tag}"
    changed = number > 1 and body != _body(feed, 1, start)
    return Reply(
        body,
        CONTENT_TYPES[feed.format] + charset,
        tag if feed.validators in {"both", "etag", "weak-etag"} else None,
        (start if changed else start - timedelta(hours=1)) if feed.validators in {"both", "last-modified"} else None,
    )


def _body(feed: DemoFeed, number: int, start: datetime) -> bytes:
    return write(feed, [entry(item, query, start) for item, query in edition(feed, number)], start)


class FeedHandler:
    """Serves one feed and remembers which edition comes next."""

    def __init__(self, feed: DemoFeed, start: datetime) -> None:
        self._feed = feed
        self._replies = tuple(reply(feed, number, start) for number in range(1, EDITIONS + 1))
        self._next = 0

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """200 with the next edition, or 304 where the client has it; only a 200 sent whole counts as seen."""
        answer = self._replies[self._next]
        if answer.matches(request):
            return web.Response(status=304, headers=answer.headers())
        headers = answer.headers()
        body = answer.body
        if self._feed.gzip and "gzip" in request.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, mtime=0)
            headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        response = web.Response(body=body, headers=headers)
        await response.prepare(request)
        await response.write_eof()
        self._next = min(self._next + 1, EDITIONS - 1)
        return response


def build_app(start: datetime) -> web.Application:
    """The server's routes: each feed, the redirects to moved ones, and a page that lists them."""
    app = web.Application()
    app.router.add_get("/", _list_feeds)
    for feed in FEEDS:
        app.router.add_get(feed.path, FeedHandler(feed, start).serve, allow_head=False)
        if feed.redirected_from:
            app.router.add_get(feed.redirected_from, _redirect_to(feed.path), allow_head=False)
    return app


async def _list_feeds(_request: web.Request) -> web.Response:
    rows = "\n".join(f'<li><a href="{feed.public_path}">{escape(feed.name)}</a> ({feed.format})</li>' for feed in FEEDS)
    page = f"<!DOCTYPE html>\n<html lang=en><title>Recorded news</title>\n<ul>\n{rows}\n</ul>\n</html>\n"
    return web.Response(text=page, content_type="text/html")


def _redirect_to(path: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def redirect(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=301, headers={"Location": path})

    return redirect


class DemoServer:
    """A running server. `url` is its base address; `stop` ends it and its thread. Also a context manager."""

    def __init__(self, port: int = 0) -> None:
        self._loop = asyncio.new_event_loop()
        self._runner = web.AppRunner(
            build_app(datetime.now(UTC).replace(microsecond=0)), access_log=None, shutdown_timeout=1.0
        )
        self._thread = threading.Thread(target=self._loop.run_forever, name="demo-server", daemon=True)
        self._thread.start()
        try:
            # In the thread's loop, so that a caller inside a running loop of its own can start one too.
            self.port = asyncio.run_coroutine_threadsafe(self._listen(port), self._loop).result(timeout=10)
        except BaseException:
            self._end()
            raise
        self.url = f"http://{HOST}:{self.port}"

    async def _listen(self, port: int) -> int:
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, port).start()
        return int(self._runner.addresses[0][1])

    def stop(self) -> None:
        """Ends the server; a second call does nothing."""
        if not self._loop.is_closed():
            self._end()

    def _end(self) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start_demo_server(port: int = 0) -> DemoServer:
    """Starts the demo's server on 127.0.0.1, on a free port unless one is given.

    Raises:
        OSError: the port is taken.
    """
    return DemoServer(port)
