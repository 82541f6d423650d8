"""Who is tracked, what matched, what was told, and what became of the telling.

Topics `news.figures` (compacted, key: figure id), `news.matches` (key: rule id), `news.alerts` (compacted, key: alert
id), `news.withheld` (key: alert id), `news.deliveries` (compacted, key: alert id and sink).
"""

from datetime import datetime
from hashlib import blake2b
from typing import Final, Literal

from schemas.codec import Record
from schemas.rule import Tell, When

FigureKind = Literal["person", "organisation", "place"]
# The field of a match that tells of a feed's health, not of an item: its `item_id` is the feed's.
FEED_FIELD: Final = "feed"
AlertKind = Literal["new", "count", "digest", "enters", "leaves", "spike", "silence"]


class Figure(Record, frozen=True, kw_only=True):
    """Someone or something that the user tracks. `aliases` are further spellings, in any script.

    `ambiguous` are those of the name and the aliases that name others too: they count only beside one of the words of
    `context` or another name of the figure. `must_match` and `must_not_match` are sentences that `kabar figures test`
    checks. `alert` False: no rule of its own, only those that name it or its groups.
    """

    id: str
    name: str
    kind: FigureKind = "person"
    aliases: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    must_match: tuple[str, ...] = ()
    must_not_match: tuple[str, ...] = ()
    alert: bool = True


class Match(Record, frozen=True, kw_only=True):
    """A rule that holds for one revision of one item; the ledger decides whether anyone is told.

    `excerpt` is the text around the mention, `excerpt_start` and `excerpt_end` the mention's code points in it.
    `figure_id` is empty where a rule is about no figure. `late`: published more than a day before it was first seen.
    `context` is what stands beside the name that decided. `tell` is the rule's, as it was when it matched.
    """

    rule_id: str
    figure_id: str
    figure_name: str
    item_id: str
    revision: int
    story_id: str
    quiet: bool
    field: str
    surface: str
    excerpt: str
    excerpt_start: int
    excerpt_end: int
    why: str
    title: str
    url: str | None
    source: str
    language: str
    published_at: datetime | None
    first_seen_at: datetime
    matched_at: datetime
    rule_name: str = ""
    when: When = "story"
    tell: Tell = Tell()
    late: bool = False
    context: str = ""
    event_id: str | None = None


class Alert(Record, frozen=True, kw_only=True):
    """One message to people: a figure was newly mentioned in a story.

    The id depends only on rule, figure and scope, so a repeat after a crash is the same alert. `kind` says what
    happened; `outlets` how many are known to tell the story, and for a count how many followed; `entries` are what a
    digest collects (`match` is its first), `more` how many it leaves out. `reason` tells of a spike or a silence in
    figures.
    """

    id: str
    alerted_at: datetime
    match: Match
    kind: AlertKind = "new"
    outlets: int = 1
    entries: tuple[Match, ...] = ()
    more: int = 0
    reason: str = ""


class Withheld(Record, frozen=True, kw_only=True):
    """An alert that was decided and not sent, and why: a backfill, or a snooze."""

    id: str
    at: datetime
    reason: str
    match: Match


class Delivery(Record, frozen=True, kw_only=True):
    """What became of one alert at one sink.

    `state`: `sent`; `retrying` since `first_at`, again at `next_at`; `set aside` with its reason, after a day or where
    the receiver refuses it for good. Of key `/SINK` it tells of the sink itself: `disabled` after a 410. `offset` and
    `partition` are the alert's in `news.alerts`.
    """

    alert_id: str
    sink: str
    state: Literal["sent", "retrying", "set aside", "disabled", "enabled"]
    at: datetime
    attempts: int = 0
    reason: str = ""
    first_at: datetime | None = None
    next_at: datetime | None = None
    partition: int = 0
    offset: int = 0

    @property
    def key(self) -> str:
        """The key of the topic: alert id and sink."""
        return delivery_key(self.alert_id, self.sink)


def delivery_key(number: str, sink: str) -> str:
    """The key of a delivery."""
    return f"{number}/{sink}"


def alert_id(rule_id: str, figure_id: str, scope: str) -> str:
    """The id of the one alert for a rule, a figure and a scope (a story by default): 32 hex digits."""
    return blake2b(f"{rule_id}\n{figure_id}\n{scope}".encode(), digest_size=16).hexdigest()
