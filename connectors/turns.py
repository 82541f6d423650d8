"""One connection to a host from all of a machine's processes: here those meet that poll feeds and fetch pages.

A host's turn is a lock (POSIX record lock) on its place in one file, which ends with its process however that ends. The
place holds when the host may be asked again. On several machines it is Kafka that gives each host to one of them: all
its partitions of feeds and of wanted pages go to the processes that meet in one file (`Turns.name`).
"""

import asyncio
import fcntl
import os
import platform
import struct
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from zlib import crc32

from schemas.settings import SettingsError

FILE: Final = "hosts.turns"
# Two hosts of one place wait for each other, which of 20,000 hosts one in fifty may do.
_PLACES: Final = 1 << 20
_FREE_AT: Final = struct.Struct("<d")
_AGAIN_SECONDS: Final = 0.05


class Turns:
    """The turns of all hosts, in `folder`, which all processes of an installation on this machine share.

    `name` is the same for all whose locks meet, and for no others.

    Raises:
        SettingsError: the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = os.open(folder / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise SettingsError(
                f"the data folder {folder} cannot be written ({error.strerror}): set KABAR_DATA_DIR"
            ) from error
        standing = os.fstat(self._file)
        self.name = f"{_machine()}/{standing.st_dev}/{standing.st_ino}"
        # A process's locks do not count for itself, so it counts by itself.
        self._held: Counter[int] = Counter()

    def close(self) -> None:
        """Give every turn back."""
        os.close(self._file)

    @asynccontextmanager
    async def turn(self, host: str, spacing: float) -> AsyncIterator[None]:
        """This host to this process alone; begins when no other asks it, `spacing` seconds after it was last asked."""
        at = crc32(host.encode()) % _PLACES * _FREE_AT.size
        while not self._take(at):  # noqa: ASYNC110 - who gives it back is another process
            await asyncio.sleep(_AGAIN_SECONDS)
        try:
            if (rest := self._rest(at, spacing)) > 0:
                await asyncio.sleep(rest)
            yield
        finally:
            if spacing:
                os.pwrite(self._file, _FREE_AT.pack(time.time() + spacing), at)
            self._give(at)

    def _take(self, at: int) -> bool:
        if not self._held[at]:
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, _FREE_AT.size, at)
            except (BlockingIOError, PermissionError):  # the two that POSIX allows for "another has it"
                del self._held[at]
                return False
        self._held[at] += 1
        return True

    def _give(self, at: int) -> None:
        self._held[at] -= 1
        if not self._held[at]:
            del self._held[at]
            fcntl.lockf(self._file, fcntl.LOCK_UN, _FREE_AT.size, at)

    def _rest(self, at: int, spacing: float) -> float:
        """Seconds until the host may be asked; a clock that was set back never makes them more than `spacing`."""
        written = os.pread(self._file, _FREE_AT.size, at) if spacing else b""
        if len(written) < _FREE_AT.size:
            return 0.0
        (free_at,) = _FREE_AT.unpack(written)
        return float(min(free_at - time.time(), spacing))


def _machine() -> str:
    # Copied machines have one name, and containers of one machine many; Linux tells its running systems apart.
    running = Path("/proc/sys/kernel/random/boot_id")
    return running.read_text("ascii").strip() if running.exists() else platform.node()
