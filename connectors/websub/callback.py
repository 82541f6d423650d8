"""The callback that hubs call: their challenges (GET) and what is new (POST).

A message is taken only under its feed's own address and with a signature that holds; anything else is refused, and
nothing of it is read. What a feed showed before is left out; the rest goes the way that a poll's items go.
"""

import asyncio
import hmac
from collections.abc import Sequence

import structlog
from aiohttp import web

from connectors.feeds.decide import to_item
from connectors.feeds.seen import Seen, cut
from connectors.parse import Unreadable, parse
from connectors.protocol import Refused
from connectors.push.writer import Writer
from connectors.websub.decide import accepted, capability, is_signed, refused
from connectors.websub.subscriber import Subscriber
from schemas.codec import now
from schemas.errors import BrokerError
from schemas.feed import Feed
from schemas.item import Item, content_hash

BODY_SECONDS = 30.0
KAFKA_SECONDS = 20.0
REMEMBERED = 2_000

log = structlog.get_logger(__name__)


class Callback:
    """Handles a hub's requests."""

    def __init__(self, subscriber: Subscriber, writer: Writer, key: str) -> None:
        self._subscriber, self._writer, self._key = subscriber, writer, key
        # What hubs sent lately: polls learn of it only with the next one.
        self._sent: dict[bytes, bytes] = {}

    def routes(self) -> list[web.RouteDef]:
        """What the push server serves besides."""
        path = "/v1/websub/{feed}/{token}"
        return [web.get(path, self.verify, allow_head=False), web.post(path, self.take)]

    async def verify(self, request: web.Request) -> web.Response:
        """Answer a challenge for what was asked for; 404 for anything else."""
        feed_id, known = self._known(request)
        query, mode = request.query, request.query.get("hub.mode")
        if not known:
            return web.Response(status=404)
        if feed_id not in self._subscriber.known.feeds:
            # The hub asks whether it may forget a feed that is no longer followed.
            return _challenge(query.get("hub.challenge")) if mode == "unsubscribe" else web.Response(status=404)
        asked = self._subscriber.known.subscriptions.get(feed_id)
        if asked is None or query.get("hub.topic") != asked.topic:
            return web.Response(status=404)
        if mode == "denied":
            self._subscriber.keep(refused(asked, f"denied: {query.get('hub.reason', '')}", now(), denied=True))
            return web.Response()
        if mode == "subscribe":
            self._subscriber.keep(accepted(asked, _number(query.get("hub.lease_seconds")), now()))
            log.info("a hub sends a feed", feed=feed_id, hub=asked.hub, topic=asked.topic)
            return _challenge(query.get("hub.challenge"))
        return web.Response(status=404)

    async def take(self, request: web.Request) -> web.Response:
        """Take what a hub sends: 202 once Kafka has it."""
        feed_id, known = self._known(request)
        feed = self._subscriber.known.feeds.get(feed_id)
        if not known or feed is None:
            return web.Response(status=410 if known else 404)
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return web.Response(status=413)
        except (TimeoutError, web.HTTPException, ValueError, OSError):
            return web.Response(status=400)
        if not is_signed(body, request.headers.get("X-Hub-Signature"), capability(self._key, feed_id).secret):
            log.warning("a message without a signature that holds", feed=feed_id)
            return web.Response(status=403)
        found = await asyncio.to_thread(self._new, feed, body, request.headers.get("Content-Type"))
        if found:
            try:
                async with asyncio.timeout(KAFKA_SECONDS):
                    await self._writer.deliver(found, backfill=False, full_text=feed.full_text)
            except (BrokerError, TimeoutError):
                return web.Response(status=503, headers={"Retry-After": "30"})
            self._remember(found)
        return web.Response(status=202)

    def _known(self, request: web.Request) -> tuple[str, bool]:
        feed_id, token = request.match_info["feed"], request.match_info["token"]
        known = capability(self._key, feed_id).token
        return feed_id, hmac.compare_digest(token.encode("utf-8", "replace"), known.encode())

    def _new(self, feed: Feed, body: bytes, content_type: str | None) -> Sequence[Item | Refused]:
        parsed = parse(body, url=feed.url, content_type=content_type)
        if isinstance(parsed, Unreadable):
            return [Refused(reason=f"a hub sent what is no feed: {parsed.reason}", origin=feed.url, raw=body)]
        shown = Seen.unpack(self._subscriber.known.seen.get(feed.id, b"")).contents()
        found = [to_item(entry, feed, parsed, feed.url, now()) for entry in reversed(parsed.entries)]
        return [each for each in found if isinstance(each, Refused) or self._is_new(each, shown)]

    def _is_new(self, item: Item, shown: dict[bytes, bytes]) -> bool:
        identity, digest = cut(item.id), cut(content_hash(item))
        return digest not in (shown.get(identity), self._sent.get(identity))

    def _remember(self, found: Sequence[Item | Refused]) -> None:
        self._sent.update((cut(item.id), cut(content_hash(item))) for item in found if isinstance(item, Item))
        for identity in list(self._sent)[: max(0, len(self._sent) - REMEMBERED)]:
            del self._sent[identity]


def _challenge(text: str | None) -> web.Response:
    # As plain text, and never as a page: what a hub sends back must not run anywhere.
    headers = {"X-Content-Type-Options": "nosniff"}
    return web.Response(text=text, content_type="text/plain", headers=headers) if text else web.Response(status=400)


def _number(text: str | None) -> float | None:
    return float(text) if text and text.strip().isdecimal() and len(text) < 12 else None  # noqa: PLR2004 - seconds
