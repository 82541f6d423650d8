"""The same servers with TLS, users and logins; and two of each."""

import http.client
import json
import subprocess
import sys
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient  # noqa: TID251 - a client that is not Kabar's own
from kafka.admin import NewTopic  # noqa: TID251 - same

from deploy import embedded
from deploy.embedded import Servers
from tests.deploy.asking import ask

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """One of each, secured."""
    with embedded.start(tmp_path_factory.mktemp("secured"), secure=True) as servers:
        yield servers


# In a process of its own, since kafka-python leaves TLS sockets and threads behind after a refusal.
CLIENT = """
import json, sys
from kafka import KafkaAdminClient
admin = KafkaAdminClient(**json.load(sys.stdin))
admin.list_topics()
admin.close()
print("answered")
"""


def _ask_kafka(servers: Servers, changed: dict[str, Any]) -> str:
    """What a client with the credentials handed out, some of them changed, says in the end."""
    server = servers.kafka_server
    assert server is not None
    options = {
        "bootstrap_servers": server.bootstrap,
        "security_protocol": server.security_protocol,
        "sasl_mechanism": server.mechanism,
        "sasl_plain_username": server.username,
        "sasl_plain_password": server.password,
        "ssl_cafile": str(server.ca),
        "bootstrap_timeout_ms": 5000,
    }
    client = [sys.executable, "-c", CLIENT]
    wish = json.dumps({**options, **changed})
    run = subprocess.run(client, input=wish, capture_output=True, text=True, timeout=60, check=False)
    return (run.stdout + run.stderr).strip().splitlines()[-1]


def test_kafka_takes_its_user(secured: Servers) -> None:
    """SCRAM over TLS with the password handed out, and the authority's certificate checked."""
    assert _ask_kafka(secured, {}) == "answered"


@pytest.mark.parametrize(
    "changed",
    [{"sasl_plain_password": "wrong"}, {"security_protocol": "PLAINTEXT"}, {"ssl_cafile": None}],
    ids=["wrong password", "no TLS", "unknown authority"],
)
def test_kafka_refuses_others(secured: Servers, changed: dict[str, Any]) -> None:
    """Without password, TLS or trust nothing is answered."""
    assert _ask_kafka(secured, changed).startswith("kafka.errors.")


def test_elasticsearch_takes_its_users(secured: Servers) -> None:
    """The writer may make an index of news and write; the reader may only read it."""
    server = secured.elasticsearch_server
    assert server is not None
    assert server.url.startswith("https://")
    users = {name: (name, password) for name, password in server.users.items()}
    everything, writer, reader = users["kabar"], users["kabar-writer"], users["kabar-reader"]
    ask(server.url, "/news-2024-06", {}, method="PUT", ca=server.ca, user=writer)
    ask(server.url, "/news-2024-06/_doc/1?refresh=true", {"a": 1}, method="PUT", ca=server.ca, user=writer)
    found = ask(server.url, "/news-*/_search", {}, ca=server.ca, user=reader)
    assert found["hits"]["total"]["value"] == 1
    assert ask(server.url, "/_cluster/health", ca=server.ca, user=everything)["number_of_nodes"] == 1
    with pytest.raises(urllib.error.HTTPError, match="403"):
        ask(server.url, "/news-2024-06/_doc/2", {"a": 1}, method="PUT", ca=server.ca, user=reader)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        ask(server.url, "/other", {}, method="PUT", ca=server.ca, user=writer)


def test_elasticsearch_refuses_others(secured: Servers) -> None:
    """Without login, with a wrong one, without trust in the authority, or without TLS."""
    server = secured.elasticsearch_server
    assert server is not None
    with pytest.raises(urllib.error.HTTPError, match="401"):
        ask(server.url, "/_cluster/health", ca=server.ca)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        ask(server.url, "/_cluster/health", ca=server.ca, user=("kabar", "wrong"))
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        ask(server.url, "/_cluster/health", user=("kabar", str(server.password)))
    with pytest.raises((ConnectionError, urllib.error.URLError, http.client.HTTPException)):
        ask(server.url.replace("https", "http"), "/_cluster/health")


def test_secrets_are_for_the_owner(secured: Servers) -> None:
    """Passwords and keys cannot be read by other users."""
    server = secured.elasticsearch_server
    assert server is not None
    folder = server.config.data_dir
    keys = [*folder.rglob("*key*.pem"), *folder.rglob("passwords.json"), *folder.rglob("server.properties")]
    keys += (folder / "elasticsearch").resolve().rglob("users*")
    assert len(keys) > 4
    assert [path for path in keys if path.stat().st_mode & 0o077] == []


def test_two_of_each(tmp_path: Path) -> None:
    """Two brokers keep two copies of a topic; two nodes form one cluster, and both answer."""
    with embedded.start(tmp_path, nodes=2) as servers:
        assert servers.kafka is not None
        assert len(servers.kafka.split(",")) == 2
        admin = KafkaAdminClient(bootstrap_servers=servers.kafka)
        admin.create_topics([NewTopic("copied", 4, 2)])
        (topic,) = admin.describe_topics(["copied"])
        admin.close()
        assert all(len(partition["replica_nodes"]) == 2 for partition in topic["partitions"])
        assert servers.elasticsearch_server is not None
        for url in servers.elasticsearch_server.urls:
            assert ask(url, "/_cluster/health")["number_of_nodes"] == 2
        body = {"settings": {"number_of_replicas": 1}}
        ask(servers.elasticsearch_server.url, "/copied", body, method="PUT")
        health = ask(servers.elasticsearch_server.url, "/_cluster/health?wait_for_status=green&timeout=30s")
        assert health["status"] == "green"
