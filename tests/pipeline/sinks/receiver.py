"""A real HTTP receiver on loopback, in a thread of its own, that keeps what it was sent."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aiohttp import web

from schemas.alert import Alert

Answer = Callable[[int], int]


class Receiver:
    """Answers with what `answer(n)` says of its n-th request (from 0), 200 by default."""

    def __init__(self, answer: Answer = lambda _number: 200) -> None:
        self.answer = answer
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)

    def start(self) -> None:
        """Listen on a free port."""
        self._thread.start()
        assert self._ready.wait(10)

    def stop(self) -> None:
        """Stop listening."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self._loop.close()

    @property
    def ids(self) -> list[str]:
        """The `webhook-id` of each request, in order."""
        return [headers.get("webhook-id", "") for headers, _ in self.requests]

    @property
    def alerts(self) -> list[Alert]:
        """The alerts posted, in order."""
        return [Alert.decode(body) for _, body in self.requests]

    async def _handle(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append((headers, await request.read()))
        return web.Response(status=self.answer(len(self.requests) - 1))

    async def _serve(self) -> None:
        app = web.Application(client_max_size=10_000_000)
        app.router.add_post("/hook", self._handle)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/hook"
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()


@contextmanager
def receiving(answer: Answer = lambda _number: 200) -> Iterator[Receiver]:
    """A receiver for as long as the block runs."""
    receiver = Receiver(answer)
    receiver.start()
    try:
        yield receiver
    finally:
        receiver.stop()
