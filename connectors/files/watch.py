"""A folder that is watched: files that appear or grow in it, each once.

Looked at by polling, which works on every kind of disk. A file is read when it has stood still from one look to the
next, so that none is read while it is being written; one that is moved in is whole from the start. JSON Lines that grow
go on where they ended; any other file that changed is read again, and what is unchanged in it stops at `enrich`.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from connectors.files.journal import Journal
from connectors.files.place import Place
from connectors.files.source import LINES, files_in, kind_of

LOOK_SECONDS = 1.0


def ready_files(
    folder: Path, journal: Journal, stop: Callable[[], bool], *, look_seconds: float = LOOK_SECONDS
) -> Iterator[Path]:
    """The files to read, one after the other, until `stop()`; a file counts as read once the journal says so."""
    before: dict[Path, tuple[int, int]] = {}
    while not stop():
        now: dict[Path, tuple[int, int]] = {}
        for file in files_in(folder):
            try:
                stat = file.stat()
                done = journal.is_done(file)
            except OSError:
                continue  # gone again
            now[file] = (stat.st_size, stat.st_mtime_ns)
            if not done and before.get(file) == now[file]:
                yield file
                if stop():
                    return
        before = now
        time.sleep(look_seconds)


def begin(journal: Journal, file: Path) -> Place:
    """Where to begin with a file that the watch found."""
    return journal.grown(file) if kind_of(file) in LINES else journal.place(file)
