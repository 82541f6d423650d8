"""One GET: conditional, bounded in time and size, with every redirect checked.

Expected outcomes are values. The deadline covers names, redirects and the whole body, so a server that sends a byte a
second is cut as well; waiting for a host's turn takes nothing of it. The body is inflated here, a block at a time, and
reading stops at the cap: a bomb never unfolds.
"""

import asyncio
import dataclasses
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import blake2b

import aiohttp
from yarl import URL

from connectors.encodings import BROKEN, ENCODINGS, Decoder, decoder_of
from connectors.guard import SCHEMES, refused_in
from connectors.walls import wall_in

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
_PERMANENT = frozenset({301, 308})
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
# Replies that bot walls give; their beginning tells whose it is.
_WALLED = frozenset({401, 403, 405, 406, 429, 503})
LOOKED_AT = 16 * 1024
# How the reasons begin of what can never be asked.
NO_ADDRESS, UNUSABLE = "not an http(s) address", "not a usable address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A whole body, inflated.

    `body_hash` is 32 hex digits of BLAKE2b over it. `moved_to` is where permanent redirects alone led, if anywhere;
    `cache_seconds` how long the server says that it will not change; `link` is its Link headers.
    """

    body: bytes
    etag: str | None
    last_modified: str | None
    body_hash: str
    final_url: str
    content_type: str | None
    moved_to: str | None = None
    cache_seconds: float = 0.0
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The server said 304, or sent the body that we have; validators as last told, the rest as in `Fetched`."""

    etag: str | None = None
    last_modified: str | None = None
    moved_to: str | None = None
    cache_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """No body, and why, in a sentence.

    Where a server answered, `status` is its code, `retry_after` the seconds that it asks for, and `asked` the address:
    the last one, where redirects led on.
    """

    reason: str
    retry_after: float | None = None
    status: int | None = None
    asked: str | None = None


