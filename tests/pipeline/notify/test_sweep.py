"""The ledger's old rows go: the real step `notify` before a real broker of its own."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.embedded import start
from schemas.broker import Admin, Producer, read_all
from schemas.settings import PREFIX, Settings, load_settings
from schemas.topics import ALERTS, MATCHES, TOPICS
from tests.samples import MATCH
from tests.waiting import until

CHANGELOG = "kabar-notify-notify-table-changelog"
# The step as it is, but with days of a twentieth of a second and a sweep every two seconds.
HASTY = """
import sys
from pipeline import streaming, worker
from pipeline.notify import decide
decide.DAY_MS, streaming.FIRST_SWEEP_SECONDS, streaming.SWEEP_SECONDS = 50, 2.0, 2.0
sys.argv.append("notify")
worker.main()
"""


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """Settings for a broker alone, with all topics."""
    with (
        tempfile.TemporaryDirectory(prefix="kabar-sweep-", ignore_cleanup_errors=True) as name,
        start(Path(name), with_elasticsearch=False) as servers,
    ):
        settings = load_settings(kafka=servers.kafka, data_dir=tmp_path, partitions=1)
        with Admin(settings) as admin:
            admin.ensure_topics(TOPICS)
        yield settings


@pytest.mark.slow
def test_an_alert_that_nothing_comes_of_leaves_the_ledger(settings: Settings, tmp_path: Path) -> None:
    """The row is written when the alert is decided, and its tombstone once its days are over."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    command = [sys.executable, "-c", HASTY]
    with (tmp_path / "log").open("wb") as log:
        step = subprocess.Popen(command, env=environment | settings.environment(), stdout=log, stderr=log)
    try:
        with Producer(settings) as producer:
            producer.send(MATCHES, MATCH.rule_id, MATCH.encode())
            producer.flush()
        until(lambda: any(read_all(settings, ALERTS)), seconds=60, what="the alert is told")
        (alert,) = (message.key for message in read_all(settings, ALERTS))

        def written() -> list[bool]:
            return [message.value is not None for message in read_all(settings, CHANGELOG) if message.key == alert]

        until(lambda: written() == [True, False], seconds=60, what="the row is removed")
    finally:
        step.terminate()
        assert step.wait(20) == 0
