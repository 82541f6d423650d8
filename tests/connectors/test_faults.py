"""Feeds that mean harm, or come from servers that do: each with the figure that it may cost."""

import asyncio
import gzip
import re
import resource
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import brotli
import msgspec
import pytest
from aiohttp import web

from connectors.feeds.decide import Changed, Decision, Known, decide
from connectors.feeds.meaning import interpret
from connectors.feeds.poller import Poller
from connectors.feeds.schedule import Followed
from connectors.feeds.seen import Seen
from connectors.fetch import Failed, Fetched, fetch
from connectors.guard import guarded_session
from connectors.parse import ParsedFeed, parse
from connectors.reading import Read, read_body
from schemas.feed import Feed, FeedState
from schemas.item import Item
from schemas.settings import load_settings
from schemas.topics import FEEDS
from tests.connectors.kept import Kept
from tests.connectors.polling import polls
from tests.connectors.server import LocalServer, RawServer
from tests.processor import at_most

OPEN = load_settings(allow_networks="127.0.0.0/8", kafka="unused:1")
URL = "https://feed.example/rss"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def rss(*items: str) -> bytes:
    """A feed of these items."""
    return f"<rss version='2.0'><channel><title>T</title>{''.join(items)}</channel></rss>".encode()


def item(number: int, title: str = "Title", more: str = "") -> str:
    """A plain item."""
    return f"<item><title>{title} {number}</title><link>https://x.example/{number}</link>{more}</item>"


def read(body: bytes) -> Read:
    """What `kabar feeds parse` makes of it."""
    found = read_body(body, url=URL)
    assert isinstance(found, Read), found
    return found


@contextmanager
def growth_below(mebibytes: float) -> Iterator[None]:
    """The process's memory is never more than this above what it is now."""
    before = _peak_anew()
    yield
    assert _peak() - before < mebibytes


def _peak_anew() -> float:
    # Where the system can forget the peak of before (Linux), what earlier tests took hides nothing.
    forget = Path("/proc/self/clear_refs")
    if forget.exists():
        forget.write_text("5", "ascii")
    return _peak()


