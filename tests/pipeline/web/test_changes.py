"""The cursor "everything indexed since": under writers side by side and a killed index, nothing is missed."""

import os
import signal
import threading
import time
from datetime import timedelta

import msgspec

from pipeline.elastic import Index
from pipeline.launch import Pipeline
from pipeline.web import changes
from pipeline.web.changes import Change
from schemas.broker import Producer
from schemas.document import Document
from schemas.index import month_alias
from schemas.settings import Settings
from schemas.topics import DOCUMENTS
from tests.pipeline.search.demo import demo_documents
from tests.waiting import until_idle

WRITERS, ITEMS_EACH, REVISIONS = 3, 150, 2
KILLS = 2


def documents(writer: int) -> list[Document]:
    """A writer's items, each in two revisions, in the order in which they are sent."""
    bases = demo_documents()
    made = []
    for revision in range(1, REVISIONS + 1):
        for number in range(ITEMS_EACH):
            base = bases[(writer * ITEMS_EACH + number) % len(bases)]
            item = msgspec.structs.replace(
                base.enriched.item, id=f"c{writer:07x}{number:024x}", title=f"{base.enriched.item.title} {number}",
                fetched_at=base.enriched.item.fetched_at + timedelta(seconds=revision),
            )  # fmt: skip
            enriched = msgspec.structs.replace(base.enriched, item=item, revision=revision)
            placement = msgspec.structs.replace(base.placement, story_id=f"s-c{writer}{number}")
            made.append(msgspec.structs.replace(base, enriched=enriched, placement=placement))
    return made


def write(settings: Settings, writer: int) -> None:
    """Send a writer's documents, a few at a time."""
    with Producer(settings) as producer:
        for number, document in enumerate(documents(writer)):
            producer.send(DOCUMENTS, document.placement.story_id, document.encode())
            if number % 20 == 0:
                producer.flush()
                time.sleep(0.1)
        producer.flush()


def pairs(found: list[Change]) -> list[tuple[str, int]]:
    """Ids and revisions of what was told of this test's items."""
    return [(change.id, change.revision) for change in found if change.id.startswith("c0000")]


def test_nothing_is_missed_by_writers_side_by_side_and_kills(kabar_settings: Settings, pipeline: Pipeline) -> None:
    """Three write while `index` is killed twice and one reads on: each revision is told, and is in the index by then.

    What is told again is of an id and a revision that were told before: a reader that keeps the newest loses nothing.
    """
    until_idle(kabar_settings, pipeline, seconds=60)
    cursor = changes.newest(kabar_settings)
    writers = [threading.Thread(target=write, args=(kabar_settings, number)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    told: list[Change] = []
    killed: set[int] = set()
    with Index(kabar_settings) as index:
        while any(writer.is_alive() for writer in writers) or len(killed) < KILLS:
            pipeline.watch(lambda _line: None)
            page = changes.changes(kabar_settings, cursor, 40)
            cursor = page.cursor
            told += page.changes
            assert_indexed(index, page.changes)
            process = pipeline.pids()["index"]
            if len(killed) < KILLS and process not in killed and len(told) > (len(killed) + 1) * 60:
                os.kill(process, signal.SIGKILL)
                killed.add(process)
        until_idle(kabar_settings, pipeline, seconds=90)
        more = True
        while more:
            page = changes.changes(kabar_settings, cursor, 500)
            told += page.changes
            assert_indexed(index, page.changes)
            cursor, more = page.cursor, page.more
    sent = {(d.enriched.item.id, d.enriched.revision) for number in range(WRITERS) for d in documents(number)}
    assert len(sent) == WRITERS * ITEMS_EACH * REVISIONS
    assert set(pairs(told)) == sent
    assert changes.changes(kabar_settings, cursor, 10).changes == []


def assert_indexed(index: Index, found: list[Change]) -> None:
    """What is told is in the index at that moment, in that revision or a newer one."""
    if not found:
        return
    places = [(month_alias(index.prefix, change.first_seen_at), change.id) for change in found]
    stored = index.stored(places, ["revision"])
    assert [(c.id, c.revision) for c in found if stored[c.id]["revision"] < c.revision] == []


def test_a_cursor_older_than_what_is_kept_says_what_is_gone(kabar_settings: Settings) -> None:
    """Records after a cursor that the topic has no more are counted, not passed over; none without a cursor."""
    assert changes.gone({0: 5, 1: 70}, {0: 50, 1: 60, 2: 3}) == 45 + 3
    assert changes.gone({0: 50, 1: 60, 2: 3}, {0: 50, 1: 60, 2: 3}) == 0
    assert changes.changes(kabar_settings, None, 1).missed == 0
    assert changes.changes(kabar_settings, changes.newest(kabar_settings), 1).missed == 0
