"""What a connector sends: one news item as a source gave it, cleaned, before anything was understood.

Topic `news.items` (and `news.backfill`), key: `id`.
"""

from datetime import datetime
from hashlib import blake2b

from schemas.codec import Record

TITLE_LIMIT = 2_000
SUMMARY_LIMIT = 20_000
BODY_LIMIT = 200_000
LIST_LIMIT = 100
WORD_LIMIT = 500


class Item(Record, frozen=True, kw_only=True):
    """One version of one news item.

    `title`, `summary` and `body` are plain text (no HTML) in code points, within the limits above. `fetched_at`
    orders the versions of an item. `published_at` and `updated_at` are what the source says, clamped to plausible.
    `repairs` names each thing that was mended or cut, for instance `date-implausible` or `title-capped`.
    `text_method` is what took `body` from the item's page (`trafilatura`, `resiliparse`, `structure`), `feed` where
    the page was wanted and the feed's own text is used, None where none was wanted; `text_quality`, between 0 and 1,
    is how far two extractors agree on it. `coordinates` are (latitude, longitude) in degrees, where the source places
    the item itself; the places that it names are its mentions.
    """

    id: str
    source: str
    fetched_at: datetime
    title: str = ""
    summary: str = ""
    body: str = ""
    url: str | None = None
    guid: str | None = None
    source_name: str | None = None
    source_country: str | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None
    language_hint: str | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()
    text_method: str | None = None
    text_quality: float | None = None
    coordinates: tuple[tuple[float, float], ...] = ()


def is_on_earth(point: tuple[float, float]) -> bool:
    """Whether (latitude, longitude) are degrees of a place; what is no number is none."""
    return abs(point[0]) <= 90 and abs(point[1]) <= 180  # noqa: PLR2004


def item_id(*, url: str | None, source: str = "", guid: str | None = None) -> str:
    """The id of an item: a hash of its canonical URL or, where it has none, of its source and guid.

    32 hex digits of BLAKE2b. The same item in two feeds has one id as long as both name the same URL.

    Raises:
        ValueError: neither a URL nor a guid was given.
    """
    if url:
        identity = f"url\n{url}"
    elif guid:
        identity = f"guid\n{source}\n{guid}"
    else:
        raise ValueError("an item needs a URL or a guid")
    return blake2b(identity.encode("utf-8", "replace"), digest_size=16).hexdigest()


def content_hash(item: Item) -> str:
    """A hash of what a reader sees (title, summary, body); equal hashes mean that nothing changed."""
    text = f"{item.title}\x1f{item.summary}\x1f{item.body}"
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()
