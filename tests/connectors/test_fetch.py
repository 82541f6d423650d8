"""One GET against real servers that lie, stall and explode."""

import asyncio
import gzip
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from yarl import URL

from connectors.fetch import Asking, Failed, Fetched, NotModified, Outcome, Validators, fetch, led, retry_after
from connectors.guard import guarded_session
from schemas.settings import load_settings
from tests.connectors.server import LocalServer, RawServer

OPEN = load_settings(allow_networks="127.0.0.0/8")
LIMIT = 10_000_000


def ask(url: str, known: Validators | None = None, **more: Any) -> Outcome:  # noqa: ANN401 - fetch's own options
    """One fetch in a session and loop of its own."""

    async def once() -> Outcome:
        async with guarded_session(OPEN) as session:
            return await fetch(session, url, known, **more)

    return asyncio.run(once())


def test_a_reply_comes_with_its_validators() -> None:
    """Body, validators, type and final address are as the server gave them."""
    with LocalServer() as server:
        url = server.serve(
            "/feed", b"<rss/>", ETag='"1"', Last_Modified="Tue, 05 Mar 2024 08:30:00 GMT", Content_Type="text/xml"
        )
        outcome = ask(url)
    assert isinstance(outcome, Fetched)
    assert (outcome.body, outcome.etag, outcome.last_modified) == (b"<rss/>", '"1"', "Tue, 05 Mar 2024 08:30:00 GMT")
    assert (outcome.content_type, outcome.final_url) == ("text/xml", url)


def test_what_is_known_is_not_fetched_again() -> None:
    """The validators go out, a 304 is `NotModified`, and keeps them."""
    seen: list[tuple[str | None, str | None]] = []

    async def reply(request: web.Request) -> web.StreamResponse:
        seen.append((request.headers.get("If-None-Match"), request.headers.get("If-Modified-Since")))
        return web.Response(status=304)

    with LocalServer() as server:
        outcome = ask(server.on("/", reply), Validators(etag='"1"', last_modified="then"))
    assert outcome == NotModified(etag='"1"', last_modified="then")
    assert seen == [('"1"', "then")]


def test_an_etag_that_lies_is_found_out_by_the_body() -> None:
    """A new ETag on an unchanged body is `NotModified`; an old ETag on a new body is `Fetched`."""
    with LocalServer() as server:
        first = ask(server.serve("/", b"same", ETag='"1"'))
        assert isinstance(first, Fetched)
        known = Validators(etag='"1"', body_hash=first.body_hash)
        assert ask(server.serve("/", b"same", ETag='"2"'), known) == NotModified(etag='"2"')
        assert isinstance(ask(server.serve("/", b"new", ETag='"1"'), known), Fetched)


def test_redirects_are_followed_to_the_fifth() -> None:
    """Five hops arrive, six do not, a loop ends, and what was asked is bounded."""

    async def hop(request: web.Request) -> web.StreamResponse:
        left = int(request.query["left"])
        return (
            web.Response(body=b"end")
            if left == 0
            else web.Response(status=301, headers={"Location": f"?left={left - 1}"})
        )

    async def loop(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "/loop"})

    with LocalServer() as server:
        url = server.on("/hop", hop)
        arrived = ask(f"{url}?left=5")
        assert isinstance(arrived, Fetched)
        assert arrived.final_url == f"{url}?left=0"
        assert ask(f"{url}?left=6") == Failed(reason="more than 5 redirects")
        server.requests.clear()
        assert ask(f"{url}?left=1000") == Failed(reason="more than 5 redirects")
        assert len(server.requests) == 6
        server.requests.clear()
        assert isinstance(ask(server.on("/loop", loop)), Failed)
        assert len(server.requests) == 6


