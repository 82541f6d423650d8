"""The step: a record of `news.pages` becomes a record of `news.items` (or `news.backfill`), with the page's text.

No item is lost: one whose page did not come, or is a wall, goes on with its feed's own text, and says why among its
repairs. None is sent twice: a page fetched again after a crash of the fetcher is known by its wanted offset, and a
record that Kafka delivers again is answered as it was. What goes on has the id that the feed's item has, so there is
one document, and the ledger of alerts tells a story once.
"""

from collections.abc import Callable, Iterable

import msgspec

from connectors.article import Article
from pipeline.decision import Decision, Lookup, Output, opened
from pipeline.extract.judge import SAME_SHARE, Text, boilerplate, offer, repeated, same_story, text_of, why_not
from pipeline.extract.memory import (
    ACCEPTED_LIMIT,
    RECENT_LIMIT,
    Judged,
    Row,
    decode_row,
    encode_row,
    remember,
)
from schemas.intake import repair
from schemas.item import Item
from schemas.message import Message
from schemas.page import Page, Wanted
from schemas.topics import BACKFILL, ITEMS

FEED = "feed"
ReadArticle = Callable[[str, str | None, str], Article | None]


class Extractor:
    """Decides about records of `news.pages`. Its table has a row for each host, and the items accepted lately."""

    def __init__(self, read: ReadArticle) -> None:
        self._read = read

    def restore(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Nothing is kept beside the table."""

    def decide(self, message: Message, lookup: Lookup) -> Decision:
        """The item with its page's text or its own; nothing for a page that came before; or a dead letter."""
        if message.value is None:
            return Decision()
        page = opened("extract", message, Page)
        if isinstance(page, Output):
            return Decision(outputs=(page,))
        row = decode_row(lookup(page.host))
        article = self._article(page)
        if message.offset <= row.high:
            return _again(message, page, article, row, lookup)
        if page.wanted_offset <= _answered(page, row):
            return _rows(page, msgspec.structs.replace(row, high=message.offset))
        return _first_time(message, page, article, row, lookup)

    def _article(self, page: Page) -> Article | None:
        if page.html is None:
            return None
        item = page.item
        return self._read(page.html, page.final_url, f"{item.title} {item.summary} {item.body}")


def _answered(page: Page, row: Row) -> int:
    # A feed's own text that is late in coming must not follow the page that it was to stand in for.
    lanes = ("live", "late") if page.lane == "late" else (page.lane,)
    return max(row.marks.get(lane, -1) for lane in lanes)


def _first_time(message: Message, page: Page, article: Article | None, row: Row, lookup: Lookup) -> Decision:
    text = text_of(article.document.body if article else "", page.item)
    judged = _judge(page, article, text, row, lookup)
    accepted = judged.flag is None
    row = msgspec.structs.replace(
        row,
        high=message.offset,
        marks={**row.marks, page.lane: page.wanted_offset},
        handled=row.handled + (page.lane != "late"),
        paragraphs=remember(row.paragraphs, text.known(), page.item.id, text.size())
        if text.known()
        else row.paragraphs,
        recent=dict([*row.recent.items(), (message.offset, judged)][-RECENT_LIMIT:]),
    )
    rows: list[tuple[str, bytes | None]] = []
    if accepted:
        names = (*(name for name in row.accepted if name != page.item.id), page.item.id)
        rows += [(_kept(page.host, name), None) for name in names[:-ACCEPTED_LIMIT]]
        rows.append((_kept(page.host, page.item.id), Wanted(item=page.item, quiet=page.lane == "quiet").encode()))
        row = msgspec.structs.replace(row, accepted=names[-ACCEPTED_LIMIT:])
    rows.append((page.host, encode_row(row)))
    return Decision(tuple(rows), _outputs(page, article, text, judged, lookup))


def _again(message: Message, page: Page, article: Article | None, row: Row, lookup: Lookup) -> Decision:
    judged = row.recent.get(message.offset)
    if judged is None:
        # Either a page that came before, which was answered with nothing, or one so far back that Kafka cannot
        # deliver it again: positions are committed each second.
        return Decision()
    text = text_of(article.document.body if article else "", page.item)
    return Decision(outputs=_outputs(page, article, text, judged, lookup))


def _judge(page: Page, article: Article | None, text: Text, row: Row, lookup: Lookup) -> Judged:
    if page.failure is not None:
        return Judged(f"page-{page.failure}")
    if article is None:
        return Judged("page-stalled")
    share, first = repeated(text, row.paragraphs, page.item.id)
    walls = {
        "page-wall": first if share >= SAME_SHARE else None,
        "page-paywall": offer(text, row.paragraphs, page.item.id),
    }
    for flag, seen_with in walls.items():
        if seen_with is None:
            continue
        earlier = _accepted(page.host, seen_with, lookup)
        if earlier is None or not same_story(page.item, earlier.item):
            told = any(judged.corrected == seen_with for judged in row.recent.values())
            return Judged(flag, corrected=seen_with if earlier and not told else None)
    removed = boilerplate(text, row.paragraphs)
    return Judged(why_not(page.item, text, text.without(removed), article, page.final_url), removed)


def _outputs(page: Page, article: Article | None, text: Text, judged: Judged, lookup: Lookup) -> tuple[Output, ...]:
    quiet = page.lane == "quiet"
    if judged.flag is None and article is not None:
        return (_output(_with_text(page.item, article, text.without(judged.removed)), quiet=quiet),)
    outputs = [_output(_with_flag(page.item, judged.flag or "page-stalled"), quiet=quiet)]
    earlier = _accepted(page.host, judged.corrected, lookup) if judged.corrected else None
    if earlier is not None:
        outputs.append(_output(_with_flag(earlier.item, judged.flag or "page-wall"), quiet=earlier.quiet))
    return tuple(outputs)


def _with_text(item: Item, article: Article, text: str) -> Item:
    page = article.document
    return repair(
        msgspec.structs.replace(
            item,
            body=text,
            title=item.title or page.title,
            summary=item.summary or page.summary,
            authors=item.authors or page.authors,
            published_at=item.published_at or page.published_at,
            language_hint=item.language_hint or page.language,
            text_method=article.method,
            text_quality=article.quality,
        )
    )


def _with_flag(item: Item, flag: str) -> Item:
    return msgspec.structs.replace(
        item, text_method=FEED, text_quality=None, repairs=tuple(dict.fromkeys((*item.repairs, flag)))
    )


def _output(item: Item, *, quiet: bool) -> Output:
    return Output(BACKFILL if quiet else ITEMS, item.id, item.encode())


def _rows(page: Page, row: Row) -> Decision:
    return Decision(rows=((page.host, encode_row(row)),))


def _kept(host: str, item_id: str) -> str:
    return f"{host}\x00{item_id}"


def is_host(key: str) -> bool:
    """Whether a key of the table is that of a host's row."""
    return "\x00" not in key


def _accepted(host: str, item_id: str, lookup: Lookup) -> Wanted | None:
    found = lookup(_kept(host, item_id))
    return None if found is None else Wanted.decode(found)
