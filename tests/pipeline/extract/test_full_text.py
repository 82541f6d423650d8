"""Full text on the real parts: a local site, the fetcher as a process, the broker, the steps, the index."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from aiohttp import web

from connectors.send import put
from pipeline.books import books
from pipeline.cli.alerts import alerts_so_far
from pipeline.cli.figures import make_figure
from pipeline.cli.up import is_idle
from pipeline.elastic import Index
from pipeline.launch import Pipeline
from schemas.broker import Producer, lag, read_all
from schemas.codec import now
from schemas.item import Item, item_id
from schemas.page import FullText
from schemas.settings import Settings
from schemas.steps import PAGE_FETCHER
from schemas.topics import FIGURES, ITEMS, PAGES
from tests.connectors.server import LocalServer
from tests.waiting import until, until_idle

FIGURE = "Zephyrine Okonkwo-Lindqvist"
WALL = (
    f"<html><body><main><h1>Your choices</h1><p>{FIGURE} and our 842 partners store and access information, such as "
    "cookies, on your device and process personal data to show you advertising.</p><p>You may accept all of it or "
    "choose which purposes you allow; you may change your choice at any time.</p></main></body></html>"
)
SUBJECTS = "harbour library railway hospital stadium museum bridge theatre airport market".split()  # noqa: SIM905


def article(number: int, more: str = "") -> str:
    """The page of the item of that number."""
    subject, street = SUBJECTS[number % len(SUBJECTS)], street_of(number)
    return (
        f"<html lang=en><head><title>{subject}</title></head><body><nav><a href=/>Home</a></nav><article>"
        f"<h1>{title(number)}</h1>"
        f"<p>The council approved the plans for the {subject} in {street} Street on Monday. {more}</p>"
        f"<p>Building in {street} Street begins in spring, said the mayor, and takes about two years.</p>"
        f"<p>Neighbours of the {subject} in {street} Street asked the council for changes.</p></article></body></html>"
    )


def street_of(number: int) -> str:
    """A word of letters for each number, as two articles never say the same."""
    return "Q" + "".join("abcdefghij"[int(digit)] for digit in str(number)) + "ton"


def title(number: int) -> str:
    """The headline of the item of that number."""
    return f"New {SUBJECTS[number % len(SUBJECTS)]} for Linden approved by council in {street_of(number)} Street"


def item(url: str, number: int) -> Item:
    """The item as its feed gives it: a headline and a short lead."""
    return Item(
        id=item_id(url=url), source="linden", fetched_at=now(), title=title(number), url=url,
        summary=f"Plans for the {SUBJECTS[number % len(SUBJECTS)]} are made.",
    )  # fmt: skip


def want(settings: Settings, items: list[Item], full_text: FullText = "page") -> None:
    """Send items as the feeds' connector does."""
    with Producer(settings) as producer:
        for each in items:
            put(each, producer, backfill=False, step="feeds", full_text=full_text)
        producer.flush()


@contextlib.contextmanager
def fetcher(
    settings: Settings, log: Path, *, spacing: float = 0.05, patience: float = 15.0
) -> "Iterator[subprocess.Popen[bytes]]":
    """The fetcher as a process of its own; it must end by itself within 10 s of SIGTERM."""
    code = (
        "from connectors.pages.fetcher import run; from schemas.settings import load_settings; "
        f"run(load_settings(), spacing={spacing}, patience={patience})"
    )
    environment = {**os.environ, **settings.environment()}
    with log.open("ab") as out:
        child = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=out, stderr=out)
    try:
        yield child
        child.terminate()
        assert child.wait(10) == 0, log.read_text()
    finally:
        child.kill()
        child.wait()


def until_extracted(settings: Settings, pipeline: Pipeline, seconds: float) -> None:
    """Wait until every page was asked for and every item is indexed."""
    groups = {PAGE_FETCHER.group: PAGE_FETCHER.sources}
    until(lambda: not any(lag(settings, groups).values()), seconds=seconds, what="all pages are asked for", every=0.3)
    until_idle(settings, pipeline, seconds=seconds)


def documents(settings: Settings, items: list[Item]) -> dict[str, dict[str, object]]:
    """What is indexed of these items, by id."""
    with Index(settings) as index:
        index.refresh()
        found = index.search({"query": {"ids": {"values": [each.id for each in items]}}, "size": len(items)})
    return {hit["_id"]: hit["_source"] for hit in found["hits"]["hits"]}


@pytest.fixture(scope="module")
def site() -> Iterator[LocalServer]:
    """A site whose robots.txt keeps one folder closed."""
    with LocalServer() as server:
        server.serve("/robots.txt", b"User-agent: Kabar\nDisallow: /closed/\n", content_type="text/plain")
        yield server


