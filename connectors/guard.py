"""The one guard against requests into the network.

Every connection of a guarded session is checked at the moment at which its socket is made, by the address that will
be connected to: names, redirects, DNS rebinding and every spelling of a literal all end there. (A custom resolver alone
is passed by IP literals, which aiohttp never resolves.)
"""

import ipaddress
import socket
from collections.abc import Callable
from typing import Any

import aiohttp
from yarl import URL

from schemas.settings import Settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
AddrInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[Any, ...]]

IDLE_SECONDS = 15.0
SCHEMES = frozenset({"http", "https"})
REFUSED = "Refused address"  # how each sentence of the guard begins

# Beyond what `is_global` excludes: IANA's special-purpose registries (RFC 6890) and what embeds an IPv4 address.
_REFUSED: tuple[Network, ...] = tuple(
    ipaddress.ip_network(cidr)
    for cidr in ("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "240.0.0.0/4",
                 "::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "fc00::/7", "fec0::/10")
)  # fmt: skip
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class RefusedAddress(OSError):
    """A request into the network was stopped before it was made."""


def refusal(address: str, allowed: tuple[Network, ...] = ()) -> str | None:
    """Why this IP address (textual, a zone allowed) may not be reached, or None where it may."""
    try:
        ip = _unwrap(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return f"{REFUSED} {address}: not an IP address"
    if any(ip in network for network in allowed if network.version == ip.version):
        return None
    if ip.is_global and not ip.is_multicast and not any(ip in n for n in _REFUSED if n.version == ip.version):
        return None
    return (
        f"{REFUSED} {ip}: it is inside a private or reserved network; KABAR_ALLOW_NETWORKS opens it, as a list of CIDRs"
    )


def _unwrap(ip: Address) -> Address:
    # An IPv6 address that only carries an IPv4 one is judged as that one.
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


def networks(settings: Settings) -> tuple[Network, ...]:
    """The networks that the user opened."""
    return tuple(ipaddress.ip_network(cidr, strict=False) for cidr in settings.allow_networks)


def own_ports(settings: Settings) -> frozenset[int]:
    """The ports of Kabar's own Kafka and Elasticsearch, which stay closed in networks that the user opened."""
    addresses = [f"//{address}" for address in (settings.kafka or "").split(",")]
    found = (URL(address.strip()).explicit_port for address in (*addresses, settings.elasticsearch or ""))
    return frozenset(port for port in found if port is not None)


def socket_factory(
    allowed: tuple[Network, ...], closed: frozenset[int] = frozenset()
) -> Callable[[AddrInfo], socket.socket]:
    """Makes sockets for aiohttp, or raises `RefusedAddress` for an address that may not be reached.

    Args:
        allowed: networks inside that may be reached all the same.
        closed: ports that may not, in those.
    """

    def make(info: AddrInfo) -> socket.socket:
        family, kind, proto, _, address = info
        host, port = str(address[0]), int(address[1])
        reason = refusal(host, allowed)
        if reason is None and port in closed and refusal(host) is not None:
            reason = f"{REFUSED} {host} port {port}: it is that of Kabar's own Kafka or Elasticsearch"
        if reason:
            raise RefusedAddress(reason)
        return socket.socket(family=family, type=kind, proto=proto)

    return make


def user_agent(settings: Settings) -> str:
    """Who asks, honestly, and how to reach them where the user said."""
    return f"Kabar/0.1 ({'+' + settings.contact if settings.contact else 'news reader'})"


def guarded_session(
    settings: Settings, *, per_host: int = 1, total: int = 500, idle: float = IDLE_SECONDS
) -> aiohttp.ClientSession:
    """A client session that reaches no address inside the network. Make it inside a running event loop.

    No cookies, no proxy from the environment. `per_host` is the number of connections to one host and port at a time,
    `total` to all; one that nobody uses is closed after `idle` seconds, or twice as many.
    """
    connector = aiohttp.TCPConnector(
        socket_factory=socket_factory(networks(settings), own_ports(settings)),
        limit=total,
        limit_per_host=per_host,
        keepalive_timeout=idle,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": user_agent(settings)},
        trust_env=False,
    )


def refused_in(error: BaseException) -> str | None:
    """The guard's sentence, where this error of aiohttp comes from the guard; else None."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, RefusedAddress):
            return str(found)
        # Several addresses of one name: their errors come joined in one message.
        _, mark, sentence = str(found).partition(REFUSED)
        if mark and isinstance(found, OSError):
            return mark + sentence.partition(f", {REFUSED}")[0].rstrip("]")
        found = found.__cause__ or found.__context__
    return None
