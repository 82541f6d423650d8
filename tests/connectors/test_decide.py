"""What a poll means: pure, so every case is a value in and a value out."""

import dataclasses
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from connectors.feeds.decide import (
    BACKOFF_CEILING_SECONDS,
    SEEN_LIMIT,
    Changed,
    Decision,
    decide,
    due_in,
    to_item,
    validators,
    wait,
)
from connectors.fetch import Failed, Fetched, NotModified, Validators
from connectors.parse import Entry, ParsedFeed
from connectors.protocol import Refused
from schemas.feed import Feed, FeedState
from schemas.item import Item, item_id

AT = datetime(2024, 3, 5, 8, 0, tzinfo=UTC)
FEED = Feed(id="f", url="https://www.news.example/rss", interval_seconds=600)
FRESH = FeedState(feed_id="f")


def entry(number: int, title: str = "Title") -> Entry:
    """A plain entry with a page of its own."""
    return Entry(url=f"https://news.example/{number}", title=f"{title} {number}")


def poll(state: FeedState, *entries: Entry, feed: Feed = FEED, tag: str = "1") -> Decision:
    """A poll that brings these entries."""
    fetched = Fetched(
        body=b"", etag=f'"{tag}"', last_modified=None, body_hash=tag, final_url=feed.url, content_type=None
    )
    return decide(feed, state, Changed(fetched=fetched, feed=ParsedFeed(kind="RSS 2.0", entries=entries)), AT)


def titles(decision: Decision) -> list[str]:
    """What is sent, in order."""
    return [item.title for item in decision.items]


def test_only_new_and_changed_items_are_sent() -> None:
    """The first poll sends all, the same again nothing, an edit that one item, a new one that one."""
    first = poll(FRESH, entry(2), entry(1))
    assert titles(first) == ["Title 1", "Title 2"]
    assert poll(first.state, entry(2), entry(1), tag="2").items == ()
    edited = poll(first.state, entry(2, "Edited"), entry(1))
    assert titles(edited) == ["Edited 2"]
    assert edited.items[0].id == first.items[1].id
    assert titles(poll(edited.state, entry(3), entry(2, "Edited"), entry(1))) == ["Title 3"]


def test_a_feed_that_reorders_or_drops_items_sends_nothing() -> None:
    """Order means nothing, and an item that comes back unchanged is not new."""
    state = poll(FRESH, entry(1), entry(2), entry(3)).state
    assert poll(state, entry(3), entry(1), entry(2)).items == ()
    without = poll(state, entry(1)).state
    assert poll(without, entry(2), entry(1)).items == ()


def test_the_first_whole_reply_is_a_backfill() -> None:
    """Quiet the first time only, also where polls failed before; never where the user wants it loud."""
    failed = decide(FEED, FRESH, Failed(reason="HTTP 500"), AT)
    first = poll(failed.state, entry(1))
    assert first.quiet
    assert not poll(first.state, entry(2)).quiet
    loud = msgspec.structs.replace(FEED, alert_existing=True)
    assert not poll(FRESH, entry(1), feed=loud).quiet


def test_an_empty_first_reply_ends_the_backfill() -> None:
    """What comes into a feed that was empty at first is news."""
    assert not poll(poll(FRESH).state, entry(1)).quiet


def test_failures_back_off_and_success_forgets_them() -> None:
    """Each failure doubles the wait up to six hours; a reply brings the interval back and clears the error."""
    state, waits = FRESH, []
    for _ in range(12):
        decision = decide(FEED, state, Failed(reason="HTTP 500"), AT)
        state = decision.state
        waits.append(decision.wait_seconds)
    assert waits[:3] == [1200, 2400, 4800]
    assert waits[-1] == BACKOFF_CEILING_SECONDS
    assert (state.failures, state.last_error, state.polls) == (12, "HTTP 500", 12)
    well = decide(FEED, state, NotModified(), AT)
    assert (well.state.failures, well.state.last_error, well.wait_seconds) == (0, None, 600)


def test_the_server_may_ask_for_longer() -> None:
    """Retry-After is honoured where it is longer than the backoff, and not where it is shorter."""
    assert decide(FEED, FRESH, Failed(reason="HTTP 429", retry_after=9000), AT).wait_seconds == 9000
    assert decide(FEED, FRESH, Failed(reason="HTTP 429", retry_after=1), AT).wait_seconds == 1200
    assert wait(FEED, 10_000) == BACKOFF_CEILING_SECONDS


def test_a_failure_keeps_what_is_known() -> None:
    """Validators and what was seen survive failures, so that nothing is sent again after them."""
    state = poll(FRESH, entry(1)).state
    failed = decide(FEED, state, Failed(reason="HTTP 500"), AT).state
    assert (failed.etag, failed.body_hash, failed.seen) == (state.etag, state.body_hash, state.seen)


