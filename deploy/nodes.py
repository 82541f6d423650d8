"""The processes of one server, from start to ready to stop; what Kafka and Elasticsearch have in common."""

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy import guardian, stale
from deploy.errors import Cancelled, DeployError, ServerFailed

POLL_SECONDS = 0.05
QUOTE_CHARACTERS = 300
TAIL_BYTES = 200_000
PORT_ATTEMPTS = 3
TAKEN = ("Address already in use", "Failed to bind", "BindException")

Progress = Callable[[str], None]


class PortTaken(DeployError):
    """A port that was free when it was picked is not any more; another try picks others."""


def with_free_ports(start_once: Callable[[], None]) -> None:
    """Starts a server on ports that it picks, again where somebody took one between picking and listening.

    Raises:
        PortTaken: every time.
    """
    for _ in range(PORT_ATTEMPTS - 1):
        try:
            start_once()
        except PortTaken:
            continue
        return
    start_once()


@dataclass(frozen=True, slots=True)
class Launch:
    """How one process is started. `marker` is a part of its command line that no other program's has."""

    name: str
    command: Sequence[str]
    env: dict[str, str]
    cwd: Path
    log_path: Path
    pid_path: Path
    marker: str
    user: tuple[int, int] | None = None
    stdin: bytes | None = None


@dataclass(slots=True)
class Nodes:
    """The running processes of one server. `server` is its name for messages, `grace_seconds` from TERM to KILL."""

    server: str
    grace_seconds: float
    guarded: list[guardian.Guarded] = field(default_factory=list)
    launches: list[Launch] = field(default_factory=list)
    _cancelled: threading.Event = field(default_factory=threading.Event)

    def start(self, launches: Sequence[Launch]) -> None:
        """Starts every process, after ending what an earlier launcher left of it."""
        self.launches = list(launches)
        for launch in launches:
            stale.end_stale(launch.pid_path, launch.marker)
        for launch in launches:
            if self._cancelled.is_set():
                raise Cancelled(f"The start of {self.server} was given up.")
            self.guarded.append(self._spawn(launch))

    def _spawn(self, launch: Launch) -> guardian.Guarded:
        try:
            return guardian.spawn(
                launch.command,
                env=launch.env,
                cwd=launch.cwd,
                log_path=launch.log_path,
                user=launch.user,
                grace_seconds=self.grace_seconds,
                stdin=launch.stdin,
                pid_path=launch.pid_path,
            )
        except OSError as error:
            raise ServerFailed(
                f"{self.server} could not be started ({error}): free memory or disk and retry."
            ) from error

    def wait_ready(self, ready: Callable[[], bool], timeout: float) -> None:
        """Returns when `ready` says so.

        Args:
            ready: asks the server; must come back within seconds.
            timeout: seconds.

        Raises:
            PortTaken: a process ended because its port is taken.
            ServerFailed: a process ended, or time is up.
            Cancelled: `stop` was called meanwhile.
        """
        deadline = time.monotonic() + timeout
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise ServerFailed(
                    f"{self.server} was not ready after {timeout:.0f} s: {self._quote(self.launches[0])}"
                )
            if self._cancelled.wait(POLL_SECONDS):
                raise Cancelled(f"The start of {self.server} was given up.")

    def check(self) -> None:
        """Sees to it that every process still runs.

        Raises:
            PortTaken: one ended because its port is taken.
            ServerFailed: one ended for another reason.
        """
        for launch, process in zip(self.launches, self.guarded, strict=True):
            code = process.poll()
            if code is not None:
                if any(sign in tail(launch.log_path) for sign in TAKEN):
                    raise PortTaken(f"{self.server} found its port taken: start again, or set another port.")
                raise ServerFailed(f"{launch.name} ended with code {code}: {self._quote(launch)}")

    def _quote(self, launch: Launch) -> str:
        return f"it last said “{last_error(launch.log_path)}”; all of it is in {launch.log_path}."

    def stop(self) -> None:
        """Ends every process and waits; does nothing when there is none."""
        self._cancelled.set()
        for process in self.guarded:
            process.terminate()
        for process in self.guarded:
            with contextlib.suppress(TimeoutError):
                process.wait(self.grace_seconds + 5)
        self.guarded.clear()


def tail(path: Path) -> str:
    """The end of a log, at most `TAIL_BYTES`; empty when there is none."""
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - TAIL_BYTES))
            return log.read().decode("utf-8", "replace")
    except OSError:
        return ""


def last_error(path: Path) -> str:
    """The last line of a log that tells of an error, else its last line, shortened."""
    # Java tells the reason on the line after this one.
    text = tail(path).replace("initialization of VM\n", "initialization of VM: ")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "ERROR" in line or "FATAL" in line or "OutOfMemory" in line]
    line = (errors or [line for line in lines if "Exception" in line or "Error" in line] or lines or ["nothing"])[-1]
    return line if len(line) <= QUOTE_CHARACTERS else line[: QUOTE_CHARACTERS - 1] + "…"
