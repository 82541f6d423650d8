"""The acting half of feeds: fetches what is due, asks `decide`, and sees that Kafka has it.

    members (thread) ── Taken, Lost, FeedChanged ──► schedule ── due ──► _poll, one task a feed
                                                                          │ host, turn, slot
                                                                          ▼
                                                fetch ──► parse (thread) ──► decide ──► writer ──► Kafka

One event loop; one connection a host; a feed that is slow holds its own host and nothing else. At most `BACKFILLS`
first polls of quiet feeds are under way at a time, and they wait while the pipeline is behind.
"""

import asyncio
import os
import signal
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack

import aiohttp
import structlog

from connectors.feeds.decide import Changed, Decision, decide, due_in, is_quiet, validators
from connectors.feeds.members import Change, FeedChanged, Lost, Taken, follow
from connectors.feeds.registry import Sender
from connectors.feeds.schedule import Followed, Schedule
from connectors.feeds.writer import Delivery, Writer
from connectors.fetch import Failed, Fetched, fetch
from connectors.guard import guarded_session
from connectors.pacing import EVERY, LAG_LIMIT, PAUSE_SECONDS, Lag, no_lag
from connectors.parse import Unreadable, parse
from connectors.protocol import Refused
from connectors.urls import host_of
from schemas.broker import BrokerError, Producer
from schemas.codec import now
from schemas.feed import Feed, FeedState
from schemas.item import Item
from schemas.settings import Settings

POLLS_AT_ONCE = 256
BACKFILLS = 128
THREADS = 16
STOP_SECONDS = 2.0
IDLE_SECONDS = 60.0

log = structlog.get_logger(__name__)


def run(settings: Settings, *, lag: Lag = no_lag, connect: Callable[[Settings], Producer] = Producer) -> None:
    """Poll this worker's share of the feeds until SIGTERM or SIGINT, which end it within 3 seconds.

    Args:
        settings: with the address of Kafka.
        lag: how many records wait downstream, for the pace of backfills; called in a thread.
        connect: makes the producer.

    Raises:
        BrokerError: Kafka does not answer at the start.
    """
    with connect(settings) as producer:
        asyncio.run(_until_signal(Poller(settings, producer, lag=lag)))


async def _until_signal(poller: "Poller") -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, poller)
    await poller.run()


def _stop(poller: "Poller") -> None:
    poller.stop()
    # A broker or a name server that does not answer holds threads; ending without them loses nothing.
    bound = threading.Timer(STOP_SECONDS, os._exit, (0,))
    bound.daemon = True
    bound.start()


