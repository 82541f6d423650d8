"""The real servers for the tests that need them, started once a session."""

from collections.abc import Iterator

import pytest

from pipeline.launch import Pipeline
from schemas.settings import Settings
from tests.servers import prepared_servers, running_steps
from tests.waiting import until_idle


@pytest.fixture(scope="session")
def kabar_settings() -> Iterator[Settings]:
    """Settings of a real broker and a real index, with the topics and the template in place."""
    with prepared_servers() as settings:
        yield settings


@pytest.fixture(scope="session")
def pipeline(kabar_settings: Settings) -> Iterator[Pipeline]:
    """All steps running as processes on the session's servers, without the connectors."""
    with running_steps(kabar_settings) as running:
        # What tests without steps have left on the topics goes first: it would count against a test's own seconds.
        until_idle(kabar_settings, running, seconds=280)
        yield running