def test_each_item_is_indexed_once_with_the_best_text_there_is(
    kabar_settings: Settings, pipeline: Pipeline, site: LocalServer, tmp_path: Path
) -> None:
    """Articles with their page's text, method and quality; walls never, not even the first, nor do they alert."""
    with Producer(kabar_settings) as producer:
        figure = make_figure(FIGURE)
        producer.send(FIGURES, figure.id, figure.encode())
        producer.flush()
    time.sleep(1.0)  # the steps follow the figures
    articles = [item(site.serve(f"/a/{n}", article(n).encode(), content_type="text/html"), n) for n in range(6)]
    walls = [item(site.serve(f"/w/{n}", WALL.encode(), content_type="text/html"), n) for n in range(10, 16)]
    named = item(site.serve("/named", article(7, f"{FIGURE} spoke.").encode(), content_type="text/html"), 7)
    odd = [
        item(site.serve("/closed/1", article(1).encode(), content_type="text/html"), 21),
        item(site.serve("/file", b"%PDF-1.7", content_type="application/pdf"), 22),
        item(site.url("/gone"), 23),
    ]
    everything = [*walls, *articles, named, *odd]
    want(kabar_settings, everything)
    with fetcher(kabar_settings, tmp_path / "log"):
        until_extracted(kabar_settings, pipeline, 60)
    found = documents(kabar_settings, everything)
    assert len(found) == len(everything)
    for number, each in enumerate(articles):
        document = found[each.id]
        assert f"Building in {street_of(number)} Street begins" in str(document["body"])
        assert document["text_method"] in {"trafilatura", "resiliparse"}
        assert isinstance(document["text_quality"], float)
    for each in walls:
        assert found[each.id]["body"] == ""
        assert found[each.id]["text_method"] == "feed"
    reasons = [found[each.id]["repairs"] for each in odd]
    assert reasons == [["page-robots"], ["page-not-html"], ["page-http"]]
    assert "/closed/1" not in site.requests
    urls = [alert.match.url for alert in alerts_so_far(kabar_settings) if alert.match.figure_name == FIGURE]
    assert urls == [named.url]
    with Index(kabar_settings) as index:
        assert books(kabar_settings, index).difference == 0


def test_auto_asks_only_where_the_feed_says_little(kabar_settings: Settings, site: LocalServer) -> None:
    """A long body goes straight on; a short one, and one that is cut off, want their page."""
    long = item(site.url("/auto/1"), 1)
    long = Item(**{**{f: getattr(long, f) for f in long.__struct_fields__}, "body": "word " * 400})
    before = {m.offset for m in read_all(kabar_settings, PAGES)}
    want(kabar_settings, [long], "auto")
    assert any(m.key == long.id for m in read_all(kabar_settings, ITEMS))
    assert {m.offset for m in read_all(kabar_settings, PAGES)} == before


def test_a_slow_site_delays_no_item(
    kabar_settings: Settings, pipeline: Pipeline, site: LocalServer, tmp_path: Path
) -> None:
    """After its patience an item is indexed with its feed's text; its page follows as revision 2 of one document.

    As long as the page is under way, `kabar up --exit-when-idle` does not take the rest for an end.
    """

    async def slow(_request: web.Request) -> web.Response:
        import asyncio  # noqa: PLC0415

        await asyncio.sleep(4)
        return web.Response(text=article(30), content_type="text/html")

    each = item(site.on("/slow/30", slow), 30)
    want(kabar_settings, [each])
    with fetcher(kabar_settings, tmp_path / "log", patience=0.5):
        until(lambda: bool(documents(kabar_settings, [each])), seconds=20, what="it is indexed before its page")
        assert documents(kabar_settings, [each])[each.id]["repairs"] == ["page-late"]
        assert not is_idle(kabar_settings, [])
        until_extracted(kabar_settings, pipeline, 30)
        until(lambda: is_idle(kabar_settings, []), seconds=10, what="all is at rest")
    document = documents(kabar_settings, [each])[each.id]
    assert (document["revision"], document["text_method"]) == (2, "trafilatura")
    with Index(kabar_settings) as index:
        assert books(kabar_settings, index).difference == 0


def test_no_page_reaches_into_the_network(
    kabar_settings: Settings, pipeline: Pipeline, site: LocalServer, tmp_path: Path
) -> None:
    """By address, by name, by redirect and by a redirect's robots.txt: nothing connects, and the item is not lost."""
    site.requests.clear()
    closed = kabar_settings.model_copy(update={"allow_networks": ()})
    port = site.port
    urls = [
        f"http://{host}:{port}/inside"
        for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1")
    ]
    items = [item(url, 40 + number) for number, url in enumerate(urls)]
    want(closed, items)
    with fetcher(closed, tmp_path / "log"):
        until_extracted(kabar_settings, pipeline, 90)
    assert site.requests == []
    found = documents(kabar_settings, items)
    assert len(found) == len(items)
    assert {tuple(each["repairs"]) for each in found.values()} <= {("page-guard",), ("page-robots",), ("page-network",)}  # type: ignore[arg-type]


@pytest.mark.slow
def test_nothing_is_lost_when_both_are_killed(
    kabar_settings: Settings, pipeline: Pipeline, site: LocalServer, tmp_path: Path
) -> None:
    """120 items while fetcher and step are killed at random: each is one document, in one revision, with its page."""
    generator = random.Random(4)
    items = [item(site.serve(f"/k/{n}", article(n).encode(), content_type="text/html"), n) for n in range(100, 220)]
    want(kabar_settings, items)
    for _ in range(4):
        with contextlib.suppress(AssertionError), fetcher(kabar_settings, tmp_path / "log", spacing=0.0) as child:
            time.sleep(generator.uniform(1.5, 3.0))
            child.send_signal(signal.SIGKILL)
            with contextlib.suppress(psutil.NoSuchProcess):  # killed the last time, and not started anew yet
                psutil.Process(pipeline.pids()["extract"]).kill()
            pipeline.watch(lambda _line: None)
    with fetcher(kabar_settings, tmp_path / "log", spacing=0.0):
        until_extracted(kabar_settings, pipeline, 120)
    found = documents(kabar_settings, items)
    assert len(found) == len(items)
    assert {each["text_method"] for each in found.values()} == {"trafilatura"}
    assert {each["revision"] for each in found.values()} == {1}
    with Index(kabar_settings) as index:
        result = books(kabar_settings, index)
    assert result.difference == 0, json.dumps(result.lag)
