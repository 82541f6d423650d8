"""What every format becomes: one `Entry` an item, and a `ParsedFeed` around them."""

from dataclasses import dataclass, field
from datetime import datetime

ENTRIES_LIMIT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a feed. Texts are plain, URLs absolute, dates in UTC; `repairs` names what was mended.

    `points` are (latitude, longitude) in degrees. `source_name` and `source_url` are those of the feed that the entry
    was taken from, where an aggregator says it.
    `anchor` means that the link had a `#…`, which the URL has not; `shared` that other entries of the feed have the
    same URL (or, without one, guid), so that it cannot identify this one.
    """

    guid: str | None = None
    url: str | None = None
    title: str = ""
    summary: str = ""
    body: str = ""
    published_at: datetime | None = None
    updated_at: datetime | None = None
    language: str | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    points: tuple[tuple[float, float], ...] = ()
    source_name: str | None = None
    source_url: str | None = None
    anchor: bool = False
    shared: bool = False
    repairs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A whole feed.

    `kind` is the format with its version, `url` the address that it gives for itself, `children` the sitemaps of a
    sitemap index.
    `skipped` counts what has nothing to index, such as a sitemap's pages without news.
    """

    kind: str
    title: str = ""
    url: str | None = None
    language: str | None = None
    entries: tuple[Entry, ...] = ()
    children: tuple[str, ...] = ()
    skipped: int = 0
    minutes: float | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    hub: str | None = None
    digests: tuple[bytes, ...] = ()
    taken: tuple[bytes, ...] = ()
    repairs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A body that is no feed, and why, in a sentence.

    `feeds` are the feeds that an HTML page names, `wall` the maker of the bot wall that it is.
    """

    reason: str
    feeds: tuple[str, ...] = ()
    wall: str | None = None


@dataclass(slots=True)
class Repairs:
    """Collects the names of repairs, each once, in order."""

    names: dict[str, None] = field(default_factory=dict)

    def add(self, *names: str | None) -> None:
        """Note these; None is nothing."""
        self.names.update((name, None) for name in names if name)

    def all(self) -> tuple[str, ...]:
        """What was noted."""
        return tuple(self.names)
