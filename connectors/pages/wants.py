"""Does an item want its page? Pure."""

import re

from connectors.urls import SCHEMES
from schemas.item import Item
from schemas.page import FullText

# Shorter than this is a lead, not an article. Characters of scripts that say more with each count three.
SHORT = 1_000
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_CUT = re.compile(r"(?:\.\.\.|…|\[…\]|\[\.\.\.\]|\[&hellip;\]|»|→|>>)\s*\Z")


def wants_page(item: Item, full_text: FullText) -> bool:
    """Whether the page of this item is to be fetched.

    Args:
        item: as its feed gave it.
        full_text: the feed's setting: never, always, or where the feed's own text is short or cut off.
    """
    if full_text == "feed" or not item.url or item.url.partition(":")[0] not in SCHEMES:
        return False
    if full_text == "page":
        return True
    text = item.body or item.summary
    return len(text) + 2 * len(_DENSE.findall(text)) < SHORT or bool(_CUT.search(text))
