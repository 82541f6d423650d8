"""The servers as a user gets them: they serve, keep their data, and leave nothing behind."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer  # noqa: TID251 - a client that is not Kabar's own
from kafka.admin import NewTopic  # noqa: TID251 - same

from deploy import analysis_plugin, distribution, embedded
from deploy.embedded import Servers
from deploy.errors import DataInUse, PortInUse, ServerFailed, Unreachable
from deploy.guardian import Guarded
from tests.deploy.asking import ask, runs, tokens, wait_until

TOPIC = "greetings"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that only its owner may enter, as pytest makes them."""
    return tmp_path_factory.mktemp("data")


def _launch(data: Path, *arguments: str, environment: dict[str, str] | None = None) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.deploy.launcher", str(data), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


@pytest.fixture(scope="module")
def servers(data: Path) -> Iterator[Servers]:
    """Both servers, started on the folder of a launcher that was killed after it had filled it."""
    with _launch(data) as launcher:
        assert launcher.stdout is not None
        said = json.loads(launcher.stdout.readline())
        _fill(said["kafka"], said["elasticsearch"])
        assert all(map(runs, said["pids"]))
        launcher.kill()
        launcher.wait()
    # At once: the guardians are still ending what the killed launcher left.
    with embedded.start(data) as started:
        assert not any(map(runs, said["pids"]))
        yield started


