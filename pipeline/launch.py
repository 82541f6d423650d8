"""The processes of `kabar up`: each step and the connectors, started, watched, started anew when they end, stopped.

A process that ends is started again after a wait that doubles up to 10 s and is forgotten after a quiet minute. All
of them end when this process does, however it ends (`schemas.process`).
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from schemas.process import LAUNCHED, ready_file
from schemas.settings import PREFIX, Settings
from schemas.steps import SINKS, STEPS

FIRST_WAIT, LONGEST_WAIT, QUIET_SECONDS = 0.3, 10.0, 60.0
STOP_SECONDS = 10.0
# With a million spellings to learn a step takes minutes; one that ends meanwhile is seen at once.
READY_SECONDS = 600.0
START_TRIES = 3
# glibc gives each thread a heap of its own, and what large batches freed in one is not used by another; and once a
# large buffer was freed, the next come from these heaps too, which then hardly shrink: `index`, which keeps nothing,
# went up and down between 168 and 239 MiB over 100,000 items. So there are two heaps, and large buffers go back.
MALLOC = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": str(1 << 19), "MALLOC_TRIM_THRESHOLD_": str(1 << 20)}


class NotReady(RuntimeError):
    """A step did not come up in time; the message names its log."""


class Process:
    """One child: a command that is kept running, with its log."""

    def __init__(self, name: str, command: Sequence[str], environment: dict[str, str], log_path: Path) -> None:
        self.name = name
        self.log_path = log_path
        self.restarts = -1
        self._command = [*command, LAUNCHED]
        self._environment = environment
        self._child: subprocess.Popen[bytes] | None = None
        self._started = self._wait = 0.0
        self._due = 0.0

    @property
    def pid(self) -> int:
        """The process id now; 0 where none runs."""
        return self._child.pid if self._child else 0

    @property
    def runs(self) -> bool:
        """Whether it runs now."""
        return self._child is not None and self._child.poll() is None

    def start(self) -> None:
        """Start it now."""
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        self._close_pipe()
        with self.log_path.open("ab") as log:
            self._child = subprocess.Popen(  # noqa: S603 - our own modules, no shell
                self._command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,  # a terminal's Ctrl-C is for the launcher, which stops all in order
            )
        self.restarts += 1
        self._started = time.monotonic()

    def complaint(self) -> str:
        """That it does not come up, with the last line of its log."""
        lines = self.log_path.read_text("utf-8", "replace").strip().splitlines()
        return f"{self.name} does not come up: {lines[-1] if lines else 'it says nothing'} ({self.log_path})"

    def watch(self) -> str | None:
        """Start it anew where it has ended and the wait is over; says what happened, if anything."""
        if self._child is None or self._child.poll() is None:
            return None
        moment = time.monotonic()
        if self._due == 0.0:
            quiet = moment - self._started > QUIET_SECONDS
            self._wait = FIRST_WAIT if quiet or not self._wait else min(self._wait * 2, LONGEST_WAIT)
            self._due = moment + self._wait
            return f"{self.name} ended ({self._child.returncode}); starting it anew, its log is {self.log_path}"
        if moment >= self._due:
            self._due = 0.0
            self.start()
        return None

    def terminate(self) -> None:
        """Ask it to end."""
        if self._child is not None and self.runs:
            self._child.terminate()

    def wait(self, seconds: float) -> None:
        """Wait for its end, and end it hard after so many seconds."""
        if self._child is None:
            return
        try:
            self._child.wait(max(0.1, seconds))
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._close_pipe()

    def _close_pipe(self) -> None:
        if self._child is not None and self._child.stdin is not None:
            self._child.stdin.close()


class Pipeline:
    """All processes of the pipeline on this machine."""

    def __init__(self, settings: Settings, *, connectors: bool = True) -> None:
        self._settings = settings
        environment = {**MALLOC}
        environment |= {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        environment |= {name: value for name, value in os.environ.items() if name == "KABAR_CACHE_DIR"}
        # KABAR_CONFIG is not handed on: what it said is in these already, and a changed file must not split the steps.
        environment |= settings.environment()
        commands = {step.name: [sys.executable, "-m", "pipeline.worker", step.name] for step in STEPS}
        commands[SINKS] = [sys.executable, "-m", "pipeline.sinks"]
        if connectors:
            commands["connectors"] = [sys.executable, "-m", "connectors.feeds"]
            commands["pages"] = [sys.executable, "-m", "connectors.pages"]
            commands["push"] = [sys.executable, "-m", "connectors.push"]
            commands["web"] = [sys.executable, "-m", "pipeline.web"]
        logs = settings.data_dir / "logs"
        self.processes = [
            Process(name, command, environment, logs / f"{name}.log") for name, command in commands.items()
        ]

    def pids(self) -> dict[str, int]:
        """The process ids now, by step."""
        return {process.name: process.pid for process in self.processes}

    def start(self, say: Callable[[str], None]) -> None:
        """Start all and wait until every step reads its topics.

        Raises:
            NotReady: one of them ended three times, or did not within ten minutes.
        """
        for process in self.processes:
            self._ready_file(process).unlink(missing_ok=True)
            process.start()
        deadline = time.monotonic() + READY_SECONDS
        waiting = [process for process in self.processes if process.name not in {"connectors", "pages"}]
        while waiting:
            waiting = [process for process in waiting if not self._ready_file(process).exists()]
            self.watch(say)
            failing = [process for process in waiting if process.restarts >= START_TRIES]
            if failing or time.monotonic() > deadline:
                raise NotReady((failing or waiting)[0].complaint())
            time.sleep(0.1)

    def watch(self, say: Callable[[str], None]) -> None:
        """Start anew what has ended, and say so."""
        for process in self.processes:
            news = process.watch()
            if news:
                say(news)

    def stop(self) -> None:
        """Stop all: the connectors first, so that nothing new comes, then the steps together."""
        for process in reversed(self.processes):
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self.processes:
            process.wait(deadline - time.monotonic())

    def _ready_file(self, process: Process) -> Path:
        return ready_file(self._settings.data_dir, process.name)