def _peak() -> float:
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text("ascii")) if status.exists() else None
    return int(found[1]) / 1024 if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _nine_of_ten(seconds: list[float]) -> float:
    """What nine of ten do not exceed: one alone may have met a moment in which other tests had the processor."""
    return sorted(seconds)[len(seconds) * 9 // 10]


@pytest.mark.parametrize("slow", ["headers", "body"])
def test_a_hundred_slow_servers_delay_no_other_feed(slow: str) -> None:
    """Each is cut at the deadline, and a good feed's polls beside them take under a second, none a slow one's time."""
    drip = [b"HTTP/1.1 200 OK\r\n"] if slow == "headers" else [b"HTTP/1.1 200 OK\r\n\r\n"]

    async def run(port: int, good: str) -> None:
        async with guarded_session(OPEN) as session:
            addresses = (f"http://127.9.0.{number}:{port}/" for number in range(1, 101))
            stalled = [asyncio.create_task(fetch(session, url, deadline=3)) for url in addresses]
            started, taken = time.monotonic(), []
            while time.monotonic() - started < 2:
                asked = time.monotonic()
                assert isinstance(await fetch(session, good), Fetched)
                taken.append(time.monotonic() - asked)
            outcomes = await asyncio.gather(*stalled)
            assert time.monotonic() - started < 10
            assert _nine_of_ten(taken) < 1
            assert max(taken) < 3
            assert {type(outcome) for outcome in outcomes} == {Failed}

    with RawServer(*drip, *[b"x"] * 60, pause=1, hold=True, everywhere=True) as server, LocalServer() as local:
        asyncio.run(run(server.port, local.serve("/good", rss(item(1)))))


def test_slow_feeds_end_at_the_polls_own_limit() -> None:
    """A hundred slow feeds, half by their headers and half by their bodies: failed in 30 s, a good one never waits."""

    async def run(headers: int, bodies: int, good: str) -> None:
        poller = Poller(OPEN, Kept())
        writing = asyncio.create_task(poller._writer.run())  # noqa: SLF001 - the broker's part is in test_poller
        places = [f"http://127.9.1.{n}:{headers if n % 2 else bodies}/" for n in range(1, 101)]
        feeds = [Feed(id=place, url=place) for place in (*places, good)]
        *slow, quick = [Followed(feed=feed, state=FeedState(feed_id=feed.id), partition=0) for feed in feeds]
        async with guarded_session(OPEN) as session:
            started, taken = time.monotonic(), []
            stalled = asyncio.gather(*(poller._poll(session, one) for one in slow))  # noqa: SLF001
            while not stalled.done():
                asked = time.monotonic()
                await poller._poll(session, quick)  # noqa: SLF001
                taken.append(time.monotonic() - asked)
                await asyncio.sleep(0.5)
            await stalled
        assert time.monotonic() - started < 40
        assert {one.state.failures for one in slow} == {1}
        assert quick.state.failures == 0
        assert _nine_of_ten(taken) < 1
        assert max(taken) < 3
        writing.cancel()

    drip = [b"x"] * 100
    with (
        RawServer(b"HTTP/1.1 200 OK\r\n", *drip, pause=1, hold=True, everywhere=True) as headers,
        RawServer(b"HTTP/1.1 200 OK\r\n\r\n", *drip, pause=1, hold=True, everywhere=True) as bodies,
        LocalServer() as local,
    ):
        asyncio.run(run(headers.port, bodies.port, local.serve("/good", rss(item(1)))))


def _zstd(data: bytes) -> bytes:
    from backports import zstd  # noqa: PLC0415 - only this test makes some

    return zstd.compress(data)


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("br", lambda d: brotli.compress(d, quality=5)),
        ("zstd", _zstd),
    ],
)
def test_a_bomb_stops_at_the_cap(encoding: str, compress: object) -> None:
    """300 MB from 0.3 MB: refused at 10 MB decoded, in under 50 MB of memory."""
    assert callable(compress)
    bomb = compress(bytes(300_000_000))
    with LocalServer() as server, growth_below(50):
        url = server.serve("/bomb", bomb, Content_Encoding=encoding)
        (followed,), _ = polls(OPEN, Feed(id="bomb", url=url))
        assert followed.state.last_error == "the body is over 10,000,000 bytes"


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br, gzip", "bzip2"])
def test_encodings_inside_one_another_are_refused(encoding: str) -> None:
    """Nobody asked for them."""
    with LocalServer() as server:
        url = server.serve("/nested", gzip.compress(gzip.compress(b"x" * 1000)), Content_Encoding=encoding)
        (followed,), _ = polls(OPEN, Feed(id="nested", url=url))
        assert "not asked for" in (followed.state.last_error or "")


def test_a_gzip_file_inside_gzip_stops_at_the_cap() -> None:
    """A sitemap file that is a bomb, sent compressed once more."""
    with growth_below(50):
        assert not isinstance(parse(gzip.compress(bytes(100_000_000)), url=URL), ParsedFeed)


def test_every_encoding_that_is_asked_for_is_read() -> None:
    """gzip, deflate, br and zstd; plain text that is called gzip is read as what it is."""
    body = rss(item(1))
    with LocalServer() as server:
        for encoding, data in (
            ("gzip", gzip.compress(body)), ("deflate", zlib.compress(body)), ("br", brotli.compress(body)),
            ("zstd", _zstd(body)), ("gzip", body),
        ):  # fmt: skip
            url = server.serve(f"/{encoding}", data, Content_Encoding=encoding)
            (followed,), kept = polls(OPEN, Feed(id=encoding, url=url, alert_existing=True))
            assert followed.state.last_error is None, encoding
            assert len(kept.on("news.items")) == 1


def test_an_endless_body_is_cut_and_its_connection_closed() -> None:
    """A gigabyte without a length, and one that lies about it, cost ten megabytes."""
    block = b"<item>" * 10_000
    for length in (b"", b"Content-Length: 9999999999\r\n"):
        head = b"HTTP/1.1 200 OK\r\n" + length + b"\r\n"
        with RawServer(head, *[block] * 20_000) as server, growth_below(50):
            (followed,), _ = polls(OPEN, Feed(id="endless", url=server.url))
            assert "over 10,000,000 bytes" in (followed.state.last_error or "")
            assert server.sent < 60_000_000


