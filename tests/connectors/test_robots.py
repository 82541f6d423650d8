"""robots.txt as RFC 9309 has it, against a real server."""

import asyncio

from aiohttp import web

from connectors.fetch import Failed
from connectors.guard import guarded_session
from connectors.robots import Robots, Rules, rules_of
from schemas.settings import load_settings
from tests.connectors.server import LocalServer
from tests.processor import at_most

OPEN = load_settings(allow_networks="127.0.0.0/8")


def allowed(server: LocalServer, *paths: str) -> list[bool]:
    """Whether these pages of the server may be fetched, all asked at once."""

    async def ask() -> list[bool]:
        async with guarded_session(OPEN) as session:
            robots = Robots(session)
            rules = await asyncio.gather(*(robots.rules(server.url(path)) for path in paths))
            return [rule.allow(server.url(path)) for rule, path in zip(rules, paths, strict=True)]

    return asyncio.run(ask())


def test_what_a_site_says_is_kept_to_and_asked_once() -> None:
    """Our own group wins over the general one, the longest rule over a shorter; one request for many pages."""
    body = b"User-agent: *\nDisallow: /\n\nUser-agent: kabar\nDisallow: /private\nAllow: /private/press\nCrawl-delay: 7"
    with LocalServer() as server:
        server.serve("/robots.txt", body)
        assert allowed(server, "/a", "/private/x", "/private/press/1") == [True, False, True]
        assert server.requests.count("/robots.txt") == 1


def test_one_that_asks_for_time_has_it() -> None:
    """It is not asked again before its `Retry-After`, nor sooner than any that cannot say."""
    assert rules_of(Failed(reason="HTTP 503", status=503, retry_after=7_200), 1.0) == Rules(until=7_201, silent=True)
    assert rules_of(Failed(reason="HTTP 503", status=503, retry_after=5), 1.0) == Rules(until=601, silent=True)


def test_none_allows_all_and_an_error_allows_nothing() -> None:
    """404 allows everything; 503 and a host that does not answer allow nothing until asked again."""

    async def broken(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=503)

    with LocalServer() as server:
        assert allowed(server, "/a") == [True]
        server.on("/robots.txt", broken)
        assert allowed(server, "/a") == [False]
    assert allowed(server, "/a") == [False]


def test_a_rule_of_many_wildcards_stalls_nobody() -> None:
    """Patterns that match in exponential time are left out; the others hold."""
    with LocalServer() as server:
        server.serve("/robots.txt", b"User-agent: *\nDisallow: /" + b"*a" * 400 + b"b$\nDisallow: /no\n")
        with at_most(1):
            assert allowed(server, "/" + "a" * 2_000, "/no") == [True, False]


def test_a_page_in_its_place_means_nothing() -> None:
    """An HTML page served as robots.txt has no rules."""
    with LocalServer() as server:
        server.serve("/robots.txt", b"<!doctype html><html><body>Hello</body></html>", Content_Type="text/html")
        assert allowed(server, "/a") == [True]