def _fill(kafka: str, elasticsearch: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    admin.create_topics([NewTopic(TOPIC, 1, 1)])
    admin.close()
    producer = KafkaProducer(bootstrap_servers=kafka, acks="all")
    producer.send(TOPIC, b"halo").get(timeout=30)
    producer.close()
    mapping = {"properties": {"t": {"type": "text", "analyzer": "indonesian"}}}
    ask(elasticsearch, "/kept", {"mappings": mapping}, method="PUT")
    ask(elasticsearch, "/kept/_doc/1?refresh=true", {"t": "Presiden berkunjung"}, method="PUT")


def test_data_outlives_a_killed_launcher(servers: Servers) -> None:
    """After SIGKILL to the launcher the next start has the topic with its record and the index with its document."""
    consumer = KafkaConsumer(
        TOPIC, bootstrap_servers=servers.kafka, auto_offset_reset="earliest", consumer_timeout_ms=20_000
    )
    assert next(consumer).value == b"halo"
    consumer.close()
    assert servers.elasticsearch is not None
    found = ask(servers.elasticsearch, "/kept/_search", {"query": {"match": {"t": "kunjungan"}}})
    assert found["hits"]["total"]["value"] == 1


@pytest.mark.parametrize(
    ("analyzer", "text", "expected"),
    [
        ("indonesian", "berkunjung kunjungan", ["kunjung", "kunjung"]),
        ("russian", "новости президента", ["новост", "президент"]),
        ("english", "the presidents were visiting", ["presid", "were", "visit"]),
        ("german", "Häuser", ["haus"]),
        ("arabic", "كبيرة", ["كبير"]),
        ("cjk", "朝鮮民主", ["朝鮮", "鮮民", "民主"]),
        ("greek", "ειδήσεις", ["ειδησ"]),
        ("hindi", "हिन्दी", ["हिंद"]),
        ("persian", "کتاب ها", ["كتاب"]),
        ("turkish", "ağacı", ["ağaç"]),
        ("thai", "เดินทางไปประเทศไทย", ["เดิน", "ประเทศไทย"]),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isascii() and value.isalpha() else "",
)
def test_stock_analyzers(servers: Servers, analyzer: str, text: str, expected: list[str]) -> None:
    """Each language's words are reduced as Lucene's own analyzer reduces them."""
    assert servers.elasticsearch is not None
    assert tokens(servers.elasticsearch, analyzer, text) == expected


@pytest.mark.parametrize("analyzer", analysis_plugin.languages())
def test_every_analyzer_works(servers: Servers, analyzer: str) -> None:
    """No analyzer fails on text, its own script or another."""
    assert servers.elasticsearch is not None
    assert tokens(servers.elasticsearch, analyzer, "Pyongyang 2024 Москва 東京 กรุงเทพ القاهرة")


def test_one_mapping_with_every_language(servers: Servers) -> None:
    """An index may name all of them and take a document, as on a full node."""
    assert servers.elasticsearch is not None
    fields = {name: {"type": "text", "analyzer": name} for name in analysis_plugin.languages()}
    ask(servers.elasticsearch, "/all", {"mappings": {"properties": fields}}, method="PUT")
    answer = ask(servers.elasticsearch, "/all/_doc/1", dict.fromkeys(fields, "berita ข่าว новости"), method="PUT")
    assert answer["result"] == "created"


def test_nothing_is_made_by_mistake(servers: Servers) -> None:
    """Neither server makes an index or a topic because somebody wrote to a wrong name."""
    assert servers.elasticsearch is not None
    settings = ask(servers.elasticsearch, "/_nodes/settings")
    (node,) = settings["nodes"].values()
    assert node["settings"]["action"]["auto_create_index"] == "false"
    admin = KafkaAdminClient(bootstrap_servers=servers.kafka)
    assert {name for name in admin.list_topics() if not name.startswith("__")} == {TOPIC}
    admin.close()


def test_garbage_in_the_heap_refuses_nothing(servers: Servers) -> None:
    """What the node's breaker counts against its limit is what is in use, though the heap holds far more."""
    assert servers.elasticsearch is not None
    (node,) = ask(servers.elasticsearch, "/_nodes/stats/breaker,jvm")["nodes"].values()
    assert node["breakers"]["parent"]["estimated_size_in_bytes"] < node["jvm"]["mem"]["heap_used_in_bytes"] / 4


def test_a_second_launcher_on_the_same_data(servers: Servers, data: Path) -> None:
    """It is refused, and the first one's servers go on."""
    with pytest.raises(DataInUse):
        embedded.start(data)
    assert servers.elasticsearch is not None
    assert ask(servers.elasticsearch, "/_cluster/health")["number_of_nodes"] == 1


@pytest.mark.parametrize("server", ["kafka", "elasticsearch"])
def test_port_in_use(tmp_path: Path, server: str) -> None:
    """The message names port and setting; nothing of the other server is left running."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=rf"Port {port} .* set KABAR_{server.upper()}_PORT"):
            embedded.start(
                tmp_path,
                kafka_port=port if server == "kafka" else 0,
                elasticsearch_port=port if server == "elasticsearch" else 0,
            )
    assert list((tmp_path / "run").glob("*.pid")) == []


def test_a_failing_server_is_quoted(tmp_path: Path) -> None:
    """A node that cannot start says why in its own words."""
    with pytest.raises(ServerFailed, match=r"Elasticsearch node 1 ended with code 1: it last said “.*heap"):
        embedded.start(tmp_path, with_kafka=False, elasticsearch_heap_mb=1)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts Elasticsearch as another user")
def test_a_server_that_ends_again_and_again_is_given_up(tmp_path: Path) -> None:
    """Twice it is started anew at its address; the third time in ten minutes its user is told why it ended."""
    said: list[str] = []
    with embedded.start(tmp_path, with_elasticsearch=False) as started:
        server = started.kafka_server
        assert server is not None
        address = started.kafka
        started.keep_running(said.append)
        assert said == []
        for _ in range(2):
            _end(server.processes)
            started.keep_running(said.append)
            assert started.kafka == address
            server.check()
        assert sum("started anew" in line for line in said) == 2
        _end(server.processes)
        with pytest.raises(ServerFailed, match="Kafka broker 1 ended with code"):
            started.keep_running(said.append)


def _end(processes: tuple[Guarded, ...]) -> None:
    for process in processes:
        process.kill()
        process.wait(30)


def test_folders_closed_to_others(tmp_path: Path) -> None:
    """As root, with home, cache and data below folders that `nobody` cannot enter."""
    closed = tmp_path / "home"
    for folder in (closed, closed / "cache"):
        folder.mkdir(mode=0o700)
    environment = {**os.environ, "HOME": str(closed), "XDG_CACHE_HOME": str(closed / "cache")}
    environment.pop("KABAR_CACHE_DIR", None)
    with _launch(closed / "data", "elasticsearch", environment=environment) as launcher:
        assert launcher.stdout is not None
        said = json.loads(launcher.stdout.readline())
        assert ask(said["elasticsearch"], "/_cluster/health")["status"] == "green"
        launcher.kill()
    wait_until(lambda: not any(map(runs, said["pids"])), 25)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts Elasticsearch as another user")
def test_a_cache_closed_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache folder that the other user cannot enter is refused with its name."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setenv("KABAR_CACHE_DIR", str(closed / "cache"))
    with pytest.raises(Unreachable, match=r"cannot enter .*closed/cache"):
        distribution.prepare()
