"""Step 4, `alert`: for which rules does a document hold?

Reads `news.documents`; one match for each rule that holds and each tracked figure that it is about, sent to
`news.matches`. Matching is stateless and happens when the item arrives, never by a window over its publication time.
`pipeline.rules.match` decides; here is what follows the topics.
"""

import asyncio
import gc
from collections.abc import Callable, Sequence

from pipeline.decision import Output, opened
from pipeline.figures import TrackedFigures
from pipeline.rules.book import RuleBook
from pipeline.rules.match import matches
from pipeline.rules.registry import LiveRules
from schemas.codec import now
from schemas.document import Document
from schemas.message import Message
from schemas.settings import Settings
from schemas.topics import MATCHES


class Alerter:
    """Handles batches of documents."""

    company_seconds = 0.05

    def __init__(self, settings: Settings) -> None:
        self._book = RuleBook()
        self._tracked = TrackedFigures(settings)
        self._rules = LiveRules(settings, self._book.change)

    async def start(self) -> None:
        """Wait until every figure and rule is known, or the first items would pass unseen."""
        await asyncio.to_thread(self._tracked.wait)
        await asyncio.to_thread(self._rules.wait)
        # What is known by now stays; the collector need not walk through it again and again.
        gc.collect()
        gc.freeze()

    async def handle(self, messages: Sequence[Message], stopping: Callable[[], bool]) -> list[Output] | None:
        """The matches of these documents."""
        del stopping
        outputs = []
        for message in messages:
            if message.value is None:
                continue
            document = opened("alert", message, Document)
            if isinstance(document, Output):
                outputs.append(document)
                continue
            found = matches(document, self._tracked.by_id(), self._book.index, now())
            outputs.extend(Output(MATCHES, match.rule_id, match.encode()) for match in found)
        return outputs

    async def stop(self) -> None:
        """Stop following."""
        self._tracked.close()
        self._rules.close()
