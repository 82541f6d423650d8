"""The server: who asks, what they sent, and what became of each item.

    POST /v1/items      202 once Kafka has it; 422 where every item was refused
    GET  /v1/health     200 while it runs

Errors are one JSON object `{"error": …}`: 400 no JSON, 401 neither token nor signature, 408 too slow, 413 too long,
503 Kafka does not take it now (send the same again).
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import msgspec
import structlog
from aiohttp import web

from connectors.protocol import Refused
from connectors.push.body import Malformed, read_body
from connectors.push.credentials import SIGNATURE_HEADERS, Credentials
from connectors.push.writer import Writer
from connectors.websub.callback import Callback
from schemas.errors import BrokerError
from schemas.item import Item
from schemas.settings import Settings

BODY_SECONDS = 60.0
# Shorter than the time that clients commonly wait for an answer.
KAFKA_SECONDS = 10.0
AT_ONCE = 8
RETRY_SECONDS = 5
DEFAULT_SOURCE = "push"
TRUE = frozenset({"1", "true", "yes"})

log = structlog.get_logger(__name__)


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one item: `accepted` with the id it has from now on, or `refused` with the reason."""

    index: int
    status: str
    id: str | None = None
    reason: str | None = None
    repairs: tuple[str, ...] = ()


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a request, in the order of its items."""

    accepted: int
    refused: int
    items: list[Answer]


@dataclass(slots=True)
class Push:
    """Handles requests. Signed bodies must be read before anyone is known, so they have places of their own."""

    credentials: Credentials
    writer: Writer
    limit: int
    _known: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _signed: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def items(self, request: web.Request) -> web.Response:
        """`POST /v1/items`."""
        known = self.credentials.knows(request.headers.get("Authorization"))
        if not known and not all(name in request.headers for name in SIGNATURE_HEADERS):
            return _unknown("say who you are: `Authorization: Bearer TOKEN`, or sign as Standard Webhooks has it")
        if (request.content_length or 0) > self.limit:
            return self._too_long()
        async with self._known if known else self._signed:
            body = await self._body(request)
            if isinstance(body, web.Response):
                return body
            if not known and (reason := self.credentials.signed(body, request.headers)):
                return _unknown(reason)
            return await self._take(request, body)

    async def _body(self, request: web.Request) -> bytes | web.Response:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                return await request.read()
        except web.HTTPRequestEntityTooLarge:
            return self._too_long()
        except TimeoutError:
            return _error(408, f"no whole body within {BODY_SECONDS:g} seconds")
        except web.HTTPException as error:
            return _error(400, f"the body cannot be read: {error.reason}")
        except (ValueError, OSError) as error:  # a broken compression, a client that went away
            return _error(400, f"the body cannot be read: {type(error).__name__}")

    async def _take(self, request: web.Request, body: bytes) -> web.Response:
        source = request.query.get("source", "").strip() or DEFAULT_SOURCE
        backfill = request.query.get("backfill", "").lower() in TRUE
        try:
            found = await asyncio.to_thread(read_body, body, request.content_type, source=source)
        except Malformed as error:
            return _error(400, str(error))
        try:
            async with asyncio.timeout(KAFKA_SECONDS):
                taken = await self.writer.deliver(found, backfill=backfill)
        except (BrokerError, TimeoutError) as error:
            log.warning("a push could not be written", error=str(error), items=len(found))
            return _error(
                503, "Kafka does not take items now; send the same again", {"Retry-After": str(RETRY_SECONDS)}
            )
        return _answered(found, taken)

    def _too_long(self) -> web.Response:
        return _error(413, f"a body may have {self.limit:,} bytes: send several", {"Connection": "close"})


async def health(_request: web.Request) -> web.Response:
    """`GET /v1/health`: that the server runs."""
    return web.json_response({"status": "up"})


def application(
    settings: Settings, credentials: Credentials, writer: Writer, callback: Callback | None = None
) -> web.Application:
    """The server's application; the writer runs while it does. `callback` takes what hubs send (WebSub)."""
    push = Push(credentials, writer, settings.push_max_bytes)
    app = web.Application(client_max_size=settings.push_max_bytes)
    app.add_routes([web.post("/v1/items", push.items), web.get("/v1/health", health)])

    if callback is not None:
        app.add_routes(callback.routes())

    async def writing(_app: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(writer.run())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    app.cleanup_ctx.append(writing)
    return app


def _answered(found: Sequence[Item | Refused], taken: Sequence[bool]) -> web.Response:
    answers = [_answer(number, thing, kept=kept) for number, (thing, kept) in enumerate(zip(found, taken, strict=True))]
    accepted = sum(taken)
    body = msgspec.json.encode(Answers(accepted=accepted, refused=len(found) - accepted, items=answers))
    return web.Response(body=body, status=202 if accepted else 422, content_type="application/json")


def _answer(number: int, thing: Item | Refused, *, kept: bool) -> Answer:
    if isinstance(thing, Refused):
        return Answer(index=number, status="refused", reason=thing.reason)
    if not kept:
        return Answer(index=number, status="refused", id=thing.id, reason="too large for Kafka")
    return Answer(index=number, status="accepted", id=thing.id, repairs=thing.repairs)


def _unknown(reason: str) -> web.Response:
    return _error(401, reason, {"WWW-Authenticate": 'Bearer realm="kabar"', "Connection": "close"})


def _error(status: int, reason: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": reason}, status=status, headers=headers)
