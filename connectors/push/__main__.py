"""The process: `python -m connectors.push`. Logs are JSON lines on standard error."""

import asyncio
import os
import signal
import sys
import threading
from contextlib import closing, suppress
from typing import Any

import structlog
from aiohttp import web

from connectors.push.credentials import Credentials, address, address_file, load
from connectors.push.server import application
from connectors.push.writer import Writer
from connectors.turns import Turns
from connectors.websub.callback import Callback
from connectors.websub.subscriber import Subscriber
from schemas.broker import Producer
from schemas.errors import BrokerError
from schemas.logs import configure
from schemas.process import follow_launcher, say_ready
from schemas.settings import Settings, SettingsError, load_settings

STOP_SECONDS = 5.0


def main() -> int:
    """Serve until SIGTERM; 1 where the settings, the port or Kafka do not allow a start."""
    follow_launcher()
    configure()
    try:
        settings = load_settings()
        run(settings)
    except (SettingsError, BrokerError, OSError) as error:
        structlog.get_logger(__name__).error("the push server cannot run", error=str(error))
        return 1
    return 0


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        SettingsError: a secret that is set cannot be one.
        BrokerError: Kafka does not answer at the start.
        OSError: the port is taken.
    """
    credentials = load(settings)
    with Producer(settings) as producer, closing(Turns(settings.data_dir)) as turns:
        asyncio.run(serve(settings, credentials, producer, turns))


async def serve(settings: Settings, credentials: Credentials, producer: Producer, turns: Turns) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are answered first.

    Where hubs can reach this server (`KABAR_PUSH_URL`), it also keeps the subscriptions of feeds that name one.
    """
    stopping, writer = asyncio.Event(), Writer(producer)
    subscriber = Subscriber(settings, producer, credentials.secret, turns) if settings.push_url else None
    callback = Callback(subscriber, writer, credentials.secret) if subscriber else None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, _stop, stopping)
    runner = web.AppRunner(
        application(settings, credentials, writer, callback), access_log=None, shutdown_timeout=STOP_SECONDS
    )
    await runner.setup()
    try:
        await _listen(runner, settings)
        host, port = runner.addresses[0][:2]
        url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        address_file(settings).write_text(url + "\n", encoding="ascii")
        say_ready(settings.data_dir, "push")
        structlog.get_logger(__name__).info("taking news", url=f"{url}/v1/items")
        await _until(stopping, subscriber)
    finally:
        await runner.cleanup()


def _stop(stopping: asyncio.Event) -> None:
    stopping.set()
    # A broker that does not answer holds a thread; nothing was promised to anyone whose items it has.
    bound = threading.Timer(STOP_SECONDS + 1, os._exit, (0,))
    bound.daemon = True
    bound.start()


async def _until(stopping: asyncio.Event, subscriber: Subscriber | None) -> None:
    """Wait for the end; an error that ends the subscriber ends the process, and a new one is the way on."""
    waits: list[asyncio.Task[Any]] = [asyncio.create_task(stopping.wait())]
    if subscriber is not None:
        waits.append(asyncio.create_task(subscriber.run()))
    done, others = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    for task in done:
        task.result()


async def _listen(runner: web.AppRunner, settings: Settings) -> None:
    # A free port stays the same over restarts where it can: whoever pushes has it written down.
    if not settings.push_port:
        with suppress(OSError, ValueError):
            last = (address(settings) or "").rpartition(":")[2]
            await web.TCPSite(runner, settings.push_host, int(last)).start()
            return
    await web.TCPSite(runner, settings.push_host, settings.push_port).start()


if __name__ == "__main__":
    sys.exit(main())
