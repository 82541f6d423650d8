"""Where each file was left, beside the data: SQLite, so that a killed process leaves whole rows behind.

A row counts only for the file that it was written for: another size (unless it grew) or another time is another file.
"""

import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Self

from connectors.files.place import Place


class Journal:
    """The rows of one data directory. For one thread; close it at the end."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS places "
            "(path TEXT PRIMARY KEY, size INTEGER, changed INTEGER, offset INTEGER, number INTEGER, done INTEGER)"
        )

    def place(self, path: Path) -> Place:
        """Where to begin with this file: its beginning, or where it was left."""
        stat = path.stat()
        place = Place(str(path), size=stat.st_size)
        row = self._row(path)
        if row and row[:2] == (stat.st_size, stat.st_mtime_ns) and not row[4]:
            place.offset, place.number = row[2], row[3]
        return place

    def grown(self, path: Path) -> Place:
        """The same for a file that may only have been added to, such as a log: where it ended when it was read."""
        place = self.place(path)
        row = self._row(path)
        if row and row[4] and place.size > row[0] and row[2] <= place.size:
            place.offset, place.number = row[2], row[3]
        return place

    def is_done(self, path: Path) -> bool:
        """Whether this very file was read to its end."""
        stat = path.stat()
        row = self._row(path)
        return bool(row and row[4] and row[:2] == (stat.st_size, stat.st_mtime_ns))

    def keep(self, place: Place, *, done: bool = False) -> None:
        """Write down how far a file is."""
        path = Path(place.path)
        stat = path.stat()
        self._database.execute(
            "INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?, ?, ?)",
            (str(path.resolve()), place.size, stat.st_mtime_ns, place.offset, place.number, done),
        )

    def forget(self, path: Path) -> None:
        """A file that was read to its end may be given again."""
        self._database.execute("DELETE FROM places WHERE path = ?", (str(path.resolve()),))

    def _row(self, path: Path) -> tuple[int, int, int, int, int] | None:
        found: tuple[int, int, int, int, int] | None = self._database.execute(
            "SELECT size, changed, offset, number, done FROM places WHERE path = ?", (str(path.resolve()),)
        ).fetchone()
        return found

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()
