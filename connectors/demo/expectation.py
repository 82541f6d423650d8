"""What a right run of the demo must give, derived from the records alone."""

from collections import Counter
from dataclasses import dataclass

from connectors.demo.feeds import EDITIONS, FEEDS, DemoFeed, edition
from connectors.demo.records import NewsItem

DEMO_FIGURES = ("Vladimir Putin", "Kim Jong Un")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The books of a right run, after every feed was polled until its second edition.

    - `items`: distinct items, of one id each, that can be indexed.
    - `revisions`: further versions of them, seen on the second poll.
    - `repeats`: an item that a second feed carries too (the same content under the same canonical URL).
    - `refused`: items without any text, each once.
    - `by_language`: items by the BCP 47 code of what they are written in.
    - `unreadable_feeds`: feeds whose last poll cannot be read (a page where a feed was).
    - `alerts`: for each figure of `DEMO_FIGURES`, the stories (of one language each) that name them.
    - `near_copies`: pairs of keys, the copy and what it copies.

    A connector that remembers what it sent hands on `items + revisions + repeats` records, and `refused` beside.
    """

    items: int
    revisions: int
    repeats: int
    refused: int
    by_language: dict[str, int]
    unreadable_feeds: int
    alerts: dict[str, int]
    near_copies: tuple[tuple[str, str], ...]

    @property
    def sent(self) -> int:
        """Records that reach the pipeline and are not refused."""
        return self.items + self.revisions + self.repeats


def expected() -> Expected:
    """The expectation for the records as they are."""
    versions: dict[str, list[NewsItem]] = {}
    listings: Counter[str] = Counter()
    for feed in FEEDS:
        for item in _first_seen(feed):
            listings[item.url] += 1
            known = versions.setdefault(item.url, [])
            if item not in known:
                known.append(item)
    refused = {url for url, known in versions.items() if not known[0].text()}
    kept = {url: known for url, known in versions.items() if url not in refused}
    firsts = [known[0] for known in kept.values()]
    revisions = sum(len(known) - 1 for known in kept.values())
    return Expected(
        items=len(kept),
        revisions=revisions,
        repeats=sum(listings[url] for url in kept) - len(kept) - revisions,
        refused=len(refused),
        by_language=dict(sorted(Counter(item.language for item in firsts).items())),
        unreadable_feeds=sum(feed.breakage == "html-on-second" for feed in FEEDS),
        alerts={figure: len(_stories_naming(figure, kept)) for figure in DEMO_FIGURES},
        near_copies=tuple((item.key, item.same_text_as) for item in firsts if item.same_text_as),
    )


def _first_seen(feed: DemoFeed) -> list[NewsItem]:
    """Each version that this feed shows, once, in the order in which a client meets them."""
    readable = 1 if feed.breakage == "html-on-second" else EDITIONS
    seen: list[NewsItem] = []
    for number in range(1, readable + 1):
        seen.extend(item for item, _query in edition(feed, number) if item not in seen)
    return seen


def _stories_naming(figure: str, kept: dict[str, list[NewsItem]]) -> set[tuple[str, str]]:
    return {(item.story, item.language) for known in kept.values() for item in known if figure in item.people.values()}
