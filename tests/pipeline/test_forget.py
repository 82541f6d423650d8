"""Taking down, through the whole pipeline on the real servers."""

import json
import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from pipeline.books import books
from pipeline.cli.alerts import alerts_so_far
from pipeline.elastic import Index
from pipeline.figures import save_figures
from pipeline.figures.known import make_figure
from pipeline.forget import ForgottenList
from pipeline.forget import forget as take_down
from pipeline.launch import Pipeline
from pipeline.rules.simulate import past_documents
from pipeline.search import Query, search
from schemas.broker import Producer, read_newest, send_all
from schemas.codec import Record, now
from schemas.deadletter import dead_letter
from schemas.errors import BrokerError
from schemas.forgotten import Forgotten
from schemas.item import Item, item_id
from schemas.settings import Settings
from schemas.topics import DEADLETTERS, FORGOTTEN, ITEMS
from tests.pipeline.search.demo import demo_documents
from tests.samples import ITEM, MATCH, MENTION
from tests.servers import server_fixtures
from tests.waiting import until, until_idle

# What other tests leave on the topics was never fetched, and taking a figure down here would take it down too.
kabar_settings, pipeline = server_fixtures("module")

KABAR = [sys.executable, "-c", "from pipeline.cli import main; main()"]


def news(name: str, source: str, text: str) -> Item:
    """An item of a source."""
    url = f"https://{source}.example/{name}"
    return Item(id=item_id(url=url), source=source, fetched_at=now(), url=url, title=f"{name} {text}", body=text)


def send(settings: Settings, *items: Item) -> None:
    """Send items."""
    with Producer(settings) as producer:
        for item in items:
            producer.send(ITEMS, item.id, item.encode())
        producer.flush()