def test_not_modified_takes_new_validators() -> None:
    """A 304 counts as a poll and may bring a new ETag."""
    state = poll(FRESH, entry(1)).state
    same = decide(FEED, state, NotModified(etag='"9"'), AT).state
    assert (same.polls, same.etag, same.body_hash, same.items_sent) == (2, '"9"', "1", 1)


def test_now_and_then_a_poll_is_unconditional() -> None:
    """A server that says 304 for ever is found out: each 24th poll sends no validators but compares the body."""
    state = msgspec.structs.replace(FRESH, etag='"1"', last_modified="then", body_hash="h")
    asked = [validators(msgspec.structs.replace(state, polls=number)) for number in range(48)]
    assert [a.etag for a in asked].count(None) == 2
    assert asked[23] == Validators(body_hash="h")


def test_memory_of_a_feed_is_bounded() -> None:
    """The ids that a feed shows now are always kept, and at most a thousand others."""
    state = FRESH
    for start in range(0, 5_000, 100):
        state = poll(state, *(entry(number) for number in range(start, start + 100))).state
    assert len(state.seen) == SEEN_LIMIT
    assert item_id(url="https://news.example/4999") in state.seen


def test_a_feed_taken_over_is_due_when_it_would_have_been() -> None:
    """Never polled: now. Polled a while ago: the rest of its wait, backoff included."""
    assert due_in(FEED, FRESH, AT) == 0
    polled = msgspec.structs.replace(FRESH, polled_at=AT - timedelta(seconds=100))
    assert due_in(FEED, polled, AT) == 500
    assert due_in(FEED, msgspec.structs.replace(polled, failures=1), AT) == 1100
    assert due_in(FEED, msgspec.structs.replace(polled, polled_at=AT - timedelta(days=1)), AT) == 0


def test_an_id_twice_in_a_feed_is_one_item() -> None:
    """The first, which is the newest, is taken; so polls of such a feed settle."""
    twice = [entry(1, "Newer"), dataclasses.replace(entry(1, "Older"), url="https://news.example/1#x")]
    twice[1] = dataclasses.replace(twice[1], url="https://news.example/1")
    first = poll(FRESH, *twice)
    assert titles(first) == ["Newer 1"]
    assert poll(first.state, *twice).items == ()


def test_an_entry_becomes_an_item() -> None:
    """Source, identity, hints and repairs come from entry, feed and parsed feed."""
    feed = Feed(id="f", url="https://www.news.example/rss", country="ID", language="id", categories=("national",))
    parsed = ParsedFeed(kind="RSS 2.0", title="News Example", repairs=("charset-wrong",))
    given = dataclasses.replace(entry(1), categories=("politics",), repairs=("html-in-title",), published_at=AT)
    item = to_item(given, feed, parsed, feed.url, AT)
    assert isinstance(item, Item)
    assert item.id == item_id(url="https://news.example/1")
    assert (item.source, item.source_name, item.source_country) == ("news.example", "News Example", "ID")
    assert (item.language_hint, item.categories) == ("id", ("politics", "national"))
    assert item.repairs == ("charset-wrong", "html-in-title")
    assert item.published_at == AT


def test_identity_without_a_url() -> None:
    """Feed and guid, or the text; the same guid in another feed is another item."""
    parsed = ParsedFeed(kind="RSS 2.0")
    other = msgspec.structs.replace(FEED, id="g")

    def made(given: Entry, feed: Feed = FEED) -> Item:
        item = to_item(given, feed, parsed, feed.url, AT)
        assert isinstance(item, Item)
        return item

    numbered = Entry(guid="7", title="x")
    assert made(numbered).id != made(numbered, other).id
    assert made(Entry(guid="7", title="edited")).id == made(numbered).id
    bare = made(Entry(title="Only words"))
    assert bare.repairs == ("guid-missing",)
    assert made(Entry(title="Only words")).id == bare.id
    assert made(Entry(title="Other words")).id != bare.id


def test_an_entry_without_text_is_refused() -> None:
    """It says why and from which feed, and the others are taken."""
    decision = poll(FRESH, Entry(url="https://news.example/empty"), entry(1))
    assert titles(decision) == ["Title 1"]
    assert [type(refused) for refused in decision.refused] == [Refused]
    assert "https://news.example/empty" in decision.refused[0].origin
    assert "missing" in decision.refused[0].reason


@pytest.mark.parametrize("interval", [0.0, -5.0, 0.05])
def test_no_interval_spins(interval: float) -> None:
    """However short the interval, a poll waits a tenth of a second."""
    assert wait(msgspec.structs.replace(FEED, interval_seconds=interval), 0) == 0.1
