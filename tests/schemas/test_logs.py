"""What a process says of itself never stops it."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

SPEAKS = """
import structlog
from schemas.logs import configure
configure()
log = structlog.get_logger()
for number in range(1_000):
    log.warning("a line", number=number)
try:
    raise ValueError("why")
except ValueError:
    log.exception("another")
print("went on")
"""


def test_a_line_is_json_with_its_level_time_and_reason() -> None:
    """One object a line, to standard error."""
    done = subprocess.run([sys.executable, "-c", SPEAKS], capture_output=True, check=True, timeout=60)
    first, *_, last = map(msgspec.json.decode, done.stderr.splitlines())
    assert (first["event"], first["level"], first["number"]) == ("a line", "warning", 0)
    assert last["exception"].endswith("ValueError: why")
    assert {"timestamp"} <= first.keys()


def test_a_full_disk_does_not_end_who_logs() -> None:
    """Nothing is raised where nothing can be written."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no such device here")
    with full.open("wb") as stderr:
        done = subprocess.run(
            [sys.executable, "-c", SPEAKS], stdout=subprocess.PIPE, stderr=stderr, check=False, timeout=60
        )
    assert done.stdout == b"went on\n"
