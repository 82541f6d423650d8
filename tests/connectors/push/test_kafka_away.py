"""`POST /v1/items` while Kafka is stopped, and after it is back: a real server before a real broker of its own."""

import json
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connectors.push.credentials import load
from deploy import ports
from deploy.embedded import Servers, start
from schemas.broker import Admin, read_all
from schemas.settings import Settings, load_settings
from schemas.topics import DEADLETTERS, ITEMS, TOPICS
from tests.connectors.push.serving import push_server
from tests.waiting import shortest

# The server as it is, but less patient with Kafka, so that the test is short.
IMPATIENT = """
from connectors.push import __main__, server, writer
server.KAFKA_SECONDS, writer.STUCK_SECONDS = 1.0, 0.5
raise SystemExit(__main__.main())
"""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[tuple[Servers, Settings]]:
    """A broker alone, on a port that stays, and settings for it."""
    with (
        tempfile.TemporaryDirectory(prefix="kabar-away-", ignore_cleanup_errors=True) as name,
        start(Path(name), with_elasticsearch=False, kafka_port=ports.free_port()) as servers,
    ):
        settings = load_settings(kafka=servers.kafka, data_dir=tmp_path)
        with Admin(settings) as admin:
            admin.ensure_topics([topic for topic in TOPICS if topic.name in {ITEMS, DEADLETTERS}])
        yield servers, settings


@contextmanager
def timed(below: float) -> Iterator[None]:
    """What happens here takes less than so many seconds."""
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < below


def test_503_while_kafka_is_stopped_and_202_once_it_has_the_item(
    broker: tuple[Servers, Settings], tmp_path: Path
) -> None:
    """Stopped: 503 with `Retry-After`, at once from the second request on, and nothing is promised.

    Back: the same request is answered 202 within 15 s, and Kafka has the item under the id of the answer. A server
    that waits for Kafka still ends within 10 s of SIGTERM.
    """
    servers, settings = broker
    kafka = servers.kafka_server
    assert kafka is not None

    def post(guid: str) -> tuple[int, str | None, str]:
        request = urllib.request.Request(
            f"{url}/v1/items",
            data=json.dumps({"guid": guid, "title": "Ferry resumes"}).encode(),
            headers={"Authorization": f"Bearer {load(settings).token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return reply.status, None, json.load(reply)["items"][0]["id"]
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers["Retry-After"], json.load(error)["error"]

    with push_server(settings, tmp_path / "log", "-c", IMPATIENT) as url:
        assert post("before")[0] == 202
        kafka.stop()
        with timed(below=5):
            assert post("during") == (503, "5", "Kafka does not take items now; send the same again")

        def answered_after() -> float:
            begun = time.monotonic()
            assert post("at once")[:2] == (503, "5")
            return time.monotonic() - begun

        assert shortest(answered_after, below=0.5) < 0.5
        assert urllib.request.urlopen(f"{url}/v1/health", timeout=5).status == 200
        kafka.start()
        with timed(below=15):
            while (answer := post("during"))[0] != 202:
                assert answer[0] == 503
                time.sleep(0.2)
        assert answer[2] in {message.key for message in read_all(settings, ITEMS)}
        kafka.stop()
        assert post("at the end")[0] == 503