@pytest.mark.parametrize(
    "inside",
    [
        "<enclosure url='{0}' type='audio/mpeg'/>",
        "<media:content xmlns:media='http://search.yahoo.com/mrss/' url='{0}'/>",
        "<comments>{0}</comments>",
        "<source url='{0}'>S</source>",
        "<image><url>{0}</url></image><icon>{0}</icon>",
        "<itunes:image xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd' href='{0}'/>",
        "<cloud domain='{0}' port='80' path='/secret' protocol='http-post'/>",
        "<link>{0}</link>",
    ],
)
def test_what_a_feed_names_is_not_fetched(inside: str) -> None:
    """No address in a feed is asked by reading it: enclosures, comments, images and icons, pages, hubs."""
    with LocalServer() as server:
        named = inside.format(server.url("/secret"))
        hub = f"<atom:link xmlns:atom='http://www.w3.org/2005/Atom' rel='hub' href='{server.url('/secret')}'/>"
        url = server.serve("/feed", rss(hub, item(1, more=named)))
        polls(OPEN, Feed(id="names", url=url), times=2)
        assert set(server.requests) == {"/feed"}


@pytest.mark.parametrize("place", ["127.0.0.2", "0x7f000002", "[::ffff:127.0.0.2]", "0.0.0.0", "10.0.0.1"])
def test_a_sitemap_index_leads_nowhere_inside(place: str) -> None:
    """Its entries are asked through the guard, by address and by a redirect: nothing connects, and the reason is told.

    Of this machine's addresses only the one of the index is opened.
    """

    async def away(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": target})

    with RawServer(b"HTTP/1.1 200 OK\r\n\r\n" + rss(item(1)), everywhere=True) as inside, LocalServer() as server:
        target = f"http://{place}:{inside.port}/secret"
        entries = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in (target, server.on("/away", away)))
        url = server.serve("/index", f"<sitemapindex>{entries}</sitemapindex>".encode())
        one_host = load_settings(allow_networks="127.0.0.1/32", kafka="unused:1")
        (followed,), kept = polls(one_host, Feed(id="index", url=url))
        assert server.requests == ["/index", "/away"]
        assert inside.connections == 0
        assert "Refused address" in (followed.state.last_error or "")
        assert followed.state.failures == 1
        assert kept.on("news.items") == kept.on("news.backfill") == []


@pytest.mark.parametrize("hops", [1, 3])
def test_a_redirect_into_the_network_is_not_kept_as_a_new_address(hops: int) -> None:
    """Permanent redirects that end at a refused address fail, and no address on the way becomes the feed's own."""

    async def inside(request: web.Request) -> web.StreamResponse:
        left = int(request.query.get("left", hops)) - 1
        return web.Response(status=301, headers={"Location": f"?left={left}" if left else "http://10.0.0.1/feed"})

    with LocalServer() as server:
        (followed,), kept = polls(OPEN, Feed(id="inside", url=server.on("/feed", inside)), times=5)
        assert followed.state.failures == 5
        assert (followed.state.moved_to, followed.feed.url) == (None, server.url("/feed"))
        assert "10.0.0.1" in (followed.state.last_error or "")
        assert kept.on(FEEDS) == []


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe" + "<rss><channel><item><title>Ünï</title></item></channel></rss>".encode("utf-16-le"),
        b"<rss><channel><item><title>a\x00b\x01\x02 \xed\xa0\x80 &#xD800; &#0; \xff</title></item></channel></rss>",
        b'<?xml version="1.0" encoding="utf-7"?><rss><channel><item><title>+AGE-</title></item></channel></rss>',
        b'{"version":"https://jsonfeed.org/version/1","items":[{"id":"1","title":"\\ud800 x \\u0000"}]}',
    ],
)
def test_any_bytes_come_out_as_valid_json(body: bytes) -> None:
    """Lone surrogates, NULs, control characters and wrong charsets: readable, and a round trip through JSON."""
    (found,) = read(body).items
    again = msgspec.json.decode(msgspec.json.encode(found), type=type(found))
    assert again == found
    assert found.title
    assert all(char.isprintable() or char == "\ufffd" for char in found.title)


@pytest.mark.parametrize(
    ("date", "flag"),
    [
        ("Thu, 01 Jan 1970 00:00:00 GMT", "date-implausible"),
        ("Thu, 01 Jan 2099 00:00:00 GMT", "date-implausible"),
        ("Tue, 05 Mar 2024 08:30:00", "date-without-zone"),
        ("Tue, 05 Mar 2024 08:30:00 +9999", "date-guessed"),
        ("Sun, 31 Mar 2024 02:30:00 Europe/Berlin", "date-guessed"),
        ("9999-12-31T23:59:59-23:59", "date-unreadable"),
    ],
)
def test_clocks_that_are_wrong_are_flagged(date: str, flag: str) -> None:
    """No date is before 1990 or in the future, and what was assumed is said."""
    (found,) = read(rss(item(1, more=f"<pubDate>{date}</pubDate>"))).items
    assert flag in found.repairs
    assert found.published_at is None or datetime(1990, 1, 1, tzinfo=UTC) < found.published_at < datetime.now(UTC)


