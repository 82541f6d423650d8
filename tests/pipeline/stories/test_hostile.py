"""Input made to cost much costs no more than other input."""

import time
from collections.abc import Callable

import pytest

from pipeline.stories.fingerprint import KEYS, NUMBERS, SKETCH, fingerprint
from pipeline.stories.terms import TERM_TOKENS, tokens
from pipeline.stories.words import ENTITIES
from schemas.document import Enriched
from tests.pipeline.stories.texts import Kept, Writer, news
from tests.processor import at_most

HOSTILE = {
    "one token": "a" * 10_000_000,
    "one repeated word": "word " * 2_000_000,
    "Han without end": "新闻" * 5_000_000,
    "ligatures that unfold": "\ufdfa" * 3_000_000,
    "numbers": " ".join(map(str, range(1_500_000))),
    "marks": "a" + "\u0301" * 5_000_000,
    "nothing": " \n" * 5_000_000,
    "other signs": "‼️—" * 3_000_000,
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_huge_texts_are_bounded(name: str) -> None:
    """10 MB of anything takes a fingerprint of ordinary size, in the time of an ordinary text."""
    event = news("a", title=HOSTILE[name], summary=HOSTILE[name], body=HOSTILE[name])
    fingerprint(news("warm", body="é न 新").item)
    with at_most(0.2):
        made = fingerprint(event.item)
    assert len(made.sketch) <= 3 * SKETCH
    assert len(made.keys) <= KEYS
    assert len(made.emphases.terms) <= TERM_TOKENS + ENTITIES
    assert len(made.numbers) <= 2 * NUMBERS


def seconds(window: Kept, stream: list[Enriched]) -> float:
    """The processor time that a stream takes."""
    started = time.process_time()
    for offset, event in enumerate(stream):
        window.decide(event, offset)
    return time.process_time() - started


@pytest.mark.parametrize(
    "kind", ["one text many times", "one title many times", "one word", "empty", "shared boilerplate", "a template"]
)
def test_floods_cost_no_more_than_news(kind: str) -> None:
    """Thousands of items of one kind are placed at least as fast as half the speed of ordinary news."""
    writer = Writer("en", 1)
    text = writer.text(300)
    makers: dict[str, Callable[[int], Enriched]] = {
        "one text many times": lambda n: news(str(n), title="t", body=text),
        "one title many times": lambda n: news(str(n), title="Morning briefing of the day"),
        "one word": lambda n: news(str(n), title="word", body="word"),
        "empty": lambda n: news(str(n)),
        "shared boilerplate": lambda n: news(str(n), title=writer.text(5), body=writer.text(60) + text),
        "a template": lambda n: news(
            str(n), title="Rates", body=text + "".join(f" rate {n * k}" for k in range(9, 20))
        ),
    }
    ordinary = [news(f"o{n}", title=writer.text(6), body=writer.text(300)) for n in range(1000)]
    flood = [makers[kind](n) for n in range(3000)]
    assert seconds(Kept(), flood) / 3 < 2 * seconds(Kept(), ordinary)


def test_words_of_every_script() -> None:
    """Words keep their marks, characters of scripts without spaces stand alone, punctuation is gone."""
    assert tokens("Привет, МИР! नमस्ते दुनिया") == ["привет", "мир", "नमस्ते", "दुनिया"]
    assert tokens("東京で 会議。") == ["東", "京", "で", "会", "議"]
    assert tokens("Ｆｕｌｌ ﬁne “don’t”") == ["full", "fine", "don", "t"]
    assert tokens("") == []
