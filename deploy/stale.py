"""One launcher for each data folder, and an end to what a killed launcher left running on it."""

import contextlib
import fcntl
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from deploy.errors import DataInUse, translated

SUFFIX = ".pid"
PATIENCE_SECONDS = 15.0


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Holds `folder` for this launcher, until the block ends or the process does.

    Raises:
        DataInUse: another launcher holds it.
    """
    with translated(folder):
        folder.mkdir(parents=True, exist_ok=True)
        handle = (folder / ".lock").open("w")
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DataInUse(
                f"Another Kabar runs on the data in {folder}: stop it first, or set KABAR_DATA_DIR to another folder."
            ) from error
        yield


def end_stale(pid_path: Path, marker: str) -> bool:
    """Ends the process that a pid file names, if it is still ours; the caller holds `claimed`.

    A number may belong to another program by now, so it is stopped only when `marker` stands in its command line.
    Its guardian is most likely ending it already; it is given `PATIENCE_SECONDS`, then killed.

    Returns:
        Whether there was one.
    """
    try:
        noted = json.loads(pid_path.read_text(encoding="utf-8"))
        process = psutil.Process(int(noted["child"]))
        ours = any(marker in part for part in process.cmdline())
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        ours = False
    if ours:
        _end(process)
    with contextlib.suppress(OSError):
        pid_path.unlink(missing_ok=True)
    return ours


def _end(process: psutil.Process) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    with contextlib.suppress(psutil.NoSuchProcess):
        process.terminate()
        while _runs(process) and time.monotonic() < deadline:
            time.sleep(0.05)
        if _runs(process):
            process.kill()
            while _runs(process):
                time.sleep(0.05)


def _runs(process: psutil.Process) -> bool:
    # Not `Process.wait`: what is not our child may stay a zombie until its own parent looks.
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
