"""Where the rows of windows are when there is no Faust table: in a dict, or in a folder that goes with the program."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol, Self

from rocksdict import Options, Rdict, WriteOptions

from pipeline.stories.state import Outcome
from pipeline.stories.window import Window
from schemas.document import Enriched


class Rows(Protocol):
    """Bytes by key."""

    def get(self, key: str) -> bytes | None:
        """What was put last under the key."""

    def put(self, key: str, value: bytes | None) -> None:
        """Put something there; None deletes."""


class InMemory:
    """Rows in a dict, for runs of a few thousand items."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        """What was put last under the key."""
        return self.kept.get(key)

    def put(self, key: str, value: bytes | None) -> None:
        """Put something there; None deletes."""
        if value is None:
            self.kept.pop(key, None)
        else:
            self.kept[key] = value


class OnDisk:
    """Rows in a RocksDB in a temporary folder, as many as the disk holds. Close it, or use it in a `with`."""

    def __init__(self, folder: Path | None = None) -> None:
        self._temporary = None if folder else TemporaryDirectory(prefix="kabar-")
        options = Options(raw_mode=True)
        options.set_write_buffer_size(16 << 20)
        self._db = Rdict(str(folder or Path(self._temporary.name if self._temporary else "") / "rows"), options)
        if self._temporary:  # nothing is read after a crash of what goes with the program
            unlogged: Any = WriteOptions()
            unlogged.disable_wal = True
            self._db.set_write_options(unlogged)

    def get(self, key: str) -> bytes | None:
        """What was put last under the key."""
        value: Any = self._db.get(key.encode())
        return None if value is None else bytes(value)

    def put(self, key: str, value: bytes | None) -> None:
        """Put something there; None deletes."""
        if value is None:
            self._db.delete(key.encode())
        else:
            self._db[key.encode()] = value

    def items(self) -> Iterator[tuple[str, bytes]]:
        """All rows, by key."""
        pairs: Any = self._db.items()
        for key, value in pairs:
            yield key.decode(), value

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the folder back."""
        self._db.close()
        if self._temporary is not None:
            self._temporary.cleanup()


def decide(window: Window, enriched: Enriched, number: int, rows: Rows) -> Outcome:
    """Decide about an event and write what follows, as the agent does."""
    outcome = window.decide(enriched, number, rows.get)
    for key, row in outcome.rows.items():
        rows.put(key, row)
    return outcome
