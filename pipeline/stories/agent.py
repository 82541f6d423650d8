"""Step 2, `stories`: what the Faust agent calls for each record of `news.enriched`, keyed by language group.

Its table holds one row an item. A window is rebuilt from the rows when its first record comes after a start or a
rebalance; a language group always lives in one partition, so its rows are all here.
"""

from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from pipeline.decision import Decision, Lookup, Output, opened
from pipeline.stories.events import Events
from pipeline.stories.restoring import Restoring
from pipeline.stories.restoring_events import RestoringEvents
from pipeline.stories.state import Row
from pipeline.stories.window import Window
from schemas.codec import now
from schemas.document import Document, Enriched
from schemas.message import Message
from schemas.topics import DOCUMENTS


class StoryDecider:
    """Decides about records of `news.enriched`; `days` is how long a story stays open."""

    def __init__(self, days: float) -> None:
        self._span = timedelta(days=days)
        self._windows: dict[str, Window] = {}
        self._events = Events(self._span)
        self._turn: deque[str] = deque()  # of groups in which something may have expired
        self._tick = 0
        self._newest: datetime | None = None

    def restore(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Rebuild every window from the table's rows, which are read once."""
        self._events, groups = Events(self._span), dict[str, Restoring]()
        told = RestoringEvents()
        for key, data in rows:
            row = Row.decode(data)
            group = groups.get(row.group)
            if group is None:
                group = groups[row.group] = Restoring(row.group, self._span, self._events)
            group.add(key, row)
            told.add(row)
        told.give(self._events)
        self._windows = {group: restoring.window() for group, restoring in groups.items()}
        self._turn = deque(self._windows)

    def decide(self, message: Message, lookup: Lookup) -> Decision:
        """The item's story and whether it repeats an earlier text."""
        if message.value is None:
            return Decision()
        enriched = opened("stories", message, Enriched)
        if isinstance(enriched, Output):
            return Decision(outputs=(enriched,))
        window = self._windows.get(enriched.language_group)
        if window is None:
            window = self._windows[enriched.language_group] = Window(enriched.language_group, self._span, self._events)
            self._turn.append(enriched.language_group)
        window.partition = message.partition
        self._tick += 1
        outcome = window.decide(enriched, message.offset, lookup, self._tick)
        document = Document(enriched=enriched, placement=outcome.placement, placed_at=now())
        return Decision(
            rows=(*outcome.rows.items(), *self._expired(enriched, message.partition, lookup)),
            outputs=(Output(DOCUMENTS, outcome.placement.story_id, document.encode()),),
        )

    def _expired(self, enriched: Enriched, partition: int, lookup: Lookup) -> list[tuple[str, None]]:
        """Rows to delete of one other group, each in its turn: one in which nothing arrives would keep them for ever.

        Only of the same partition, since a table's row is written to the partition of the event at hand.
        """
        if self._newest is None or enriched.first_seen_at > self._newest:
            self._newest = enriched.first_seen_at
        self._turn.rotate(-1)
        window = self._windows[self._turn[0]]
        if window.group == enriched.language_group or window.partition != partition:
            return []
        return [(key, None) for key in window.expired(self._newest, self._tick, lookup)]
