"""How many processes share the tests."""

import os
from pathlib import Path

import psutil

# A process of tests has a broker and an index of its own with the steps on them, and beside these some tests start
# all of it once more, or a browser.
WORKER_BYTES = 4 * 2**30
MOST_WORKERS = 4  # the slowest tests wait for seconds to pass, which more processes do not shorten
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


def workers(cores: int, memory: int) -> int:
    """How many processes run tests on so many cores with so many bytes of memory: 0 where it is this one alone."""
    some = min(cores, memory // WORKER_BYTES, MOST_WORKERS)
    return some if some > 1 else 0


def cores_here() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory_here(limit: Path = _CGROUP_LIMIT) -> int:
    """The bytes that are free on this machine, or that its container may have where this is less."""
    free = psutil.virtual_memory().available
    try:
        allowed = limit.read_text("ascii").strip()
    except OSError:
        return free
    return min(free, int(allowed)) if allowed.isdigit() else free
