"""The acting half of pages: fetches what is first in each line, and sees that Kafka has it before a position moves.

One event loop, and one thread that is the member of the consumer group. A host is asked one thing at a time, with at
least `SPACING_SECONDS` (or what its robots.txt asks) between the end of one and the start of the next: its pages, its
robots.txt, and what redirects from elsewhere lead to. What fails for the moment is tried twice more, and not before the
site's `Retry-After`; where that is longer than anybody waits, the items of that site go on without their pages until it
is over. A live item that has waited `PATIENCE_SECONDS` goes on with its feed's own text, so that nobody is told late;
its page follows as a newer version of the same item.
"""

import asyncio
import signal
import threading
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from typing import Protocol

import aiohttp
import structlog

from connectors.feeds.registry import Sender
from connectors.fetch import Asking, fetch
from connectors.guard import guarded_session
from connectors.hosts import OPEN_SECONDS, REST_SECONDS, SPACING_SECONDS, Hosts, is_own
from connectors.pages.lines import Line, Lines, Positions, Waiting
from connectors.pages.outcome import ROBOTS, SHUT, Outcome, outcome_of
from connectors.robots import Robots
from connectors.turns import Turns
from connectors.urls import host_of
from schemas.broker import GroupConsumer, Producer
from schemas.codec import Undecodable, now
from schemas.deadletter import dead_letter
from schemas.errors import BrokerError
from schemas.message import Message
from schemas.page import Lane, Page, Wanted
from schemas.settings import Settings
from schemas.steps import PAGE_FETCHER
from schemas.topics import DEADLETTERS, PAGES, WANTED

PATIENCE_SECONDS = 15.0
AGAIN_SECONDS = (5.0, 30.0)
AGAIN_LIMIT_SECONDS = 300.0
AT_ONCE = 64
WAITING_LIMIT = 5_000
TICK_SECONDS = 0.1
POLL_SECONDS = 0.25
RETRY_SECONDS = 1.0
PAGE_BYTES = 5_000_000
STOP_SECONDS = 3.0
ACCEPT = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"

log = structlog.get_logger(__name__)


def run(settings: Settings, *, spacing: float = SPACING_SECONDS, patience: float = PATIENCE_SECONDS) -> None:
    """Fetch this worker's share of the pages until SIGTERM or SIGINT.

    Args:
        settings: with the address of Kafka.
        spacing: seconds between two fetches from one host.
        patience: seconds after which a live item goes on with its feed's own text.

    Raises:
        BrokerError: Kafka does not answer at the start.
        SettingsError: the data folder cannot be written.
    """
    with Producer(settings) as producer, closing(Turns(settings.data_dir)) as turns:
        asyncio.run(_until_signal(Fetcher(settings, producer, spacing=spacing, patience=patience, turns=turns)))


async def _until_signal(fetcher: "Fetcher") -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, fetcher.stop)
    await fetcher.run()


class Committer(Protocol):
    """The part of `schemas.broker.GroupConsumer` that commits."""

    def commit(self, positions: Mapping[tuple[str, int], int] | None = None) -> None:
        """Commit these positions."""