def test_credentials_stay_with_their_host() -> None:
    """User and password of the address go to it, and not to where it redirects."""
    seen: list[str | None] = []

    async def end(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers.get("Authorization"))
        return web.Response(body=b"x")

    with LocalServer() as server, LocalServer() as other:
        target = other.on("/end", end)

        async def away(request: web.Request) -> web.StreamResponse:
            seen.append(request.headers.get("Authorization"))
            return web.Response(status=302, headers={"Location": target})

        outcome = ask(server.on("/", away).replace("http://", "http://user:secret@"))
    assert isinstance(outcome, Fetched)
    assert "secret" not in outcome.final_url
    assert seen[0] is not None
    assert seen[1] is None


def test_credentials_stay_within_their_host() -> None:
    """A redirect within the site keeps them, by a path and by the whole address."""
    seen: list[str | None] = []

    async def end(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers.get("Authorization"))
        return web.Response(body=b"x")

    with LocalServer() as server:
        for location in ("/end", server.on("/end", end)):

            async def away(_request: web.Request, location: str = location) -> web.StreamResponse:
                return web.Response(status=301, headers={"Location": location})

            outcome = ask(server.on("/", away).replace("http://", "http://user:secret@"))
            assert isinstance(outcome, Fetched)
            assert outcome.moved_to == server.url("/end").replace("http://", "http://user:secret@")
    assert seen[0] is not None
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    ("location", "kept"),
    [
        ("https://a.example/feed", True),
        ("http://a.example:81/feed", False),
        ("https://a.example:444/feed", False),
        ("https://www.a.example/feed", False),
        ("https://b.example/feed", False),
        ("ftp://a.example/feed", False),
    ],
)
def test_credentials_go_to_no_other_origin(location: str, kept: bool) -> None:  # noqa: FBT001
    """From http to https of the same host they do."""
    assert (led(URL("http://user:secret@a.example/feed"), location).user == "user") is kept
    assert led(URL("https://user:secret@a.example/feed"), "http://a.example/feed").user is None


@pytest.mark.parametrize(("status", "after"), [(429, 120.0), (503, 120.0), (404, 120.0), (500, 120.0)])
def test_an_error_says_its_status_and_when_to_come_back(status: int, after: float) -> None:
    """Statuses are reasons; Retry-After is in seconds."""

    async def reply(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"Retry-After": "120"})

    with LocalServer() as server:
        outcome = ask(server.on("/", reply))
    assert isinstance(outcome, Failed)
    assert (outcome.status, outcome.retry_after) == (status, after)
    assert str(status) in outcome.reason


def test_retry_after_is_seconds_or_a_date() -> None:
    """Both forms are read, nonsense is nothing, and no server can send us away for more than a day."""
    at = datetime(2024, 3, 5, 8, 0, tzinfo=UTC)
    assert retry_after("30") == 30.0
    assert retry_after("Tue, 05 Mar 2024 08:01:00 GMT", at) == 60.0
    assert retry_after("Tue, 05 Mar 2024 07:00:00 GMT", at) == 0.0
    assert retry_after("999999999999") == 86400.0
    assert retry_after("soon") is None
    assert retry_after("-5") is None


@pytest.mark.parametrize(
    "parts",
    [
        (b"HTTP/1.1 200 OK\r\n", *[b"X"] * 100),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", *[b"x"] * 100),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n"] * 100),
        (),
    ],
    ids=["headers", "body", "chunks", "silence"],
)
def test_a_slow_server_is_cut_at_the_deadline(parts: tuple[bytes, ...]) -> None:
    """A byte at a time, in headers or body, ends at the total deadline: long before the ten seconds of all bytes."""
    with RawServer(*parts, pause=0.1, hold=True) as server:
        started = time.monotonic()
        outcome = ask(server.url, deadline=1.0)
        assert 1.0 <= time.monotonic() - started < 5.0
    assert outcome == Failed(reason="no whole reply within 1 seconds")


