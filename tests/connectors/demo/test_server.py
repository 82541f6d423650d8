"""The recorded news is served as told, and the connectors read from it what is expected."""

import asyncio
import gzip
import json
from urllib.parse import urlsplit

import aiohttp
import feedparser
import pytest
from lxml import etree

from connectors.demo import DemoServer, demo_feeds, expected, start_demo_server
from connectors.demo.feeds import FEEDS, DemoFeed, edition
from connectors.demo.records import NewsItem
from connectors.demo.writers import WRITERS
from connectors.feeds.decide import Changed, Decision, Known, decide, validators
from connectors.fetch import Failed, Fetched, fetch
from connectors.guard import guarded_session
from connectors.parse import ParsedFeed, Unreadable, parse
from schemas.codec import now
from schemas.feed import Feed, FeedState
from schemas.settings import load_settings
from tests.connectors.demo.asking import Answer, get

BY_ID = {feed.id: feed for feed in FEEDS}
STRICT = [feed for feed in FEEDS if feed.format not in {"json", "sitemap"} and feed.breakage is None]


def test_demo_feeds_lead_to_every_format(server: DemoServer) -> None:
    """The feeds handed to Kabar exist on the server, alert at once, and cover all six formats."""
    feeds = demo_feeds(server.url)
    assert {feed.format for feed in FEEDS} == set(WRITERS)
    assert len({feed.id for feed in feeds}) == len(FEEDS)
    for feed in feeds:
        assert feed.alert_existing
        assert get(server, urlsplit(feed.url).path).status in {200, 301}


@pytest.mark.parametrize("feed", STRICT, ids=lambda feed: feed.id)
def test_feedparser_reads_what_is_well_formed(server: DemoServer, feed: DemoFeed) -> None:
    """An independent parser finds every item, its title and link, in both editions."""
    for number in (1, 2):
        answer = get(server, feed.path)
        assert answer.status == 200
        body = answer.body
        found = feedparser.parse(body)
        wanted = edition(feed, number)
        assert len(found.entries) == len(wanted)
        for entry, (item, query) in zip(found.entries, wanted, strict=True):
            if item.fault is None:
                assert entry.title == item.title
                assert entry.link == item.url + (f"?{query}" if query else "")
                assert "".join(entry.get("summary", "").split()) == "".join((item.summary or first_text(item)).split())
        faulty = {item.fault for item, _query in wanted}
        if not faulty & {"invalid-utf8", "undeclared-entity"}:
            assert not found.bozo


def first_text(item: NewsItem) -> str:
    """What feedparser takes for a summary where a feed gives none: the whole text in its markup."""
    return "".join(f"<p>{paragraph}</p>" for paragraph in item.paragraphs)


def test_json_feeds_are_json(server: DemoServer) -> None:
    """The JSON Feeds are valid, of version 1.1, and one carries an escaped NUL."""
    bodies = [get(server, feed.path).body for feed in FEEDS if feed.format == "json"]
    for body in bodies:
        feed = json.loads(body)
        assert feed["version"] == "https://jsonfeed.org/version/1.1"
        assert all(entry["id"] and entry["url"] and entry["title"] for entry in feed["items"])
    assert any(b"\\u0000" in body for body in bodies)


def test_the_sitemap_has_titles_and_no_text(server: DemoServer) -> None:
    """The news sitemap is well-formed and lists address, date, language and title of each item."""
    feed = BY_ID["demo-globus"]
    root = etree.fromstring(get(server, feed.path).body)
    spaces = {"n": "http://www.google.com/schemas/sitemap-news/0.9"}
    titles = [node.text for node in root.iterfind(".//n:title", spaces)]
    assert titles == [item.title for item, _query in edition(feed, 1)]
    assert len(root.findall(".//n:publication_date", spaces)) == len(titles)


def test_charsets_are_legacy_and_one_header_is_wrong(server: DemoServer) -> None:
    """Two feeds are in legacy charsets, losslessly; one says ISO 8859-1 of what is UTF-8."""
    russian = get(server, BY_ID["demo-severny-meridian"].path)
    assert "charset=windows-1251" in russian.headers["content-type"]
    assert "Путин поручил" in russian.body.decode("windows-1251")
    japanese = get(server, BY_ID["demo-asagiri"].path)
    assert "charset" not in japanese.headers["content-type"]
    assert "マグニチュード" in japanese.body.decode("shift_jis")
    assert b"&#" not in russian.body + japanese.body
    wrong = get(server, BY_ID["demo-correo-atlantico"].path)
    assert "charset=iso-8859-1" in wrong.headers["content-type"]
    assert "Amazonía" in wrong.body.decode("utf-8")


def test_broken_feeds_are_broken_as_told(server: DemoServer) -> None:
    """Invalid bytes, bad XML, an undeclared entity, a far date, a relative link: each is on the wire."""
    savanna = get(server, BY_ID["demo-savanna"].path)
    with pytest.raises(UnicodeDecodeError):
        savanna.body.decode("utf-8")
    for path in ("demo-klippenbote", "demo-monsoon-wire"):
        with pytest.raises(etree.XMLSyntaxError):
            etree.fromstring(get(server, BY_ID[path].path).body)
    atom = get(server, BY_ID["demo-continental"].path).body
    assert b"<published>9999-" in atom
    assert b'href="/tr/izmir-tramvay"' in atom
    turned = get(server, BY_ID["demo-savanna"].path)
    assert turned.status == 200
    assert turned.headers["content-type"].startswith("text/html")
    assert turned.body.startswith(b"<!DOCTYPE html>")


