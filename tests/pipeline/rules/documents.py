"""Documents for tests of rules: made by the real language detection and recognition from a few words."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from pipeline.enrich import understand
from pipeline.entities import Recogniser
from pipeline.knowledge import load
from schemas.document import Document, Enriched, Placement
from schemas.item import Item

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@lru_cache(maxsize=1)
def recogniser() -> Recogniser:
    """All that is known, nobody tracked."""
    return Recogniser(load().entities)


OF_ENRICHED = ("revision", "quiet", "headline_before", "first_seen_at")


def document(
    title: str = "",
    body: str = "",
    *,
    story: str = "s-1",
    event: str | None = None,
    with_: Recogniser | None = None,
    **more: Any,  # noqa: ANN401 - any field
) -> Document:
    """A document of these texts; `more` are fields of the item, or of the enriched revision."""
    of_enriched = {name: more.pop(name) for name in OF_ENRICHED if name in more}
    item = Item(
        id=more.pop("id", "item-1"), source=more.pop("source", "demo"), fetched_at=AT, title=title, body=body,
        url=more.pop("url", "https://www.news.example/a"), **more,
    )  # fmt: skip
    known = understand(item, (with_ or recogniser()).mentions)
    enriched = Enriched(
        item=item, revision=of_enriched.pop("revision", 1), first_seen_at=of_enriched.pop("first_seen_at", AT),
        content_hash="", language=known.language, language_confidence=known.confidence, language_group=known.language,
        enriched_at=AT, mentions=known.mentions, **of_enriched,
    )  # fmt: skip
    return Document(enriched=enriched, placement=Placement(story_id=story, event_id=event), placed_at=AT)
