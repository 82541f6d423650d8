"""Step 2, `stories`: what the Faust agent calls for each record of `news.enriched`, keyed by language group.

Its table holds one row an item. A window is rebuilt from the rows when its first record comes after a start or a
rebalance; a language group always lives in one partition, so its rows are all here.
"""

from collections import defaultdict
from datetime import timedelta

from pipeline.decision import Decision, Lookup, Output, opened
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

    def restore(self, rows: list[tuple[str, bytes]]) -> None:
        """Rebuild every window from the table's rows."""
        groups: dict[str, list[tuple[str, bytes | Row]]] = defaultdict(list)
        for key, data in rows:
            row = Row.decode(data)
            groups[row.group].append((key, row))
        self._windows = {group: Window.restore(group, found, self._span) for group, found in groups.items()}

    def decide(self, message: Message, lookup: Lookup) -> Decision:
        """The item's story and whether it repeats an earlier text."""
        del lookup  # the windows hold what the rows say
        if message.value is None:
            return Decision()
        enriched = opened("stories", message, Enriched)
        if isinstance(enriched, Output):
            return Decision(outputs=(enriched,))
        window = self._windows.get(enriched.language_group)
        if window is None:
            window = self._windows[enriched.language_group] = Window(enriched.language_group, self._span)
        outcome = window.decide(enriched, message.offset)
        document = Document(enriched=enriched, placement=outcome.placement, placed_at=now())
        return Decision(
            rows=tuple(outcome.rows.items()),
            outputs=(Output(DOCUMENTS, outcome.placement.story_id, document.encode()),),
        )
