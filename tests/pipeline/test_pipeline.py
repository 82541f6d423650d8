"""The whole pipeline on the real servers: the main job, crashes, bad input."""

import itertools
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pipeline.books import books
from pipeline.cli.alerts import alerts_so_far
from pipeline.elastic import Index
from pipeline.launch import Pipeline
from pipeline.search import Query, search
from schemas.broker import Producer, end_offsets, read_all
from schemas.codec import now
from schemas.deadletter import DeadLetter
from schemas.item import Item, item_id
from schemas.settings import Settings
from schemas.topics import DEADLETTERS, ITEMS
from tests.waiting import shortest, until, until_idle

KABAR = [sys.executable, "-c", "from pipeline.cli import main; main()"]
SAMPLE = Path(__file__).parents[3] / "shared" / "samples" / "indonesian-article.txt"
URL = "https://news.example/putin-pyongyang"

pytestmark = pytest.mark.usefixtures("pipeline")


def kabar(settings: Settings, *words: str, expect: int | None = 0) -> str:
    """Run the command line against the session's servers and give back its standard output."""
    environment = {**os.environ, **settings.environment()}
    done = subprocess.run([*KABAR, *words], env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert expect is None or done.returncode == expect, done.stdout + done.stderr
    return done.stdout


def until_found(settings: Settings, query: str) -> None:
    """Wait until a search finds something."""
    with Index(settings) as index:
        until(lambda: search(index, Query(text=query)).total > 0, seconds=30, what=f"{query} is found", every=0.05)


@pytest.fixture(scope="module")
def sample(kabar_settings: Settings) -> dict[str, Any]:
    """The sample article, ingested with both figures tracked, and the search that finds it."""
    if not SAMPLE.exists():
        pytest.skip("needs ../shared/samples/indonesian-article.txt")
    for figure in ("Vladimir Putin", "Kim Jong Un"):
        kabar(kabar_settings, "figures", "add", figure)
    kabar(kabar_settings, "ingest", str(SAMPLE), "--source", "demo", "--url", URL)
    until_found(kabar_settings, "kunjungan Putin lang:id")
    found: dict[str, Any] = json.loads(kabar(kabar_settings, "search", "kunjungan Putin", "--json"))
    return found


def test_a_text_is_searchable_within_three_seconds(kabar_settings: Settings, tmp_path: Path) -> None:
    """From the end of `kabar ingest` on, through all steps."""
    numbers = itertools.count()

    def found_after() -> float:
        word = f"segera{next(numbers)}"
        text = tmp_path / f"{word}.txt"
        text.write_text(f"Warga menunggu {word}\n\nAir naik sejak Senin malam.")
        kabar(kabar_settings, "ingest", str(text), "--source", "soon")
        started = time.monotonic()
        until_found(kabar_settings, word)
        return time.monotonic() - started

    assert shortest(found_after, below=3) < 3


def test_the_sample_is_found_with_its_names(sample: dict[str, Any]) -> None:
    """The search returns language, people, places, organisations and a highlight."""
    (hit,) = sample["hits"]
    assert hit["language"] == "id"
    assert hit["url"] == URL
    people = {
        "Vladimir Putin", "Kim Jong Un", "Choe Son Hui", "Dmitry Peskov", "Boris Yeltsin", "Kim Jong Il", "Jung Pak",
    }  # fmt: skip
    places = {
        "Pyongyang", "Russia", "North Korea", "Ukraine", "United States", "Seoul", "South Korea", "Japan", "China",
    }  # fmt: skip
    assert people <= set(hit["people"])
    assert places <= set(hit["places"])
    assert {"KCNA", "Kremlin", "UN Security Council"} <= {short(name) for name in hit["organisations"]}
    assert any("«" in piece for piece in hit["highlights"])


def short(name: str) -> str:
    """The usual short form of an organisation's name."""
    full = {"Korean Central News Agency": "KCNA", "United Nations Security Council": "UN Security Council"}
    return full.get(name, name)


def test_facets_count_every_kind(sample: dict[str, Any]) -> None:
    """Facets by language, source, person, organisation, place and day."""
    facets = sample["facets"]
    assert {"value": "id", "count": 1} in facets["language"]
    assert {"value": "demo", "count": 1} in facets["source"]
    assert all(facets[name] for name in ("person", "organisation", "place", "day"))


@pytest.mark.usefixtures("sample")
def test_a_stem_finds_another_form(kabar_settings: Settings) -> None:
    """`berkunjung` finds an Indonesian text by its stem."""
    found = json.loads(kabar(kabar_settings, "search", "berkunjung source:demo", "--language", "id", "--json"))
    assert found["total"] == 1


@pytest.mark.usefixtures("sample")
def test_one_alert_for_each_figure(kabar_settings: Settings) -> None:
    """`kabar alerts` shows one alert for each of the two."""
    until(lambda: len(alerts_so_far(kabar_settings)) >= 2, seconds=5, what="two alerts")
    alerts = [json.loads(line) for line in kabar(kabar_settings, "alerts", "--json").splitlines()]
    names = sorted(alert["match"]["figure_name"] for alert in alerts if alert["match"]["url"] == URL)
    assert names == ["Kim Jong Un", "Vladimir Putin"]


@pytest.mark.usefixtures("sample")
def test_again_and_edited(kabar_settings: Settings, pipeline: Pipeline, tmp_path: Path) -> None:
    """The same text again moves only a counter; an edited text is revision 2 of the same document, without alerts."""
    until_idle(kabar_settings, pipeline, seconds=30)
    alerts = alerts_so_far(kabar_settings)
    with Index(kabar_settings) as index:
        before = books(kabar_settings, index)
        kabar(kabar_settings, "ingest", str(SAMPLE), "--source", "demo", "--url", URL)
        until_idle(kabar_settings, pipeline, seconds=30)
        after = books(kabar_settings, index)
        assert (after.unchanged, after.indexed) == (before.unchanged + 1, before.indexed)
        edited = tmp_path / "edited.txt"
        edited.write_text(SAMPLE.read_text() + "\nKoreksi: tanggal diperbaiki.\n")
        kabar(kabar_settings, "ingest", str(edited), "--source", "demo", "--url", URL)
        until_idle(kabar_settings, pipeline, seconds=30)
        index.refresh()
        (hit,) = search(index, Query(text="Koreksi tanggal diperbaiki")).hits
        assert hit.revision == 2
        assert books(kabar_settings, index).indexed == before.indexed
        assert books(kabar_settings, index).difference == 0
    assert alerts_so_far(kabar_settings) == alerts


@pytest.mark.usefixtures("sample")
def test_why_tells_every_step(kabar_settings: Settings) -> None:
    """`kabar why URL` names the topics that the item passed, the index and the alerts, in order of time."""
    lines = [json.loads(line) for line in kabar(kabar_settings, "why", URL, "--json").splitlines()]
    where = " ".join(line["where"] for line in lines)
    for place in ("news.items/", "news.enriched/", "news.documents/", "news-items-", "news.matches/", "news.alerts/"):
        assert place in where
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)


