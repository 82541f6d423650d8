"""The real servers for the tests that need them, started once a session on free ports in a temporary folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.embedded import start
from pipeline.elastic import Index
from pipeline.launch import Pipeline
from schemas.broker import Admin
from schemas.settings import Settings, load_settings
from schemas.topics import TOPICS


@pytest.fixture(scope="session")
def kabar_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a real broker and a real index, with the topics and the template in place."""
    folder = _reachable(tmp_path_factory.mktemp("servers"))
    with start(folder) as servers:
        settings = load_settings(
            kafka=servers.kafka,
            elasticsearch=servers.elasticsearch,
            data_dir=folder / "kabar",
            allow_networks="127.0.0.0/8",
        )
        with Admin(settings) as admin:
            admin.ensure_topics(TOPICS)
        with Index(settings) as index:
            index.prepare()
        yield settings


@pytest.fixture(scope="session")
def pipeline(kabar_settings: Settings) -> Iterator[Pipeline]:
    """All steps running as processes on the session's servers, without the connectors."""
    running = Pipeline(kabar_settings, connectors=False)
    try:
        running.start(lambda _line: None)
        yield running
    finally:
        running.stop()


def _reachable(folder: Path) -> Path:
    # pytest's folders are for their owner only; Elasticsearch runs as another user where the tests run as root.
    for path in (folder, folder.parent, folder.parent.parent):
        path.chmod(path.stat().st_mode | 0o711)
    return folder