class Fetcher:
    """One worker. `spacing` and `patience` are in seconds."""

    def __init__(
        self,
        settings: Settings,
        producer: Sender,
        *,
        spacing: float = SPACING_SECONDS,
        patience: float = PATIENCE_SECONDS,
        turns: Turns | None = None,
    ) -> None:
        self._settings, self._producer = settings, producer
        self._place = turns.name if turns else ""
        self._spacing, self._patience = spacing, patience
        self._hosts = Hosts(spacing, turns)
        self._lines, self._positions = Lines(), Positions()
        self._taken: dict[int, float] = {}  # when each partition was, on the loop's clock
        self._lock = threading.Lock()  # positions are read by the thread that commits them
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._stopping = threading.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._out: asyncio.Queue[tuple[Page, Waiting | None]] = asyncio.Queue()
        self._failure: BaseException | None = None

    def stop(self) -> None:
        """End `run` soon; what is under way is fetched again by whoever has its partition then."""
        self._stopping.set()

    async def run(self) -> None:
        """Fetch until stopped.

        Raises:
            Exception: whatever ended the membership or the writing; a new process is the way on.
        """
        loop = asyncio.get_running_loop()
        members = threading.Thread(target=self._follow, args=(loop,), name="members", daemon=True)
        members.start()
        self._keep(self._write())
        async with guarded_session(self._settings, idle=OPEN_SECONDS) as session:
            robots = Robots(session, Asking(turn=self._turn))
            while not self._stopping.is_set():
                self._start_due(session, robots)
                await asyncio.sleep(TICK_SECONDS)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(members.join, STOP_SECONDS)
        if self._failure:
            raise self._failure

    def _keep(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._failure = self._failure or error
            self.stop()

    # The member of the group, in its thread.

    def _follow(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            with GroupConsumer(self._settings, PAGE_FETCHER.group, [WANTED], place=self._place) as consumer:
                mine: set[int] = set()
                while not self._stopping.is_set():
                    try:
                        mine = self._round(consumer, mine, loop)
                    except BrokerError as error:
                        log.warning("Kafka does not answer; trying again", error=str(error))
                        time.sleep(RETRY_SECONDS)
                self._commit(consumer, mine)
        except Exception as error:  # noqa: BLE001 - it ends this process, in `run`
            if not self._stopping.is_set():
                self._failure = error
                self.stop()

    def _round(self, consumer: GroupConsumer, mine: set[int], loop: asyncio.AbstractEventLoop) -> set[int]:
        with self._lock:
            full = self._positions.under_way() >= WAITING_LIMIT
        consumer.hold(on=full)
        messages = consumer.poll(POLL_SECONDS)
        assigned = {partition for topic, partition in consumer.assigned() if topic == WANTED}
        for lost in mine - assigned:
            with self._lock:
                self._positions.drop(lost)
            loop.call_soon_threadsafe(self._lines.drop, lost)
        self._taken |= dict.fromkeys(assigned - mine, loop.time())
        with self._lock:
            for message in messages:
                self._positions.begin(message.partition, message.offset)
        if messages:
            loop.call_soon_threadsafe(self._take, messages)
        self._commit(consumer, assigned)
        return assigned

    def _commit(self, consumer: Committer, mine: set[int]) -> None:
        with self._lock:
            moved = self._positions.moved()
        positions = {(WANTED, partition): offset for partition, offset in moved.items() if partition in mine}
        if positions:
            consumer.commit(positions)
        with self._lock:
            self._positions.committed(moved)

    def _done(self, waiting: Waiting) -> None:
        with self._lock:
            self._positions.done(waiting.partition, waiting.offset)

    # The lines, in the event loop.

    def _take(self, messages: Sequence[Message]) -> None:
        for message in messages:
            waiting = self._waiting(message)
            if waiting is not None:
                # Whoever had its host may have asked it a moment ago.
                rest = 0.0 if is_own(waiting.host) else REST_SECONDS
                self._lines.add(waiting, self._taken.get(waiting.partition, -rest) + rest)

    def _waiting(self, message: Message) -> Waiting | None:
        try:
            wanted = Wanted.decode(message.value or b"")
        except Undecodable as error:
            wanted = None
            letter = dead_letter(
                step=PAGE_FETCHER.name,
                reason=str(error),
                origin=f"{message.topic}/{message.partition}/{message.offset}",
                key=None if message.key is None else message.key.encode(),
                value=message.value or b"",
            )
            self._producer.send(DEADLETTERS, letter.id, letter.encode())
        host = host_of(wanted.item.url or "") if wanted else ""
        if wanted is None:
            with self._lock:
                self._positions.done(message.partition, message.offset)
            return None
        return Waiting(
            wanted=wanted,
            host=host,
            partition=message.partition,
            offset=message.offset,
            since=asyncio.get_running_loop().time(),
        )

    def _start_due(self, session: aiohttp.ClientSession, robots: Robots) -> None:
        at = asyncio.get_running_loop().time()
        for line, waiting in self._lines.shut(at):
            line.leave(waiting)
            self._send(waiting, waiting.lane, SHUT, done=True)
        for waiting in self._lines.late(at, self._patience):
            self._send(waiting, "late", Outcome(failure="late", reason="its page was not there in time"), done=False)
        for line, waiting in self._lines.due(at):
            line.busy = True
            self._keep(self._fetch(session, robots, line, waiting))

    async def _fetch(self, session: aiohttp.ClientSession, robots: Robots, line: Line, waiting: Waiting) -> None:
        loop = asyncio.get_running_loop()
        waiting.fetching = asyncio.current_task()
        try:
            outcome, delay = await self._ask(session, robots, waiting.wanted.item.url or "")
        finally:
            waiting.fetching, line.busy = None, False
        again, at = outcome.again or 0.0, loop.time()
        shut = again > AGAIN_LIMIT_SECONDS
        line.rest(at + max(self._spacing, delay, again), shut=shut)
        if again and outcome.asked:
            # Who asks for time may be another site, to which a redirect led.
            self._lines.of(host_of(outcome.asked)).rest(at + again, shut=shut)
        if not shut and outcome.again is not None and waiting.tries < len(AGAIN_SECONDS):
            line.rest(at + AGAIN_SECONDS[waiting.tries], shut=False)
            waiting.tries += 1
            return
        line.leave(waiting)
        self._send(waiting, waiting.lane, outcome, done=True)

    async def _ask(self, session: aiohttp.ClientSession, robots: Robots, url: str) -> tuple[Outcome, float]:
        async def permit(address: str) -> str | None:
            # Of each address on the way: a redirect may lead to a site that does not want it.
            return None if (await robots.rules(address)).allow(address) else ROBOTS

        @asynccontextmanager
        async def turn(address: str) -> AsyncIterator[None]:
            async with self._turn(address, (await robots.rules(address)).delay()):
                yield

        found = await fetch(session, url, limit=PAGE_BYTES, asking=Asking(accept=ACCEPT, permit=permit, turn=turn))
        return outcome_of(found), (await robots.rules(url)).delay()

    @asynccontextmanager
    async def _turn(self, address: str, pause: float = 0.0) -> AsyncIterator[None]:
        # The host first: what waits for one that a feed is read from holds none of the slots.
        async with self._hosts.turn(address, pause), self._slots:
            yield

    # Into Kafka.

    def _send(self, waiting: Waiting, lane: Lane, outcome: Outcome, *, done: bool) -> None:
        page = Page(
            item=waiting.wanted.item,
            lane=lane,
            host=waiting.host,
            wanted_offset=waiting.offset,
            fetched_at=now(),
            html=outcome.html,
            final_url=outcome.final_url,
            failure=outcome.failure,
            reason=outcome.reason,
        )
        self._out.put_nowait((page, waiting if done else None))

    async def _write(self) -> None:
        while True:
            batch = [await self._out.get()]
            while not self._out.empty() and len(batch) < AT_ONCE:
                batch.append(self._out.get_nowait())
            while True:
                try:
                    await asyncio.shield(asyncio.to_thread(self._flush, [page for page, _ in batch]))
                except BrokerError as error:
                    log.warning("Kafka does not take pages; trying again", error=str(error))
                    await asyncio.sleep(RETRY_SECONDS)
                else:
                    break
            for _, waiting in batch:
                if waiting is not None:
                    self._done(waiting)

    def _flush(self, pages: Sequence[Page]) -> None:
        for page in pages:
            self._producer.send(PAGES, page.host, page.encode())
        self._producer.flush()
