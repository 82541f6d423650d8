"""The step `index` on a real node: items, their mentions, alerts, and how the pipeline does."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from pipeline.elastic import Index
from pipeline.index import Indexer
from pipeline.observe import Tally, observe
from pipeline.settling import Progress
from schemas.alert import Alert
from schemas.codec import Record, millis, now
from schemas.document import Document, Mention
from schemas.message import Message
from schemas.settings import Settings
from schemas.topics import ALERTS, DOCUMENTS
from tests.samples import DOCUMENT, MATCH, MENTION


@pytest.fixture
def own(kabar_settings: Settings) -> Iterator[tuple[Settings, Index]]:
    """An index of the test's own."""
    settings = kabar_settings.model_copy(update={"index_prefix": "news-step"})
    with Index(settings) as index:
        index.prepare()
        yield settings, index


def handled(settings: Settings, *records: tuple[str, Record]) -> list[Any] | None:
    """What the step sends on for these records."""

    async def run() -> list[Any] | None:
        indexer = Indexer(settings, Progress())
        await indexer.start()
        try:
            return await indexer.handle([_message(*record) for record in records], lambda: False)
        finally:
            await indexer.stop()

    return asyncio.run(run())


def _message(topic: str, record: Record) -> Message:
    return Message(topic=topic, partition=0, offset=0, key="k", value=record.encode(), timestamp_ms=millis(now()))


def revised(document: Document, revision: int, *mentions: Mention) -> Document:
    """The document in a later revision with other mentions."""
    item = msgspec.structs.replace(
        document.enriched.item, fetched_at=document.enriched.item.fetched_at + timedelta(minutes=revision)
    )
    enriched = msgspec.structs.replace(document.enriched, item=item, revision=revision, mentions=mentions)
    return msgspec.structs.replace(document, enriched=enriched)


def mentioned(index: Index) -> dict[str, int]:
    """The entities in the index of mentions, with how often each is mentioned."""
    index.refresh()
    found = index.search({"size": 100}, index=f"{index.prefix}-mentions")
    return {hit["_source"]["entity_id"]: hit["_source"]["count"] for hit in found["hits"]["hits"]}


def test_mentions_follow_the_newest_revision(own: tuple[Settings, Index]) -> None:
    """Each entity once an item; what a new revision no longer names is removed, and repeats change nothing."""
    settings, index = own
    other = msgspec.structs.replace(MENTION, entity_id="Q56226", name="Kim Jong Un", text="Kim")
    first = revised(DOCUMENT, 1, MENTION, MENTION, other)
    second = revised(DOCUMENT, 2, other)
    assert handled(settings, (DOCUMENTS, first)) == []
    assert mentioned(index) == {"Q7747": 2, "Q56226": 1}
    for document in (second, second, first):
        assert handled(settings, (DOCUMENTS, document)) == []
        assert mentioned(index) == {"Q56226": 1}


def test_alerts_are_indexed_with_their_delays(own: tuple[Settings, Index]) -> None:
    """An alert is found by its figure, with the time from first sight to alert."""
    settings, index = own
    told = MATCH.first_seen_at + timedelta(seconds=2)
    assert handled(settings, (ALERTS, Alert(id="a1", alerted_at=told, match=MATCH))) == []
    index.refresh()
    found = index.search({"query": {"term": {"figure_id": MATCH.figure_id}}}, index=f"{index.prefix}-alerts")
    (hit,) = found["hits"]["hits"]
    assert hit["_source"]["alert_lag_ms"] == 2000
    assert hit["_source"]["title"] == MATCH.title


def test_the_pipelines_health_is_written_down(own: tuple[Settings, Index]) -> None:
    """Lag of every step, writes and dead letters, once a time slot however often it is asked."""
    settings, index = own
    observe(settings, index, Tally(), with_books=False)
    observe(settings, index, Tally(), with_books=False)
    index.refresh()
    found = index.search({"size": 200}, index=f"{index.prefix}-ops")
    told = [
        (hit["_source"]["@timestamp"], hit["_source"]["kind"], hit["_source"]["name"]) for hit in found["hits"]["hits"]
    ]
    assert len(told) == len(set(told))
    assert {("lag", "index"), ("writes", "index"), ("deadletters", "deadletters")} <= {entry[1:] for entry in told}
