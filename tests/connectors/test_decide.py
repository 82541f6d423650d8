"""What a poll means: pure, so every case is a value in and a value out."""

import dataclasses
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

import msgspec
import pytest

from connectors.feeds.decide import (
    MOVED_TIMES,
    Changed,
    Decision,
    Known,
    decide,
    due_in,
    meets_known,
    to_item,
    validators,
)
from connectors.feeds.seen import GONE_LEAST, Seen, cut
from connectors.fetch import Failed, Fetched, NotModified, Validators
from connectors.parse import Entry, ParsedFeed
from connectors.protocol import Refused
from schemas.feed import Feed, FeedState
from schemas.item import Item, item_id

AT = datetime(2024, 3, 5, 8, 0, tzinfo=UTC)
FEED = Feed(id="f", url="https://www.news.example/rss", interval_seconds=600)
FRESH = Known(FeedState(feed_id="f"))
CEILING = 6 * 3600


def entry(number: int, title: str = "Title") -> Entry:
    """A plain entry with a page of its own."""
    return Entry(url=f"https://news.example/{number}", title=f"{title} {number}")


def digest(given: Entry) -> bytes:
    """What the reader would tell this entry by."""
    return blake2b(repr(given).encode(), digest_size=8).digest()


def poll(known: Known, *entries: Entry, feed: Feed = FEED, tag: str = "1", at: datetime = AT) -> Decision:
    """A poll that brings these entries, read as the poller reads: without the known ones, unless one meets a known."""
    fetched = Fetched(
        body=b"", etag=f'"{tag}"', last_modified=None, body_hash=tag, final_url=feed.url, content_type=None
    )
    digests = tuple(map(digest, entries))
    new = [(e, d) for e, d in zip(entries, digests, strict=True) if d not in known.seen.rows]
    parsed = ParsedFeed(
        kind="RSS 2.0", entries=tuple(e for e, _ in new), digests=digests, taken=tuple(d for _, d in new)
    )
    if meets_known(feed, known.seen, parsed, at):
        parsed = dataclasses.replace(parsed, entries=entries, taken=digests)
    return decide(feed, known, Changed(fetched=fetched, feed=parsed), at)


def after(known: Known, decision: Decision) -> Known:
    """What is remembered after a poll."""
    return Known(decision.state, known.seen if decision.seen is None else decision.seen)


def titles(decision: Decision) -> list[str]:
    """What is sent, in order."""
    return [item.title for item in decision.items]


def test_only_new_and_changed_items_are_sent() -> None:
    """The first poll sends all, the same again nothing, an edit that one item, a new one that one."""
    first = poll(FRESH, entry(2), entry(1))
    assert titles(first) == ["Title 1", "Title 2"]
    assert poll(after(FRESH, first), entry(2), entry(1), tag="2").items == ()
    edited = poll(after(FRESH, first), entry(2, "Edited"), entry(1))
    assert titles(edited) == ["Edited 2"]
    assert edited.items[0].id == first.items[1].id
    assert titles(poll(after(FRESH, edited), entry(3), entry(2, "Edited"), entry(1))) == ["Title 3"]


def test_a_feed_that_reorders_or_drops_items_sends_nothing() -> None:
    """Order means nothing, and an item that comes back unchanged is not new."""
    known = after(FRESH, poll(FRESH, entry(1), entry(2), entry(3)))
    assert poll(known, entry(3), entry(1), entry(2)).items == ()
    without = after(known, poll(known, entry(1)))
    assert poll(without, entry(2), entry(1)).items == ()


def test_the_first_whole_reply_is_a_backfill() -> None:
    """Quiet the first time only, also where polls failed before; never where the user wants it loud."""
    failed = decide(FEED, FRESH, Failed(reason="HTTP 500"), AT)
    first = poll(after(FRESH, failed), entry(1))
    assert first.quiet
    assert not poll(after(FRESH, first), entry(2)).quiet
    loud = msgspec.structs.replace(FEED, alert_existing=True)
    assert not poll(FRESH, entry(1), feed=loud).quiet


def test_an_empty_first_reply_ends_the_backfill() -> None:
    """What comes into a feed that was empty at first is news."""
    assert not poll(after(FRESH, poll(FRESH)), entry(1)).quiet


def test_failures_back_off_and_success_forgets_them() -> None:
    """Each failure doubles the wait up to six hours; a reply brings the interval back and clears the error."""
    known, waits = FRESH, []
    for _ in range(12):
        decision = decide(FEED, known, Failed(reason="HTTP 500"), AT)
        known = after(known, decision)
        waits.append(decision.wait_seconds)
    assert waits[:3] == [1200, 2400, 4800]
    assert waits[-1] == CEILING
    assert (known.state.failures, known.state.last_error, known.state.polls) == (12, "HTTP 500", 12)
    assert known.state.failing_since == AT
    well = decide(FEED, known, NotModified(), AT)
    assert (well.state.failures, well.state.last_error, well.wait_seconds) == (0, None, 600)


