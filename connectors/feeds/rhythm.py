"""When a feed is asked again: pure, from what it has shown of its own rhythm and what its server asks.

A feed is polled twice in its usual gap between items, never more often than the floor nor more seldom than the ceiling.
A gap that turns short is followed at once, so that a burst of news is met at the floor from the next poll on; one that
grows is believed slowly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import pairwise
from statistics import median

from connectors.fetch import Failed
from schemas.feed import Feed, FeedState

FIRST_SECONDS = 600.0  # of a feed that has not shown a rhythm yet
SMOOTHING = 0.3
FORGETTING = 0.9
BURST = 3
JITTER = 0.1
DATED = 20
THROTTLED_SECONDS = 900.0  # 429 or 503 that says no time
THROTTLED = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the most seconds between two polls of a feed."""

    floor: float = 120.0
    ceiling: float = 6 * 3600.0


def interval(feed: Feed, state: FeedState, bounds: Bounds) -> float:
    """Seconds between polls of a feed that is well: as the user fixed it, or twice in its usual gap."""
    if feed.interval_seconds is not None:
        return max(feed.interval_seconds, 0.1)
    usual = FIRST_SECONDS if state.gap_seconds is None else state.gap_seconds / 2
    asked = min(state.asked_seconds, bounds.ceiling)
    return min(max(usual, asked, bounds.floor), bounds.ceiling)


def next_poll(feed: Feed, state: FeedState, at: datetime, bounds: Bounds) -> datetime:
    """When a feed that is well is due: after its interval, spread a little, and not in hours that it asks to skip."""
    seconds = interval(feed, state, bounds)
    if feed.interval_seconds is None:
        # The same spread for the same poll, so that the same input gives the same output.
        seed = blake2b(f"{feed.id}{state.polls}".encode("utf-8", "replace"), digest_size=2).digest()
        spread = seconds * (1 + JITTER * (int.from_bytes(seed, "big") / 65535 - 0.5))
        # Never below what the feed asks, nor beyond the bounds.
        seconds = min(max(spread, state.asked_seconds, bounds.floor), bounds.ceiling)
        return _beyond_skipped(at + timedelta(seconds=seconds), state, at + timedelta(seconds=bounds.ceiling))
    return at + timedelta(seconds=seconds)


def retry(feed: Feed, failures: int, at: datetime, bounds: Bounds, failed: Failed) -> datetime:
    """When a feed that failed is tried again: its interval doubled with each failure up to the ceiling, or as asked."""
    asked, status = failed.retry_after, failed.status
    base = max(feed.interval_seconds if feed.interval_seconds is not None else FIRST_SECONDS, 0.1)
    backoff = min(base * 2.0 ** min(failures, 30), max(bounds.ceiling, base))
    if status == 410:  # noqa: PLR2004 - Gone: the server means it, and people are still told
        backoff = max(bounds.ceiling, base)
    least = THROTTLED_SECONDS if status in THROTTLED and asked is None and feed.interval_seconds is None else 0.0
    return at + timedelta(seconds=max(backoff, asked or 0.0, least))


def _beyond_skipped(due: datetime, state: FeedState, latest: datetime) -> datetime:
    for _ in range(24 * 8):
        if due.hour not in state.skip_hours and due.weekday() not in state.skip_days:
            return due
        due = due.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        if due > latest:  # all of them: nobody means that
            return min(due, latest)
    return due


def learn(state: FeedState, new: int, at: datetime) -> tuple[float | None, float | None]:
    """The usual and the longest gap between items, after a poll at `at` that brought so many new ones.

    A first poll teaches by the dates of what it brings (`learn_from_dates`), not here.
    """
    if state.changed_at is None:
        return state.gap_seconds, state.longest_gap_seconds
    elapsed = max((at - state.changed_at).total_seconds(), 1.0)
    known = state.gap_seconds
    if not new:
        # Nothing for longer than usual: the gap is at least half of that.
        return (max(known, elapsed / 2) if known is not None else None), state.longest_gap_seconds
    gap = elapsed / new
    longest = max(elapsed, FORGETTING * (state.longest_gap_seconds or 0.0))
    if known is None:
        return gap, longest
    usual = gap if new >= BURST and gap < known else known + SMOOTHING * (gap - known)
    return usual, longest


def learn_from_dates(dates: Sequence[datetime], at: datetime) -> tuple[float | None, float | None]:
    """The usual and the longest gap between the newest of these, as a first poll shows them."""
    past = sorted((date for date in dates if date <= at), reverse=True)[:DATED]
    gaps = [(later - earlier).total_seconds() for later, earlier in pairwise(past)]
    if not gaps:
        return None, None
    return max(median(gaps), 1.0), max(*gaps, (at - past[0]).total_seconds())
