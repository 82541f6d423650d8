"""When something falls due, though nothing comes: read from the rows at the start, kept in memory.

What falls due becomes a record of `news.timers` with the rule's key, so that a timer is decided like a match: in order,
and again the same after a crash.
"""

import heapq
from collections.abc import Iterable

from pipeline.decision import Output
from pipeline.notify.rows import ACTIVITY, COUNT, HELD, ActivityRow, CountRow, HeldRow, decode
from schemas.rule import Tick
from schemas.topics import TIMERS


class Timers:
    """What is set, the soonest first."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, str, str]] = []

    def set(self, due_ms: int, rule_id: str, row: str) -> None:
        """Something of this row falls due then. A time that was set before it stays, and will find another time."""
        heapq.heappush(self._heap, (due_ms, rule_id, row))

    def due(self, now_ms: int) -> list[Output]:
        """A tick for each that has fallen due, which are set no more."""
        ticks = []
        while self._heap and self._heap[0][0] <= now_ms:
            due_ms, rule_id, row = heapq.heappop(self._heap)
            tick = Tick(rule_id=rule_id, row=row, due_ms=due_ms)
            ticks.append(Output(TIMERS, rule_id, tick.encode()))
        return ticks

    def next_ms(self) -> int | None:
        """When the next one falls due, or None."""
        return self._heap[0][0] if self._heap else None

    def restore(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Set what these rows of the table say, and nothing else."""
        self._heap = []
        for key, data in rows:
            if key.startswith(HELD):
                due_ms, rule_id = decode(HeldRow, data).due_ms, key.removeprefix(HELD)
            elif key.startswith(COUNT):
                row = decode(CountRow, data)
                due_ms, rule_id = row.due_ms, row.match.rule_id
            elif key.startswith(ACTIVITY):
                activity = decode(ActivityRow, data)
                due_ms, rule_id = activity.due_ms, rule_of(key)
            else:
                continue
            if due_ms:
                self._heap.append((due_ms, rule_id, key))
        heapq.heapify(self._heap)


def activity_key(rule_id: str, figure_id: str) -> str:
    """The key of a row of activity."""
    return f"{ACTIVITY}{len(rule_id)}/{rule_id}/{figure_id}"


def rule_of(key: str) -> str:
    """The rule of a row of activity. Ids may hold slashes, so the key says how long the rule's is."""
    length, _, rest = key.removeprefix(ACTIVITY).partition("/")
    return rest[: int(length)]
