"""Who is tracked, what matched, and what was told.

Topics `news.figures` (compacted, key: figure id),
`news.matches` (key: rule id), `news.alerts` (compacted, key: alert id).
"""

from datetime import datetime
from hashlib import blake2b
from typing import Literal

from schemas.codec import Record

FigureKind = Literal["person", "organisation", "place"]


class Figure(Record, frozen=True, kw_only=True):
    """Someone or something that the user tracks. `aliases` are further spellings, in any script."""

    id: str
    name: str
    kind: FigureKind = "person"
    aliases: tuple[str, ...] = ()


class Match(Record, frozen=True, kw_only=True):
    """A rule that holds for one revision of one item; the ledger decides whether anyone is told.

    `excerpt` is the text around the mention, `excerpt_start` and `excerpt_end` the mention's code points in it.
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


class Alert(Record, frozen=True, kw_only=True):
    """One message to people: a figure was newly mentioned in a story.

    The id depends only on rule, figure and story, so a repeat after a crash is the same alert.
    """

    id: str
    alerted_at: datetime
    match: Match


def alert_id(rule_id: str, figure_id: str, scope: str) -> str:
    """The id of the one alert for a rule, a figure and a scope (a story by default): 32 hex digits."""
    return blake2b(f"{rule_id}\n{figure_id}\n{scope}".encode(), digest_size=16).hexdigest()
