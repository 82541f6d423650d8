"""One script for languages that are written in two, so that a text and its other writing are the same text.

Chinese becomes simplified, character by character: of two writings of a text, all that is told apart is what simplified
characters do not tell apart. Serbian becomes Latin, in which its neighbours are written too.
"""

from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

from pipeline.stories.terms import TEXT_LIMIT
from schemas.document import Mention
from schemas.item import Item

_CYRILLIC: Final = "абвгдђежзијклљмнњопрстћуфхцчџш"
_LATIN: Final = (*"abvgdđežzijkl", "lj", "m", "n", "nj", *"oprstćufhcč", "dž", "š")


def in_one_script(item: Item, group: str) -> Item:
    """The item as it is compared with others of its language group: at most `TEXT_LIMIT` of each text is changed."""
    table = _table(group)
    if table is None:
        return item
    title, summary, body = (text[:TEXT_LIMIT].translate(table) for text in (item.title, item.summary, item.body))
    return msgspec.structs.replace(item, title=title, summary=summary, body=body)


def mentions_in_one_script(mentions: tuple[Mention, ...], group: str) -> tuple[Mention, ...]:
    """What is mentioned, written as `in_one_script` writes the item."""
    table = _table(group)
    if table is None:
        return mentions
    return tuple(msgspec.structs.replace(mention, text=mention.text.translate(table)) for mention in mentions)


@cache
def _table(group: str) -> dict[int, str] | None:
    if group == "zh":
        text = (files("pipeline.stories") / "han.tsv").read_text(encoding="utf-8")
        return {ord(line[0]): line[2] for line in text.splitlines() if not line.startswith("#")}
    if group == "bs-hr-sr-cnr":
        small = dict(zip(_CYRILLIC, _LATIN, strict=True))
        large = {cyrillic.upper(): latin.capitalize() for cyrillic, latin in small.items()}
        return {ord(cyrillic): latin for cyrillic, latin in (small | large).items()}
    return None
