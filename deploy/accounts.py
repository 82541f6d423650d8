"""The user that Elasticsearch runs as, and which folders that user can reach.

Elasticsearch refuses to run as root. Where the launcher is root, the server is started as `nobody`, who must be able
to read the distribution and the Java runtime, and to write only its own folder.
"""

import hashlib
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from deploy.errors import Unsupported

NAME = "nobody"
ORIGIN = "origin.txt"


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine, by name and numbers."""

    name: str
    uid: int
    gid: int


def is_root() -> bool:
    """Whether this process runs as root."""
    return os.geteuid() == 0


def service_account() -> Account | None:
    """Who Elasticsearch is to run as; None where it is the launcher's own user.

    Raises:
        Unsupported: root, and the machine has no user `nobody`.
    """
    if not is_root():
        return None
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError as error:
        raise Unsupported(
            f"Elasticsearch refuses to run as root and this machine has no user {NAME}:"
            " start Kabar as a normal user, or add that user."
        ) from error
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _allows(path: Path, account: Account, owner: int, group: int, other: int) -> bool:
    status = path.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & owner)
    if status.st_gid == account.gid:
        return bool(status.st_mode & group)
    return bool(status.st_mode & other)


def can_enter(path: Path, account: Account | None) -> bool:
    """Whether `account` may pass through every folder from the root to `path`, itself included.

    Access lists are not looked at: where only they allow it, the answer is no and a copy is made.
    """
    if account is None:
        return True
    path = path.resolve()
    folders = (path, *path.parents)
    return all(
        _allows(folder, account, stat.S_IXUSR, stat.S_IXGRP, stat.S_IXOTH) for folder in folders if folder.is_dir()
    )


def can_read(path: Path, account: Account | None) -> bool:
    """Whether `account` may read the file `path` and every folder above it."""
    if account is None:
        return True
    path = path.resolve()
    readable = _allows(path, account, stat.S_IRUSR, stat.S_IRGRP, stat.S_IROTH)
    return readable and can_enter(path.parent, account)


def give(path: Path, account: Account | None) -> None:
    """Makes `path` and all below it the account's own."""
    if account is None:
        return
    for entry in (path, *path.rglob("*")):
        os.chown(entry, account.uid, account.gid, follow_symlinks=False)


def own_folder(path: Path, account: Account | None) -> Path:
    """A folder for the account's files, at `path` or, where the account cannot get there, linked from it.

    Root's data often lies below a folder that is closed to others, such as root's home. Opening that folder is not
    for Kabar to do, so the files then live below `/var/lib/kabar-nodes` and `path` becomes a link to them.
    """
    if path.is_symlink() and not path.exists():
        path.unlink()
    path.parent.mkdir(parents=True, exist_ok=True)
    if not can_enter(path.parent, account) and not path.is_symlink():
        place = _outside(path)
        place.mkdir(parents=True, exist_ok=True)
        for folder in (place, place.parent, place.parent.parent):
            folder.chmod(0o755)
        if path.is_dir():  # From a start under another user.
            shutil.copytree(path, place, dirs_exist_ok=True)
            shutil.rmtree(path)
        path.symlink_to(place)
        # After the link: `sweep` of another launcher looks only at folders with this file.
        (place.parent / ORIGIN).write_text(str(path.absolute()), encoding="utf-8")
    real = path.resolve()
    real.mkdir(exist_ok=True)
    real.chmod(0o755)
    if account is not None:
        os.chown(real, account.uid, account.gid)
    return real


def _store() -> Path:
    base = Path("/var/lib")
    return (base if os.access(base, os.W_OK) else Path(tempfile.gettempdir())) / "kabar-nodes"


def _outside(path: Path) -> Path:
    return _store() / hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:16] / "node"


def sweep() -> None:
    """Deletes folders made by `own_folder` for a temporary data folder that was deleted.

    Elsewhere a missing link may only mean that a disk is not mounted; those are kept.
    """
    temporary = Path(tempfile.gettempdir()).resolve()
    for origin in _store().glob(f"*/{ORIGIN}"):
        link = Path(origin.read_text(encoding="utf-8"))
        if link.is_relative_to(temporary) and not (
            link.is_symlink() and link.resolve() == (origin.parent / "node").resolve()
        ):
            shutil.rmtree(origin.parent, ignore_errors=True)
