"""The life of the index on a real node: checked, moved while it is read and written, left by age and size."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from pipeline.elastic import REMOVALS_REMEMBERED, Index, MonthIndex, Outcome, Write
from pipeline.forget import forget
from pipeline.index import Indexer, prepare
from pipeline.index_life import check, expire, leaving, migrate, settle
from pipeline.search import Query, search
from pipeline.settling import Progress
from schemas.broker import read_newest
from schemas.document import Document
from schemas.forgotten import Forgotten
from schemas.index import ANALYSIS, MAPPING_VERSION, mapping, month_alias
from schemas.settings import Settings
from schemas.topics import DOCUMENTS, FORGOTTEN
from tests.pipeline.search.demo import demo_documents, index_documents, message


@pytest.fixture
def own(kabar_settings: Settings, request: pytest.FixtureRequest) -> Iterator[tuple[Settings, Index]]:
    """An index of the test's own."""
    prefix = f"news-{request.node.name.replace('_', '-')[:40].lower()}"
    settings = kabar_settings.model_copy(update={"index_prefix": prefix})
    with Index(settings) as index:
        index.prepare()
        yield settings, index


def make_old(settings: Settings, index: Index) -> str:
    """Mark this month's index of items as one of an older mapping; its name."""
    name = f"{month_alias(settings.index_prefix, datetime.now(UTC))}-v1"
    answer = httpx.put(f"{settings.elasticsearch}/{name}/_mapping", json={"_meta": {"kabar_mapping": 1}})
    assert answer.status_code == 200
    assert name in {found.name for found in check(index) if found.state == "old"}
    return name


def renamed(document: Document, number: int) -> Document:
    """The document as another item."""
    item = msgspec.structs.replace(document.enriched.item, id=f"{number:032x}")
    return msgspec.structs.replace(document, enriched=msgspec.structs.replace(document.enriched, item=item))


def test_a_move_is_seen_by_nobody(own: tuple[Settings, Index]) -> None:
    """While items come in and searches go on, all are there before, during and after; what came meanwhile too."""
    settings, index = own
    documents = list(demo_documents())
    index_documents(settings, documents)
    old = make_old(settings, index)
    done, seen, written = threading.Event(), [], []

    def read() -> None:
        with Index(settings) as reading:
            while not done.is_set():
                seen.append(search(reading, Query(text="Putin", collapse=False)).total)

    async def write() -> None:
        indexer = Indexer(settings, Progress())
        await indexer.start()
        number = 0
        while not done.is_set():
            made = renamed(documents[number % len(documents)], number)
            assert await indexer.handle([message(DOCUMENTS, "s", made, number, made.placed_at)], lambda: False) == []
            written.append(made.enriched.item.id)
            number += 1
            await asyncio.sleep(0.02)
        await indexer.stop()

    threads = [threading.Thread(target=read), threading.Thread(target=lambda: asyncio.run(write()))]
    for thread in threads:
        thread.start()
    try:
        (moved,) = migrate(index, lambda _line: None)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert moved.old == old
    assert moved.new.endswith("-v2")
    index.refresh()
    wanted = {document.enriched.item.id for document in documents} | set(written)
    assert len(written) > 20
    found = {hit["_id"] for hit in index.search({"size": 10_000, "source": False})["hits"]["hits"]}
    assert found == wanted
    assert seen == sorted(seen)
    assert min(seen) >= 6
    assert all(entry.state == "ok" and entry.version == MAPPING_VERSION for entry in check(index))
    assert index.next_aliases() == frozenset()


def test_an_index_of_before_takes_what_is_new_and_gets_the_rest_when_moved(
    kabar_settings: Settings, request: pytest.FixtureRequest
) -> None:
    """A new program writes to a month that an older one began; what is old has its story's event after the move."""
    prefix = f"news-{request.node.name.replace('_', '-')[:40].lower()}"
    settings = kabar_settings.model_copy(update={"index_prefix": prefix})
    alias = month_alias(prefix, datetime.now(UTC))
    before = mapping() | {"_meta": {"kabar_mapping": 2}}
    before["properties"] = {name: how for name, how in before["properties"].items() if name != "event_id"}
    made = {"settings": {"analysis": ANALYSIS}, "mappings": before}
    aliases = {alias: {"is_write_index": True}, f"{prefix}-items": {}}
    document = demo_documents()[0]
    with Index(settings) as index:
        answer = httpx.put(f"{settings.elasticsearch}/{alias}-v1", json=made | {"aliases": aliases}, timeout=60)
        assert answer.status_code == 200
        old = {"id": "old", "story_id": "s-1", "v": 1}
        answer = httpx.put(f"{settings.elasticsearch}/{alias}/_doc/old?version=1&version_type=external", json=old)
        assert answer.status_code == 201
        index.prepare()
        pending, _ = prepare([message(DOCUMENTS, "s", document, 0, datetime.now(UTC))], prefix)
        outcomes = index.bulk([entry.write for entry in pending])
        assert {outcome.verdict.name for outcome in outcomes} == {"WRITTEN"}
        migrate(index, lambda _line: None)
        assert [found.state for found in check(index) if found.kind == "items"] == ["ok"]
        index.refresh()
        found = index.search({"query": {"term": {"event_id": "s-1"}}})["hits"]["hits"]
        assert [hit["_id"] for hit in found] == ["old"]


