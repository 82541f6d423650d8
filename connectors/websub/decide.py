"""WebSub, decided: when a hub is asked, what its answers mean, whether a message is its own. Pure."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from connectors.urls import absolute_url
from schemas.feed import FeedState
from schemas.subscription import Subscription

LEASE_SECONDS = 10 * 24 * 3600
SHORTEST_LEASE, LONGEST_LEASE = 60.0, 30 * 24 * 3600.0
RENEW_SHARE = 0.8
# A hub that was asked verifies within this time, or is asked again.
ANSWER_SECONDS = 600.0
FIRST_WAIT, LONGEST_WAIT = 300.0, 24 * 3600.0
# Beside an active subscription a poll every two hours finds what a hub forgets.
SLOW_POLL_SECONDS = 2 * 3600.0
METHODS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
_LINK = re.compile(r"<([^>]{1,2000})>([^<]{0,500})")
_REL = re.compile(r"rel\s*=\s*\"?([^\";,]{1,100})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Capability:
    """What only this server and a feed's hub know: the secret of its signatures, and the end of its callback."""

    secret: str
    token: str


def capability(key: str, feed_id: str) -> Capability:
    """Both, made from the server's own secret, so that nothing need be kept and no restart changes them."""

    def derive(purpose: str) -> str:
        return hmac.new(key.encode(), f"websub\n{purpose}\n{feed_id}".encode(), hashlib.sha256).hexdigest()

    return Capability(derive("secret"), derive("token")[:32])


def from_header(link: str | None, base: str) -> tuple[str | None, str | None]:
    """The hub and the feed's own address in a Link header (RFC 8288), which WebSub prefers to the body's."""
    found: dict[str, str] = {}
    for address, parameters in _LINK.findall(link or ""):
        rel = _REL.search(parameters)
        url = absolute_url(address, base)
        for name in rel[1].lower().split() if rel and url else []:
            found.setdefault(name, url or "")
    return found.get("hub"), found.get("self")


def wanted(state: FeedState, known: Subscription | None, at: datetime) -> Subscription | None:
    """The subscription to ask a feed's hub for now, or None where nothing is due."""
    if not state.hub or not state.hub_topic:
        return None
    same = known is not None and (known.hub, known.topic) == (state.hub, state.hub_topic)
    if known is not None and same and known.due_at > at:
        return None
    return Subscription(
        feed_id=state.feed_id,
        hub=state.hub,
        topic=state.hub_topic,
        status="asked",
        due_at=at + timedelta(seconds=ANSWER_SECONDS),
        until=known.until if known and same else None,
        failures=known.failures if known and same else 0,
    )


def asked_at(asked: Subscription, at: datetime) -> Subscription:
    """The subscription as it is when its hub's turn has come, which may be long after it was due."""
    return msgspec.structs.replace(asked, due_at=at + timedelta(seconds=ANSWER_SECONDS))


def accepted(asked: Subscription, lease_seconds: float | None, at: datetime) -> Subscription:
    """The subscription once its hub has verified it: renewed at four fifths of the lease."""
    lease = min(max(lease_seconds or LEASE_SECONDS, SHORTEST_LEASE), LONGEST_LEASE)
    return msgspec.structs.replace(
        asked,
        status="active",
        until=at + timedelta(seconds=lease),
        due_at=at + timedelta(seconds=lease * RENEW_SHARE),
        failures=0,
        reason=None,
    )


def refused(
    asked: Subscription, reason: str, at: datetime, *, denied: bool = False, least: float = 0.0
) -> Subscription:
    """The subscription after its hub did not take it; it is asked again ever later, within a day.

    Not within `least` seconds, where the hub said so.
    """
    failures = asked.failures + 1
    backoff = max(FIRST_WAIT * 2.0 ** min(failures - 1, 20), least)
    wait = LONGEST_WAIT if denied else min(backoff, LONGEST_WAIT)
    return msgspec.structs.replace(
        asked,
        status="denied" if denied else "failed",
        due_at=at + timedelta(seconds=wait),
        failures=failures,
        reason=reason[:500],
    )


def is_active(known: Subscription | None, at: datetime) -> bool:
    """Whether a hub sends what is new, so that the poll may be slow."""
    return known is not None and known.until is not None and known.until > at and known.status != "denied"


def is_signed(body: bytes, header: str | None, secret: str) -> bool:
    """Whether `X-Hub-Signature` (`method=hex`) is this body's under this secret; compared in constant time."""
    method, _, given = (header or "").strip().partition("=")
    digest = METHODS.get(method.lower())
    if digest is None:
        return False
    expected = hmac.new(secret.encode(), body, digest).hexdigest()
    return hmac.compare_digest(expected.encode(), given.strip().lower().encode("utf-8", "replace"))
