"""Lexicons in files: built once, by a process of its own, then mapped by every process that needs them.

A file is named by a hash of the names and of the code that makes it, so that one of other names or another version is
never taken for it. It begins with a mark, then says which arrays follow and how long it is.
"""

import contextlib
import fcntl
import gc
import hashlib
import mmap
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import platformdirs

from pipeline.entities.keys import Arrays
from pipeline.entities.lexicon import Lexicon
from pipeline.entities.names import names_of
from pipeline.knowledge import Entity

_MARK: Final = b"kabar names 1\n\0\0"
_ALIGNED: Final = 64
_KEPT: Final = 3
_LARGEST: Final = 2**62
_BUILD: Final = "import sys, pathlib, pipeline.entities.stored as s; s.build(*map(pathlib.Path, sys.argv[1:]))"
_SOURCES: Final = (
    "automaton.py", "boundaries.py", "columns.py", "endings.tsv", "forms.py", "inflect.py", "keys.py", "lexicon.py",
    "names.py", "normalise.py", "stored.py",
)  # fmt: skip


class _Array(msgspec.Struct, frozen=True, array_like=True):
    name: str
    type: str
    begin: int
    count: int


class _Contents(msgspec.Struct, frozen=True, array_like=True):
    size: int
    arrays: tuple[_Array, ...]


class Damaged(Exception):
    """A file is no whole lexicon."""


def lexicon_of(entities: Sequence[Entity], folder: Path | None = None) -> Lexicon:
    """The lexicon of these entities' names: from its file, else built by another process and kept in one.

    `folder` is by default one in the user's cache. Where it cannot be written, or the process fails, the lexicon is
    built here and kept in memory.
    """
    folder = folder or Path(platformdirs.user_cache_dir("kabar")) / "names"
    data = msgspec.msgpack.encode(entities)
    file = folder / f"{_fingerprint(data)}.names"
    with contextlib.suppress(OSError, Damaged):
        return read(file)
    with contextlib.suppress(OSError, Damaged, subprocess.CalledProcessError):
        with _alone(folder):
            if not file.exists():
                _build_apart(data, file)
        found = read(file)
        _forget_old(folder, file)
        return found
    return Lexicon.of(names_of(entities))


def read(file: Path) -> Lexicon:
    """The lexicon in a file, which is mapped, not read: what is not asked for costs no memory, and processes share it.

    Raises:
        OSError: it is not there.
        Damaged: it is cut off, or something else.
    """
    with file.open("rb") as opened:
        if os.fstat(opened.fileno()).st_size <= len(_MARK) + 8:
            raise Damaged(file)
        mapped = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
    begin = len(_MARK) + 8
    length = int.from_bytes(mapped[len(_MARK) : begin], "little")
    try:
        contents = msgspec.msgpack.decode(mapped[begin : begin + length], type=_Contents)
        if mapped[: len(_MARK)] != _MARK or contents.size != len(mapped):
            raise Damaged(file)
        arrays = {one.name: np.frombuffer(mapped, one.type, one.count, one.begin) for one in contents.arrays}
        return Lexicon(arrays)
    except (msgspec.DecodeError, ValueError, KeyError, TypeError) as error:
        raise Damaged(file) from error


def write(file: Path, arrays: Arrays) -> None:
    """Write a lexicon's arrays so that a reader sees all of them or no file."""
    listed: list[_Array] = []
    # The contents are never longer than with the largest numbers.
    longest = tuple(_Array(name, array.dtype.str, _LARGEST, _LARGEST) for name, array in arrays.items())
    position = _up(len(_MARK) + 8 + len(msgspec.msgpack.encode(_Contents(_LARGEST, longest))))
    for name, array in arrays.items():
        listed.append(_Array(name, array.dtype.str, position, array.size))
        position = _up(position + array.nbytes)
    contents = msgspec.msgpack.encode(_Contents(position, tuple(listed)))
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as target:
            target.write(_MARK + len(contents).to_bytes(8, "little") + contents)
            for one in listed:
                target.seek(one.begin)
                target.write(np.ascontiguousarray(arrays[one.name]).data)
            target.truncate(position)
        Path(name).replace(file)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _up(position: int) -> int:
    return -(-position // _ALIGNED) * _ALIGNED


def _build_apart(data: bytes, file: Path) -> None:
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=".entities-") as given:
        given.write(data)
        given.flush()
        command = [sys.executable, "-c", _BUILD, given.name, str(file)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)  # noqa: S603 - this very program


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time build: the others find its file then."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _forget_old(folder: Path, file: Path) -> None:
    """Keep the newest files and this one; who has mapped an older one goes on with it."""
    newest = sorted(folder.glob("*.names"), key=lambda one: one.stat().st_mtime, reverse=True)
    for old in newest[_KEPT:]:
        if old != file:
            old.unlink(missing_ok=True)


def _fingerprint(data: bytes) -> str:
    digest = hashlib.blake2b(_code(), digest_size=16)
    digest.update(data)
    return digest.hexdigest()


@lru_cache(maxsize=1)
def _code() -> bytes:
    whole = hashlib.blake2b(f"{np.__version__} {sys.byteorder}".encode())
    for source in _SOURCES:
        whole.update((files("pipeline.entities") / source).read_bytes())
    return whole.digest()


def build(source: Path, target: Path) -> None:
    """Build the file of the entities that are in another; what the other process does."""
    gc.disable()  # a third of the time would go into looking at millions of names, of which none is garbage
    entities = msgspec.msgpack.decode(source.read_bytes(), type=tuple[Entity, ...])
    write(target, Lexicon.of(names_of(entities)).arrays())
