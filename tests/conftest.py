"""The real servers for the tests that need them, started once a session."""

import os

from tests.servers import server_fixtures

kabar_settings, pipeline = server_fixtures("session")


def pytest_configure() -> None:
    """Java compiles at once and lightly: in a node that lives for a minute the thorough compiler costs and never pays.

    Every Java that a test starts reads the variable.
    """
    os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")
