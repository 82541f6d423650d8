"""Servers of each module's own: what other tests have left on the topics would take minutes of its seconds."""

from collections.abc import Iterator

import pytest

from pipeline.launch import Pipeline
from schemas.settings import Settings
from tests.servers import prepared_servers, running_steps


@pytest.fixture(scope="module")
def kabar_settings() -> Iterator[Settings]:
    """Servers on which nothing is yet."""
    with prepared_servers() as settings:
        yield settings


@pytest.fixture(scope="module")
def pipeline(kabar_settings: Settings) -> Iterator[Pipeline]:
    """The steps on these servers."""
    with running_steps(kabar_settings) as running:
        yield running
