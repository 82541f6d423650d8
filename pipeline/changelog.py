"""The rows of a step: in their changelog first, on this disk after.

Faust writes a row to the disk at once and sends it to the changelog some 20 ms later. Killed between the two, a worker
finds its own row when the record comes again, and never sends it: whoever takes the partition over does not know the
item, and what counts the rows of the changelog misses one. So a step does not write through Faust's table. Its rows are
sent, kept in memory until Kafka has them, and only then written to the disk together with the offset up to which the
disk follows the changelog: at every moment the disk is an exact prefix of it, from which Faust reads on after a start.
"""

import asyncio
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from typing import Any

import msgspec
from rocksdict import WriteBatch

from pipeline.tables import rows_of

REBALANCED_SECONDS = 0.01

Row = tuple[str, bytes | None]


class Fresh(msgspec.Struct, frozen=True, eq=False):
    """A row that was decided and is not on the disk yet; None deletes."""

    partition: int
    key: str
    value: bytes | None


class Table:
    """What a step has decided, by partition and key.

    Lookups see every row from the moment it was decided. `table` is Faust's own of the same name, which is recovered
    from the changelog when partitions are assigned and is not written to otherwise.
    """

    def __init__(self, app: Any, table: Any) -> None:  # noqa: ANN401
        self._app = app
        self._table = table
        self._store = table.data
        # Faust's own walk ends at a damaged file as if no more rows were: a step would go on without what it knew.
        self._store._visible_items = lambda opened: rows_of(opened, self._store.offset_key)  # noqa: SLF001
        self._fresh: dict[tuple[int, str], Fresh] = {}
        self._held: list[tuple[Fresh, int]] = []
        self._moved = True
        app.on_partitions_revoked.connect(self._partitions_move, weak=False)
        app.on_partitions_assigned.connect(self._partitions_move, weak=False)

    @property
    def moved(self) -> bool:
        """Whether partitions came or went since the last `reopen`."""
        return self._moved

    def lookup(self, partition: int, key: str) -> bytes | None:
        """The row of that key, or None.

        Raises:
            Exception: a file is damaged (`pipeline.tables.is_damage`).
        """
        fresh = self._fresh.get((partition, key))
        if fresh is not None:
            return fresh.value
        found: bytes | None = self._database(partition).get(key.encode())
        return found

    def items(self) -> Iterator[tuple[str, bytes]]:
        """Every row on this disk of the partitions that are this worker's.

        Raises:
            Exception: a file is damaged (`pipeline.tables.is_damage`).
        """
        return ((key.decode(), row) for key, row in self._table.items())

    def decided(self, partition: int, rows: Iterable[Row]) -> list[Fresh]:
        """Rows for a partition; from now on lookups see them. They are to be sent and kept in this order."""
        fresh = [Fresh(partition, key, value) for key, value in rows]
        for row in fresh:
            self._fresh[partition, row.key] = row
        return fresh

    async def send(self, row: Fresh) -> Awaitable[Any]:
        """Send a row to the changelog; what is returned gives its offset there once Kafka has it."""
        sent: Awaitable[Any] = await self._app.producer.send(
            self._table.changelog_topic_name, row.key.encode(), row.value, row.partition, None, None
        )
        return sent

    def keep(self, rows: Sequence[Fresh], offsets: Sequence[int]) -> None:
        """Write rows to the disk that Kafka has at these offsets.

        While partitions move the disk is Faust's: it follows the changelog by itself, and these wait for `reopen`.
        """
        if self._moved:
            self._held += zip(rows, offsets, strict=True)
        elif rows:
            self._write(rows, offsets[-1])

    async def reopen(self) -> None:
        """Take the disk over once Faust has recovered it; nothing may be on its way (`Settler.idle`)."""
        while self._app.rebalancing:  # noqa: ASYNC110 - Faust tells it by this flag alone
            await asyncio.sleep(REBALANCED_SECONDS)
        self._moved = False
        held, self._held = self._held, []
        for row, offset in held:
            # What was in the changelog when Faust looked how far it goes is on the disk, or what followed it is.
            if self.is_mine(row.partition) and offset > self._followed(row.partition):
                self._write([row], offset)
        self._fresh.clear()

    def is_mine(self, partition: int) -> bool:
        """Whether a partition is this worker's since the last `reopen`."""
        return (self._table.changelog_topic_name, partition) in self._app.assignor.assigned_actives()

    async def _partitions_move(self, *_args: object, **_more: object) -> None:
        self._moved = True

    def _write(self, rows: Sequence[Fresh], offset: int) -> None:
        """One atomic write: rows of one partition, and how far the disk follows."""
        batch = WriteBatch(raw_mode=True)
        for row in rows:
            if row.value is None:
                batch.delete(row.key.encode())
            else:
                batch.put(row.key.encode(), row.value)
        batch.put(self._store.offset_key, b"%d" % offset)
        self._database(rows[0].partition).write(batch)
        for row in rows:
            if self._fresh.get((row.partition, row.key)) is row:
                del self._fresh[row.partition, row.key]

    def _followed(self, partition: int) -> int:
        """The last offset of the changelog that the disk has, -1 of none."""
        offset = self._database(partition).get(self._store.offset_key)
        return -1 if offset is None else int(offset)

    def _database(self, partition: int) -> Any:  # noqa: ANN401
        return self._store._db_for_partition(partition)  # noqa: SLF001 - Faust's own writes need its current event
