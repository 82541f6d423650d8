"""Is a page's text the item's article, or a wall: a consent page, a paywall, a page for robots? Pure.

Two things tell, and neither needs to know a language. A wall is the same on many pages of a site: its paragraphs were
seen with other items. And a wall does not speak of what the item speaks of: an article has the words of its own
headline and lead again, beyond the headline and the lead themselves (which a wall may repeat above its offer). So the
first wall of a site is not taken either, before anything repeats. The bounds below were set by looking at 84 pages, and
were not measured on others.

A paywall that shows an article's beginning speaks of the item, and only its offer repeats. What ends a page of two
paragraphs at most, and was on no long page of that site, is such an offer; a notice below whole articles is not.
"""

import re
from collections.abc import Mapping, Sequence
from hashlib import blake2b

import msgspec

from connectors.article import Article
from pipeline.extract.memory import Seen
from schemas.item import Item

SHARED = 0.3
SHARED_TITLE = 0.4
SHARED_STRONG = 0.5
SHARED_LEAST = 2
DOUBTFUL = 0.3
# Of a text's letters, this share in paragraphs of other pages makes it the same text.
SAME_SHARE = 0.7
BOILERPLATE_PAGES = 3
# What a paywall leaves of an article, and how long a page with its offer is at most (UTF-8 bytes: a Chinese text says
# in a third of the letters what an English one does, and its letters take three).
TEASER_PARAGRAPHS = 2
TEASER_BYTES = 3_000
PARAGRAPH_LEAST = 20
SAME_STORY = 0.8
WORDS_LIMIT = 60

_WORD = re.compile(r"[^\W\d_]{4,}")
_ALPHABETIC = re.compile(r"\b[^\W\d_]{2,}\b")
# Scripts written without spaces between words: their words are pairs of characters.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]{2,}")
_DOORS = re.compile(
    r"(?:^|[/.?=_-])(?:consent|cookiewall|paywall|login|signin|subscribe|captcha|privacy-?gate)\b", re.IGNORECASE
)


class Text(msgspec.Struct, frozen=True):
    """A page's text in paragraphs, each with its hash (None for those too short to tell, or of the feed itself)."""

    paragraphs: tuple[str, ...]
    hashes: tuple[int | None, ...]

    def known(self) -> list[int]:
        """The hashes that tell."""
        return [number for number in self.hashes if number is not None]

    def size(self) -> int:
        """Its length in bytes of UTF-8."""
        return sum(len(paragraph.encode()) for paragraph in self.paragraphs)

    def without(self, removed: Sequence[int]) -> str:
        """The text without some of its paragraphs."""
        gone = set(removed)
        return "\n".join(p for p, number in zip(self.paragraphs, self.hashes, strict=True) if number not in gone)


def text_of(body: str, item: Item) -> Text:
    """A page's text, with what the feed says itself marked as such."""
    feed = _bare(f"{item.title}\n{item.summary}\n{item.body}")
    paragraphs = tuple(line for line in body.split("\n") if line.strip())
    return Text(paragraphs, tuple(_hash(paragraph, feed) for paragraph in paragraphs))


def _hash(paragraph: str, feed: str) -> int | None:
    # Only words of letters alone: a wall's request number or date must not make it another text.
    bare = _bare(paragraph)
    if len(bare) < PARAGRAPH_LEAST or bare in feed:
        return None
    return int.from_bytes(blake2b(bare.encode(), digest_size=7).digest(), "big")


def _bare(text: str) -> str:
    return " ".join(_ALPHABETIC.findall(text.casefold()))


def repeated(text: Text, known: Mapping[int, Seen], item_id: str) -> tuple[float, str | None]:
    """Which share of a text stood on pages of other items, and the item that most of that was first seen with."""
    total = shared = 0
    first: dict[str, int] = {}
    for paragraph, number in zip(text.paragraphs, text.hashes, strict=True):
        if number is None:
            continue
        total += len(paragraph)
        seen = known.get(number)
        if seen is not None and (seen.first_item != item_id or seen.pages > 1):
            shared += len(paragraph)
            first[seen.first_item] = first.get(seen.first_item, 0) + len(paragraph)
    return (shared / total if total else 0.0), max(first, key=lambda key: first[key], default=None)


def boilerplate(text: Text, known: Mapping[int, Seen]) -> tuple[int, ...]:
    """The paragraphs that stood on at least three other pages: an offer, a notice, a list of links."""
    return tuple(n for n in text.known() if n in known and known[n].pages >= BOILERPLATE_PAGES)


def offer(text: Text, known: Mapping[int, Seen], item_id: str) -> str | None:
    """The item that a paywall's offer was first seen with, where this page is an article's beginning and such an offer.

    An offer ends the page, was on a page of another item, and on none that is long.
    """

    def repeats(number: int) -> bool:
        seen = known.get(number)
        elsewhere = seen is not None and (seen.first_item != item_id or seen.pages > 1)
        return elsewhere and seen is not None and seen.longest <= TEASER_BYTES

    numbers = text.known()
    if not numbers or text.size() > TEASER_BYTES or not repeats(numbers[-1]):
        return None
    if sum(not repeats(number) for number in numbers) > TEASER_PARAGRAPHS:
        return None
    return known[numbers[-1]].first_item


def why_not(item: Item, text: Text, left: str, article: Article, final_url: str | None) -> str | None:
    """Why this page's text is not taken for the item's, as the name of a repair, or None where it is.

    Args:
        item: as its feed gave it.
        text: of the page.
        left: what is left of it without boilerplate.
        article: what was found on the page, and how surely.
        final_url: where the page was in the end.
    """
    if not left.strip():
        return "page-empty"
    if final_url and final_url != item.url and _DOORS.search(final_url):
        return "page-wall"
    novel = "\n".join(p for p, n in zip(text.paragraphs, text.hashes, strict=True) if n is not None and p in left)
    if likeness(item, novel) < (SHARED if article.quality >= DOUBTFUL else SHARED_STRONG):
        # A page that only repeats the feed's text has nothing to add.
        return "page-unlike-item" if novel else "page-no-longer"
    if article.free is False and len(left) < 2 * max(len(item.body), len(item.summary)):
        return "page-paywall"
    return "page-no-longer" if len(left) <= len(item.body) else None


def likeness(item: Item, novel: str) -> float:
    """How much of what the feed says comes again in the rest of the page, between 0 and 1; 0 for a single word."""
    words = terms(novel)
    title, all_words = terms(item.title), terms(f"{item.title} {item.summary} {item.body[:1000]}")
    return max(_share(all_words, words), _share(title, words) * SHARED / SHARED_TITLE)


def _share(wanted: Sequence[str], words: Sequence[str]) -> float:
    found = len(set(wanted) & set(words))
    return found / len(wanted) if found >= SHARED_LEAST else 0.0


def terms(text: str) -> list[str]:
    """The words that carry a text's subject: four letters or more, cut at six (which takes most endings off).

    In scripts without spaces, pairs of characters. The first 60 of a feed's text are enough.
    """
    found = dict.fromkeys(word.casefold()[:6] for word in _WORD.findall(text) if not _UNSPACED.match(word))
    for run in _UNSPACED.findall(text):
        found.update(dict.fromkeys(run[at : at + 2] for at in range(len(run) - 1)))
    return list(found)


def same_story(one: Item, other: Item) -> bool:
    """Whether two feeds' texts say the same, so that one article may well stand on two addresses."""
    first, second = set(terms(f"{one.title} {one.summary}")), set(terms(f"{other.title} {other.summary}"))
    return bool(first and second) and len(first & second) / len(first | second) >= SAME_STORY
