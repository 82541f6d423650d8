"""One script for languages that are written in two, so that a text and its other writing are the same text.

Chinese becomes simplified, character by character: of two writings of a text, all that is told apart is what simplified
characters do not tell apart. Serbian becomes Latin, in which its neighbours are written too.
"""

from functools import cache
from typing import Final

import msgspec

from pipeline.language.han import simplifying
from pipeline.stories.terms import TEXT_LIMIT
from schemas.document import Enriched

_CYRILLIC: Final = "абвгдђежзијклљмнњопрстћуфхцчџш"
_LATIN: Final = (*"abvgdđežzijkl", "lj", "m", "n", "nj", *"oprstćufhcč", "dž", "š")


def in_one_script(enriched: Enriched, group: str) -> Enriched:
    """An item and what it mentions, as they are compared with others of a language group.

    At most `TEXT_LIMIT` code points of each text are kept where there is something to change.
    """
    table = _table(group)
    if table is None:
        return enriched
    item = enriched.item
    title, summary, body = (text[:TEXT_LIMIT].translate(table) for text in (item.title, item.summary, item.body))
    return msgspec.structs.replace(
        enriched,
        item=msgspec.structs.replace(item, title=title, summary=summary, body=body),
        mentions=tuple(
            msgspec.structs.replace(mention, text=mention.text.translate(table)) for mention in enriched.mentions
        ),
    )


@cache
def _table(group: str) -> dict[int, str] | None:
    if group == "zh":
        return simplifying()
    if group == "bs-hr-sr-cnr":
        small = dict(zip(_CYRILLIC, _LATIN, strict=True))
        large = {cyrillic.upper(): latin.capitalize() for cyrillic, latin in small.items()}
        return {ord(cyrillic): latin for cyrillic, latin in (small | large).items()}
    return None
