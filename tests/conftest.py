"""The real servers for the tests that need them, started once a session: in each process that runs tests."""

import os

import pytest

from tests.servers import server_fixtures
from tests.workers import cores_here, memory_here, workers

kabar_settings, pipeline = server_fixtures("session")


def pytest_configure() -> None:
    """Java compiles at once and lightly: in a node that lives for a minute the thorough compiler costs and never pays.

    Every Java that a test starts reads the variable.
    """
    os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """What `-n auto` is, and so `make test` where `WORKERS` says nothing else."""
    return workers(cores_here(), memory_here())