def test_a_repeat_has_tracking_parameters(server: DemoServer) -> None:
    """The second feed, in its second edition, links one item with `utm_` parameters and another without."""
    path = BY_ID["demo-nusantara-pilihan"].path
    get(server, path)
    items = json.loads(get(server, path).body)["items"]
    links = {entry["id"]: entry["url"] for entry in items}
    assert links["https://news.example/putin-pyongyang"].endswith("?utm_source=pilihan&utm_medium=feed")
    palu = "https://kabarnusantara.example/nasional/gempa-palu-magnitudo-61"
    assert links[palu] == palu


def test_gzip_is_sent_to_who_asks(server: DemoServer) -> None:
    """The compressed feed is gzip for a client that accepts it, and plain for one that does not."""
    path = BY_ID["demo-harbour-post"].path
    packed = get(server, path, Accept_Encoding="gzip, deflate")
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body).startswith(b"<?xml")
    assert get(server, path, Accept_Encoding="identity").body.startswith(b"<?xml")


def test_a_moved_feed_redirects(server: DemoServer) -> None:
    """The old address answers 301 with the new one, and the redirect does not use up an edition."""
    feed = BY_ID["demo-al-mina"]
    moved = get(server, feed.public_path)
    assert (moved.status, moved.headers["location"]) == (301, feed.path)
    get(server, feed.public_path)
    assert get(server, feed.path).body.count(b"<item>") == len(edition(feed, 1))


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.id)
def test_editions_advance_and_then_stay(server: DemoServer, feed: DemoFeed) -> None:
    """First edition, second edition, then the second for ever: 304 to its validators, 200 without them."""
    first = get(server, feed.path)
    second = get(server, feed.path, **conditions(first))
    changes = feed.breakage == "html-on-second" or edition(feed, 1) != edition(feed, 2)
    if changes:
        assert second.status == 200
        assert second.body != first.body
    else:
        assert second.status == (304 if conditions(first) else 200)
    latest = second if second.status == 200 else get(server, feed.path)
    again = get(server, feed.path, **conditions(latest))
    assert again.status == (304 if conditions(latest) else 200)
    assert get(server, feed.path).body == latest.body


def conditions(answer: Answer) -> dict[str, str]:
    """The headers of a conditional request after this answer."""
    pairs = {"If_None_Match": "etag", "If_Modified_Since": "last-modified"}
    return {asked: answer.headers[given] for asked, given in pairs.items() if given in answer.headers}


def test_a_given_port_is_used_and_a_taken_one_refused(server: DemoServer) -> None:
    """A second server on the same port fails with OSError; after a stop the port is free; stop may be repeated."""
    with pytest.raises(OSError, match=r"address already in use|Address already in use"):
        start_demo_server(server.port)
    server.stop()
    server.stop()
    with start_demo_server(server.port) as other:
        assert other.port == server.port


def test_it_starts_inside_a_running_loop() -> None:
    """A program that is asynchronous itself can start and stop the server."""

    async def use() -> int:
        with start_demo_server() as running:
            return (await asyncio.to_thread(get, running, "/")).status

    assert asyncio.run(use()) == 200


async def polled(feed: Feed, session: aiohttp.ClientSession, times: int) -> list[Decision]:
    """What the connectors decide after so many polls of one feed."""
    known, decisions = Known(FeedState(feed_id=feed.id)), []
    for _ in range(times):
        outcome = await fetch(session, feed.url, validators(known.state))
        if isinstance(outcome, Fetched):
            found = parse(outcome.body, url=outcome.final_url, content_type=outcome.content_type)
            decision = decide(feed, known, judged(outcome, found), now())
        else:
            decision = decide(feed, known, outcome, now())
        known = Known(decision.state, known.seen if decision.seen is None else decision.seen)
        decisions.append(decision)
    return decisions


def judged(fetched: Fetched, found: ParsedFeed | Unreadable) -> Changed | Failed:
    """A body that is a feed, or why not."""
    return Failed(reason=found.reason) if isinstance(found, Unreadable) else Changed(fetched=fetched, feed=found)


def test_the_connectors_give_what_is_expected(server: DemoServer) -> None:
    """Three polls of every feed by Kabar's own connectors send, refuse and fail exactly as the records foretell."""
    settings = load_settings().model_copy(update={"allow_networks": ("127.0.0.0/8",)})

    async def run() -> dict[str, list[Decision]]:
        async with guarded_session(settings) as session:
            return {feed.id: await polled(feed, session, 3) for feed in demo_feeds(server.url)}

    decisions = asyncio.run(run())
    books = expected()
    sent = [item for polls in decisions.values() for poll in polls for item in poll.items]
    assert len(sent) == books.sent
    assert len({item.id for item in sent}) == books.items
    assert sum(len(poll.refused) for polls in decisions.values() for poll in polls) == books.refused
    assert sum(bool(polls[-1].state.failures) for polls in decisions.values()) == books.unreadable_feeds
    assert not any(poll.quiet for polls in decisions.values() for poll in polls)