BAD: list[tuple[str, bytes, str | None]] = [
    ("not-json", b"not json", "not JSON"),
    ("empty", b"", "not JSON"),
    ("array", b"[]", "not a JSON object"),
    ("missing", b'{"id":"missing","source":"bad"}', "required field"),
    ("utf8", b'{"id":"utf8","source":"bad","title":"caf\xe9 utf8bad"}', None),
    ("year", b'{"id":"year","source":"bad","title":"year 9999","published_at":"9999-01-01T00:00:00Z"}', None),
    ("title", b'{"id":"title","source":"bad","title":"' + b"x " * 500_000 + b'"}', None),
    ("nul", b'{"id":"nul","source":"bad","title":"a\\u0000b nul"}', None),
    ("names", json.dumps({"id": "names", "source": "bad", "title": "names",
                          "body": "Vladimir Putin, Pyongyang. " * 5_000}).encode(), None),
]  # fmt: skip


def test_bad_input(kabar_settings: Settings, pipeline: Pipeline) -> None:
    """What can be mended is indexed and flagged, what cannot is a dead letter; neighbours and processes live on."""
    pids = pipeline.pids()
    neighbours = [_item(f"neighbour-{number}", "bad-neighbour") for number in range(20)]
    with Producer(kabar_settings) as producer:
        for (key, value, _), neighbour in zip(BAD, neighbours, strict=False):
            producer.send(ITEMS, neighbour.id, neighbour.encode())
            producer.send(ITEMS, key, value)
        for neighbour in neighbours:
            producer.send(ITEMS, neighbour.id, neighbour.encode())
        producer.flush()
    until_idle(kabar_settings, pipeline, seconds=60)
    with Index(kabar_settings) as index:
        index.refresh()
        indexed = {hit.id for hit in search(index, Query(text="source:bad", size=50, collapse=False)).hits}
        assert indexed == {key for key, _, reason in BAD if reason is None}
        assert search(index, Query(text="source:bad-neighbour", size=0)).total == len(neighbours)
        assert books(kabar_settings, index).difference == 0
    letters = {letter.key: letter for letter in _letters(kabar_settings) if letter.step == "enrich"}
    for key, value, reason in BAD:
        if reason is not None:
            assert reason in letters[key].reason
            assert letters[key].payload() == value
    assert pipeline.pids() == pids


