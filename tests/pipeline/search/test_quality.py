"""Known-item search over the demo's news, with the queries of the benchmark."""

from schemas.settings import Settings
from tests.benchmarks.search_quality import (
    FIFTH_GOAL,
    FIRST_GOAL,
    LANGUAGES_AT_LEAST,
    QUERIES_AT_LEAST,
    measure,
)
from tests.pipeline.search.demo import demo_documents


def test_the_item_that_is_meant_comes_first(demo_settings: Settings) -> None:
    """At least 200 queries in 15 languages: first in 95 %, among five in 99 %."""
    found = measure(demo_settings, demo_documents())
    assert found.queries >= QUERIES_AT_LEAST
    assert found.languages >= LANGUAGES_AT_LEAST
    assert found.first >= FIRST_GOAL, found.missed
    assert found.among_five >= FIFTH_GOAL, found.missed
