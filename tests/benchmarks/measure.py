"""What processes use, what latencies were: the figures of the benchmarks."""

import statistics
from collections.abc import Iterable, Mapping
from typing import Self

import msgspec
import psutil

from schemas.settings import Settings
from tests.benchmarks.beside import Beside

SAMPLE_SECONDS = 0.2
MIB = 1024 * 1024


class Usage(msgspec.Struct, frozen=True):
    """What one process used: processor time in the measured span, and the highest resident memory seen in it."""

    cpu_seconds: float
    peak_mib: float


class Latency(msgspec.Struct, frozen=True):
    """Times in milliseconds over so many items."""

    count: int
    median_ms: float
    p99_ms: float
    worst_ms: float


class Flow(msgspec.Struct, frozen=True):
    """A number of items gone through a program. The CPU figures are milliseconds an item, by process."""

    items: int
    seconds: float
    items_per_second: float
    own_cpu_ms: dict[str, float]
    server_cpu_ms: dict[str, float]
    peak_mib: dict[str, float]

    @property
    def own_total(self) -> float:
        """CPU milliseconds an item of all the program's own processes."""
        return sum(self.own_cpu_ms.values())


class Watch(Beside):
    """Measures processes, by name, from the beginning of a `with` block to `usage`. They must not end meanwhile.

    The processor time is user and system, children that have ended included; resident memory is sampled.
    """

    def __init__(self, processes: Mapping[str, psutil.Process]) -> None:
        self._processes = processes
        self._before: dict[str, float] = {}
        self._peaks: dict[str, int] = {}
        super().__init__("memory")

    def __enter__(self) -> Self:
        self._before = {name: _cpu(process) for name, process in self._processes.items()}
        self._look()
        return super().__enter__()

    def usage(self) -> dict[str, Usage]:
        """Up to now.

        Raises:
            psutil.NoSuchProcess: one of them has ended, so that its figures would be wrong.
        """
        self._look()
        return {
            name: Usage(_cpu(process) - self._before[name], self._peaks[name] / MIB)
            for name, process in self._processes.items()
        }

    def _work(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            try:
                self._look()
            except psutil.NoSuchProcess:
                return  # `usage` says so

    def _look(self) -> None:
        for name, process in self._processes.items():
            self._peaks[name] = max(self._peaks.get(name, 0), process.memory_info().rss)


def flow(items: int, seconds: float, usage: Mapping[str, Usage], servers: Iterable[str]) -> Flow:
    """The figures of a run; the names in `servers` are the servers', all others the program's own."""
    shares = {name: used.cpu_seconds * 1000 / items for name, used in usage.items()}
    names = set(servers)
    return Flow(
        items=items,
        seconds=seconds,
        items_per_second=items / seconds,
        own_cpu_ms={name: share for name, share in shares.items() if name not in names},
        server_cpu_ms={name: share for name, share in shares.items() if name in names},
        peak_mib={name: used.peak_mib for name, used in usage.items()},
    )


def latency(milliseconds: Iterable[float]) -> Latency:
    """Median, 99th percentile (the nearest rank) and worst.

    Raises:
        statistics.StatisticsError: there is none.
    """
    ordered = sorted(milliseconds)
    median = statistics.median(ordered)
    rank = -(-99 * len(ordered) // 100)
    return Latency(len(ordered), median, ordered[rank - 1], ordered[-1])


def server_processes(settings: Settings) -> dict[str, psutil.Process]:
    """The servers' processes, found by the ports where they listen; those that this user may not see are left out."""
    ports = {
        (settings.kafka or "").rpartition(":")[2]: "kafka",
        (settings.elasticsearch or "").rstrip("/").rpartition(":")[2]: "elasticsearch",
    }
    found = {}
    for process in psutil.process_iter():
        try:
            connections = process.net_connections("tcp")
        except psutil.Error:
            continue
        for connection in connections:
            name = ports.get(str(connection.laddr.port)) if connection.status == psutil.CONN_LISTEN else None
            if name:
                found[name] = process
    return found


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)