def test_sizes_are_capped_and_counted() -> None:
    """A million characters of title, 50,000 tags, 20,000 items: cut, named, and read in seconds."""
    with at_most(15):
        (long,) = read(rss(item(1, title="x" * 1_000_000))).items
        assert len(long.title) == 2_000
        assert "title-capped" in long.repairs
        (tagged,) = read(rss(item(1, more="".join(f"<category>c{n}</category>" for n in range(50_000))))).items
        assert len(tagged.categories) == 100
        assert "categories-capped" in tagged.repairs
        many = read(rss(*(item(number) for number in range(20_000)))).items
        assert len(many) == 10_000
        assert "entries-capped" in many[0].repairs


def _shown(known: Known, *entries: str, minutes: int = 0) -> tuple[Known, Decision]:
    feed = Feed(id="f", url=URL)
    fetched = Fetched(
        body=rss(*entries), etag=None, last_modified=None, body_hash="h", final_url=URL, content_type=None
    )
    parsed = interpret(feed, known.seen, fetched)
    assert isinstance(parsed, ParsedFeed)
    decision = decide(feed, known, Changed(fetched=fetched, feed=parsed), NOW + timedelta(minutes=minutes))
    assert decision.seen is not None
    return Known(decision.state, decision.seen), decision


def _titles(decision: Decision) -> list[str]:
    return [found.title for found in decision.items]


def test_an_item_keeps_its_identity() -> None:
    """Same guid and new content is an edit, a new guid on the same page is nothing new, and neither is a new order."""

    def guid(number: int) -> str:
        return f"<guid isPermaLink='false'>{number}</guid>"

    known, first = _shown(Known(FeedState(feed_id="f"), Seen()), item(1, more=guid(1)), item(2, more=guid(2)))
    assert len(first.items) == 2
    known, same = _shown(known, item(1, more=guid(77)), item(2, more=guid(78)))
    assert _titles(same) == []
    known, turned = _shown(known, item(2, more=guid(2)), item(1, more=guid(1)))
    assert _titles(turned) == []
    known, edited = _shown(known, item(1, title="Edited", more=guid(1)), item(2, more=guid(2)))
    assert _titles(edited) == ["Edited 1"]
    assert edited.items[0].id == first.items[1].id
    known, back = _shown(known, item(1, more=guid(1)), item(2, more=guid(2)))
    assert _titles(back) == ["Title 1"], "an edit that is taken back is an edit"


def test_no_script_survives_in_any_field() -> None:
    """Title, summary, body, author, category and link of an item that carries scripts everywhere hold none."""
    attack = "&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;"
    body = rss(
        f"<item><title>{attack}T</title><link>javascript:alert(1)</link><description>{attack}S</description>"
        f"<author>{attack}A</author><category>{attack}C</category><guid>data:text/html,{attack}</guid></item>"
    )
    (found,) = read(body).items
    shown = " ".join((found.title, found.summary, found.body, *found.authors, *found.categories, found.url or ""))
    assert "script" not in shown
    assert "onerror" not in shown
    assert (found.title, found.summary, found.authors, found.categories) == ("T", "S", ("A",), ("C",))


def test_a_feed_that_lies_in_both_directions_is_found_out() -> None:
    """304 for ever is ended by the unconditional poll; a new ETag on an old body sends nothing."""
    bodies = [rss(item(1))]

    async def liar(request: web.Request) -> web.StreamResponse:
        if request.headers.get("If-None-Match"):
            return web.Response(status=304)
        return web.Response(body=bodies[-1], headers={"ETag": f'"{time.monotonic()}"'})

    with LocalServer() as server:
        feed = Feed(id="liar", url=server.on("/feed", liar), alert_existing=True, interval_seconds=600)
        bodies.append(rss(item(2), item(1)))
        made, kept = polls(OPEN, feed, times=3)
        assert len(kept.on("news.items")) == 2
        bodies.append(rss(item(3), item(2), item(1)))
        made, kept = polls(OPEN, feed, times=26)
        titles = sorted(Item.decode(value).title for value in kept.on("news.items"))
        assert titles == ["Title 1", "Title 2", "Title 3"]
        assert made[0].state.failures == 0