def test_the_deadline_is_of_all_requests_and_not_of_waiting_for_turns() -> None:
    """Three requests of half a second end at the deadline of one; waiting as long before a turn costs nothing."""

    async def slow(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.5)
        left = int(request.query.get("left", "0"))
        return web.Response(status=302, headers={"Location": f"?left={left - 1}"}) if left else web.Response(body=b"x")

    @asynccontextmanager
    async def late(_url: str) -> AsyncIterator[None]:
        await asyncio.sleep(1.2)
        yield

    with LocalServer() as server:
        url = server.on("/", slow)
        assert ask(f"{url}?left=2", deadline=1.0) == Failed(reason="no whole reply within 1 seconds")
        assert isinstance(ask(url, deadline=1.0, asking=Asking(turn=late)), Fetched)


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\nwords",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nwords",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8bnot gzip at all",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\nxxxx",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\n\r\nxxxx",
        b"HTTP/1.1 302 Found\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"",
    ],
)
def test_a_broken_reply_is_a_failure_with_a_reason(reply: bytes) -> None:
    """Lying lengths, broken chunks, nonsense and encodings that nobody asked for fail in words."""
    with RawServer(reply) as server:
        outcome = ask(server.url, deadline=5)
    assert isinstance(outcome, Failed)
    assert outcome.reason


def test_a_length_that_is_too_short_cuts_the_body() -> None:
    """What follows the announced length is not read."""
    with RawServer(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<rss/>more") as server:
        outcome = ask(server.url)
    # Whether the rest came along in the same packet decides between a short body and a malformed reply.
    assert outcome.body == b"<rss/" if isinstance(outcome, Fetched) else isinstance(outcome, Failed)


def test_an_endless_body_ends_at_the_cap() -> None:
    """A body without a length is cut at the cap, and the connection with it: the server cannot send much more."""
    block = b"x" * 100_000
    with RawServer(b"HTTP/1.1 200 OK\r\n\r\n", *[block] * 1_000) as server:
        outcome = ask(server.url)
        assert server.sent < 3 * LIMIT
    assert outcome == Failed(reason="the body is over 10,000,000 bytes", status=200)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_bomb_never_unfolds(encoding: str) -> None:
    """300 MB from 0.3 MB stops at the cap with less than 50 MB of memory."""
    compressor = zlib.compressobj(9, wbits=31 if encoding == "gzip" else 15)
    bomb = b"".join(compressor.compress(b"\0" * 1_000_000) for _ in range(300)) + compressor.flush()
    assert len(bomb) < 400_000
    with LocalServer() as server:
        url = server.serve("/", bomb, Content_Encoding=encoding)
        tracemalloc.start()
        outcome = ask(url)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert isinstance(outcome, Failed)
    assert peak < 50_000_000


def test_exactly_the_cap_is_taken() -> None:
    """10 MB arrive whole, one byte more does not."""
    with LocalServer() as server:
        whole = ask(server.serve("/", gzip.compress(b"x" * LIMIT), Content_Encoding="gzip"))
        more = ask(server.serve("/", b"x" * (LIMIT + 1)))
    assert isinstance(whole, Fetched)
    assert len(whole.body) == LIMIT
    assert isinstance(more, Failed)


@pytest.mark.parametrize(
    "url", ["", "nonsense", "http://", "ftp://example.com/", "http://name.invalid/", "http://127.0.0.1:1/"]
)
def test_what_cannot_be_asked_is_a_failure(url: str) -> None:
    """Addresses that are none, names that do not resolve, ports where nobody listens."""
    assert isinstance(ask(url, deadline=10), Failed)


def test_a_host_has_one_connection_at_a_time() -> None:
    """Five requests at once to one host are answered one after the other."""
    at_once = most = 0

    async def reply(_request: web.Request) -> web.StreamResponse:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.05)
        at_once -= 1
        return web.Response(body=b"x")

    async def five(url: str) -> list[Outcome]:
        async with guarded_session(OPEN) as session:
            return await asyncio.gather(*(fetch(session, url) for _ in range(5)))

    with LocalServer() as server:
        outcomes = asyncio.run(five(server.on("/", reply)))
    assert all(isinstance(outcome, Fetched) for outcome in outcomes)
    assert most == 1
