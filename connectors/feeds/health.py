"""Whether a feed is well, and if not, what to do: pure, from its state.

Feeds that die silently for weeks are the commonest complaint of all readers; so silence is measured by each feed's own
rhythm, and told.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.urls import host_of
from schemas.alert import FEED_FIELD, Alert, Match, alert_id
from schemas.feed import Feed, FeedState

RULE = "feed-health"
FAILURES = 3
# Silent: for four times its longest gap of late, and for a day at least (nights and Sundays are in the longest gap).
SILENT_GAPS = 4.0
SILENT_LEAST = timedelta(days=1)
EMPTY_AFTER = timedelta(days=2)
TOLD_AGAIN = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What is wrong with a feed (`kind`: failing, silent, empty), since when, and in a sentence what to do."""

    kind: str
    since: datetime | None
    reason: str


def trouble(feed: Feed, state: FeedState, at: datetime) -> Trouble | None:
    """What is wrong at this moment, or None; a feed that another is polled for is as well as that one."""
    if state.twin_of:
        return None
    if state.failures >= FAILURES or (state.failures and state.changed_at is None):
        reason = state.last_error or "it cannot be read"
        return Trouble(
            kind="failing",
            since=state.failing_since,
            reason=f"{state.failures} polls in a row failed: {reason}{_advice(reason)}",
        )
    if state.changed_at is None:
        return None
    silence = at - state.changed_at
    if not state.items_sent:
        reason = "it never had an item; look for its new address"
        return Trouble(kind="empty", since=state.changed_at, reason=reason) if silence >= EMPTY_AFTER else None
    longest = timedelta(seconds=min(state.longest_gap_seconds or 0.0, 1e9))
    if silence > max(SILENT_GAPS * longest, SILENT_LEAST):
        return Trouble(
            kind="silent",
            since=state.changed_at,
            reason=f"nothing new for {_span(silence)}, where {_span(longest)} was its longest gap; "
            f"look at the site, and try kabar feeds check {feed.url}",
        )
    return None


def is_to_tell(found: Trouble | None, state: FeedState, at: datetime) -> bool:
    """Whether this is told now: once, and again each week that it lasts."""
    if found is None:
        return False
    fresh = state.told_at is None or (found.since is not None and state.told_at < found.since)
    return fresh or at - (state.told_at or at) > TOLD_AGAIN


def alert_of(found: Trouble, feed: Feed, at: datetime) -> Alert:
    """An alert that tells of it: one a feed, kind and beginning, so that a repeat after a crash is the same."""
    name = feed.name or host_of(feed.url)
    since = found.since or at
    match = Match(
        rule_id=RULE,
        figure_id=f"feed:{feed.id}",
        figure_name=name,
        item_id=feed.id,
        revision=0,
        story_id=f"feed:{feed.id}",
        quiet=False,
        field=FEED_FIELD,
        surface=name,
        excerpt=found.reason,
        excerpt_start=0,
        excerpt_end=0,
        why=f"the feed is {found.kind}",
        title=f"{name}: the feed is {found.kind}",
        url=feed.url,
        source=host_of(feed.url),
        language="en",
        published_at=None,
        first_seen_at=since,
        matched_at=at,
    )
    scope = f"{found.kind} {since.isoformat()}"
    return Alert(id=alert_id(RULE, match.figure_id, scope), alerted_at=at, match=match, reason=found.reason)


def advice(reason: str) -> str:
    """What to do about this reason, as a sentence; empty where nothing is known to help."""
    lower = reason.lower()
    return next((what for mark, what in _ADVICE if mark in lower), "")


_ADVICE = (
    ("bot wall", "Ask the publisher to let Kabar in (KABAR_CONTACT says who you are), or use another feed of it."),
    ("sign-in", "Use the address of a public feed, or one that carries its key."),
    ("it names", "Follow the feed that the page names."),
    ("html page", "Open the address in a browser and look for the feed's new one."),
    ("parked", "Remove it: the site is gone."),
    ("http 401", "The feed needs a password: put it into the address (https://user:password@…)."),
    ("http 403", "The server refuses programs: ask the publisher, or use another feed of it."),
    ("http 404", "Look for the feed's new address on the site: kabar feeds add takes the site's own address too."),
    ("http 410", "The publisher ended this feed: remove it, or look for another."),
    ("http 429", "It is asked too often: give it a longer --interval."),
    ("http 5", "The server has a fault; it is tried again by itself."),
    ("does not resolve", "The name does not exist (any more): look for the feed's new address."),
    ("certificate", "Tell the publisher; Kabar does not read what it cannot check."),
    ("own kafka or elasticsearch", "No feed is there: give the feed's own address."),
    ("refused address", "Private networks are closed to feeds; KABAR_ALLOW_NETWORKS opens them."),
    ("no whole reply", "The server is too slow; it is tried again by itself."),
    ("no connection", "The server does not answer; it is tried again by itself."),
    ("redirects", "The server sends round in circles: look for the feed's address in a browser."),
    ("over 10,000,000", "The feed is too large: ask the publisher for a shorter one."),
)  # fmt: skip


def _advice(reason: str) -> str:
    found = advice(reason)
    return f". {found}" if found else ""


def _span(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} hours" if hours >= 1 else "under an hour"  # noqa: PLR2004
