"""What the loops of the steps are made of: records in company, acknowledged in order, and an end where none goes on."""

import asyncio
import os
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog

from pipeline.tables import is_damage, mark_damaged
from schemas.message import Message
from schemas.steps import Step

PENDING_LIMIT = 500
BATCH_SIZE = 200
STALLED_EXIT = 70

log = structlog.get_logger()


class Progress:
    """When a step last did something, for the watchdog. Waiting on purpose counts as doing something."""

    def __init__(self) -> None:
        self.last = time.monotonic()

    def alive(self) -> None:
        """Say that the step is alive now."""
        self.last = time.monotonic()


class Company:
    """Makes batches of a stream: a record that comes alone goes at once, those that follow it soon go together.

    Faust's `noack_take` looks at its clock instead: a record waits half of it in the mean, also where nothing else
    comes, and the looking costs as much as all else of a step that has nothing to do.
    """

    def __init__(self, stream: Any, seconds: float) -> None:  # noqa: ANN401
        self._stream = stream
        self._seconds = seconds
        self._events: list[Any] = []
        self._some = asyncio.Event()
        self._full = asyncio.Event()
        self._room = asyncio.Event()
        self._taken = float("-inf")
        self._task = asyncio.get_running_loop().create_task(self._gather())

    async def take(self) -> list[Any]:
        """The next events, at most `BATCH_SIZE`; none once the stream has ended. What the stream raises is raised."""
        await self._some.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._taken + self._seconds - time.monotonic()):
                await self._full.wait()
        self._taken = time.monotonic()
        taken, self._events = self._events, []
        if not self._task.done():
            self._some.clear()
            self._full.clear()
        elif not taken:
            self._task.result()
        self._room.set()
        return taken

    def close(self) -> None:
        """Take no more."""
        self._task.cancel()

    async def _gather(self) -> None:
        try:
            async for event in self._stream.events():
                self._events.append(event)
                self._some.set()
                if len(self._events) >= BATCH_SIZE:
                    self._room.clear()
                    self._full.set()
                    await self._room.wait()
        finally:
            self._some.set()
            self._full.set()


class Settler:
    """Acknowledges events in order, each once its sends are done; `tables` is the folder of what is kept of them."""

    def __init__(self, stream: Any, progress: Progress, tables: Path) -> None:  # noqa: ANN401
        self._stream = stream
        self._progress = progress
        self._tables = tables
        self._pending: deque[tuple[Any, Sequence[Awaitable[object]], Callable[[], None]]] = deque()
        self._more = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def settle_later(self, event: Any, sends: Sequence[Awaitable[object]], keep: Callable[[], None]) -> None:  # noqa: ANN401
        """After the events before it and once these are sent, call `keep` and acknowledge this one.

        Waits while too many are on their way.
        """
        self._pending.append((event, sends, keep))
        self._idle.clear()
        self._more.set()
        if len(self._pending) >= PENDING_LIMIT:
            self._room.clear()
        await self._room.wait()

    async def idle(self) -> None:
        """Wait until nothing is on its way."""
        await self._idle.wait()

    async def _run(self) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            while self._pending:
                event, sends, keep = self._pending[0]
                try:
                    for send in sends:
                        await send
                    keep()
                    await self._stream.ack(event)
                except Exception:  # noqa: BLE001 - no exception leaves a loop, see `pipeline.streaming`
                    give_up(None, message_of(event), tables=self._tables)
                self._pending.popleft()
                self._progress.alive()
                if len(self._pending) < PENDING_LIMIT // 2:
                    self._room.set()
            self._idle.set()


def give_up(step: Step | None, message: Message | None, tables: Path | None = None) -> None:
    """End this process with the exception that is being handled in its log; `tables` are marked where it is theirs."""
    error = sys.exc_info()[1]
    try:
        if tables is not None and error is not None and is_damage(error):
            mark_damaged(tables)
        log.exception(  # noqa: LOG004 - called only in handlers
            "cannot go on; ending this process so that it is started anew",
            step=step.name if step else None,
            topic=message and message.topic,
            partition=message and message.partition,
            offset=message and message.offset,
        )
    finally:
        os._exit(STALLED_EXIT)  # where the disk is full, the log is too: without this the step would sleep for ever


def message_of(event: Any) -> Message:  # noqa: ANN401
    """The record of a Faust event."""
    message = event.message
    return Message(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=None if message.key is None else message.key.decode("utf-8", "replace"),
        value=message.value,
        timestamp_ms=round(message.timestamp * 1000),
    )
