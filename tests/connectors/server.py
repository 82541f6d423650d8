"""A real HTTP server on loopback whose replies the tests write, one that speaks broken HTTP included."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class LocalServer:
    """Serves on `127.0.0.1:port`, in a thread, from `with` to its end. `requests` are the paths asked for."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.handlers: dict[str, Handler] = {}
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="local-server", daemon=True)

    def on(self, path: str, handler: Handler) -> str:
        """Answer this path with this handler from now on; returns its URL."""
        self.handlers[path] = handler
        return self.url(path)

    def serve(self, path: str, body: bytes, **headers: str) -> str:
        """Answer this path with a body and headers (`content_type=…`); returns its URL."""

        async def reply(_request: web.Request) -> web.StreamResponse:
            return web.Response(body=body, headers={k.replace("_", "-"): v for k, v in headers.items()})

        return self.on(path, reply)

    def url(self, path: str) -> str:
        """The URL of a path."""
        return f"http://127.0.0.1:{self.port}{path}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._runner = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> web.AppRunner:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.port = runner.addresses[0][1]
        return runner

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request.path)
        handler = self.handlers.get(request.path)
        return await handler(request) if handler else web.Response(status=404)


class RawServer:
    """Answers every connection with these very bytes, `pause` seconds between each, then holds or closes it.

    With `everywhere`, on every address of loopback, so that one server is many hosts.
    """

    def __init__(self, *parts: bytes, pause: float = 0.0, hold: bool = False, everywhere: bool = False) -> None:
        self._address = "0.0.0.0" if everywhere else "127.0.0.1"
        self._parts, self._pause, self._hold = parts, pause, hold
        # Kept here: the loop refers to its tasks weakly, and what waits for a thing of its own is collected.
        self._for_ever = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="raw-server", daemon=True)
        self.connections = 0
        self.sent = 0
        self.port = 0

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}/"

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._answer, self._address, 0, backlog=512), self._loop
        ).result(10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await reader.readuntil(b"\r\n\r\n")
            for part in self._parts:
                writer.write(part)
                await writer.drain()
                self.sent += len(part)
                await asyncio.sleep(self._pause)
            if self._hold:
                await self._for_ever.wait()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()
