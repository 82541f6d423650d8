"""The real servers for the tests that need them, started once a session."""

from tests.servers import server_fixtures

kabar_settings, pipeline = server_fixtures("session")
