"""The load benchmark in its quick form."""

from schemas.settings import Settings
from tests.benchmarks.search_load import fill, run


def test_searches_are_answered_while_items_come(kabar_settings: Settings) -> None:
    """Every search is answered, narrow and broad ones, beside a writer."""
    settings = kabar_settings.model_copy(update={"index_prefix": "news-load"})
    assert fill(settings, 1_000) == 1_000
    found = run(settings, 3)
    assert found.documents >= 1_000
    assert found.searches == 30
    assert found.narrow is not None
