"""A demo server of its own for each test."""

from collections.abc import Iterator

import pytest

from connectors.demo import DemoServer, start_demo_server


@pytest.fixture
def server() -> Iterator[DemoServer]:
    """A server of its own for each test, since it remembers what it has served."""
    with start_demo_server() as running:
        yield running
