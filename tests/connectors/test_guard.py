"""No request goes into the network, however its address is written."""

import asyncio
import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from connectors.fetch import Failed, Fetched, fetch
from connectors.guard import guarded_session, refusal
from schemas.settings import Settings, load_settings
from tests.connectors.server import LocalServer, RawServer

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


@contextmanager
def listening() -> Iterator[socket.socket]:
    """A listener on every address of this machine, of both families where it has them."""
    both = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both else socket.AF_INET
    with socket.create_server(("", 0), family=family, dualstack_ipv6=both) as listener:
        listener.settimeout(0)
        yield listener


def connects(listener: socket.socket) -> int:
    """How many connections were made to it since it was last asked: the system completes them without its help."""
    for number in range(1_000):
        try:
            listener.accept()[0].close()
        except BlockingIOError:
            return number
    raise AssertionError


def port_of(listener: socket.socket) -> int:
    """The port on which it listens."""
    return int(listener.getsockname()[1])


async def reasons(settings: Settings, *urls: str) -> list[str]:
    """Why each of these fails."""
    async with guarded_session(settings) as session:
        outcomes = [await fetch(session, url, deadline=5) for url in urls]
    return [outcome.reason if isinstance(outcome, Failed) else "" for outcome in outcomes]


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
    """Decimal, octal, hex, short, wrapped, full-width, with user info: every one fails, and nothing connects."""
    with listening() as listener:
        urls = [form.format(port=port_of(listener)) for form in FORMS]
        assert all(asyncio.run(reasons(CLOSED, *urls)))
        assert connects(listener) == 0
        assert asyncio.run(reasons(OPEN, urls[0])) == ["no whole reply within 5 seconds"]
        assert connects(listener) == 1, "the listener would have seen it"


def test_the_own_kafka_and_elasticsearch_stay_closed() -> None:
    """In a network that the user opened as well, in every form and by a redirect; other ports of it are reached."""
    with listening() as kafka, listening() as node, LocalServer() as server:
        settings = load_settings(
            allow_networks="127.0.0.0/8,::/127,0.0.0.0/32",
            kafka=f"kafka.example:1,localhost:{port_of(kafka)}",
            elasticsearch=f"http://localhost:{port_of(node)}",
        )

        async def away(_request: web.Request) -> web.StreamResponse:
            return web.Response(status=302, headers={"Location": f"http://127.0.0.1:{port_of(node)}/_search"})

        urls = [form.format(port=port_of(listener)) for form in FORMS for listener in (kafka, node)]
        found = asyncio.run(reasons(settings, server.serve("/feed", b"<rss/>"), *urls, server.on("/away", away)))
        assert found[0] == ""
        assert all(found[1:])
        assert found[1].endswith("it is that of Kabar's own Kafka or Elasticsearch")
        assert found[-1].endswith("it is that of Kabar's own Kafka or Elasticsearch")
        assert connects(kafka) == connects(node) == 0


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
    ("target", "reason"),
    [
        ("http://169.254.169.254/latest/", "Refused address 169.254.169.254"),
        ("http://10.0.0.1/", "Refused address 10.0.0.1"),
        ("http://[::1]:{port}/", "Refused address ::1"),
        ("http://127.0.0.2:{port}/", "Refused address 127.0.0.2"),
        ("//127.0.0.2:{port}/", "Refused address 127.0.0.2"),
        ("http://user:secret@127.0.0.2:{port}/", "Refused address 127.0.0.2"),
        ("http://2130706434:{port}/", "not a usable address"),
        ("http://0x7f000002:{port}/", "Refused address 127.0.0.2"),
        ("file:///etc/passwd", "not an http(s) address"),
        ("gopher://127.0.0.2:{port}/", "not an http(s) address"),
        ("data:text/xml,<rss/>", "not an http(s) address"),
        ("ftp://127.0.0.2:{port}/", "not an http(s) address"),
    ],
)
@pytest.mark.parametrize("hop", [1, 2, 5])
def test_redirects_are_checked_at_each_hop(target: str, reason: str, hop: int) -> None:
    """The one host that is opened leads into the network or to another scheme: refused, and nothing connects."""

    async def bounce(request: web.Request) -> web.StreamResponse:
        number = int(request.path[1:])
        location = target.format(port=port_of(listener)) if number == hop else f"/{number + 1}"
        return web.Response(status=301 + number % 2, headers={"Location": location})

    with LocalServer() as server, listening() as listener:
        for number in range(1, hop + 1):
            server.on(f"/{number}", bounce)
        (found,) = asyncio.run(reasons(load_settings(allow_networks="127.0.0.1/32"), server.url("/1")))
        assert found.startswith(reason)
        assert len(server.requests) == hop
        assert connects(listener) == 0


class _Answers(AbstractResolver):
    """Gives these answers one after the other, and the last for ever, as an attacker's name server does."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self._answers = [*answers]

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:  # noqa: ARG002
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [
            ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)
            for address in answer
        ]

    async def close(self) -> None:
        """Nothing to close."""


def rebound(port: int, resolver: _Answers, times: int) -> list[object]:
    """So many fetches of a name that resolves so, where the guard lets 127.0.0.2 through and no other of loopback."""

    async def ask() -> list[object]:
        async with guarded_session(load_settings(allow_networks="127.0.0.2/32")) as session:
            connector = session.connector
            assert isinstance(connector, aiohttp.TCPConnector)
            await connector._resolver.close()  # noqa: SLF001 - the seam at which names resolve
            connector._resolver = resolver  # noqa: SLF001
            connector._use_dns_cache = False  # noqa: SLF001
            return [await fetch(session, f"http://rebind.example:{port}/", deadline=5) for _ in range(times)]

    return asyncio.run(ask())


REPLY = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nwords"
AWAY = b"HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n"


def test_dns_rebinding_gains_nothing() -> None:
    """A name that was let through first and leads inside from then on is refused from then on."""
    with RawServer(REPLY, everywhere=True) as server:
        first, *others = rebound(server.port, _Answers(("127.0.0.2",), ("127.0.0.3",)), times=3)
        assert isinstance(first, Fetched)
        for outcome in others:
            assert isinstance(outcome, Failed)
            assert outcome.reason.startswith("Refused address 127.0.0.3")
        assert server.connections == 1


def test_dns_rebinding_between_two_hops_gains_nothing() -> None:
    """A redirect to the name itself is resolved and judged anew."""
    with RawServer(AWAY, everywhere=True) as server:
        (outcome,) = rebound(server.port, _Answers(("127.0.0.2",), ("127.0.0.3",)), times=1)
        assert isinstance(outcome, Failed)
        assert outcome.reason.startswith("Refused address 127.0.0.3")
        assert server.connections == 1


def test_a_name_with_a_good_and_a_bad_address_reaches_the_good_one_only() -> None:
    """Where the good one does not answer, the bad one is not tried in its place."""
    with RawServer(REPLY, everywhere=True) as server:
        (outcome,) = rebound(server.port, _Answers(("127.0.0.3", "127.0.0.2")), times=1)
        assert isinstance(outcome, Fetched)
        assert server.connections == 1
    with listening() as listener:
        port = port_of(listener)
        (outcome,) = rebound(port, _Answers(("10.0.0.1", "127.0.0.3", "0.0.0.0")), times=1)
        assert isinstance(outcome, Failed)
        assert connects(listener) == 0


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
