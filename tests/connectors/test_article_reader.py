"""Pages that mean harm, in the child that reads articles."""

import time
from collections.abc import Iterator

import pytest

from connectors.article_reader import ArticleReader

LIMIT_SECONDS = 2.0
SLACK_SECONDS = 4.0  # a busy machine's, for a child to be ended
GOOD = "<html><body><article>" + "<p>The ferry left the harbour at nine and came back at noon.</p>" * 20
HOSTILE = {
    "depth": "<div>" * 300_000,
    "50 MB of text": "<p>" + "word " * 10_000_000,
    "scripts without end": '<script type="application/ld+json">{' * 40_000,
    "comments": "<!--" * 400_000,
}


@pytest.fixture(scope="module")
def reader() -> Iterator[ArticleReader]:
    """A reader whose child is ended after two seconds."""
    with ArticleReader(LIMIT_SECONDS) as made:
        yield made


@pytest.mark.parametrize("name", HOSTILE)
def test_no_page_holds_the_reader(reader: ArticleReader, name: str) -> None:
    """It is read or its child is ended, in time, and the next page is read as ever."""
    assert reader.read(GOOD) is not None  # it has started
    started = time.monotonic()
    reader.read(HOSTILE[name])
    assert time.monotonic() - started < LIMIT_SECONDS + SLACK_SECONDS
    after = reader.read(GOOD)
    assert after is not None
    assert "ferry" in after.document.body