class Poller:
    """One worker: its feeds, who is due, and what is under way.

    Promises: an item is in Kafka before the feed's state says so; a feed is polled by one task at a time; whatever a
    feed sends, only that feed fails.
    """

    def __init__(self, settings: Settings, producer: Sender, *, lag: Lag = no_lag) -> None:
        self._settings = settings
        self._lag = lag
        self._writer = Writer(producer)
        self._schedule = Schedule()
        self._hosts: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()
        self._slots = asyncio.Semaphore(POLLS_AT_ONCE)
        self._backfills = asyncio.Semaphore(BACKFILLS)
        self._wake = asyncio.Event()
        self._stopping = threading.Event()
        self._polls: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None

    def stop(self) -> None:
        """End `run` soon."""
        self._stopping.set()
        self._wake.set()

    async def run(self) -> None:
        """Poll until stopped.

        Raises:
            Exception: whatever ended the membership in the consumer group; a new process is the way on.
        """
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="feeds"))
        members = threading.Thread(target=self._follow, args=(loop,), name="members", daemon=True)
        members.start()
        writing = asyncio.create_task(self._writer.run())
        writing.add_done_callback(self._polled)
        async with guarded_session(self._settings) as session:
            while not self._stopping.is_set():
                self._start_due(session)
                await self._sleep()
            for task in (*self._polls, writing):
                task.cancel()
            await asyncio.gather(*self._polls, writing, return_exceptions=True)
        await asyncio.to_thread(members.join, STOP_SECONDS)
        if self._failure:
            raise self._failure

    def _follow(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            follow(
                self._settings,
                lambda change: _void(loop.call_soon_threadsafe(self._apply, change)),
                self._stopping.is_set,
            )
        except Exception as error:  # noqa: BLE001 - it ends this process, in `run`
            if not self._stopping.is_set():
                self._failure = error
                loop.call_soon_threadsafe(self.stop)

    def _apply(self, change: Change) -> None:
        """Take what the consumer group says."""
        match change:
            case Lost(partition=partition):
                self._schedule.drop_partition(partition)
            case Taken(partition=partition, feeds=feeds, states=states):
                self._schedule.drop_partition(partition)
                for feed in feeds.values():
                    self._add(feed, states.get(feed.id), partition)
            case FeedChanged(feed_id=feed_id, feed=None):
                self._schedule.feeds.pop(feed_id, None)
            case FeedChanged(feed_id=feed_id, partition=partition, feed=feed):
                known = self._schedule.feeds.get(feed_id)
                if feed and known:
                    known.feed = feed
                    self._plan(known)
                elif feed:
                    self._add(feed, None, partition)
        self._wake.set()

    def _add(self, feed: Feed, state: FeedState | None, partition: int) -> None:
        followed = Followed(feed=feed, state=state or FeedState(feed_id=feed.id), partition=partition)
        self._schedule.feeds[feed.id] = followed
        self._plan(followed)

    def _plan(self, followed: Followed) -> None:
        at = asyncio.get_running_loop().time()
        self._schedule.plan(followed.feed.id, at + due_in(followed.feed, followed.state, now()))

    def _start_due(self, session: aiohttp.ClientSession) -> None:
        for followed in self._schedule.take_due(asyncio.get_running_loop().time()):
            followed.busy = True
            task = asyncio.create_task(self._poll(session, followed))
            self._polls.add(task)
            task.add_done_callback(self._polled)

    def _polled(self, task: "asyncio.Task[None]") -> None:
        self._polls.discard(task)
        if not task.cancelled() and (error := task.exception()):
            # Nothing expected ends a task: rather a new process than a feed that is never polled again.
            self._failure = self._failure or error
            self.stop()

    async def _sleep(self) -> None:
        due = self._schedule.next_due()
        at = asyncio.get_running_loop().time()
        try:
            await asyncio.wait_for(self._wake.wait(), IDLE_SECONDS if due is None else max(0.0, due - at))
        except TimeoutError:
            return
        self._wake.clear()

    async def _poll(self, session: aiohttp.ClientSession, followed: Followed) -> None:
        """One poll, from the request to the state in Kafka."""
        feed, state = followed.feed, followed.state
        host = host_of(feed.url)
        lock = self._hosts.get(host) or self._hosts.setdefault(host, asyncio.Lock())
        async with AsyncExitStack() as turn:
            # The host first: what waits for a slow host must not hold what other hosts need.
            async with lock:
                if is_quiet(feed, state):
                    await turn.enter_async_context(self._backfills)
                    await self._room()
                async with self._slots:
                    fetched = await fetch(session, feed.url, validators(state))
            if isinstance(fetched, Fetched):
                decision, refused = await asyncio.to_thread(understand, feed, state, fetched)
            else:
                decision, refused = decide(feed, state, fetched, now()), ()
            await self._deliver(feed, decision, refused, followed.partition)
        followed.state = decision.state
        followed.busy = False
        self._schedule.plan(feed.id, asyncio.get_running_loop().time() + decision.wait_seconds)
        self._wake.set()
        _report(feed, decision)

    async def _deliver(self, feed: Feed, decision: Decision, refused: tuple[Refused, ...], partition: int) -> None:
        found: tuple[Item | Refused, ...] = (*refused, *decision.refused, *decision.items)
        size = EVERY if decision.quiet else max(len(found), 1)
        parts = [found[at : at + size] for at in range(0, len(found), size)] or [()]
        for part in parts:
            if decision.quiet:
                await self._room()
            last = part is parts[-1]
            await self._writer.deliver(
                Delivery(
                    found=part,
                    quiet=decision.quiet,
                    full_text=feed.full_text,
                    state=decision.state if last else None,
                    partition=partition,
                )
            )

    async def _room(self) -> None:
        while await asyncio.to_thread(self._behind):  # noqa: ASYNC110 - only Kafka knows, and does not call
            await asyncio.sleep(PAUSE_SECONDS)

    def _behind(self) -> bool:
        try:
            return self._lag() > LAG_LIMIT
        except BrokerError:
            return True


def _void(_value: object) -> None:
    """Nothing, for a callback whose value nobody wants."""


def understand(feed: Feed, state: FeedState, fetched: Fetched) -> tuple[Decision, tuple[Refused, ...]]:
    """What a new body means, and (once, when it turns bad) what is set aside because it is no feed."""
    at = now()
    try:
        parsed = parse(fetched.body, url=fetched.final_url, content_type=fetched.content_type)
    except Exception as error:
        # A defect in a reader, or memory: this feed fails and says so; no other may be touched by it.
        log.exception("a feed could not be parsed", feed=feed.id, url=feed.url)
        parsed = Unreadable(reason=f"it could not be parsed ({type(error).__name__}: {error})"[:300])
    if isinstance(parsed, Unreadable) or parsed.children:
        reason = parsed.reason if isinstance(parsed, Unreadable) else "a sitemap index: follow one of its sitemaps"
        decision = decide(feed, state, Failed(reason=reason), at)
        known = state.last_error == reason
        return decision, () if known else (Refused(reason=reason, origin=feed.url, raw=fetched.body),)
    return decide(feed, state, Changed(fetched=fetched, feed=parsed), at), ()


def _report(feed: Feed, decision: Decision) -> None:
    state = decision.state
    if state.last_error:
        log.warning("poll failed", feed=feed.id, url=feed.url, reason=state.last_error, failures=state.failures)
    elif decision.items or decision.refused:
        log.info(
            "poll",
            feed=feed.id,
            url=feed.url,
            sent=len(decision.items),
            refused=len(decision.refused),
            quiet=decision.quiet,
        )
