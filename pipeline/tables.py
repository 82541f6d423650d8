"""What RocksDB keeps of a step's table on this disk.

It is a copy: Kafka has the changelog. So where a disk that was full, or a machine that lost its power, has left files
that RocksDB refuses, they are thrown away, and Faust reads the table anew from its changelog.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import structlog
from rocksdict import Options, Rdict

# Left by a process that found damage while it ran: RocksDB looks at most of a table only when it is asked for.
_MARK: Final = "damaged"

log = structlog.get_logger()


def is_damage(error: BaseException) -> bool:
    """Whether RocksDB says that a file is damaged or gone; not that a disk is full, or that another process has it."""
    said = str(error)  # its binding raises no class of its own
    return said.startswith("Corruption") or ("No such file or directory" in said and said.startswith("IO error"))


def mark_damaged(folder: Path) -> None:
    """Have the tables in a step's folder thrown away at its next start."""
    (folder / _MARK).touch()


def rows_of(table: Any, but: bytes) -> Iterator[tuple[bytes, bytes]]:  # noqa: ANN401 - its binding has no types
    """Every row of an opened table but one, by key.

    Raises:
        Exception: a file is damaged (`is_damage`); the binding's own walks end there as if no more rows were.
    """
    place = table.iter()
    place.seek_to_first()
    while place.valid():
        key = place.key()
        if key != but:
            yield key, place.value()
        place.next()
    place.status()


def throw_away_damaged(folder: Path) -> list[Path]:
    """Remove the tables of a step that are damaged, and say so; before anything else opens them.

    Args:
        folder: the step's own, in which Faust keeps `v1/tables/NAME-PARTITION.db`.

    Returns:
        What was removed; nothing at a start without damage.

    Raises:
        OSError: it cannot be removed.
    """
    mark = folder / _MARK
    marked = mark.exists()
    removed = []
    for table in sorted(folder.glob("v*/tables/*.db")):
        reason = "it was damaged when it was read" if marked else _damage(table)
        if reason is not None:
            log.warning("a table is damaged and is read anew from its changelog", table=str(table), reason=reason)
            shutil.rmtree(table)
            removed.append(table)
    mark.unlink(missing_ok=True)
    return removed


def _damage(table: Path) -> str | None:
    try:
        Rdict(str(table), options=Options(raw_mode=True)).close()
    except Exception as error:  # noqa: BLE001 - its binding raises no class of its own
        return str(error) if is_damage(error) else None  # Faust meets what else there is, and says it
    return None
