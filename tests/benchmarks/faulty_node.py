"""A real HTTP server before a real Elasticsearch, which passes everything on, and answers some bulk writes amiss.

What a cluster in trouble does and a healthy one cannot be made to do on command: refuse a part of a bulk write (429),
answer 502 or 503, close the connection after it has written, or answer too late.
"""

import asyncio
import random
import threading
from collections.abc import Sequence
from enum import Enum
from typing import Any, Self

import aiohttp
import msgspec
from aiohttp import web

from deploy.ports import HOST, free_port

SEED = 20_261_125
SHARE = 0.5
LATE_SECONDS = 35.0
WHOLE = 64 * 1024 * 1024
HOP_BY_HOP = frozenset(
    {"connection", "content-length", "content-encoding", "transfer-encoding", "host", "accept-encoding"}
)


class Trouble(Enum):
    """How bulk writes are answered amiss: half of the items, or half of the requests."""

    NONE = "passed on"
    TOO_MANY = "429 for half of the items, which are not written"
    UNAVAILABLE = "502 or 503 for half of the requests, which are not written"
    CUT_OFF = "half of the requests are written and their connection closed without an answer"
    LATE = "the next request is written and answered after the client has given up"


class FaultyNode:
    """Runs in a thread of its own from `with` to its end; `trouble` may be set at any time."""

    def __init__(self, target: str) -> None:
        self.trouble = Trouble.NONE
        self.amiss = 0
        self.url = f"http://{HOST}:{free_port()}"
        self._target = target
        self._dice = random.Random(SEED)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="faulty-node", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> None:
        self._client = aiohttp.ClientSession(auto_decompress=True)
        application = web.Application(client_max_size=WHOLE)
        application.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(application, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, int(self.url.rsplit(":", 1)[1])).start()

    async def _stop(self) -> None:
        await self._runner.cleanup()
        await self._client.close()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        trouble = self.trouble if request.path.endswith("/_bulk") else Trouble.NONE
        if trouble is Trouble.TOO_MANY:
            return await self._half(request, body)
        if trouble is Trouble.NONE or (trouble is not Trouble.LATE and self._dice.random() > SHARE):
            return await self._pass(request, body)
        self.amiss += 1
        if trouble is Trouble.UNAVAILABLE:
            return web.json_response({"error": "made up"}, status=self._dice.choice([502, 503]))
        if trouble is Trouble.LATE:
            self.trouble = Trouble.NONE
            await self._pass(request, body)
            await asyncio.sleep(LATE_SECONDS)
        else:
            await self._pass(request, body)
        if request.transport is not None:  # the client may have gone by itself
            request.transport.abort()
        return web.Response()

    async def _pass(self, request: web.Request, body: bytes) -> web.Response:
        status, headers, answer = await self._ask(request, body)
        return web.Response(body=answer, status=status, headers=headers)

    async def _ask(self, request: web.Request, body: bytes) -> tuple[int, dict[str, str], bytes]:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP}
        url = self._target + request.raw_path
        try:
            async with self._client.request(request.method, url, data=body or None, headers=headers) as answer:
                kept = {name: value for name, value in answer.headers.items() if name.lower() not in HOP_BY_HOP}
                return answer.status, kept, await answer.read()
        except aiohttp.ClientError as error:
            return 502, {}, str(error).encode()

    async def _half(self, request: web.Request, body: bytes) -> web.Response:
        entries = _entries(body.splitlines())
        kept = [self._dice.random() > SHARE for _ in entries]
        self.amiss += kept.count(False)
        passed = b"".join(line + b"\n" for entry, keep in zip(entries, kept, strict=True) if keep for line in entry)
        status, headers, answer = await self._ask(request, passed) if passed else (200, {}, b'{"items": []}')
        if status != 200:
            return web.Response(body=answer, status=status, headers=headers)
        told = iter(msgspec.json.decode(answer)["items"])
        items = [next(told) if keep else _refused(entry) for entry, keep in zip(entries, kept, strict=True)]
        headers.setdefault("X-elastic-product", "Elasticsearch")
        headers.pop("Content-Type", None)
        whole = msgspec.json.encode({"took": 1, "errors": True, "items": items})
        return web.Response(body=whole, headers=headers, content_type="application/json")


def _entries(lines: Sequence[bytes]) -> list[list[bytes]]:
    left = iter(lines)
    return [[line] if b'"delete"' in line[:12] else [line, next(left)] for line in left]


def _refused(entry: Sequence[bytes]) -> dict[str, Any]:
    [(kind, action)] = msgspec.json.decode(entry[0]).items()
    error = {"type": "es_rejected_execution_exception", "reason": "made up"}
    return {kind: {"_id": action["_id"], "_index": action["_index"], "status": 429, "error": error}}
