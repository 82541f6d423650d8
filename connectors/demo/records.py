"""The recorded news as it lies in `news/*.jsonl`: one file an outlet, one item a line.

All of it was written for this demo. Outlets are invented, public figures and cities are real, what they do is
invented where it matters. `people`, `places`, `organisations`, `story` and `same_text_as` are gold for evaluation:
they are never served.
"""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

Fault = Literal["date-9999", "html-title", "invalid-utf8", "no-guid", "nul", "relative-link", "undeclared-entity"]


class Listing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A feed that carries the item, from its edition `edition` on, or from the item's own where that is later.

    `query` is appended to the link there, for instance `utm_source=rss`.
    """

    feed: str
    query: str = ""
    edition: int = 1


class Edit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the second edition changes: a new headline, words replaced (in order), paragraphs added at the end."""

    title: str | None = None
    replace: tuple[tuple[str, str], ...] = ()
    append: tuple[str, ...] = ()


class NewsItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One item of the demo.

    `published` is an offset from the server's start, such as `-35m` or `-2h`. `edition` is the first edition that
    carries it. `fault` is what the writer does wrong on purpose. `same_text_as` is the key of the item that this one
    is a near-copy of. The gold names map each surface, as it stands in the text, to its English name.
    """

    key: str
    feeds: tuple[Listing, ...]
    url: str
    language: str
    published: str
    story: str
    title: str = ""
    summary: str = ""
    paragraphs: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    edition: int = 1
    edit: Edit | None = None
    fault: Fault | None = None
    same_text_as: str | None = None
    people: dict[str, str] = {}
    places: dict[str, str] = {}
    organisations: dict[str, str] = {}

    def text(self) -> str:
        """Title, summary and paragraphs, a line each; empty where the item has no text at all."""
        return "\n".join(part for part in (self.title, self.summary, *self.paragraphs) if part)


def edited(item: NewsItem) -> NewsItem:
    """The item as its second edition has it; the same object when nothing is edited."""
    edit = item.edit
    if edit is None:
        return item
    return msgspec.structs.replace(
        item,
        title=edit.title or _replaced(item.title, edit),
        summary=_replaced(item.summary, edit),
        paragraphs=(*(_replaced(paragraph, edit) for paragraph in item.paragraphs), *edit.append),
    )


def _replaced(text: str, edit: Edit) -> str:
    for old, new in edit.replace:
        text = text.replace(old, new)
    return text


@cache
def news() -> tuple[NewsItem, ...]:
    """All items, in the order of the files' names and lines.

    Raises:
        msgspec.DecodeError: a line is not an item.
    """
    return tuple(_read())


def _read() -> Iterator[NewsItem]:
    folder = files("connectors.demo") / "news"
    decoder = msgspec.json.Decoder(NewsItem)
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".jsonl"):
            for line in file.read_bytes().splitlines():
                yield decoder.decode(line)
