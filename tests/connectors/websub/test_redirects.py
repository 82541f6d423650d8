"""Hubs that send elsewhere, at a real HTTP server."""

import asyncio
import socket
import time
from pathlib import Path

import msgspec
import pytest
from aiohttp import web

from connectors.guard import guarded_session
from connectors.turns import Turns
from connectors.websub.subscriber import Subscriber
from schemas.codec import now
from schemas.settings import load_settings
from schemas.subscription import Subscription
from schemas.topics import SUBSCRIPTIONS
from tests.connectors.kept import Kept
from tests.connectors.server import LocalServer
from tests.connectors.test_turns import kept_by_another

# The hub itself may be asked; nothing else of the machine or its networks.
ONE_HOST = load_settings(allow_networks="127.0.0.1/32", kafka="unused:1", push_url="https://kabar.example")


@pytest.mark.parametrize("place", ["127.0.0.2", "[::1]", "2130706434", "0x7f000002", "169.254.169.254"])
def test_a_hub_leads_nowhere_inside(place: str) -> None:
    """A redirect of a subscription into the network is refused at the hop, and no connection is seen there."""
    with LocalServer() as hub, socket.create_server(("127.0.0.2", 0)) as inside:
        inside.settimeout(0.2)
        target = f"http://{place}:{inside.getsockname()[1]}/hub"

        async def away(_request: web.Request) -> web.StreamResponse:
            return web.Response(status=307, headers={"Location": target})

        reason = asyncio.run(_ask(hub.on("/hub", away)))
        assert reason is not None
        assert "Refused address" in reason or "not a canonical IPv4 address" in reason
        with pytest.raises(TimeoutError):
            inside.accept()


def test_a_hub_that_leads_round_is_left() -> None:
    """A loop of redirects ends after a few."""
    with LocalServer() as hub:

        async def around(_request: web.Request) -> web.StreamResponse:
            return web.Response(status=308, headers={"Location": "/hub"})

        assert asyncio.run(_ask(hub.on("/hub", around))) == "the hub redirects without end"
        assert hub.requests.count("/hub") <= 6


def test_a_hub_that_asks_for_time_has_it() -> None:
    """The next request is not before its `Retry-After`."""
    with LocalServer() as hub:

        async def busy(_request: web.Request) -> web.StreamResponse:
            return web.Response(status=429, headers={"Retry-After": "7200"})

        kept = asyncio.run(_subscribed(hub.on("/hub", busy)))
    last = Subscription.decode(kept.on(SUBSCRIPTIONS)[-1])
    assert (last.status, last.reason) == ("failed", "the hub answered 429")
    assert 7_190 < (last.due_at - now()).total_seconds() <= 7_200


def test_a_hub_is_asked_in_its_hosts_turn(tmp_path: Path) -> None:
    """Also the one that a redirect leads to: while another process asks a host, it is not asked."""

    async def run(url: str, there: str) -> None:
        subscriber = Subscriber(ONE_HOST, kept, "key", Turns(tmp_path))
        async with guarded_session(ONE_HOST) as session:
            with kept_by_another(tmp_path, there) as other:
                asking = asyncio.create_task(subscriber._ask(session, _asked(url), "subscribe"))  # noqa: SLF001
                await asyncio.sleep(1)
                seen.append([*hub.requests])
                other.kill()
                await asyncio.wait_for(asking, 10)

    kept, seen = Kept(), list[list[str]]()
    with LocalServer() as hub:
        end = hub.serve("/end", b"")

        async def away(_request: web.Request) -> web.StreamResponse:
            return web.Response(status=307, headers={"Location": end})

        begin = hub.on("/begin", away).replace("127.0.0.1", "localhost")
        asyncio.run(run(begin, "localhost"))
        assert (seen.pop(), hub.requests) == ([], ["/begin", "/end"])
        asyncio.run(run(begin, "127.0.0.1"))
        assert (seen.pop(), hub.requests[2:]) == (["/begin", "/end", "/begin"], ["/begin", "/end"])
    assert {Subscription.decode(value).status for value in kept.on(SUBSCRIPTIONS)} == {"asked"}


def test_two_subscriptions_at_one_hub_keep_the_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the time in which a hub is to verify begins when it is asked."""
    monkeypatch.setattr("connectors.hosts.is_own", lambda _host: False)
    begun: list[float] = []

    async def take(_request: web.Request) -> web.StreamResponse:
        begun.append(time.monotonic())
        return web.Response(status=202)

    async def run(url: str) -> Kept:
        kept = Kept()
        subscriber = Subscriber(ONE_HOST, kept, "key")
        old = [msgspec.structs.replace(_asked(url), feed_id=name) for name in ("a", "b")]
        async with guarded_session(ONE_HOST) as session:
            await asyncio.gather(*(subscriber._ask(session, one, "subscribe") for one in old))  # noqa: SLF001
        return kept

    with LocalServer() as hub:
        kept = asyncio.run(run(hub.on("/hub", take)))
    assert begun[1] - begun[0] > 0.95
    dues = [Subscription.decode(value).due_at for value in kept.on(SUBSCRIPTIONS)]
    assert (dues[1] - dues[0]).total_seconds() > 0.95
    assert (dues[1] - now()).total_seconds() > 590


async def _subscribed(url: str) -> Kept:
    asked, kept = _asked(url), Kept()
    async with guarded_session(ONE_HOST) as session:
        await Subscriber(ONE_HOST, kept, "key")._ask(session, asked, "subscribe")  # noqa: SLF001
    return kept


def _asked(url: str) -> Subscription:
    return Subscription(feed_id="f", hub=url, topic="https://feed.example/rss", status="asked", due_at=now())


async def _ask(url: str) -> str | None:
    async with guarded_session(ONE_HOST) as session:
        failed = await Subscriber(ONE_HOST, Kept(), "key")._post(session, _asked(url), "subscribe")  # noqa: SLF001
        return failed.reason if failed else None