def test_the_server_may_ask_for_longer() -> None:
    """Retry-After is honoured where it is longer than the backoff, and not where it is shorter."""
    assert decide(FEED, FRESH, Failed(reason="HTTP 429", retry_after=9000), AT).wait_seconds == 9000
    assert decide(FEED, FRESH, Failed(reason="HTTP 429", retry_after=1), AT).wait_seconds == 1200
    known = after(FRESH, decide(FEED, FRESH, Failed(reason="HTTP 429", retry_after=9000), AT))
    assert due_in(FEED, known.state, AT) == 9000, "also by the next process"


def test_a_failure_keeps_what_is_known() -> None:
    """Validators and what was seen survive failures, so that nothing is sent again after them."""
    known = after(FRESH, poll(FRESH, entry(1)))
    failed = decide(FEED, known, Failed(reason="HTTP 500"), AT)
    assert (failed.state.etag, failed.state.body_hash) == (known.state.etag, known.state.body_hash)
    assert poll(after(known, failed), entry(1)).items == ()


def test_not_modified_takes_new_validators() -> None:
    """A 304 counts as a poll and may bring a new ETag."""
    same = decide(FEED, after(FRESH, poll(FRESH, entry(1))), NotModified(etag='"9"'), AT).state
    assert (same.polls, same.etag, same.body_hash, same.items_sent) == (2, '"9"', "1", 1)


def test_now_and_then_a_poll_is_unconditional() -> None:
    """A server that says 304 for ever is found out: each 24th poll sends no validators but compares the body."""
    state = msgspec.structs.replace(FRESH.state, etag='"1"', last_modified="then", body_hash="h")
    asked = [validators(msgspec.structs.replace(state, polls=number)) for number in range(48)]
    assert [a.etag for a in asked].count(None) == 2
    assert asked[23] == Validators(body_hash="h")


def test_memory_of_a_feed_is_bounded() -> None:
    """What a feed shows now is always known, and at most twice as many entries that it showed before."""
    known = FRESH
    for start in range(0, 5_000, 100):
        known = after(known, poll(known, *(entry(number) for number in range(start, start + 100))))
    assert len(known.seen.rows) == 300
    assert cut(item_id(url="https://news.example/4999")) in known.seen.contents()
    assert len(known.seen.pack()) == 300 * 24
    assert Seen.unpack(known.seen.pack()) == known.seen
    alone = after(known, poll(known, entry(9_999)))
    assert len(alone.seen.rows) == 1 + GONE_LEAST


def test_a_feed_taken_over_is_due_when_it_would_have_been() -> None:
    """Never polled: now. Polled a while ago: the rest of its wait, backoff and Retry-After included."""
    assert due_in(FEED, FRESH.state, AT) == 0
    polled = poll(FRESH, entry(1), at=AT - timedelta(seconds=100)).state
    assert due_in(FEED, polled, AT) == 500
    assert due_in(msgspec.structs.replace(FEED, interval_seconds=150), polled, AT) == 50
    failed = decide(FEED, Known(polled), Failed(reason="HTTP 500"), AT).state
    assert due_in(FEED, failed, AT) == 1200
    assert due_in(FEED, failed, AT + timedelta(days=1)) == 0


def test_an_id_twice_in_a_feed_is_one_item() -> None:
    """The first, which is the newest, is taken; so polls of such a feed settle."""
    twice = [entry(1, "Newer"), dataclasses.replace(entry(1, "Older"), url="https://news.example/1#x")]
    twice[1] = dataclasses.replace(twice[1], url="https://news.example/1")
    first = poll(FRESH, *twice)
    assert titles(first) == ["Newer 1"]
    assert poll(after(FRESH, first), *twice).items == ()


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
    assert poll(FRESH, feed=msgspec.structs.replace(FEED, interval_seconds=interval)).wait_seconds == 0.1


def test_an_edit_above_its_older_version_is_sent_and_below_it_is_not() -> None:
    """Where a document shows two versions of one page, the first is the newer, whichever of both was known."""
    known = after(FRESH, poll(FRESH, entry(1, "Old")))
    assert titles(poll(known, entry(1, "New"), entry(1, "Old"))) == ["New 1"]
    assert poll(known, entry(1, "Old"), entry(1, "Older")).items == ()


def test_a_feed_moves_after_several_sightings_of_a_permanent_redirect() -> None:
    """Three in a row for the same address; one that is missing, another address or a failure begins anew."""
    moved, astray = NotModified(moved_to="https://new.example/rss"), NotModified(moved_to="https://x.example/")
    known, told = FRESH, []
    for outcome in (moved, moved, NotModified(), moved, astray, moved, moved, moved):
        decision = decide(FEED, known, outcome, AT)
        known = after(known, decision)
        told.append(decision.moved)
    assert told == [None] * 7 + ["https://new.example/rss"]
    assert MOVED_TIMES == 3
