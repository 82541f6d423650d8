"""The one module that speaks to Faust: it carries records to what decides, and acts on what was decided.

Promises: an offset is acknowledged only when every output of its record is in Kafka (or, for a batch step, every
effect is settled), and acknowledgements are in order, so a crash at any moment redelivers and never loses. Records
may be handled again after a crash: deciders answer a redelivered offset as they did before.

The patterns and why: `concurrency=1` (with 2, offsets are committed past a message in flight); acknowledged by hand
(Faust acknowledges in a `finally`, so an exception would lose the record); no exception leaves a loop (the agent
would restart with its commits stuck): what cannot be handled ends the process, and the supervisor starts it again.
"""

import asyncio
import logging
import os
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import faust  # noqa: TID251
import structlog
from faust.types.auth import SASLMechanism  # noqa: TID251

from pipeline.changelog import Table
from pipeline.decision import Decider, Output, TimedDecider
from pipeline.settling import STALLED_EXIT, Company, Decided, Progress, Settler, give_up, message_of
from pipeline.tables import throw_away_damaged
from schemas.broker import lag
from schemas.errors import BrokerError
from schemas.message import Message
from schemas.process import own_folder, say_ready
from schemas.settings import Settings
from schemas.steps import Step
from schemas.topics import MESSAGE_BYTES

FETCH_BYTES = 1 << 20
TIMER_SECONDS = 0.25
# Of the rows that are kept no more; soon after the start too, for a process may not live half a day.
FIRST_SWEEP_SECONDS = 600.0
SWEEP_SECONDS = 12 * 3600.0
# What came while the watchdog looked is no backlog: so long it gets.
SETTLE_SECONDS = 2.0

log = structlog.get_logger()


class BatchHandler(Protocol):
    """A step without a table: it settles whole batches, which begin at least `company_seconds` after one another."""

    company_seconds: float

    async def start(self) -> None:
        """Open clients."""

    async def handle(self, messages: Sequence[Message], stopping: Callable[[], bool]) -> list[Output] | None:
        """Settle every record and return what to send, or None when stopped first (all are redelivered)."""

    async def stop(self) -> None:
        """Close clients."""


def create_app(settings: Settings, step: Step) -> faust.App:
    """The Faust app of one step, with nothing attached to it yet."""
    data_dir = own_folder(settings.data_dir, step.name)
    data_dir.mkdir(parents=True, exist_ok=True)
    throw_away_damaged(data_dir)
    app = faust.App(
        step.group,
        broker=[f"kafka://{address}" for address in (settings.kafka or "").split(",")],
        broker_credentials=_credentials(settings),
        datadir=str(data_dir),
        store="rocksdb://?driver=rocksdict",
        topic_partitions=settings.partitions,
        topic_replication_factor=settings.replication,
        topic_disable_leader=True,
        web_enabled=False,
        # With True, SIGTERM hangs for ever while records are unacknowledged.
        stream_wait_empty=False,
        stream_buffer_maxsize=256,
        # A killed worker comes back under the same instance id and has its partitions again at once.
        consumer_group_instance_id=f"{socket.gethostname()}-{step.name}-{_fingerprint(data_dir)}",
        broker_session_timeout=6.0,
        broker_heartbeat_interval=2.0,
        broker_commit_interval=1.0,
        # Records wait for company where they are made (`Settler`, `Company`), for all partitions together.
        producer_linger=0,
        consumer_auto_offset_reset="earliest",
        # Of a backlog no more than this is held of each partition; a larger record comes all the same, alone.
        consumer_max_fetch_size=FETCH_BYTES,
        producer_max_request_size=MESSAGE_BYTES,
    )
    app.on_rebalance_complete.connect(_hold_the_flow, weak=False)
    return app


def attach_decider(app: Any, settings: Settings, step: Step, decider: Decider, progress: Progress) -> Table:  # noqa: ANN401
    """Give a decider the step's stream and its table, which is returned."""
    table = Table(
        app,
        app.Table(
            f"{step.name}-table",
            partitions=settings.partitions,
            key_type=bytes,
            value_type=bytes,
            help=f"what {step.name} has decided",
        ),
    )
    folder = own_folder(settings.data_dir, step.name)

    async def run(stream: Any) -> None:  # noqa: ANN401
        stream = stream.noack()
        settler = Settler(stream, table, partial(_send, app), progress, folder)
        async for event in stream.events():
            message = message_of(event)
            try:
                if table.moved:
                    await settler.idle()
                    await table.reopen()
                    decider.restore(table.items())
                    if not table.is_mine(message.partition):
                        continue  # taken off this worker while it was in hand: whoever has it now is given it again
                decision = decider.decide(message, partial(table.lookup, message.partition))
                rows = table.decided(message.partition, decision.rows)
            except Exception:  # noqa: BLE001 - any escape would lose the record, see above
                give_up(step, message, tables=folder)
            await settler.settle_later(Decided(event, rows, decision.outputs))
            await asyncio.sleep(0)  # while records wait, nothing else here gives the loop to heartbeats and commits

    app.agent(_source(app, step), name=f"{step.name}.agent", concurrency=1)(run)
    return table