def forget(settings: Settings, *words: str) -> dict[str, int]:
    """`kabar forget`, and what it says."""
    environment = {**os.environ, **settings.environment()}
    command = [*KABAR, "forget", *words, "--yes", "--json", "--reason", "a test"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (removed,) = json.loads(done.stdout)
    found: dict[str, int] = removed
    return found


@pytest.mark.slow
def test_what_is_taken_down_is_gone_and_stays_away(kabar_settings: Settings, pipeline: Pipeline) -> None:
    """An item, then a source, then a figure: gone from search, alerts, archive; again turned away; books close."""
    settings = kabar_settings
    save_figures(settings, [make_figure("Sergey Lavrov")])
    until_idle(settings, pipeline, seconds=60)
    one = news("one", "takedown-a", "Sergey Lavrov berkunjung ke Jakarta untuk bertemu menteri.")
    kept = news("kept", "takedown-a", "Harga beras turun di pasar tradisional pada pekan ini.")
    two = news("two", "takedown-b", "Cuaca cerah diperkirakan berlangsung sepanjang akhir pekan.")
    named = news("named", "takedown-c", "Emmanuel Macron tiba di Paris setelah kunjungan resmi.")
    send(settings, one, kept, two, named)
    broken = "never-an-item"
    send_all(settings, ITEMS, [(broken, b"{broken")])
    until_idle(settings, pipeline, seconds=60)
    until(lambda: any(a.match.item_id == one.id for a in alerts_so_far(settings)), seconds=20, what="an alert")
    assert forget(settings, str(one.url))["items"] == 1
    assert forget(settings, broken)["dead_letters"] == 1
    assert forget(settings, "--source", "takedown-b")["items"] == 1
    assert forget(settings, "--figure", "Emmanuel Macron")["items"] >= 1
    send(settings, one, two, named, news("three", "takedown-b", "Banjir surut, warga kembali ke rumah masing-masing."))
    until_idle(settings, pipeline, seconds=60)
    with Index(settings) as index:
        index.refresh()
        found = search(index, Query(text="source:(takedown-a OR takedown-b OR takedown-c)", collapse=False, size=50))
        assert [hit.id for hit in found.hits] == [kept.id]
        mentions = index.search({"query": {"term": {"item_id": one.id}}}, index=f"{index.prefix}-mentions")
        assert mentions["hits"]["total"]["value"] == 0
        assert books(settings, index).difference == 0
    assert not any(alert.match.item_id == one.id for alert in alerts_so_far(settings))
    past = {document.enriched.item.id for _, document in past_documents(settings, one.fetched_at - timedelta(hours=1))}
    assert kept.id in past
    assert past.isdisjoint({one.id, two.id, named.id})
    audit = [json.loads(line) for line in (settings.data_dir / "audit.jsonl").read_text().splitlines()]
    assert [entry["kind"] for entry in audit] == ["item", "item", "source", "figure"]
    assert all(entry["reason"] == "a test" and entry["by"] for entry in audit)


def test_its_dead_letters_go_too(kabar_settings: Settings, tmp_path: Path) -> None:
    """Whatever the step whose letter it is and whatever its key: all that are about the item, or from the source."""
    settings = kabar_settings.model_copy(update={"data_dir": tmp_path, "index_prefix": "news-letters"})
    document = demo_documents()[0]
    enriched, item = document.enriched, msgspec.structs.replace(document.enriched.item, id="letters-1", source="lost")
    enriched = msgspec.structs.replace(enriched, item=item)
    records: dict[str, Record] = {
        "index": msgspec.structs.replace(document, enriched=enriched), "stories": enriched, "enrich": item,
        "notify": msgspec.structs.replace(MATCH, item_id=item.id, source=item.source),
    }  # fmt: skip
    other = msgspec.structs.replace(item, id="letters-2")
    records["extract"] = other
    letters = {
        step: dead_letter(step=step, reason="a test", origin=f"a test/{step}", key=b"s-1", value=record.encode())
        for step, record in records.items()
    }
    send_all(settings, DEADLETTERS, [(letter.id, letter.encode()) for letter in letters.values()])
    left = dict.fromkeys(letter.id for letter in letters.values())
    with Index(settings) as index:
        index.prepare()
        try:
            assert take_down(settings, index, "item", item.id, "a test").dead_letters == 4
            assert left.keys() & read_newest(settings, DEADLETTERS).keys() == {letters["extract"].id}
            assert take_down(settings, index, "source", item.source, "a test").dead_letters == 1
            assert not left.keys() & read_newest(settings, DEADLETTERS).keys()
        finally:
            send_all(settings, DEADLETTERS, left.items())
            # These letters are of records that nobody sent, which the books of other tests would count.
            lines = [("item", item.id), ("item", other.id), ("source", item.source)]
            send_all(settings, FORGOTTEN, [(f"{kind}:{value}", None) for kind, value in lines])


def test_the_list_turns_away_by_item_source_and_figure() -> None:
    """Each kind holds for what it names, until it is taken back."""
    listed = ForgottenList()
    assert not listed.holds(ITEM, (MENTION,))
    for key in (f"item:{ITEM.id}", f"source:{ITEM.source}", f"figure:{MENTION.entity_id}"):
        listed.changed(key, b"x")
        assert listed.holds(ITEM, (MENTION,))
        listed.changed(key, None)
    assert not listed.holds(ITEM, (MENTION,))


def test_a_list_that_cannot_be_read_stops_the_step(kabar_settings: Settings) -> None:
    """Where nothing of the list comes, waiting for it fails in a sentence; once it can be read, it is waited for."""
    line = Forgotten(kind="source", value="stalled", at=now(), by="a test", reason="")
    send_all(kabar_settings, FORGOTTEN, [(line.key, line.encode())])
    stalled = threading.Event()

    class Stalling(ForgottenList):
        def changed(self, key: str, value: bytes | None) -> None:
            stalled.wait(30)
            super().changed(key, value)

    listed = Stalling(kabar_settings)
    try:
        with pytest.raises(BrokerError, match="cannot be read: nothing of it came"):
            listed.wait(1.0)
        stalled.set()
        listed.wait(30.0)
        assert listed.holds(msgspec.structs.replace(ITEM, source="stalled"))
    finally:
        stalled.set()
        listed.close()
        send_all(kabar_settings, FORGOTTEN, [(line.key, None)])
