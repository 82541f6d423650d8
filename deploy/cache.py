"""The folder that keeps what was downloaded and unpacked: per user, or for the machine where root starts it."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from deploy import accounts
from deploy.errors import Unreachable, translated

ROOT_CACHE = Path("/var/cache/kabar")
SETTING = "KABAR_CACHE_DIR"


def directory() -> Path:
    """The cache folder, made when it is missing: `KABAR_CACHE_DIR`, or the platform's own place.

    Root has `/var/cache/kabar`, since the user who runs Elasticsearch cannot enter root's home.

    Raises:
        Unreachable: it cannot be made, or the user who runs Elasticsearch cannot enter it.
    """
    given = os.environ.get(SETTING)
    account = accounts.service_account()
    if given:
        folder = Path(given).expanduser().absolute()
    elif account is not None:
        folder = ROOT_CACHE
    else:
        folder = platformdirs.user_cache_path("kabar")
    with translated(folder):
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        if account is not None and folder.stat().st_uid == 0:
            folder.chmod(folder.stat().st_mode | 0o755)  # Root's umask may have closed it.
    if account is not None and not accounts.can_enter(folder, account):
        raise Unreachable(
            f"The user {account.name}, who runs Elasticsearch because root may not, cannot enter {folder}:"
            f" set {SETTING} to a folder that is open to all, such as {ROOT_CACHE}, or start Kabar as a normal user."
        )
    return folder


@contextmanager
def locked(folder: Path, progress: Callable[[str], None] | None = None) -> Iterator[None]:
    """Holds the cache for this process alone; waits for another one that does.

    The lock is the kernel's and ends with the process that holds it, so a crash leaves none behind.
    """
    with translated(folder), (folder / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if progress is not None:
                progress("Waiting for another start that is filling the cache")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
