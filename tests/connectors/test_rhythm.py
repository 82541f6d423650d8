"""When a feed is asked again, and when it is ill: pure, so every case is a value in and a value out."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import aiohttp
import msgspec
import pytest

from connectors.feeds.health import advice, alert_of, is_to_tell, trouble
from connectors.feeds.metrics import exposition, serving
from connectors.feeds.rhythm import Bounds, interval, learn, learn_from_dates, next_poll, retry
from connectors.feeds.schedule import Followed, Schedule
from connectors.fetch import Failed
from connectors.hosts import Hosts
from deploy.ports import free_port
from schemas.feed import Feed, FeedState

AT = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)  # a Wednesday
FEED = Feed(id="f", url="https://www.news.example/rss")
STATE = FeedState(feed_id="f", polls=9, polled_at=AT, changed_at=AT, items_sent=50)
BOUNDS = Bounds()


def known(**fields: object) -> FeedState:
    """The state with these fields."""
    return msgspec.structs.replace(STATE, **fields)


@pytest.mark.parametrize(
    ("gap", "asked", "seconds"),
    [
        (None, 0, 600),
        (60, 0, 120),
        (1_200, 0, 600),
        (10_000_000, 0, 21_600),
        (60, 1_800, 1_800),
        (60, 10_000_000, 21_600),
    ],
)
def test_a_feed_is_polled_twice_in_its_gap_within_bounds(gap: float | None, asked: float, seconds: float) -> None:
    """Between two minutes and six hours, and no oftener than it asks."""
    assert interval(FEED, known(gap_seconds=gap, asked_seconds=asked), BOUNDS) == seconds


def test_a_burst_is_followed_at_the_next_poll() -> None:
    """A feed of one item in six hours that brings five at once is polled at the floor from then on."""
    state = known(gap_seconds=21_600.0, changed_at=AT - timedelta(minutes=10))
    usual, longest = learn(state, 5, AT)
    assert usual == 120
    assert interval(FEED, known(gap_seconds=usual), BOUNDS) == BOUNDS.floor
    assert longest == 600


def test_silence_makes_polls_rarer_by_and_by() -> None:
    """After the burst the gap grows with the time that nothing comes, and one slow item is not believed at once."""
    quiet = known(gap_seconds=120.0, changed_at=AT - timedelta(hours=2))
    assert learn(quiet, 0, AT)[0] == 3_600
    assert learn(quiet, 1, AT)[0] == pytest.approx(120 + 0.3 * (7_200 - 120))


def test_the_first_poll_teaches_by_its_dates() -> None:
    """The median gap between the newest items; dates in the future teach nothing."""
    dates = [AT - timedelta(hours=hours) for hours in (1, 2, 3, 4, 30)]
    assert learn_from_dates([*dates, AT + timedelta(days=9)], AT) == (3_600, 26 * 3_600)
    assert learn_from_dates(dates[:1], AT) == (None, None)


def test_hours_and_days_to_skip_are_skipped() -> None:
    """A poll due in a skipped hour waits for the next free one; all hours skipped means none."""
    due = next_poll(FEED, known(gap_seconds=1_200.0, skip_hours=(12, 13)), AT, BOUNDS)
    assert due == AT.replace(hour=14)
    all_day = next_poll(FEED, known(gap_seconds=1_200.0, skip_hours=tuple(range(24))), AT, BOUNDS)
    assert all_day <= AT + timedelta(hours=6)
    wednesday = next_poll(FEED, known(gap_seconds=1_200.0, skip_days=(2,)), AT.replace(hour=23), BOUNDS)
    assert wednesday == datetime(2026, 3, 5, tzinfo=UTC)


def test_polls_are_spread_and_the_same_poll_alike() -> None:
    """Within five per cent of the interval, by feed and poll, and not at random."""
    dues = {next_poll(msgspec.structs.replace(FEED, id=str(n)), STATE, AT, BOUNDS) for n in range(50)}
    assert len(dues) > 40
    assert all(569 < (due - AT).total_seconds() < 631 for due in dues)
    assert next_poll(FEED, STATE, AT, BOUNDS) == next_poll(FEED, STATE, AT, BOUNDS)


@pytest.mark.parametrize(
    ("failed", "failures", "seconds"),
    [
        (Failed(reason="x"), 1, 1_200),
        (Failed(reason="x"), 99, 21_600),
        (Failed(reason="x", status=429), 0, 900),
        (Failed(reason="x", status=503, retry_after=7_200), 1, 7_200),
        (Failed(reason="x", status=410), 1, 21_600),
    ],
)
def test_a_failure_is_tried_again_later_and_later(failed: Failed, failures: int, seconds: float) -> None:
    """Up to six hours, or as the server asks; a feed that is gone is asked seldom, and never given up."""
    assert retry(FEED, failures, AT, BOUNDS, failed) == AT + timedelta(seconds=seconds)


def test_silence_is_measured_by_the_feeds_own_rhythm() -> None:
    """A daily feed is not ill after two days; an hourly one is, and so is one that never had an item."""
    two_days = known(changed_at=AT - timedelta(days=2))
    assert trouble(FEED, msgspec.structs.replace(two_days, longest_gap_seconds=86_400.0), AT) is None
    silent = trouble(FEED, msgspec.structs.replace(two_days, longest_gap_seconds=3_600.0), AT)
    assert silent is not None
    assert (silent.kind, silent.since) == ("silent", two_days.changed_at)
    assert "kabar feeds check" in silent.reason
    empty = trouble(FEED, known(items_sent=0, changed_at=AT - timedelta(days=3)), AT)
    assert empty is not None
    assert empty.kind == "empty"
    assert trouble(FEED, STATE, AT) is None


def test_ill_health_is_told_once_and_again_each_week() -> None:
    """One alert for a beginning; a repeat after a crash is the same alert."""
    ill = known(failures=3, failing_since=AT, last_error="HTTP 404 Not Found")
    found = trouble(FEED, ill, AT)
    assert found is not None
    assert "new address" in found.reason
    assert is_to_tell(found, ill, AT)
    told = msgspec.structs.replace(ill, told_at=AT)
    assert not is_to_tell(found, told, AT + timedelta(days=6))
    assert is_to_tell(found, told, AT + timedelta(days=8))
    assert alert_of(found, FEED, AT).id == alert_of(found, FEED, AT + timedelta(hours=1)).id


def test_the_metrics_count_feeds_by_health() -> None:
    """Each feed once, by what is wrong with it, and each ill one by its address, over HTTP as well."""
    schedule = Schedule()
    ill = known(feed_id="g", failures=5, failing_since=AT, last_error="HTTP 500")
    for feed, state in ((FEED, STATE), (msgspec.structs.replace(FEED, id="g", url='https://b.example/"'), ill)):
        schedule.add(Followed(feed=feed, state=state, partition=0))
    port = free_port()

    async def ask() -> str:
        address = f"http://127.0.0.1:{port}/metrics"
        async with serving(schedule, port), aiohttp.ClientSession() as session, session.get(address) as reply:
            return await reply.text()

    shown = asyncio.run(ask())
    assert exposition(schedule.feeds.values(), AT).splitlines()[1:3] == [
        'kabar_feeds{health="well"} 1',
        'kabar_feeds{health="failing"} 1',
    ]
    assert 'kabar_feed_unhealthy{feed="https://b.example/\\"",kind="failing"} 1' in shown
    assert "kabar_feed_items_total 100" in shown


@pytest.mark.parametrize(
    "reason",
    ["HTTP 403 Forbidden: a bot wall (Cloudflare)", "HTTP 404 Not Found", "HTTP 500", "the name x does not resolve"],
)
def test_every_common_reason_has_its_advice(reason: str) -> None:
    """A sentence that says what to do."""
    assert advice(reason).endswith(".")


def test_two_requests_to_a_host_are_a_pause_apart() -> None:
    """One at a time, and a pause between them; other hosts and this machine wait for nobody."""

    async def times(pause: float, *urls: str) -> list[float]:
        hosts, begun = Hosts(spacing_seconds=pause), []

        async def one(url: str) -> None:
            async with hosts.turn(url):
                begun.append(time.monotonic() - started)

        started = time.monotonic()
        await asyncio.gather(*map(one, urls))
        return begun

    same = asyncio.run(times(0.2, "https://a.example/1", "https://www.a.example/2", "http://a.example/3"))
    assert same[1] >= 0.2
    assert same[2] >= 0.4
    assert max(asyncio.run(times(9.0, "https://a.example/", "https://b.example/", "https://c.example/"))) < 9.0
    assert max(asyncio.run(times(9.0, "http://127.0.0.1:1/", "http://127.0.0.1:2/"))) < 9.0
