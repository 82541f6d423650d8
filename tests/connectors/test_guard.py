"""No request goes into the network, however its address is written."""

import asyncio
import ipaddress

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from connectors.fetch import Failed, Fetched, fetch
from connectors.guard import guarded_session, refusal
from schemas.settings import load_settings
from tests.connectors.server import LocalServer

OPEN = load_settings(allow_networks="127.0.0.0/8")
CLOSED = load_settings(allow_networks="")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.2.1", "198.18.0.1", "203.0.113.1", "224.0.0.1",
        "240.0.0.1", "255.255.255.255", "::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::", "2001::1", "fd00::1",
        "fc00::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "2001:db8::1", "100::1", "not an address",
    ],
)  # fmt: skip
def test_addresses_inside_are_refused(address: str) -> None:
    """Loopback, private, link-local, carrier, unique local, multicast, reserved; wrapped in IPv6 as well."""
    reason = refusal(address)
    assert reason
    assert reason.startswith("Refused address")


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_addresses_outside_are_not(address: str) -> None:
    """Public addresses pass, those that carry a public IPv4 one too."""
    assert refusal(address) is None


def test_networks_can_be_opened() -> None:
    """What the user allows passes, wrapped too; everything else stays shut, and the sentence names the setting."""
    allowed = (ipaddress.ip_network("127.0.0.0/8"),)
    assert refusal("127.0.0.1", allowed) is None
    assert refusal("::ffff:127.0.0.1", allowed) is None
    assert "KABAR_ALLOW_NETWORKS" in (refusal("10.0.0.1", allowed) or "")


FORMS = [
    "http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://localhost.:{port}/", "http://LOCALHOST:{port}/",
    "http://2130706433:{port}/", "http://0x7f000001:{port}/", "http://0x7f.0.0.1:{port}/", "http://0177.0.0.1:{port}/",
    "http://017700000001:{port}/", "http://127.1:{port}/", "http://127.0.1:{port}/", "http://0:{port}/",
    "http://0.0.0.0:{port}/", "http://[::1]:{port}/", "http://[::ffff:127.0.0.1]:{port}/", "http://[::]:{port}/",
    "http://[::ffff:7f00:1]:{port}/", "http://127。0。0。1:{port}/", "http://①②⑦.⓪.⓪.①:{port}/",
    "http://public.example@127.0.0.1:{port}/", "http://127.0.0.1:{port}#@public.example/",
    "http://127.0.0.1:{port}\\@public.example/", "http://%31%32%37.0.0.1:{port}/",
]  # fmt: skip


def test_no_form_of_loopback_reaches_a_listener() -> None:
    """Decimal, octal, hex, short, wrapped, full-width, with user info: every one fails and none arrives."""

    async def try_all(server: LocalServer) -> None:
        async with guarded_session(CLOSED) as session:
            for form in FORMS:
                outcome = await fetch(session, form.format(port=server.port), deadline=5)
                assert isinstance(outcome, Failed), form

    with LocalServer() as server:
        asyncio.run(try_all(server))
        assert server.requests == []


def test_the_refusal_says_what_opens_it() -> None:
    """The error of a refused feed is the guard's own sentence."""

    async def ask() -> object:
        async with guarded_session(CLOSED) as session:
            return await fetch(session, "http://127.0.0.1:9/")

    outcome = asyncio.run(ask())
    assert isinstance(outcome, Failed)
    assert outcome.reason.startswith("Refused address 127.0.0.1")
    assert "KABAR_ALLOW_NETWORKS" in outcome.reason


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest/", "http://10.0.0.1/", "http://[::1]/", "http://2130706433/",
               "file:///etc/passwd", "gopher://x/", "data:text/xml,<rss/>", "ftp://example.com/"],
)  # fmt: skip
def test_redirects_are_checked_at_each_hop(target: str) -> None:
    """A redirect into the network or to another scheme is refused, from the second hop as from the first."""

    async def bounce(request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": target if request.path == "/2" else "/2"})

    async def ask(server: LocalServer) -> object:
        server.on("/2", bounce)
        async with guarded_session(OPEN) as session:
            return await fetch(session, server.on("/1", bounce), deadline=5)

    with LocalServer() as server:
        outcome = asyncio.run(ask(server))
    assert isinstance(outcome, Failed), outcome


class _Rebinding(AbstractResolver):
    """Answers with a public address first and with loopback from then on, as an attacker's name server does."""

    def __init__(self) -> None:
        self.asked = 0

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:  # noqa: ARG002
        self.asked += 1
        address = "192.0.2.1" if self.asked == 1 else "127.0.0.1"
        return [ResolveResult(hostname=host, host=address, port=port, family=2, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing to close."""


def test_dns_rebinding_gains_nothing() -> None:
    """The address that is connected to is the one that is checked, however the name resolved before."""

    async def ask(server: LocalServer) -> list[object]:
        async with guarded_session(CLOSED) as session:
            connector = session.connector
            assert isinstance(connector, aiohttp.TCPConnector)
            await connector._resolver.close()  # noqa: SLF001 - the seam at which names resolve
            connector._resolver = _Rebinding()  # noqa: SLF001
            connector._use_dns_cache = False  # noqa: SLF001
            return [await fetch(session, f"http://rebind.example:{server.port}/", deadline=5) for _ in range(3)]

    with LocalServer() as server:
        outcomes = asyncio.run(ask(server))
        assert server.requests == []
    assert all(isinstance(outcome, Failed) for outcome in outcomes)


def test_an_opened_network_works_and_names_who_asks() -> None:
    """With its network allowed, loopback is reached, under an honest User-Agent with the user's contact."""
    seen: list[str] = []

    async def reply(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers["User-Agent"])
        return web.Response(body=b"x")

    async def ask(server: LocalServer) -> object:
        settings = load_settings(allow_networks="127.0.0.0/8", contact="https://kabar.example/about")
        async with guarded_session(settings) as session:
            return await fetch(session, server.on("/", reply))

    with LocalServer() as server:
        assert isinstance(asyncio.run(ask(server)), Fetched)
    assert seen == ["Kabar/0.1 (+https://kabar.example/about)"]
