"""Keeps subscriptions: follows the feeds, asks their hubs, renews, and gives up those of feeds that were removed."""

import asyncio
from dataclasses import dataclass, field

import aiohttp
import structlog
from yarl import URL

from connectors.feeds.registry import SEEN, Sender, decode_feed
from connectors.fetch import Failed, retry_after
from connectors.guard import SCHEMES, guarded_session, refused_in
from connectors.hosts import OPEN_SECONDS, Hosts
from connectors.turns import Turns
from connectors.websub.decide import LEASE_SECONDS, asked_at, capability, refused, wanted
from schemas.broker import Follower
from schemas.codec import Undecodable, now
from schemas.feed import Feed, FeedSeen, FeedState
from schemas.settings import Settings
from schemas.subscription import Subscription
from schemas.topics import FEED_STATE, FEEDS, SUBSCRIPTIONS

LOOK_SECONDS = 1.0
AT_ONCE = 16
DEADLINE_SECONDS = 30.0
REDIRECTS = 3

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Followed:
    """What is known of feeds that have a hub. Written by the followers' threads, read by the loop."""

    feeds: dict[str, Feed] = field(default_factory=dict)
    states: dict[str, FeedState] = field(default_factory=dict)
    seen: dict[str, bytes] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)

    def take_feed(self, key: str, value: bytes | None) -> None:
        """A record of `news.feeds`."""
        feed = decode_feed(value)
        if feed is None:
            self.feeds.pop(key, None)
        else:
            self.feeds[key] = feed

    def take_state(self, key: str, value: bytes | None) -> None:
        """A record of `news.feed-state`; only those of feeds with a hub are kept."""
        try:
            if key.endswith(SEEN):
                if value is not None:
                    seen = FeedSeen.decode(value)
                    self.seen[seen.feed_id] = seen.entries
                return
            state = FeedState.decode(value) if value is not None else None
        except Undecodable:
            return
        if state is not None and state.hub:
            self.states[key] = state
        else:
            self.states.pop(key, None)

    def take_subscription(self, key: str, value: bytes | None) -> None:
        """A record of `news.subscriptions`."""
        try:
            found = Subscription.decode(value) if value is not None else None
        except Undecodable:
            return
        if found is None:
            self.subscriptions.pop(key, None)
        else:
            self.subscriptions[key] = found


class Subscriber:
    """Asks hubs for feeds, each in its host's turn. `KABAR_PUSH_URL` says where they reach the callback."""

    def __init__(self, settings: Settings, producer: Sender, key: str, turns: Turns | None = None) -> None:
        self._hosts = Hosts(turns=turns)
        self._settings, self._producer, self._key = settings, producer, key
        self._asking: set[str] = set()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self.known = Followed()

    async def run(self) -> None:
        """Keep subscriptions until cancelled."""
        followers = [
            await asyncio.to_thread(Follower, self._settings, topic, take)
            for topic, take in (
                (FEEDS, self.known.take_feed),
                (SUBSCRIPTIONS, self.known.take_subscription),
                (FEED_STATE, self.known.take_state),
            )
        ]
        try:
            for follower in followers:
                await asyncio.to_thread(follower.caught_up.wait)
            async with guarded_session(self._settings, idle=OPEN_SECONDS) as session, asyncio.TaskGroup() as tasks:
                while True:
                    for work in self._due():
                        tasks.create_task(self._ask(session, *work))
                    await asyncio.sleep(LOOK_SECONDS)
        finally:
            for follower in followers:
                await asyncio.shield(asyncio.to_thread(follower.close))

    def keep(self, subscription: Subscription) -> None:
        """Write down what a subscription is now."""
        self.known.subscriptions[subscription.feed_id] = subscription
        self._producer.send(SUBSCRIPTIONS, subscription.feed_id, subscription.encode())

    def forget(self, feed_id: str) -> None:
        """A feed that is no longer followed has no subscription."""
        self.known.subscriptions.pop(feed_id, None)
        self._producer.send(SUBSCRIPTIONS, feed_id, None)

    def _due(self) -> list[tuple[Subscription, str]]:
        at, due = now(), []
        for feed_id, state in list(self.known.states.items()):
            asked = wanted(state, self.known.subscriptions.get(feed_id), at)
            if feed_id in self.known.feeds and asked is not None and feed_id not in self._asking:
                due.append((asked, "subscribe"))
        for feed_id, known in list(self.known.subscriptions.items()):
            if feed_id not in self.known.feeds and feed_id not in self._asking:
                due.append((known, "unsubscribe"))
        self._asking.update(subscription.feed_id for subscription, _ in due)
        return due

    async def _ask(self, session: aiohttp.ClientSession, asked: Subscription, mode: str) -> None:
        try:
            failed = await self._post(session, asked, mode)
            if mode == "unsubscribe":
                self.forget(asked.feed_id)
            elif failed is not None:
                log.warning(
                    "a hub did not take a subscription", feed=asked.feed_id, hub=asked.hub, reason=failed.reason
                )
                self.keep(refused(asked, failed.reason, now(), least=failed.retry_after or 0.0))
            await asyncio.to_thread(self._producer.flush)
        finally:
            self._asking.discard(asked.feed_id)

    async def _post(self, session: aiohttp.ClientSession, asked: Subscription, mode: str) -> Failed | None:
        """Why the hub did not take it, and for how long it asked to be left alone; or None."""
        mine = capability(self._key, asked.feed_id)
        form = {
            "hub.mode": mode,
            "hub.topic": asked.topic,
            "hub.callback": callback_url(self._settings, asked.feed_id, mine.token),
            "hub.lease_seconds": str(LEASE_SECONDS),
            "hub.secret": mine.secret,
        }
        url = asked.hub
        try:
            for _ in range(REDIRECTS):
                if URL(url).scheme not in SCHEMES:
                    return Failed(reason="the hub's address is not http(s)")
                async with self._hosts.turn(url), self._slots, asyncio.timeout(DEADLINE_SECONDS):
                    if mode == "subscribe":
                        self.keep(asked_at(asked, now()))  # a hub may verify before it answers
                    async with session.post(url, data=form, allow_redirects=False) as reply:
                        location = reply.headers.get("Location")
                        if reply.status not in {307, 308} or not location:
                            return _meant(reply)
                url = str(URL(url).join(URL(location)))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Failed(reason=refused_in(error) or f"the hub does not answer: {error or type(error).__name__}")
        return Failed(reason="the hub redirects without end")


def _meant(reply: aiohttp.ClientResponse) -> Failed | None:
    if reply.status // 100 == 2:  # noqa: PLR2004 - HTTP's class of success
        return None
    later = retry_after(reply.headers.get("Retry-After"))
    return Failed(reason=f"the hub answered {reply.status}", retry_after=later, status=reply.status)


def callback_url(settings: Settings, feed_id: str, token: str) -> str:
    """Where a feed's hub sends to."""
    return f"{(settings.push_url or '').rstrip('/')}/v1/websub/{feed_id}/{token}"