def attach_timers(app: Any, settings: Settings, decider: TimedDecider, topic: str, wake: bytes) -> None:  # noqa: ANN401
    """Let a decider send itself what falls due, to a topic that it reads; `wake` is a record that changes nothing.

    Each time partitions move, one such record goes to every partition, since rows are handed over with the first
    record that comes, and none may come for long.
    """
    moved = _Flag()
    app.on_partitions_assigned.connect(moved.raise_flag, weak=False)

    async def run() -> None:
        while not app.should_stop:
            if moved.lower():
                for partition in range(settings.partitions):
                    await app.producer.send(topic, b"", wake, partition, None, None)
            for output in decider.due(round(time.time() * 1000)):
                await _send(app, output)
            await asyncio.sleep(TIMER_SECONDS)

    app.task(run)


def attach_sweep(app: Any, settings: Settings, step: Step, decider: TimedDecider, table: Table) -> None:  # noqa: ANN401
    """Ask a decider of every row, now and then, whether it is kept no more, and send what it says."""

    async def run() -> None:
        await app.sleep(FIRST_SWEEP_SECONDS)
        while not app.should_stop:
            try:
                for number, (key, row) in enumerate(table.items()):
                    output = decider.expired(key, row, round(time.time() * 1000))
                    if output is not None:
                        await _send(app, output)
                    if number % 200 == 0:
                        await asyncio.sleep(0)  # the stream goes on meanwhile
            except Exception:  # noqa: BLE001 - the same
                give_up(step, None, tables=own_folder(settings.data_dir, step.name))
            await app.sleep(SWEEP_SECONDS)

    app.task(run)


def attach_batches(app: Any, step: Step, handler: BatchHandler, progress: Progress) -> None:  # noqa: ANN401
    """Give a batch handler the step's stream."""

    async def run(stream: Any) -> None:  # noqa: ANN401
        await handler.start()
        stream = stream.noack()
        company = Company(stream, handler.company_seconds)
        try:
            while events := await company.take():
                messages = [message_of(event) for event in events]
                try:
                    outputs = await handler.handle(messages, lambda: bool(app.should_stop))
                    if outputs is None:
                        return
                    for future in [await _send(app, output) for output in outputs]:
                        await future
                except Exception:  # noqa: BLE001 - the same
                    give_up(step, messages[0])
                for event in events:
                    await stream.ack(event)
                progress.alive()
        finally:
            company.close()
            await handler.stop()

    app.agent(_source(app, step), name=f"{step.name}.agent", concurrency=1)(run)


def attach_watchdog(app: Any, settings: Settings, step: Step, progress: Progress) -> None:  # noqa: ANN401
    """End the process when records wait and nothing was done for `stall_seconds`; and say when it is ready."""

    async def ready() -> None:
        # Faust opens the root logger to DEBUG; its own and aiokafka's records, several an item, are then built and
        # thrown away.
        for name in ("aiokafka", "faust", "mode"):
            logging.getLogger(name).setLevel(logging.WARNING)
        say_ready(settings.data_dir, step.name)
        progress.alive()
        threading.Thread(target=_watch, args=(settings, step, progress), name="watchdog", daemon=True).start()

    app.task(ready)


def run_worker(app: Any, log_level: str = "WARNING") -> None:  # noqa: ANN401
    """Run an app in this process until SIGTERM or SIGINT; does not return."""
    faust.Worker(app, loglevel=log_level, redirect_stdouts=False).execute_from_commandline()


def _watch(settings: Settings, step: Step, progress: Progress) -> None:
    while True:
        time.sleep(min(10.0, settings.stall_seconds / 2))
        if time.monotonic() - progress.last < settings.stall_seconds:
            continue
        try:
            waiting = lag(settings, {step.group: step.sources})[step.group]
        except BrokerError:
            continue  # without a broker nobody can move
        time.sleep(SETTLE_SECONDS)
        if waiting and time.monotonic() - progress.last >= settings.stall_seconds:
            try:
                log.error("stalled; ending this process so that it is started anew", step=step.name, lag=waiting)
            finally:
                os._exit(STALLED_EXIT)
        progress.alive()


class _Flag:
    def __init__(self) -> None:
        self._up = True

    async def raise_flag(self, *_args: object, **_more: object) -> None:
        self._up = True

    def lower(self) -> bool:
        was, self._up = self._up, False
        return was


async def _send(app: Any, output: Output) -> Awaitable[object]:  # noqa: ANN401
    future: Awaitable[object] = await app.producer.send(
        output.topic, output.key.encode(), output.value, None, None, None
    )
    return future


async def _hold_the_flow(app: Any, /, *_args: object, **_more: object) -> None:  # noqa: ANN401
    """Let nothing in from the end of a table's recovery until Faust is back at the committed offsets.

    Faust lets records of the source in as soon as the table is recovered, seeks meanwhile, and empties the agent's
    queue last: what came between is never decided, and what follows is committed.
    """
    app.consumer.stop_flow()
    app.flow_control.suspend()


def _source(app: Any, step: Step) -> Any:  # noqa: ANN401
    return app.topic(*step.sources, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")


def _fingerprint(path: Path) -> str:
    return format(zlib.crc32(str(path.absolute()).encode()), "x")


def _credentials(settings: Settings) -> Any:  # noqa: ANN401
    if settings.kafka_security == "PLAINTEXT":
        return None
    context = ssl.create_default_context(cafile=settings.kafka_ca) if "SSL" in settings.kafka_security else None
    if settings.kafka_security == "SSL":
        return faust.SSLCredentials(context=context)
    password = settings.kafka_password
    return faust.SASLCredentials(
        username=settings.kafka_user,
        password=password.get_secret_value() if password else None,
        mechanism=SASLMechanism(settings.kafka_mechanism),
        ssl_context=context,
    )
