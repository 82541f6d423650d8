"""The real servers for the tests that need them, started once a session on free ports in a temporary folder."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.embedded import Servers, start
from pipeline.elastic import Index
from pipeline.launch import Pipeline
from schemas.broker import Admin
from schemas.settings import Settings, load_settings
from schemas.topics import TOPICS


@pytest.fixture(scope="session")
def kabar_settings() -> Iterator[Settings]:
    """Settings of a real broker and a real index, with the topics and the template in place."""
    # Not one of pytest's own folders: another run of pytest on this machine closes them all to other users while this
    # one runs, and Elasticsearch is another user where the tests run as root.
    with tempfile.TemporaryDirectory(prefix="kabar-tests-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        with start(folder) as servers:
            yield _prepared(servers, folder / "kabar")


def _prepared(servers: Servers, data_dir: Path) -> Settings:
    settings = load_settings(
        kafka=servers.kafka,
        elasticsearch=servers.elasticsearch,
        data_dir=data_dir,
        allow_networks="127.0.0.0/8",
    )
    with Admin(settings) as admin:
        admin.ensure_topics(TOPICS)
    with Index(settings) as index:
        index.prepare()
    return settings


@pytest.fixture(scope="session")
def pipeline(kabar_settings: Settings) -> Iterator[Pipeline]:
    """All steps running as processes on the session's servers, without the connectors."""
    running = Pipeline(kabar_settings, connectors=False)
    try:
        running.start(lambda _line: None)
        yield running
    finally:
        running.stop()
