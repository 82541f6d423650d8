"""Step 4, `alert`: does a document name someone who is tracked?

Reads `news.documents`; one match for each tracked figure that a document mentions, sent to `news.matches`. Matching
is stateless and happens when the item arrives, never by a window over its publication time.
"""

import asyncio
from collections.abc import Callable, Sequence

from pipeline.decision import Output, opened
from pipeline.figures import TrackedFigures
from schemas.alert import Figure, Match
from schemas.broker import Message
from schemas.codec import now
from schemas.document import Document, Mention
from schemas.topics import MATCHES

EXCERPT_SIDE = 120
FIELD_ORDER = {"title": 0, "summary": 1, "body": 2}


class Alerter:
    """Handles batches of documents."""

    def __init__(self, tracked: TrackedFigures) -> None:
        self._tracked = tracked

    async def start(self) -> None:
        """Wait until every figure is known, or the first items would pass unseen."""
        await asyncio.to_thread(self._tracked.wait)

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
            found = matches(document, self._tracked.by_id())
            outputs.extend(Output(MATCHES, match.rule_id, match.encode()) for match in found)
        return outputs

    async def stop(self) -> None:
        """Stop following the figures."""
        self._tracked.close()


def matches(document: Document, figures: dict[str, Figure]) -> list[Match]:
    """One match for each tracked figure in a document, at its most prominent mention: title, then lead, then body."""
    best: dict[str, Mention] = {}
    for mention in document.enriched.mentions:
        if mention.entity_id in figures:
            known = best.get(mention.entity_id)
            if known is None or _prominence(mention) < _prominence(known):
                best[mention.entity_id] = mention
    return [_match(document, figures[figure_id], mention) for figure_id, mention in best.items()]


def _prominence(mention: Mention) -> tuple[int, int]:
    return FIELD_ORDER[mention.field], mention.start


def _match(document: Document, figure: Figure, mention: Mention) -> Match:
    enriched = document.enriched
    item = enriched.item
    text: str = getattr(item, mention.field)
    begin, end = max(0, mention.start - EXCERPT_SIDE), min(len(text), mention.end + EXCERPT_SIDE)
    return Match(
        rule_id=f"figure:{figure.id}",
        figure_id=figure.id,
        figure_name=figure.name,
        item_id=item.id,
        revision=enriched.revision,
        story_id=document.placement.story_id,
        quiet=enriched.quiet,
        field=mention.field,
        surface=mention.text,
        excerpt=text[begin:end],
        excerpt_start=mention.start - begin,
        excerpt_end=mention.end - begin,
        why=mention.why,
        title=item.title,
        url=item.url,
        source=item.source_name or item.source,
        language=enriched.language,
        published_at=item.published_at,
        first_seen_at=enriched.first_seen_at,
        matched_at=now(),
    )
