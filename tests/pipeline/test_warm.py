"""A step is ready when its first item costs no more than others."""

import time

import msgspec

from pipeline.enrich import understand
from pipeline.entities import Recogniser
from pipeline.stories import frequencies
from pipeline.warm import warm_stories, warm_understanding
from schemas.document import Mention
from schemas.item import Item
from tests.samples import MOMENT


def test_what_understanding_needs_is_loaded() -> None:
    """Names of one text are looked for, and the item that follows takes no longer than the one after it."""
    seen: list[str] = []
    recogniser = Recogniser(())

    def find(item: Item, language: str) -> tuple[Mention, ...]:
        seen.append(language)
        return recogniser.mentions(item, language)

    warm_understanding(find)
    assert seen == ["en"]
    item = Item(id="1", source="s", fetched_at=MOMENT, title="The mayor opened a bridge", body="It was raining. " * 20)
    spent = []
    for number in range(2):
        began = time.process_time()
        understand(msgspec.structs.replace(item, id=str(number)), recogniser.mentions)
        spent.append(time.process_time() - began)
    assert spent[0] < spent[1] + 0.05


def test_what_stories_need_is_loaded() -> None:
    """The word list of the commonest language among it; nothing of the texts is kept."""
    frequencies._listed.cache_clear()  # noqa: SLF001 - what is loaded with a language's first item
    warm_stories(7.0)
    assert frequencies._listed.cache_info().currsize == 1  # noqa: SLF001
