"""Whose turn it is: for each host a line of items, live ones before those of a backfill. Pure but for `drop`."""

import asyncio
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from schemas.page import Lane, Wanted


@dataclass(slots=True, kw_only=True)
class Waiting:
    """One record of `news.wanted` in a line.

    `since` is when it came, on the loop's clock; `told` that it went late; `fetching` the task that asks for it now.
    """

    wanted: Wanted
    host: str
    partition: int
    offset: int
    since: float
    tries: int = 0
    told: bool = False
    fetching: "asyncio.Task[None] | None" = None

    @property
    def lane(self) -> Lane:
        """Where its page goes."""
        return "quiet" if self.wanted.quiet else "live"


@dataclass(slots=True)
class Line:
    """One host's line. `free_at` is when it may be asked again; `busy` that it is being asked now.

    Until `shut_until` nobody waits for it: it asked to be left alone for long.
    """

    live: deque[Waiting] = field(default_factory=deque)
    quiet: deque[Waiting] = field(default_factory=deque)
    free_at: float = 0.0
    shut_until: float = 0.0
    busy: bool = False

    def first(self) -> Waiting | None:
        """Who is next."""
        return next(iter(self.live or self.quiet), None)

    def leave(self, waiting: Waiting) -> None:
        """Take one out, wherever it stands."""
        line = self.quiet if waiting.wanted.quiet else self.live
        if waiting in line:
            line.remove(waiting)

    def rest(self, until: float, *, shut: bool) -> None:
        """The host is not asked before this moment; with `shut` nobody waits for it."""
        self.free_at = max(self.free_at, until)
        self.shut_until = max(self.shut_until, until) if shut else self.shut_until

    def drop(self, partition: int) -> None:
        """Forget what came from a partition that another worker has now, and let go of the host at once."""
        for line in (self.live, self.quiet):
            for waiting in line:
                if waiting.partition == partition and waiting.fetching:
                    waiting.fetching.cancel()
            kept = [waiting for waiting in line if waiting.partition != partition]
            line.clear()
            line.extend(kept)


@dataclass(slots=True)
class Lines:
    """All lines of this worker."""

    by_host: dict[str, Line] = field(default_factory=dict)

    def of(self, host: str) -> Line:
        """This host's line."""
        return self.by_host.setdefault(host, Line())

    def add(self, waiting: Waiting, not_before: float = 0.0) -> None:
        """Put one at the end of its host's line, which is not asked before that moment."""
        line = self.of(waiting.host)
        line.rest(not_before, shut=False)
        (line.quiet if waiting.wanted.quiet else line.live).append(waiting)

    def due(self, now: float) -> Iterator[tuple[Line, Waiting]]:
        """The first of each line whose host may be asked now; lines that are empty and free are forgotten."""
        for host, line in list(self.by_host.items()):
            first = line.first()
            if first is None and not line.busy and max(line.free_at, line.shut_until) <= now:
                del self.by_host[host]
            elif first is not None and not line.busy and line.free_at <= now:
                yield line, first

    def shut(self, now: float) -> Iterator[tuple[Line, Waiting]]:
        """Everybody in a line whose host asked to be left alone."""
        for line in self.by_host.values():
            if line.shut_until > now and not line.busy:
                yield from ((line, waiting) for waiting in (*line.live, *line.quiet))

    def late(self, now: float, patience: float) -> Iterator[Waiting]:
        """Live items that have waited so many seconds, each once."""
        for line in self.by_host.values():
            for waiting in line.live:
                if now - waiting.since < patience:
                    break  # they stand in the order in which they came
                if not waiting.told:
                    waiting.told = True
                    yield waiting

    def drop(self, partition: int) -> None:
        """Forget what came from a partition that another worker has now."""
        for line in self.by_host.values():
            line.drop(partition)


@dataclass(slots=True)
class Positions:
    """How far each partition is done: up to the first record that is not, in whatever order they are."""

    _open: dict[int, dict[int, bool]] = field(default_factory=dict)
    _next: dict[int, int] = field(default_factory=dict)

    def begin(self, partition: int, offset: int) -> None:
        """A record is under way."""
        self._open.setdefault(partition, {})[offset] = False

    def done(self, partition: int, offset: int) -> None:
        """A record is done; of a partition that was dropped it means nothing."""
        records = self._open.get(partition)
        if records is None or offset not in records:
            return
        records[offset] = True
        while records and records[first := next(iter(records))]:
            del records[first]
            self._next[partition] = first + 1

    def moved(self) -> dict[int, int]:
        """The next offset to read of each partition that moved since it was last committed."""
        return dict(self._next)

    def committed(self, moved: Mapping[int, int]) -> None:
        """These are known to Kafka."""
        self._next = {partition: offset for partition, offset in self._next.items() if moved.get(partition) != offset}

    def under_way(self) -> int:
        """How many records are not done."""
        return sum(len(records) for records in self._open.values())

    def drop(self, partition: int) -> None:
        """Forget a partition."""
        self._open.pop(partition, None)
        self._next.pop(partition, None)
