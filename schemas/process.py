"""How a process of Kabar's ends with the launcher that started it, even when that was killed."""

import os
import sys
import threading
from pathlib import Path

LAUNCHED = "--launched"


def follow_launcher() -> None:
    """End this process at once when the launcher's end of standard input closes, if it was started by one.

    The kernel closes the pipe however the launcher ended, so a killed launcher leaves no orphan, on every platform.
    """
    if LAUNCHED in sys.argv:
        threading.Thread(target=_wait, name="launcher", daemon=True).start()


def say_ready(data_dir: Path, name: str) -> None:
    """Tell the launcher that this process does its work from now on."""
    path = ready_file(data_dir, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(str(os.getpid()))


def ready_file(data_dir: Path, name: str) -> Path:
    """The file that says so."""
    return own_folder(data_dir, name) / "ready"


def own_folder(data_dir: Path, name: str) -> Path:
    """Where a process keeps what is its own; it need not be there yet."""
    return data_dir / "agents" / name


def _wait() -> None:
    while os.read(0, 1024):
        pass
    os._exit(0)
