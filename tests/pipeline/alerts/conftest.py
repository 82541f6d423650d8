"""Servers of each module's own: what other tests have left on the topics would take minutes of its seconds."""

from tests.servers import server_fixtures

kabar_settings, pipeline = server_fixtures("module")
