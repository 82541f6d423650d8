"""A feed that tries everything, from a real server by the real poller through every step to index and alerts."""

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from typing import Any

import pytest

from connectors.opml import feed_id
from pipeline.books import books
from pipeline.cli.alerts import alerts_so_far
from pipeline.cli.figures import make_figure
from pipeline.elastic import Index
from pipeline.entities import MENTION_LIMIT
from pipeline.knowledge import load
from pipeline.launch import Pipeline
from pipeline.search import Query, search
from schemas.broker import Producer
from schemas.codec import now
from schemas.feed import Feed
from schemas.item import item_id
from schemas.settings import Settings
from schemas.topics import FIGURES
from tests.connectors.server import LocalServer
from tests.connectors.test_poller import followed, polling
from tests.connectors.test_scripts_in_fields import ATTACKS, RUNS
from tests.servers import server_fixtures
from tests.waiting import until, until_idle

FIGURE = "Ferdinanda Quillon-Mbeki"
NAME = "hostile-feed"
SITE = "https://hostile.example"
AHEAD = timedelta(hours=20)


def item(name: str, title: str, more: str = "") -> str:
    """An item with a page of its own."""
    return f"<item><title>{title}</title><link>{SITE}/{name}</link>{more}</item>"


def dated_items() -> Iterator[str]:
    """Items of clocks that are wrong, and one of a clock that is right."""
    moment = datetime.now(UTC)
    for name, date in {
        "right": format_datetime(moment),
        "ahead": format_datetime(moment + AHEAD),
        "2099": "Thu, 01 Jan 2099 00:00:00 GMT",
        "1970": "Thu, 01 Jan 1970 00:00:00 GMT",
        "9999": "Tue, 05 Mar 2024 08:30:00 +9999",
        "gap": "Sun, 31 Mar 2024 02:30:00 Europe/Berlin",
    }.items():
        yield item(f"date-{name}", f"Clocktower item {name}", f"<pubDate>{date}</pubDate>")


def oversized_items() -> Iterator[str]:
    """Each field beyond what an index takes."""
    names = ", ".join(entity.name for entity in load().entities[:10_000])
    yield item("entities", "Oversized by names", f"<description>{escape(names)}</description>")
    yield item("title", "Oversized " + "x" * 1_000_000)
    yield item("tags", "Oversized by tags", "".join(f"<category>c{n}</category>" for n in range(50_000)))
    yield item("tag", "Oversized tag", f"<category>{'c' * 100_000}</category><author>{'a' * 100_000}</author>")
    yield item("guid", "Oversized guid", f"<guid isPermaLink='false'>{'g' * 100_000}</guid>")
    yield item("word", "Oversized word", f"<description>{'w' * 400_000}</description>")


def attacking_items() -> Iterator[str]:
    """Scripts in each field; the figure beside them, so that they would go out with an alert."""
    for number, attack in enumerate(ATTACKS):
        a = escape(attack.replace("\x0b", " "))
        yield item(
            f"xss-{number}", f"Attackword {number} on {FIGURE} {a}",
            f"<description>{FIGURE} spoke. {a}</description><author>{a}Desk</author><category>{a}news</category>",
        )  # fmt: skip
    yield f"<item><title>Attackword by address</title><guid>1</guid><link>javascript:alert(1)//{FIGURE}</link></item>"


def odd_bytes() -> Iterator[bytes]:
    """UTF-8 that is called Latin-1, with NULs, lone surrogates, and bytes that are no UTF-8."""
    yield item("odd-1", "Oddbytes Паром ходит").encode()
    yield (
        b"<item><title>Oddbytes a\x00b\x01\x02 \xed\xa0\x80 &#xD800; &#0; \xff</title><link>" + f"{SITE}/odd-2".encode()
    )
    yield b"</link></item>"


def body(*edits: str) -> bytes:
    """The feed."""
    items = "".join((*edits, *dated_items(), *oversized_items(), *attacking_items())).encode()
    return b"<rss version='2.0'><channel><title>Hostile</title>" + items + b"".join(odd_bytes()) + b"</channel></rss>"


# An item that names everyone is turned away where another test has had someone forgotten.
kabar_settings, pipeline = server_fixtures("module")


@pytest.fixture(scope="module")
def documents(kabar_settings: Settings, pipeline: Pipeline) -> dict[str, dict[str, Any]]:
    """What is in the index of it, by the end of the address; and, on the way, an edit, a new guid and a new order."""
    with Producer(kabar_settings) as producer:
        figure = make_figure(FIGURE)
        producer.send(FIGURES, figure.id, figure.encode())
        producer.flush()
    time.sleep(1.0)  # the steps follow the figures
    guid = "<guid isPermaLink='false'>{}</guid><description>" + FIGURE + " {} the plan.</description>"
    edited, other = (
        item("edited", "Edit of a plan", guid.format(1, "{}")),
        item("other", "Another", guid.format(2, "saw")),
    )
    with LocalServer() as server, Index(kabar_settings) as index:
        url = server.serve("/feed", body(edited.format("read"), other), Content_Type="text/xml; charset=iso-8859-1")
        feed = Feed(id=feed_id(url), url=url, name=NAME, interval_seconds=2.0, alert_existing=True)
        with followed(kabar_settings, feed), polling(kabar_settings):
            until(lambda: _count(index) >= 50, seconds=90, what="most are indexed", every=0.5)
            for again in (
                body(edited.format("signed"), other),
                body(edited.format("signed").replace(">1<", ">77<"), other.replace(">2<", ">78<")),
                body(other, edited.format("signed")),
            ):
                before = len(server.requests)
                server.serve("/feed", again, Content_Type="text/xml; charset=iso-8859-1")
                until(lambda before=before: len(server.requests) > before + 1, seconds=60, what="it is polled")  # type: ignore[misc]
            until_idle(kabar_settings, pipeline, seconds=90)
        index.refresh()
        found = index.search({"query": {"term": {"source": NAME}}, "size": 200})
        assert books(kabar_settings, index).difference == 0
    return {
        hit["_source"]["url"].removeprefix(f"{SITE}/") if hit["_source"]["url"] else "-": hit["_source"]
        for hit in found["hits"]["hits"]
    }


