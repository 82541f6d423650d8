"""One connection to a host at a time, and a pause between two.

A machine's own addresses need no pause.
"""

import asyncio
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field

from connectors.turns import Turns
from connectors.urls import host_of

SPACING_SECONDS = 1.0
# An idle connection is closed before the pause is over, after which another process may open its own.
OPEN_SECONDS = 0.4 * SPACING_SECONDS
# What another machine had rests first: both learn of it within a quarter of a second of each other.
REST_SECONDS = SPACING_SECONDS + 0.5


@dataclass(slots=True, weakref_slot=True)
class _Host:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    free_at: float = 0.0


class Hosts:
    """The turns of all hosts, for one event loop; with `turns`, among all processes of this machine."""

    def __init__(self, spacing_seconds: float = SPACING_SECONDS, turns: Turns | None = None) -> None:
        self._spacing, self._turns = spacing_seconds, turns
        self._hosts: weakref.WeakValueDictionary[str, _Host] = weakref.WeakValueDictionary()
        self._resting: dict[str, _Host] = {}  # keeps a host until its pause is over

    @asynccontextmanager
    async def turn(self, url: str, pause: float = 0.0) -> AsyncIterator[None]:
        """This URL's host to oneself; begins when the pause after the last turn is over.

        `pause` is what the host asks for, where that is longer than the spacing.
        """
        name = host_of(url)
        host = self._hosts.get(name) or self._hosts.setdefault(name, _Host())
        loop = asyncio.get_running_loop()
        async with host.lock:
            if host.free_at > loop.time():
                await asyncio.sleep(host.free_at - loop.time())
            spacing = 0.0 if is_own(name) else max(self._spacing, pause)
            try:
                async with self._turns.turn(name, spacing) if self._turns else nullcontext():
                    yield
            finally:
                if spacing:
                    host.free_at = loop.time() + spacing
                    self._resting[name] = host
                    loop.call_later(spacing, self._resting.pop, name, None)


def is_own(host: str) -> bool:
    """Whether a host is this machine."""
    return host in {"localhost", "::1"} or host.startswith("127.")
