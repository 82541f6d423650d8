"""The push server as a process of its own, on a real broker."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.push.credentials import address_file
from schemas.settings import Settings
from tests.waiting import until


@contextmanager
def push_server(settings: Settings, log: Path, *command: str) -> Iterator[str]:
    """Its address, from `with` to its end; it must end by itself within 10 s of SIGTERM."""
    environment = {**os.environ, **settings.environment()}
    file = address_file(settings)
    file.unlink(missing_ok=True)
    with log.open("ab") as out:
        child = subprocess.Popen(
            [sys.executable, *(command or ("-m", "connectors.push"))], env=environment, stdout=out, stderr=out
        )
    try:
        until(lambda: file.exists() and bool(file.read_text()), seconds=20, what=f"the push server listens, see {log}")
        yield file.read_text().strip()
        child.terminate()
        assert child.wait(10) == 0, log.read_text()
    finally:
        child.kill()
        child.wait()
