"""WebSub's decisions: when a hub is asked, what its answers mean, whose messages are taken."""

import hashlib
import hmac
from datetime import timedelta

import pytest

from connectors.websub.decide import (
    ANSWER_SECONDS,
    LONGEST_WAIT,
    RENEW_SHARE,
    accepted,
    capability,
    from_header,
    is_active,
    is_signed,
    refused,
    wanted,
)
from schemas.feed import FeedState
from tests.samples import MOMENT

STATE = FeedState(feed_id="f1", hub="https://hub.example/", hub_topic="https://news.example/rss")


def test_a_feed_with_a_hub_is_asked_for_once() -> None:
    """At once, again only where the hub does not verify in time, and anew where the feed names another hub."""
    asked = wanted(STATE, None, MOMENT)
    assert asked is not None
    assert (asked.hub, asked.topic, asked.status) == (STATE.hub, STATE.hub_topic, "asked")
    assert wanted(STATE, asked, MOMENT) is None
    assert wanted(STATE, asked, MOMENT + timedelta(seconds=ANSWER_SECONDS)) is not None
    other = FeedState(feed_id="f1", hub="https://other.example/", hub_topic=STATE.hub_topic)
    assert wanted(other, asked, MOMENT) is not None
    assert wanted(FeedState(feed_id="f1"), None, MOMENT) is None


def test_a_lease_is_renewed_before_it_ends() -> None:
    """At four fifths of what the hub granted; until its end the poll may be slow."""
    asked = wanted(STATE, None, MOMENT)
    assert asked is not None
    active = accepted(asked, 1000.0, MOMENT)
    assert active.due_at == MOMENT + timedelta(seconds=1000 * RENEW_SHARE)
    assert is_active(active, MOMENT + timedelta(seconds=999))
    assert not is_active(active, MOMENT + timedelta(seconds=1000))
    again = wanted(STATE, active, active.due_at)
    assert again is not None
    assert is_active(again, active.due_at), "the old lease holds while the hub is asked again"


def test_a_hub_that_refuses_is_asked_ever_later() -> None:
    """Up to a day; one that denies, once a day."""
    asked = wanted(STATE, None, MOMENT)
    assert asked is not None
    waits = []
    for _ in range(15):
        asked = refused(asked, "the hub answered 500", MOMENT)
        waits.append((asked.due_at - MOMENT).total_seconds())
    assert waits == sorted(waits)
    assert waits[0] < waits[1]
    assert waits[-1] == LONGEST_WAIT
    assert not is_active(refused(accepted(asked, None, MOMENT), "no", MOMENT, denied=True), MOMENT)


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_only_a_signature_that_holds_is_taken(method: str) -> None:
    """Every method of the standard; not another body, another secret, another method, none."""
    body, secret = b"<rss/>", "s3cret"
    right = hmac.new(secret.encode(), body, getattr(hashlib, method)).hexdigest()
    assert is_signed(body, f"{method}={right}", secret)
    assert is_signed(body, f"{method.upper()}={right.upper()}", secret)
    for wrong in (f"{method}={right[:-1]}", f"md5={right}", right, "", None, f"{method}=\u00e9"):
        assert not is_signed(body, wrong, secret)
    assert not is_signed(b"<rss />", f"{method}={right}", secret)
    assert not is_signed(body, f"{method}={right}", "other")


def test_capabilities_are_each_feeds_own() -> None:
    """The same after a restart, another for another feed or server, and the callback's end tells no secret."""
    mine = capability("key", "f1")
    assert mine == capability("key", "f1")
    assert mine.token not in mine.secret
    others = {capability("key", "f2"), capability("other", "f1")}
    assert mine not in others


def test_the_header_names_hub_and_feed() -> None:
    """As WebSub prefers it, with several relations, relative addresses and nonsense."""
    header = '</hub>; rel="hub", <https://a.example/feed>; rel="self canonical", <javascript:x>; rel=hub, <x'
    assert from_header(header, "https://a.example/x") == ("https://a.example/hub", "https://a.example/feed")
    assert from_header(None, "https://a.example/") == (None, None)
