"""How often each name of a figure would have matched in what is already indexed, before it goes live."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec

from pipeline.elastic import Index
from pipeline.entities import Recogniser
from pipeline.figures.live import slim
from pipeline.figures.workbench import alias_of
from pipeline.rules.context import context_of
from pipeline.rules.facts import Facts
from schemas.alert import Figure
from schemas.codec import now
from schemas.document import Document, Enriched, Placement
from schemas.item import Item

PAGE = 500
EXAMPLES = 3


class AliasUse(msgspec.Struct, kw_only=True):
    """One spelling: items and stories in which it would have alerted, items in which it lacked context, examples."""

    figure: str
    alias: str
    items: int = 0
    stories: int = 0
    without_context: int = 0
    examples: list[str] = msgspec.field(default_factory=list)


class DryRun(msgspec.Struct, frozen=True, kw_only=True):
    """What a dry run came to. `alerts` counts figures and stories: what would have been told once each."""

    items: int
    alerts: int
    uses: tuple[AliasUse, ...]


def dry_run(  # noqa: PLR0913 - each narrows the run by itself
    index: Index,
    recogniser: Recogniser,
    figures: Iterable[Figure],
    since: datetime,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    *,
    only: Mapping[str, Any] | None = None,
    most: int | None = None,
) -> DryRun:
    """Try figures, which `recogniser` tracks, on every item first seen since a moment.

    `only` narrows the items to those that a query of the index finds, `most` to so many of the newest.
    """
    tracked = {figure.id: figure for figure in figures}
    uses = {
        (figure.id, alias): AliasUse(figure=figure.name, alias=alias)
        for figure in tracked.values()
        for alias in (figure.name, *figure.aliases)
    }
    stories: dict[tuple[str, str], set[str]] = {}
    told: set[tuple[str, str]] = set()
    count = 0
    for count, (document, total) in enumerate(islice(_documents(index, recogniser, since, only), most), 1):
        if count % PAGE == 0:
            progress(count, total)
        facts = Facts(document, now())
        for number, figure in tracked.items():
            for alias, alerts in _found(facts, figure).items():
                use = uses.setdefault((number, alias), AliasUse(figure=figure.name, alias=alias))
                if not alerts:
                    use.without_context += 1
                    continue
                use.items += 1
                story = document.placement.story_id
                stories.setdefault((number, alias), set()).add(story)
                told.add((number, story))
                if len(use.examples) < EXAMPLES:
                    use.examples.append(facts.item.title or facts.item.body[:80])
    for key, found in stories.items():
        uses[key].stories = len(found)
    ordered = sorted(uses.values(), key=lambda use: (use.figure, -use.items, -use.without_context, use.alias))
    return DryRun(items=count, alerts=len(told), uses=tuple(ordered))


def _found(facts: Facts, figure: Figure) -> dict[str, bool]:
    """The spellings of a figure in a document, and whether each would have alerted."""
    found: dict[str, bool] = {}
    for mention in facts.named.get(figure.id, ()):
        alias = alias_of(mention.why, mention.text)
        found[alias] = found.get(alias, False) or context_of(facts, slim(figure), mention) is not None
    return found


def _documents(
    index: Index, recogniser: Recogniser, since: datetime, only: Mapping[str, Any] | None
) -> Iterator[tuple[Document, int]]:
    recent = {"range": {"first_seen_at": {"gte": since.isoformat()}}}
    body: dict[str, Any] = {
        "query": {"bool": {"filter": [recent, *([only] if only else [])]}},
        "size": PAGE,
        "sort": [{"first_seen_at": "desc"}, "_shard_doc"],
        "track_total_hits": True,
        "source_includes": ["id", "source", "title", "summary", "body", "language", "story_id", "first_seen_at"],
    }
    with index.snapshot() as pit:
        while True:
            found = index.search({**body, "pit": pit})
            hits = found["hits"]["hits"]
            for hit in hits:
                yield _document(hit["_source"], recogniser), found["hits"]["total"]["value"]
            if len(hits) < PAGE:
                return
            body["search_after"] = hits[-1]["sort"]


def _document(stored: dict[str, Any], recogniser: Recogniser) -> Document:
    seen = datetime.fromisoformat(stored["first_seen_at"])
    item = Item(
        id=stored["id"], source=stored["source"], fetched_at=seen, title=stored.get("title") or "",
        summary=stored.get("summary") or "", body=stored.get("body") or "",
    )  # fmt: skip
    language = stored["language"]
    enriched = Enriched(
        item=item, revision=1, first_seen_at=seen, content_hash="", language=language, language_confidence=1.0,
        language_group=language, enriched_at=seen, mentions=recogniser.mentions(item, language),
    )  # fmt: skip
    return Document(enriched=enriched, placement=Placement(story_id=stored["story_id"]), placed_at=seen)
