"""The acting half of feeds: fetches what is due, asks `decide`, and sees that Kafka has it.

    members (thread) ── Taken, Lost, FeedChanged ──► schedule ── due ──► _poll, one task a feed
                                                                          │ (new: line, place), host, slot
                                                                          ▼
                                                fetch ──► meaning (thread) ──► decide ──► writer ──► Kafka

One event loop; one connection a host; a feed that is slow holds its own host and nothing else. At most `BACKFILLS`
first polls of quiet feeds are under way at a time, and they wait while the pipeline is behind.
"""

import asyncio
import dataclasses
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, closing
from datetime import timedelta

import aiohttp
import msgspec
import structlog

from connectors.feeds.decide import Changed, Decision, Known, decide, due_in, is_conditional, is_quiet, validators
from connectors.feeds.health import FAILURES
from connectors.feeds.meaning import interpret, joined, moving, newest_sitemaps, told
from connectors.feeds.members import Change, FeedChanged, Lost, Taken, follow
from connectors.feeds.metrics import serving
from connectors.feeds.names import Names
from connectors.feeds.parts import fetch_parts
from connectors.feeds.registry import Remembered, Sender
from connectors.feeds.rhythm import Bounds
from connectors.feeds.schedule import Followed, Schedule
from connectors.feeds.seen import Seen
from connectors.feeds.writer import Delivery, Writer, Written
from connectors.fetch import Asking, Failed, Fetched, NotModified, Outcome, Validators, fetch
from connectors.guard import guarded_session
from connectors.hosts import OPEN_SECONDS, REST_SECONDS, Hosts, is_own
from connectors.pacing import EVERY, LAG_LIMIT, PAUSE_SECONDS, Lag, no_lag
from connectors.parse import ParsedFeed, Unreadable
from connectors.protocol import Refused
from connectors.turns import Turns
from connectors.urls import host_of
from connectors.websub.leases import Leases
from schemas.broker import Follower, Producer
from schemas.codec import now
from schemas.errors import BrokerError
from schemas.feed import Feed, FeedState
from schemas.item import Item
from schemas.settings import Settings
from schemas.topics import ALERTS, FEED_NAMES

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
        SettingsError: the data folder cannot be written.
    """
    with connect(settings) as producer, closing(Turns(settings.data_dir)) as turns:
        asyncio.run(_until_signal(Poller(settings, producer, lag=lag, turns=turns)))


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

    def __init__(self, settings: Settings, producer: Sender, *, lag: Lag = no_lag, turns: Turns | None = None) -> None:
        self._settings = settings
        self._place = turns.name if turns else ""
        self._lag = lag
        self._writer = Writer(producer)
        self._schedule = Schedule()
        self._hosts = Hosts(turns=turns)
        self._lines = Hosts(spacing_seconds=0)
        self._bounds = Bounds(floor=settings.poll_floor_seconds, ceiling=settings.poll_ceiling_seconds)
        self._slots = asyncio.Semaphore(POLLS_AT_ONCE)
        self._asking = Asking(turn=self._turn)
        self._backfills = asyncio.Semaphore(BACKFILLS)
        self._leases = Leases()
        self._names = Names(timedelta(seconds=settings.poll_ceiling_seconds))
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
        leases = await asyncio.to_thread(self._leases.follow, self._settings) if self._settings.push_url else None
        names = await asyncio.to_thread(
            Follower,
            self._settings,
            FEED_NAMES,
            lambda key, value: _void(loop.call_soon_threadsafe(self._heard, key, value)),
        )
        async with (
            guarded_session(self._settings, idle=OPEN_SECONDS) as session,
            serving(self._schedule, self._settings.feeds_metrics_port),
        ):
            while not self._stopping.is_set():
                self._start_due(session)
                await self._sleep()
            for task in (*self._polls, writing):
                task.cancel()
            await asyncio.gather(*self._polls, writing, return_exceptions=True)
        for follower in (names, leases):
            if follower:
                await asyncio.to_thread(follower.close)
        await asyncio.to_thread(members.join, STOP_SECONDS)
        if self._failure:
            raise self._failure

    def _follow(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            follow(
                self._settings,
                self._place,
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
            case Taken(partition=partition, feeds=feeds, remembered=remembered):
                self._schedule.drop_partition(partition)
                for feed in feeds.values():
                    # Whoever had it may have asked the host a moment ago.
                    self._add(feed, remembered, partition, rest=0.0 if is_own(host_of(feed.url)) else REST_SECONDS)
            case FeedChanged(feed_id=feed_id, partition=partition, feed=given, remembered=about):
                known = self._schedule.feeds.get(feed_id)
                if given is None:
                    # A tombstone from the partition that a feed moved away from says nothing of the one it is in.
                    if known and known.partition == partition:
                        self._schedule.remove(feed_id)
                elif known and known.partition == partition:
                    self._schedule.edit(known, given)
                    self._plan(known)
                else:
                    self._add(given, about or Remembered(), partition)
        self._wake.set()

    def _add(self, feed: Feed, remembered: Remembered, partition: int, *, rest: float = 0.0) -> None:
        state = remembered.states.get(feed.id) or FeedState(feed_id=feed.id)
        followed = Followed(feed=feed, state=state, seen=remembered.seen.get(feed.id, b""), partition=partition)
        self._schedule.add(followed)
        self._plan(followed, rest)

    def _plan(self, followed: Followed, rest: float = 0.0) -> None:
        at = asyncio.get_running_loop().time()
        self._schedule.plan(followed.feed.id, at + max(rest, due_in(followed.feed, followed.state, now())))

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
        if twin := self._twin(followed):
            await self._defer(followed, twin)
            return
        async with AsyncExitStack() as turn:
            if is_quiet(feed, state):
                # New feeds stand in a line of their own: thousands of them keep no other feed of their hosts waiting,
                # and those of a slow host hold one place of all.
                await turn.enter_async_context(self._lines.turn(feed.url))
                await turn.enter_async_context(self._backfills)
                await self._room()
            async with _asking(followed):
                fetched = await fetch(session, feed.url, validators(state), asking=self._asking)
            known = Known(state)
            refused: tuple[Refused, ...] = ()
            outcome: Changed | NotModified | Failed
            if isinstance(fetched, Fetched):
                known = Known(state, Seen.unpack(followed.seen))
                outcome = await self._read(session, followed, known.seen, fetched)
                if isinstance(outcome, Failed) and state.last_error != outcome.reason:
                    refused = (Refused(reason=outcome.reason, origin=feed.url, raw=fetched.body),)
            else:
                outcome = fetched
            decision = decide(feed, known, outcome, now(), self._bounds)
            decision, alert = told(feed, decision)
            name = self._names.to_tell(followed, decision.state, now())
            tell = [Written(topic=ALERTS, key=alert.id, value=alert.encode())] if alert else []
            tell += [Written(topic=FEED_NAMES, key=feed.id, value=name.encode())] if name else []
            await self._deliver(followed, decision, refused, tell)
        self._settle(followed, decision)
        if name:
            self._replan(self._names.keep(feed.id, name))
        _report(feed, decision)

    @asynccontextmanager
    async def _turn(self, url: str) -> AsyncIterator[None]:
        # The host first: what waits for a slow host must not hold what other hosts need.
        async with self._hosts.turn(url), self._slots:
            yield

    async def _read(
        self, session: aiohttp.ClientSession, followed: Followed, seen: Seen, fetched: Fetched
    ) -> Changed | NotModified | Failed:
        """What a body holds; the newest sitemaps of an index are fetched in its place."""
        feed = followed.feed
        parsed = await asyncio.to_thread(interpret, feed, seen, fetched)
        if isinstance(parsed, Unreadable):
            return Failed(reason=parsed.reason, status=200)
        if not parsed.children:
            return Changed(fetched=fetched, feed=parsed)

        async def ask(address: str, known: Validators) -> Outcome:
            return await fetch(session, address, known, asking=self._asking)

        known = followed.parts if is_conditional(followed.state) else {}
        async with _asking(followed):
            parts = await fetch_parts(ask, newest_sitemaps(parsed.children), known)
        followed.parts = known
        if not isinstance(parts, list):
            return parts
        inner = [await asyncio.to_thread(interpret, feed, seen, part) for part in parts]
        found = [part for part in inner if isinstance(part, ParsedFeed) and not part.children]
        if not found:
            return Failed(reason="a sitemap index without sitemaps that can be read", status=200)
        # An index that is the same says nothing of its sitemaps, so it is always asked for whole.
        whole = dataclasses.replace(fetched, etag=None, last_modified=None, body_hash="")
        return Changed(fetched=whole, feed=joined(parsed, found))

    def _twin(self, followed: Followed) -> str | None:
        return self._schedule.twin(followed, self._names.alike(followed, now()))

    def _heard(self, feed_id: str, value: bytes | None) -> None:
        """What some poller says of a feed."""
        self._replan(self._names.take(feed_id, value))

    def _replan(self, touched: Iterable[str]) -> None:
        """Of these feeds, poll those at once that nobody is polled in the place of any more."""
        for feed_id in touched:
            followed = self._schedule.feeds.get(feed_id)
            if followed and followed.state.twin_of and not followed.busy and self._twin(followed) is None:
                self._schedule.plan(feed_id, asyncio.get_running_loop().time())
                self._wake.set()

    async def _defer(self, followed: Followed, twin: str) -> None:
        """Leave a feed to its twin, and look again after the longest time between polls.

        That it failed is remembered: else it would be asked again in its twin's place, and fail again.
        """
        at = now()
        state = msgspec.structs.replace(
            followed.state,
            polled_at=at,
            next_poll_at=at + timedelta(seconds=self._bounds.ceiling),
            twin_of=twin,
        )
        await self._writer.deliver(Delivery(state=state, partition=followed.partition))
        self._settle(followed, Decision(state=state, wait_seconds=self._bounds.ceiling))

    def _settle(self, followed: Followed, decision: Decision) -> None:
        followed.state = decision.state
        if decision.seen is not None:
            followed.seen = decision.seen.pack()
        followed.busy = False
        wait = self._leases.wait(followed.feed, decision.state, decision.wait_seconds)
        at = asyncio.get_running_loop().time()
        self._schedule.plan(followed.feed.id, at + wait)
        if decision.state.failures == FAILURES:
            # Another address of the same feed is polled from now on, if there is one.
            for other in self._schedule.same_address(followed) - {followed.feed.id}:
                self._schedule.plan(other, at)
        self._wake.set()

    async def _deliver(
        self,
        followed: Followed,
        decision: Decision,
        refused: tuple[Refused, ...],
        tell: Sequence[Written],
    ) -> None:
        found: tuple[Item | Refused, ...] = (*refused, *decision.refused, *decision.items)
        size = EVERY if decision.quiet else max(len(found), 1)
        parts = [found[at : at + size] for at in range(0, len(found), size)] or [()]
        after = (*tell, *(moving(followed, decision, self._settings) if decision.moved else ()))
        for part in parts:
            if decision.quiet:
                await self._room()
            last = part is parts[-1]
            await self._writer.deliver(
                Delivery(
                    found=part,
                    quiet=decision.quiet,
                    full_text=followed.feed.full_text,
                    state=decision.state if last else None,
                    seen=decision.seen if last else None,
                    partition=followed.partition,
                    after=after if last else (),
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


@asynccontextmanager
async def _asking(followed: Followed) -> AsyncIterator[None]:
    """While this task asks, or waits to, another worker that takes the feed over ends it (see `drop_partition`)."""
    if followed.lost:
        raise asyncio.CancelledError
    followed.fetching = asyncio.current_task()
    try:
        yield
    finally:
        followed.fetching = None


def _void(_value: object) -> None:
    """Nothing, for a callback whose value nobody wants."""


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
    if decision.moved:
        log.info("the feed moved", feed=feed.id, url=feed.url, moved=decision.moved)
