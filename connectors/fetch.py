"""One GET: conditional, bounded in time and size, with every redirect checked.

Expected outcomes are values. The deadline covers names, redirects and the whole body, so a server that sends a byte a
second is cut as well. The body is inflated here, a block at a time, and reading stops at the cap: a bomb never unfolds.
"""

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from typing import Protocol

import aiohttp
from yarl import URL

from connectors.guard import SCHEMES, refused_in

DEADLINE_SECONDS = 30.0
BODY_LIMIT = 10_000_000
REDIRECTS = 5
BLOCK = 64 * 1024
RETRY_LIMIT_SECONDS = 24 * 3600.0
ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/json;q=0.9, "
    "application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
)
_REDIRECT = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A whole body, inflated. `body_hash` is 32 hex digits of BLAKE2b over it."""

    body: bytes
    etag: str | None
    last_modified: str | None
    body_hash: str
    final_url: str
    content_type: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The server said 304, or sent the body that we have; validators as last told."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """No body, and why, in a sentence. `retry_after` is in seconds, where the server asked; `status` its code."""

    reason: str
    retry_after: float | None = None
    status: int | None = None


Outcome = Fetched | NotModified | Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What the last whole reply left; an empty one asks unconditionally."""

    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What is asked for: the kinds of bodies, and who says of each address on the way why it may not be asked."""

    accept: str = ACCEPT
    permit: Callable[[str], Awaitable[str | None]] | None = None


async def fetch(  # noqa: PLR0913 - options by name, each with a default
    session: aiohttp.ClientSession,
    url: str,
    known: Validators | None = None,
    *,
    deadline: float = DEADLINE_SECONDS,
    limit: int = BODY_LIMIT,
    asking: Asking | None = None,
) -> Outcome:
    """GET `url` through a guarded session; never raises for what a server or a network does.

    Args:
        session: from `connectors.guard.guarded_session`.
        url: http or https.
        known: validators of the last reply, for a conditional request and the comparison of bodies.
        deadline: seconds for everything together.
        limit: bytes that the inflated body may have.
        asking: for what, where it is no feed.
    """
    try:
        async with asyncio.timeout(deadline):
            return await _follow(session, url, known or Validators(), limit, asking or Asking())
    except TimeoutError:
        return Failed(reason=f"no whole reply within {deadline:g} seconds")
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return Failed(reason=refused_in(error) or _sentence(error))


async def _follow(session: aiohttp.ClientSession, url: str, known: Validators, limit: int, asking: Asking) -> Outcome:
    for _ in range(REDIRECTS + 1):
        target = URL(url)
        if target.scheme not in SCHEMES or not target.host:
            return Failed(reason=f"not an http(s) address: {url[:200]}")
        if asking.permit and (reason := await asking.permit(str(target))):
            return Failed(reason=reason)
        # Credentials belong to the address that the user gave, and aiohttp sends them from the URL alone.
        async with session.get(
            target,
            headers=_headers(known, asking.accept),
            allow_redirects=False,
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None),
        ) as reply:
            location = reply.headers.get("Location")
            if reply.status not in _REDIRECT or not location:
                return await _judge(reply, known, limit)
            url = str(target.join(URL(location)))
    return Failed(reason=f"more than {REDIRECTS} redirects")


def _headers(known: Validators, accept: str) -> dict[str, str]:
    headers = {"Accept": accept, "Accept-Encoding": "gzip, deflate"}
    if known.etag:
        headers["If-None-Match"] = known.etag
    if known.last_modified:
        headers["If-Modified-Since"] = known.last_modified
    return headers


async def _judge(reply: aiohttp.ClientResponse, known: Validators, limit: int) -> Outcome:
    etag, modified = reply.headers.get("ETag"), reply.headers.get("Last-Modified")
    if reply.status == 304:  # noqa: PLR2004 - Not Modified
        return NotModified(etag=etag or known.etag, last_modified=modified or known.last_modified)
    if reply.status != 200:  # noqa: PLR2004 - OK
        return Failed(
            reason=f"HTTP {reply.status} {reply.reason or ''}".strip(),
            retry_after=retry_after(reply.headers.get("Retry-After")),
            status=reply.status,
        )
    body = await _read(reply, limit)
    if isinstance(body, Failed):
        return body
    digest = blake2b(body, digest_size=16).hexdigest()
    if digest == known.body_hash:
        return NotModified(etag=etag, last_modified=modified)
    return Fetched(
        body=body,
        etag=etag,
        last_modified=modified,
        body_hash=digest,
        final_url=str(reply.url.with_user(None)),
        content_type=reply.headers.get("Content-Type"),
    )


async def _read(reply: aiohttp.ClientResponse, limit: int) -> bytes | Failed:
    too_long = Failed(reason=f"the body is over {limit:,} bytes", status=reply.status)
    decoder = _decoder(reply.headers.get("Content-Encoding", ""))
    if isinstance(decoder, Failed):
        return decoder
    parts: list[bytes] = []
    size = 0
    async for block in reply.content.iter_chunked(BLOCK):
        part = _inflate(decoder, block, limit + 1 - size)
        size += len(part)
        if size > limit:
            reply.close()
            return too_long
        parts.append(part)
    return b"".join(parts)


class _Decoder(Protocol):
    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes: ...


class _Plain:
    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes:
        return data[:max_length]


class _Deflate:
    """`deflate` as servers send it: with zlib's header, as the standard has it, or without."""

    def __init__(self) -> None:
        self._inner: _Decoder | None = None

    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes:
        if self._inner is None and data:
            wrapped = data[0] & 0x0F == 8  # noqa: PLR2004 - zlib's method field (RFC 1950)
            self._inner = zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
        return self._inner.decompress(data, max_length) if self._inner else b""


def _decoder(encoding: str) -> _Decoder | Failed:
    match encoding.strip().lower():
        case "" | "identity":
            return _Plain()
        case "gzip" | "x-gzip":
            return zlib.decompressobj(16 + zlib.MAX_WBITS)
        case "deflate":
            return _Deflate()
        case other:
            return Failed(reason=f"the body is in the encoding {other[:40]}, which was not asked for")


def _inflate(decoder: _Decoder, block: bytes, room: int) -> bytes:
    try:
        return decoder.decompress(block, room)
    except zlib.error as error:
        raise ValueError(f"the compressed body is broken: {error}") from error


def retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds that a Retry-After header (seconds, or an HTTP date) asks for, at most a day; None where unreadable."""
    if not value:
        return None
    if value.strip().isdecimal():
        return min(float(value.strip()[:9]), RETRY_LIMIT_SECONDS)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((moment - (now or datetime.now(UTC))).total_seconds(), 0.0), RETRY_LIMIT_SECONDS)


def _sentence(error: Exception) -> str:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return f"the name {error.host} does not resolve"
        case aiohttp.ClientConnectorCertificateError():
            return f"the certificate of {error.host} is not valid: {error.certificate_error}"
        case aiohttp.ClientConnectorError():
            return f"no connection to {error.host}:{error.port} ({error.os_error})"
        case aiohttp.InvalidURL():
            return f"not a usable address: {error}"
        case _:
            return f"the reply broke off or is malformed: {error or type(error).__name__}"