def _count(index: Index) -> int:
    index.refresh()
    return int(
        index.search({"query": {"term": {"source": NAME}}, "size": 0, "track_total_hits": True})["hits"]["total"][
            "value"
        ]
    )


def test_every_item_is_indexed(documents: dict[str, dict[str, Any]]) -> None:
    """None is lost by its neighbours, and none twice."""
    assert len(documents) == 2 + 6 + 6 + len(ATTACKS) + 1 + 2


def test_any_bytes_are_readable(documents: dict[str, dict[str, Any]]) -> None:
    """Row 25: the charset that the header lies about, and what no JSON may hold."""
    assert documents["odd-1"]["title"] == "Oddbytes Паром ходит"
    assert documents["odd-2"]["title"].startswith("Oddbytes ab")
    assert all(char.isprintable() or char == "\ufffd" for char in documents["odd-2"]["title"])
    assert json.loads(json.dumps(documents["odd-2"]).encode("utf-8")) == documents["odd-2"]


def test_no_clock_moves_ours_or_stays_on_top(documents: dict[str, dict[str, Any]], kabar_settings: Settings) -> None:
    """Row 26: what cannot be is left out, nothing is newer than when it was seen, and the index has its own time."""
    for name in ("2099", "1970"):
        assert documents[f"date-{name}"]["published_at"] is None
        assert "date-implausible" in documents[f"date-{name}"]["repairs"]
    for name in ("9999", "gap"):
        assert "date-guessed" in documents[f"date-{name}"]["repairs"]
    for document in documents.values():
        seen, indexed = (datetime.fromisoformat(document[field]) for field in ("first_seen_at", "indexed_at"))
        assert datetime.fromisoformat(document["date"]) <= seen <= indexed <= now()
        assert now() - indexed < timedelta(minutes=15)
    with Producer(kabar_settings), Index(kabar_settings) as index:
        hits = search(index, Query(text="Clocktower", sort="newest", collapse=False)).hits
    order = [hit.url.rpartition("-")[2] for hit in hits if hit.url]
    assert set(order[:4]) == {"right", "ahead", "2099", "1970"}
    assert set(order[4:]) == {"9999", "gap"}


def test_sizes_are_capped_and_named(documents: dict[str, dict[str, Any]]) -> None:
    """Row 27: 10,000 names, a million characters, 50,000 tags: each is in the index, and says what was cut."""
    assert len(documents["entities"]["mentions"]) == MENTION_LIMIT
    assert "mentions-capped" in documents["entities"]["repairs"]
    assert len(documents["title"]["title"]) == 2_000
    assert "title-capped" in documents["title"]["repairs"]
    assert len(documents["tags"]["categories"]) == 100
    assert "categories-capped" in documents["tags"]["repairs"]
    assert {"categories-capped", "authors-capped"} <= set(documents["tag"]["repairs"])
    assert "guid-capped" in documents["guid"]["repairs"]
    assert {"summary-capped", "body-capped"} & set(documents["word"]["repairs"])


def test_the_right_version_wins_and_nobody_is_told_twice(
    documents: dict[str, dict[str, Any]], kabar_settings: Settings
) -> None:
    """Row 28: an edit is revision 2 of one document, new guids and a new order are nothing; one alert an item."""
    assert documents["edited"]["summary"] == f"{FIGURE} signed the plan."
    assert [documents[name]["revision"] for name in ("edited", "other")] == [2, 1]
    assert documents["edited"]["id"] == item_id(url=f"{SITE}/edited")
    told = [alert.match.item_id for alert in alerts_so_far(kabar_settings) if alert.match.figure_name == FIGURE]
    assert told
    assert len(set(told)) == len(told)


def test_no_script_is_in_the_index_or_in_an_alert(
    documents: dict[str, dict[str, Any]], kabar_settings: Settings
) -> None:
    """Row 29: no tag, no handler, no address that runs, in any field of any document or of any alert."""
    assert documents["-"]["url"] is None
    alerts = [alert for alert in alerts_so_far(kabar_settings) if alert.match.figure_name == FIGURE]
    assert any("Attackword" in alert.match.title for alert in alerts) or len(alerts) == 1
    for shown in (*(json.dumps(document, ensure_ascii=False) for document in documents.values()),
                  *(alert.encode().decode() for alert in alerts)):  # fmt: skip
        assert not RUNS.search(shown)
        assert not re.search(r"<\s*/?\s*(?:script|img|svg|iframe|object|embed|style|link|meta|base|form)\b", shown)
