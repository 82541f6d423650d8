"""The demo's news, indexed once for all tests of search, beside whatever else the session's index holds."""

import pytest

from schemas.settings import Settings
from tests.pipeline.search.demo import demo_documents, index_documents


@pytest.fixture(scope="session")
def demo_settings(kabar_settings: Settings) -> Settings:
    """Settings whose index holds the demo's news and nothing else."""
    settings = kabar_settings.model_copy(update={"index_prefix": "news-demo"})
    index_documents(settings, demo_documents())
    return settings
