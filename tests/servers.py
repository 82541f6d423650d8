"""The real servers and the real steps, for as long as a test or a session needs them."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest

from deploy.embedded import Servers, start
from pipeline.elastic import Index
from pipeline.launch import Pipeline
from schemas.broker import Admin
from schemas.settings import Settings, load_settings
from schemas.topics import TOPICS
from tests.waiting import until_idle


@contextmanager
def prepared_servers() -> Iterator[Settings]:
    """Settings of a broker and an index on free ports in a temporary folder, with the topics and the template."""
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


@contextmanager
def running_steps(settings: Settings) -> Iterator[Pipeline]:
    """All steps running as processes on these servers, without the connectors."""
    running = Pipeline(settings, connectors=False)
    try:
        running.start(lambda _line: None)
        yield running
    finally:
        running.stop()


def server_fixtures(scope: Literal["session", "module"]) -> tuple[Any, Any]:
    """The fixtures `kabar_settings` and `pipeline`: real servers with nothing on them, and all steps on these.

    Of the session, they are what tests share. A module that leaves much, or that is disturbed by what others leave,
    has servers of its own.
    """

    @pytest.fixture(scope=scope)
    def kabar_settings() -> Iterator[Settings]:
        with prepared_servers() as settings:
            yield settings

    @pytest.fixture(scope=scope)
    def pipeline(kabar_settings: Settings) -> Iterator[Pipeline]:
        with running_steps(kabar_settings) as running:
            # What tests without steps have left on the topics goes first: it would count against a test's own seconds.
            until_idle(kabar_settings, running, seconds=280)
            yield running

    return kabar_settings, pipeline