def test_an_older_copy_never_covers_a_newer_write(own: tuple[Settings, Index]) -> None:
    """A move leaves each document in its newest revision, with the version that protects it."""
    settings, index = own
    document = demo_documents()[0]
    index_documents(settings, [document])
    make_old(settings, index)
    migrate(index, lambda _line: None)
    pending, _ = prepare([message(DOCUMENTS, "s", document, 0, document.placed_at)], settings.index_prefix)
    outcomes = index.bulk([entry.write for entry in pending])
    assert {outcome.verdict.name for outcome in outcomes} == {"ALREADY_THERE"}


def test_what_is_taken_down_during_a_move_stays_away(
    own: tuple[Settings, Index], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An item that is in the mover's hand, and one that is copied already, are in neither index afterwards."""
    settings, index = own[0].model_copy(update={"data_dir": tmp_path}), own[1]
    kept, in_hand, copied = (renamed(document, 70_000 + n) for n, document in enumerate(demo_documents()[:3]))
    index_documents(settings, [kept, in_hand, copied])
    make_old(settings, index)
    bulk, swap, waiting = Index.bulk, Index.swap, [in_hand]

    def bulk_late(self: Index, writes: Sequence[Write], *, aliases: bool = True) -> list[Outcome]:
        if waiting and any(write.alias.endswith("-v2") and write.source is not None for write in writes):
            forget(settings, index, "item", waiting.pop().enriched.item.id, "a test")
        return bulk(self, writes, aliases=aliases)

    def swap_late(self: Index, old: MonthIndex, new: str, *, keep: bool) -> None:
        forget(settings, index, "item", copied.enriched.item.id, "a test")
        told = httpx.get(f"{settings.elasticsearch}/{new}/_settings").json()[new]["settings"]["index"]
        assert told["gc_deletes"] == REMOVALS_REMEMBERED
        swap(self, old, new, keep=keep)

    monkeypatch.setattr(Index, "bulk", bulk_late)
    monkeypatch.setattr(Index, "swap", swap_late)
    migrate(index, lambda _line: None)
    index.refresh()
    assert [hit["_id"] for hit in index.search({"source": False})["hits"]["hits"]] == [kept.enriched.item.id]


def test_a_month_that_is_over_rests_in_one_segment(own: tuple[Settings, Index]) -> None:
    """Once nothing was written to it for the time given; the present month never, and not twice."""
    settings, index = own
    alias = month_alias(settings.index_prefix, datetime(2020, 1, 1, tzinfo=UTC))
    index.ensure_month(alias)
    written = datetime.now(UTC) - timedelta(hours=23)
    for number in range(3):
        index.bulk([Write(alias, str(number), 1, msgspec.json.encode({"id": str(number), "@timestamp": written}))])
        index_documents(settings, demo_documents()[number : number + 1])
        index.refresh()
    there = {found.name: found.segments for found in index.months("items")}
    assert min(there.values()) > 1
    assert settle(index) == []
    assert [found.name for found in settle(index, quiet=timedelta(hours=22), wait=True)] == [f"{alias}-v1"]
    after = {found.name: found.segments for found in index.months("items")}
    assert after == {**there, f"{alias}-v1": 1}
    assert settle(index, quiet=timedelta(0)) == []


def test_months_leave_by_age_and_by_size(own: tuple[Settings, Index]) -> None:
    """Whole months that are older or too many, never the present one; the books get a line."""
    settings, index = own
    index_documents(settings, demo_documents()[:5])
    months = [datetime(2020, number, 1, tzinfo=UTC) for number in (1, 2, 3)]
    for month in months:
        alias = month_alias(settings.index_prefix, month)
        index.ensure_month(alias)
        index.bulk([Write(alias, f"{month:%m}", 1, b'{"id":"x","revision":2}')])
    index.refresh()
    names = [f"{month_alias(settings.index_prefix, month)}-v1" for month in months]
    assert leaving(index) == []
    age = (datetime.now(UTC) - datetime(2020, 3, 1, tzinfo=UTC)) / timedelta(days=1)
    assert [found.name for found in leaving(index, days=age)] == names[:2]
    assert [found.name for found in leaving(index, gigabytes=1e-9)] == names
    assert expire(settings, index, leaving(index, days=1)) == 3
    assert {found.name for found in check(index)}.isdisjoint(names)
    lines = [Forgotten.decode(value) for value in read_newest(settings, FORGOTTEN).values()]
    assert {line.value: line.revisions for line in lines if line.value in names} == dict.fromkeys(names, 2)
