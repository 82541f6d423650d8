"""What can go wrong with the embedded servers. Every message is one sentence that says what to do.

DeployError
├── NoNetwork          an artifact could not be fetched
├── ChecksumMismatch   what was fetched is not what the lock file names
├── DiskFull           too little space for the artifacts or the data
├── PortInUse          a port that was asked for is taken
├── Unreachable        the user who runs Elasticsearch cannot enter a folder
├── DataInUse          another launcher runs on the same data folder
├── Unsupported        this machine lacks something that has no replacement
├── ServerFailed       a server ended, or was not ready in time; quotes its last error
└── Cancelled          the start was given up from another thread
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class DeployError(RuntimeError):
    """The embedded servers cannot be started; the message is for the user, as it is."""


class NoNetwork(DeployError):
    """An artifact could not be fetched."""


class ChecksumMismatch(DeployError):
    """What was fetched is not what the lock file names."""


class DiskFull(DeployError):
    """Too little space for the artifacts or the data."""


class PortInUse(DeployError):
    """A port that was asked for is taken."""


class Unreachable(DeployError):
    """The user who runs Elasticsearch cannot enter a folder that it needs."""


class DataInUse(DeployError):
    """Another launcher runs on the same data folder."""


class Unsupported(DeployError):
    """This machine lacks something that has no replacement."""


class ServerFailed(DeployError):
    """A server ended, or was not ready in time."""


class Cancelled(DeployError):
    """The start was given up."""


@contextmanager
def translated(folder: Path) -> Iterator[None]:
    """Turns what the file system refuses below `folder` into errors that say what to do.

    Raises:
        DiskFull: no space or quota left.
        Unreachable: not permitted, or a read-only file system.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"The disk that holds {folder} is full: free about 1 GB there and start again.") from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise Unreachable(
                f"Kabar may not write to {error.filename or folder}: give it another folder"
                " (KABAR_DATA_DIR for data, KABAR_CACHE_DIR for what is downloaded)."
            ) from error
        raise