Outcome = Fetched | NotModified | Failed
Turn = Callable[[str], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What the last whole reply left; an empty one asks unconditionally."""

    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None


@asynccontextmanager
async def _at_once(_url: str) -> AsyncIterator[None]:
    yield


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What is asked for, and with which manners.

    `accept` are the kinds of bodies. Of each address on the way `permit` says why it may not be asked, and `turn` lasts
    while it is: one ends before the next begins, so that nobody holds two hosts.
    """

    accept: str = ACCEPT
    permit: Callable[[str], Awaitable[str | None]] | None = None
    turn: Turn = _at_once


@dataclass(frozen=True, slots=True)
class _Away:
    """A redirect."""

    url: str
    permanent: bool


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
        deadline: seconds for everything together, but for what `asking` waits for.
        limit: bytes that the inflated body may have.
        asking: for what, where it is no feed; and in turn, where others ask the same hosts.
    """
    try:
        return await _follow(session, url, known or Validators(), _Bounds(deadline, limit), asking or Asking())
    except TimeoutError:
        return Failed(reason=f"no whole reply within {deadline:g} seconds")
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return Failed(reason=refused_in(error) or _sentence(error))


@dataclass(frozen=True, slots=True)
class _Bounds:
    """The seconds that all requests of a fetch may take together, and the bytes that its body may have."""

    seconds: float
    limit: int


async def _follow(
    session: aiohttp.ClientSession, url: str, known: Validators, bounds: _Bounds, asking: Asking
) -> Outcome:
    permanent, moved, left = True, None, bounds.seconds
    for _ in range(REDIRECTS + 1):
        target = _target(url)
        if target is None:
            return Failed(reason=f"{NO_ADDRESS}: {url[:200]}")
        if asking.permit and (reason := await asking.permit(str(target))):
            return Failed(reason=reason)
        async with asking.turn(str(target)), asyncio.timeout(left) as clock:
            found = await _ask(session, target, known, bounds.limit, asking.accept)
            left = (clock.when() or 0.0) - asyncio.get_running_loop().time()
        if not isinstance(found, _Away):
            return found if moved is None or isinstance(found, Failed) else dataclasses.replace(found, moved_to=moved)
        url, permanent = found.url, permanent and found.permanent
        moved = url if permanent else moved
    return Failed(reason=f"more than {REDIRECTS} redirects")


async def _ask(
    session: aiohttp.ClientSession, target: URL, known: Validators, limit: int, accept: str
) -> Outcome | _Away:
    # Credentials belong to the address that the user gave (see `led`), and aiohttp sends them from the URL alone.
    async with session.get(
        target,
        headers=_headers(known, accept),
        allow_redirects=False,
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=None),
    ) as reply:
        location = reply.headers.get("Location")
        if reply.status not in _REDIRECT or not location:
            return await _judge(reply, known, limit)
        return _Away(str(led(target, location)), reply.status in _PERMANENT)


def led(target: URL, location: str) -> URL:
    """Where a redirect leads.

    User and password stay with their origin, and with its change from http to https, as browsers and curl have it:
    servers often redirect within a site by whole addresses.
    """
    found = target.join(URL(location))
    origin = (found.scheme, found.host, found.port)
    known = {(target.scheme, target.host, target.port)}
    if target.scheme == "http" and target.is_default_port():
        known.add(("https", target.host, 443))
    if target.user is None or found.user is not None or origin not in known:
        return found
    return found.with_user(target.user).with_password(target.password)


def _target(url: str) -> URL | None:
    try:
        found = URL(url)
    except ValueError:
        return None
    return found if found.scheme in SCHEMES and found.host else None


def _headers(known: Validators, accept: str) -> dict[str, str]:
    headers = {"Accept": accept, "Accept-Encoding": ENCODINGS}
    if known.etag:
        headers["If-None-Match"] = known.etag
    if known.last_modified:
        headers["If-Modified-Since"] = known.last_modified
    return headers


async def _judge(reply: aiohttp.ClientResponse, known: Validators, limit: int) -> Outcome:
    etag, modified = reply.headers.get("ETag"), reply.headers.get("Last-Modified")
    cached = cache_seconds(reply.headers)
    if reply.status == 304:  # noqa: PLR2004 - Not Modified
        return NotModified(etag=etag or known.etag, last_modified=modified or known.last_modified, cache_seconds=cached)
    if reply.status != 200:  # noqa: PLR2004 - OK
        return Failed(
            reason=f"HTTP {reply.status} {reply.reason or ''}".strip() + await _walled(reply),
            retry_after=retry_after(reply.headers.get("Retry-After")),
            status=reply.status,
            asked=str(reply.url.with_user(None)),
        )
    body = await _read(reply, limit)
    if isinstance(body, Failed):
        return body
    digest = blake2b(body, digest_size=16).hexdigest()
    if digest == known.body_hash:
        return NotModified(etag=etag, last_modified=modified, cache_seconds=cached)
    return Fetched(
        body=body,
        etag=etag,
        last_modified=modified,
        body_hash=digest,
        final_url=str(reply.url.with_user(None)),
        content_type=reply.headers.get("Content-Type"),
        cache_seconds=cached,
        link=", ".join(reply.headers.getall("Link", [])) or None,
    )


async def _walled(reply: aiohttp.ClientResponse) -> str:
    """Whose bot wall an error is, as the end of a sentence; empty where it is none."""
    if reply.status not in _WALLED:
        return ""
    if reply.headers.get("cf-mitigated"):
        return ": a bot wall (Cloudflare)"
    if any(name.lower().startswith("x-datadome") for name in reply.headers):
        return ": a bot wall (DataDome)"
    body = await _read(reply, BODY_LIMIT, at_most=LOOKED_AT)
    wall = None if isinstance(body, Failed) else wall_in(body.decode("utf-8", "replace"))
    return f": a bot wall ({wall})" if wall else ""


def cache_seconds(headers: Mapping[str, str]) -> float:
    """How long a reply says that it stays as it is, at most a day: `max-age` less the reply's age, or `Expires`."""
    control = headers.get("Cache-Control", "")
    if "no-cache" in control or "no-store" in control:
        return 0.0
    if found := _MAX_AGE.search(control):
        age = headers.get("Age", "")
        left = float(found[1]) - (float(age[:9]) if age.isdecimal() else 0.0)
        return min(max(left, 0.0), RETRY_LIMIT_SECONDS)
    return (retry_after(headers["Expires"]) or 0.0) if "GMT" in headers.get("Expires", "") else 0.0


async def _read(reply: aiohttp.ClientResponse, limit: int, *, at_most: int | None = None) -> bytes | Failed:
    """The inflated body; with `at_most`, only so much of its beginning."""
    too_long = Failed(reason=f"the body is over {limit:,} bytes", status=reply.status)
    encoding = reply.headers.get("Content-Encoding", "")
    decoder = decoder_of(encoding)
    if decoder is None:
        return Failed(reason=f"the body is in the encoding {encoding[:40]}, which was not asked for")
    parts: list[bytes] = []
    size = 0
    async for block in reply.content.iter_chunked(BLOCK):
        part = _inflate(decoder, block, limit + 1 - size)
        size += len(part)
        if size > limit:
            reply.close()
            return too_long
        parts.append(part)
        if at_most is not None and size >= at_most:
            reply.close()
            break
    return b"".join(parts)


def _inflate(decoder: Decoder, block: bytes, room: int) -> bytes:
    try:
        return decoder.decompress(block, room)
    except BROKEN as error:
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
            return f"{UNUSABLE}: {error}"
        case _:
            return f"the reply broke off or is malformed: {error or type(error).__name__}"
