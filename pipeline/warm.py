"""What a step would load with its first item, loaded before it says that it is ready."""

from datetime import UTC, datetime

from pipeline.enrich import FindMentions, understand
from pipeline.language import detect
from pipeline.stories.agent import StoryDecider
from schemas.document import Enriched
from schemas.item import Item
from schemas.message import Message
from schemas.topics import ENRICHED

_AT = datetime(2026, 1, 1, tzinfo=UTC)
# One text for each way in which texts are read: letters, letters with marks, scripts without spaces.
_TEXTS = (
    "The council of Linden approved the plans for a new library on Monday evening.",
    "Совет города одобрил в понедельник планы новой библиотеки.",
    "وافق مجلس المدينة يوم الاثنين على خطط المكتبة الجديدة.",
    "市议会星期一批准了新图书馆的计划。",
)


def warm_understanding(find_mentions: FindMentions) -> None:
    """Judge the language of a few texts, and the names of the first: each language's model costs memory once read."""
    first, *others = _TEXTS
    understand(_item(first), find_mentions)
    for text in others:
        detect(text, "", "", None)


def warm_stories(days: float) -> None:
    """Place a few texts in stories of their own, which are forgotten at once, as `stories` does."""
    decider = StoryDecider(days)
    for number, text in enumerate(_TEXTS):
        enriched = Enriched(
            item=_item(text), revision=1, first_seen_at=_AT, content_hash="", language="en", language_confidence=1.0,
            language_group="en", enriched_at=_AT,
        )  # fmt: skip
        value = enriched.encode()
        decider.decide(
            Message(topic=ENRICHED, partition=0, offset=number, key="warm", value=value, timestamp_ms=0), _no_row
        )


def _no_row(_key: str) -> None:
    return None


def _item(text: str) -> Item:
    return Item(id=f"{len(text):032x}", source="warm", fetched_at=_AT, title=text, body=text)
