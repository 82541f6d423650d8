"""The demo's news in an index of its own: what the pipeline makes of it, without Kafka."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

from connectors.demo.feeds import FEEDS
from connectors.demo.records import NewsItem, news
from pipeline.elastic import Index
from pipeline.enrich import Enricher
from pipeline.entities import Recogniser
from pipeline.index import Pending, prepare
from pipeline.knowledge import load
from pipeline.stories.agent import StoryDecider
from schemas.codec import Record, millis
from schemas.document import Document
from schemas.item import Item, item_id
from schemas.message import Message
from schemas.settings import Settings
from schemas.topics import DOCUMENTS, ENRICHED, ITEMS

NAMES = {feed.id: feed for feed in FEEDS}
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def item_of(record: NewsItem, now: datetime) -> Item:
    """The item that a connector makes of a record of the demo."""
    feed = NAMES[record.feeds[0].feed]
    age = timedelta(**{UNITS[record.published[-1]]: int(record.published[1:-1])})
    return Item(
        id=item_id(url=record.url), source=feed.id, source_name=feed.name, source_country=feed.country,
        fetched_at=now, title=record.title, summary=record.summary, body="\n\n".join(record.paragraphs),
        url=record.url, published_at=now - age, categories=record.categories, authors=record.authors,
    )  # fmt: skip


def documents_of(items: Sequence[Item], now: datetime) -> list[Document]:
    """What enrich and stories make of items, in this order."""
    enricher, stories = Enricher(Recogniser(load().entities).mentions), StoryDecider(7.0)
    made = []
    for number, item in enumerate(items):
        for enriched in enricher.decide(message(ITEMS, item.id, item, number, now), lambda _key: None).outputs:
            output = stories.decide(Message(
                topic=ENRICHED, partition=0, offset=number, key=enriched.key, value=enriched.value,
                timestamp_ms=millis(now),
            ), lambda _key: None).outputs[0]  # fmt: skip
            made.append(Document.decode(output.value))
    return made


def message(topic: str, key: str, record: Record, offset: int, now: datetime) -> Message:
    """A record as a step reads it."""
    return Message(
        topic=topic, partition=0, offset=offset, key=key, value=record.encode(), timestamp_ms=millis(now)
    )  # fmt: skip


@cache
def demo_documents() -> tuple[Document, ...]:
    """The demo's items with text, understood."""
    now = datetime.now(UTC).replace(microsecond=0)
    return tuple(documents_of([item_of(record, now) for record in news() if record.text()], now))


def index_documents(settings: Settings, documents: Sequence[Document]) -> None:
    """Put documents into the index as the step does, and make them searchable."""
    messages = [message(DOCUMENTS, d.placement.story_id, d, n, d.placed_at) for n, d in enumerate(documents)]
    pending, outputs = prepare(messages, settings.index_prefix)
    assert not outputs
    with Index(settings) as index:
        index.prepare()
        for part in chunks(pending, 500):
            outcomes = index.bulk([entry.write for entry in part])
            assert all(outcome.verdict.name in {"WRITTEN", "ALREADY_THERE"} for outcome in outcomes), outcomes
        index.refresh()


def chunks(pending: Sequence[Pending], size: int) -> Iterator[Sequence[Pending]]:
    """Parts of at most so many."""
    for start in range(0, len(pending), size):
        yield pending[start : start + size]