def test_a_file_line_of_20_mb_is_a_dead_letter(kabar_settings: Settings, tmp_path: Path) -> None:
    """A record over 10 MB is refused with its length and hash, and the lines around it are taken."""
    path = tmp_path / "big.jsonl"
    big = b'{"id":"big","title":"' + b"x" * 20_000_000 + b'"}'
    path.write_bytes(b'{"id":"b1","title":"before the big one"}\n' + big + b'\n{"id":"b2","title":"after it"}\n')
    answer = json.loads(kabar(kabar_settings, "ingest", str(path), "--source", "big", "--json", expect=1))
    assert (answer["sent"], answer["refused"]) == (2, 1)
    letter = next(letter for letter in _letters(kabar_settings) if letter.length >= 20_000_000)
    assert letter.payload() is None
    assert len(letter.sample) >= 256 * 1024


def _item(name: str, source: str) -> Item:
    url = f"https://{source}.example/{name}"
    return Item(id=item_id(url=url), source=source, fetched_at=now(), url=url, title=f"Kabar {name} hari ini")


def _letters(settings: Settings) -> list[DeadLetter]:
    return [DeadLetter.decode(m.value) for m in read_all(settings, DEADLETTERS) if m.value is not None]


def test_dead_letters_are_shown_and_tried_again(kabar_settings: Settings, pipeline: Pipeline) -> None:
    """`list` shows what was refused, `retry` sends it back to where it came from, and the books still close."""
    with Producer(kabar_settings) as producer:
        producer.send(ITEMS, "retry-me", b"{broken")
        producer.flush()
    until_idle(kabar_settings, pipeline, seconds=30)
    listed = [json.loads(line) for line in kabar(kabar_settings, "deadletters", "list", "--json").splitlines()]
    letter = next(letter for letter in listed if letter["key"] == "retry-me")
    before = sum(end_offsets(kabar_settings, [ITEMS]).values())
    kabar(kabar_settings, "deadletters", "retry", letter["id"])
    assert sum(end_offsets(kabar_settings, [ITEMS]).values()) == before + 1
    until_idle(kabar_settings, pipeline, seconds=30)
    assert json.loads(kabar(kabar_settings, "books", "--json"))["difference"] == 0
    shown = json.loads(kabar(kabar_settings, "deadletters", "show", letter["id"]))
    assert msgspec.convert(shown, DeadLetter).retried_at is not None
