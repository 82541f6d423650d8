"""What the loops of the steps are made of: records in company, acknowledged in order, and an end where none goes on."""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import structlog

from pipeline.changelog import Fresh, Table
from pipeline.decision import Output
from pipeline.tables import is_damage, mark_damaged
from schemas.message import Message
from schemas.steps import Step

PENDING_LIMIT = 500
BATCH_SIZE = 200
TOGETHER_SECONDS = 0.05
STALLED_EXIT = 70

Send = Callable[[Output], Awaitable[Awaitable[object]]]

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


class Decided(msgspec.Struct, frozen=True):
    """An event, and what was decided about it."""

    event: Any
    rows: Sequence[Fresh]
    outputs: Sequence[Output]


class Settler:
    """Sends what was decided, keeps its rows, and acknowledges its events, all in order.

    What was decided alone goes at once, what follows within `TOGETHER_SECONDS` goes together: one request to the broker
    and one fetch at the next step instead of one a record. `tables` is the folder of what is kept.
    """

    def __init__(self, stream: Any, table: Table, send: Send, progress: Progress, tables: Path) -> None:  # noqa: ANN401
        self._stream = stream
        self._table = table
        self._send = send
        self._progress = progress
        self._tables = tables
        self._pending: list[Decided] = []
        self._some = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def settle_later(self, decided: Decided) -> None:
        """Settle this after what came before it; waits while too much is on its way."""
        self._pending.append(decided)
        self._idle.clear()
        self._some.set()
        if len(self._pending) >= PENDING_LIMIT:
            self._room.clear()
        await self._room.wait()

    async def idle(self) -> None:
        """Wait until nothing is on its way."""
        await self._idle.wait()

    async def _run(self) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            began = time.monotonic()
            taken, self._pending = self._pending, []
            self._room.set()
            try:
                await self._settle(taken)
            except Exception:  # noqa: BLE001 - no exception leaves a loop, see `pipeline.streaming`
                give_up(None, message_of(taken[0].event), tables=self._tables)
            if not self._pending:
                self._idle.set()
            await asyncio.sleep(began + TOGETHER_SECONDS - time.monotonic())

    async def _settle(self, taken: Sequence[Decided]) -> None:
        sent = [
            ([await self._table.send(row) for row in one.rows], [await self._send(output) for output in one.outputs])
            for one in taken
        ]
        for one, (rows, outputs) in zip(taken, sent, strict=True):
            for output in outputs:
                await output
            self._table.keep(one.rows, [(await row).offset for row in rows])
            await self._stream.ack(one.event)
            self._progress.alive()


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
