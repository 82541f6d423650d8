"""The processes that share the tests are as many as the machine can bear."""

from pathlib import Path

import pytest

from tests.workers import WORKER_BYTES, cores_here, memory_here, workers

GIB = 2**30


@pytest.mark.parametrize(
    ("cores", "memory", "expected"),
    [(1, 64 * GIB, 0), (2, 4 * GIB, 0), (2, 16 * GIB, 2), (4, 8 * GIB, 2), (8, 15 * GIB, 3), (64, 256 * GIB, 4)],
)
def test_each_has_a_core_and_room_for_its_servers(cores: int, memory: int, expected: int) -> None:
    """Where there is no room for two, the tests run in one process, as without any sharing."""
    assert workers(cores, memory) == expected


def test_a_container_has_no_more_memory_than_it_is_allowed(tmp_path: Path) -> None:
    """Its limit counts where it has one; the machine's own memory where it has none."""
    limit = tmp_path / "memory.max"
    limit.write_text(f"{WORKER_BYTES // 1024}\n")
    assert memory_here(limit) == WORKER_BYTES // 1024
    limit.write_text("max\n")
    assert memory_here(limit) > WORKER_BYTES // 1024
    assert memory_here(tmp_path / "none") > WORKER_BYTES // 1024


def test_this_machine_has_a_core() -> None:
    """Whatever it is."""
    assert cores_here() >= 1
