"""`POST /v1/items` on a real server process before a real broker."""

import gzip
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from connectors.push.credentials import Credentials, load
from schemas.broker import read_all
from schemas.item import Item, item_id
from schemas.settings import Settings
from schemas.topics import BACKFILL, DEADLETTERS, ITEMS
from tests.connectors.push.serving import push_server

LIMIT = 1_000_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The server's data and its log."""
    return tmp_path_factory.mktemp("push")


@pytest.fixture(scope="module")
def settings(kabar_settings: Settings, folder: Path) -> Settings:
    """The session's broker, with a data directory of its own."""
    return kabar_settings.model_copy(update={"data_dir": folder, "push_max_bytes": LIMIT})


@pytest.fixture(scope="module")
def server(settings: Settings, folder: Path) -> Iterator[str]:
    """The address of a running server."""
    with push_server(settings, folder / "log") as url:
        yield url


@pytest.fixture(scope="module")
def credentials(server: str, settings: Settings) -> Credentials:
    """Those that the server made at its start."""
    return load(settings)


def post(url: str, body: bytes, **headers: str) -> tuple[int, Any]:
    """The status and the JSON of the answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, data=body, headers=named)
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def values(settings: Settings, topic: str, key: str) -> list[bytes]:
    """What Kafka has under a key."""
    return [m.value for m in read_all(settings, topic) if m.key == key and m.value is not None]


def test_an_item_is_in_kafka_when_the_answer_comes(server: str, credentials: Credentials, settings: Settings) -> None:
    """202, the id that it has from now on, and the record at once, its text plain and its source named."""
    body = json.dumps({"url": "https://Push.example/1?utm_source=x", "title": "Ferry <b>resumes</b>"}).encode()
    status, answer = post(f"{server}/v1/items?source=harbour", body, Authorization=f"Bearer {credentials.token}")
    identity = item_id(url="https://push.example/1")
    assert (status, answer["accepted"], answer["refused"]) == (202, 1, 0)
    assert answer["items"] == [{"index": 0, "status": "accepted", "id": identity, "repairs": ["html-in-title"]}]
    (value,) = values(settings, ITEMS, identity)
    item = Item.decode(value)
    assert (item.title, item.source, item.url) == ("Ferry resumes", "harbour", "https://push.example/1")


def test_each_item_is_answered_on_its_own(server: str, credentials: Credentials, settings: Settings) -> None:
    """The good ones are taken, each bad one says why and is a dead letter; a repeat makes no second one."""
    lines = b'{"guid": "m1", "title": "One"}\nnot json\n{"guid": "m2"}\n{"guid": "m3", "title": "Three"}\n'
    for _ in range(2):
        status, answer = post(
            f"{server}/v1/items?backfill=true", lines,
            Authorization=f"Bearer {credentials.token}", Content_Type="application/x-ndjson",
        )  # fmt: skip
        assert (status, answer["accepted"], answer["refused"]) == (202, 2, 2)
        assert [each["status"] for each in answer["items"]] == ["accepted", "refused", "refused", "accepted"]
        assert "not JSON" in answer["items"][1]["reason"]
    assert len(values(settings, BACKFILL, answer["items"][3]["id"])) == 2
    letters = {m.key for m in read_all(settings, DEADLETTERS) if m.key and m.key.startswith("push:push/")}
    assert len(letters) == 2
    status, answer = post(f"{server}/v1/items", b'{"guid": "x"}', Authorization=f"Bearer {credentials.token}")
    assert (status, answer["accepted"]) == (422, 0)


def test_a_signature_is_as_good_as_the_token(server: str, credentials: Credentials) -> None:
    """Standard Webhooks: the body as signed is taken; another body, an old timestamp or another secret are not."""
    body = b'{"guid": "signed", "title": "Signed"}'
    signer, moment = Webhook(credentials.secret), datetime.now(UTC)

    def headers(signed: bytes, at: datetime, by: Webhook) -> dict[str, str]:
        signature = by.sign("msg_1", at, signed.decode())
        stamp = str(int(at.timestamp()))
        return {"webhook_id": "msg_1", "webhook_timestamp": stamp, "webhook_signature": signature}

    assert post(f"{server}/v1/items", body, **headers(body, moment, signer))[0] == 202
    old = datetime.fromtimestamp(moment.timestamp() - 3600, UTC)
    for wrong in (
        headers(b"{}", moment, signer),
        headers(body, old, signer),
        headers(body, moment, Webhook("whsec_" + "A" * 32)),
        {**headers(body, moment, signer), "webhook_signature": "v1;nonsense"},
    ):
        status, answer = post(f"{server}/v1/items", body, **wrong)
        assert status == 401
        assert "signature" in answer["error"]


@pytest.mark.parametrize("given", ["", "Bearer wrong", "Basic {token}", "Bearer {token}x", "Bearer \u00e9"])
def test_nobody_else_is_let_in(server: str, credentials: Credentials, given: str) -> None:
    """No token, a wrong one, another scheme: 401 and what to do."""
    named = given.format(token=credentials.token).encode().decode("latin-1")
    status, answer = post(f"{server}/v1/items", b'{"guid": "x", "title": "x"}', Authorization=named)
    assert status == 401
    assert "Bearer" in answer["error"]


@pytest.mark.parametrize("body", [b"", b"[1,", b"   "])
def test_a_body_of_which_nothing_can_be_told(server: str, credentials: Credentials, body: bytes) -> None:
    """400 with a sentence."""
    status, answer = post(f"{server}/v1/items", body, Authorization=f"Bearer {credentials.token}")
    assert status == 400
    assert answer["error"]


def test_a_body_over_the_limit_is_refused(server: str, credentials: Credentials) -> None:
    """413: by what it says of its length, when it says nothing, and when it only unpacks to more (1:1000)."""
    bearer = {"Authorization": f"Bearer {credentials.token}"}
    long = b'{"guid": "x", "title": "' + b"x" * LIMIT + b'"}'
    assert post(f"{server}/v1/items", long, **bearer)[0] == 413
    bomb = gzip.compress(b" " * 300_000_000)
    assert len(bomb) < LIMIT
    status, answer = post(f"{server}/v1/items", bomb, **bearer, Content_Encoding="gzip")
    assert status in {400, 413}, answer
    fine = gzip.compress(b'{"guid": "gz", "title": "Packed"}')
    assert post(f"{server}/v1/items", fine, **bearer, Content_Encoding="gzip")[0] == 202
    host, port = server.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        head = f"POST /v1/items HTTP/1.1\r\nHost: x\r\nAuthorization: {bearer['Authorization']}\r\n"
        connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        block = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        try:
            for _ in range(LIMIT // 0x10000 + 2):
                connection.sendall(block)
        except OSError:
            pass
        assert b" 413 " in connection.recv(200)


def test_many_at_once_are_all_taken(server: str, credentials: Credentials, settings: Settings) -> None:
    """40 clients send at the same time; each has its answer, and Kafka each item."""
    taken: list[str] = []

    def send(number: int) -> None:
        body = json.dumps([{"guid": f"c{number}-{n}", "title": "T"} for n in range(50)]).encode()
        status, answer = post(f"{server}/v1/items", body, Authorization=f"Bearer {credentials.token}")
        assert status == 202
        taken.extend(each["id"] for each in answer["items"])

    threads = [threading.Thread(target=send, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    known = {m.key for m in read_all(settings, ITEMS)}
    assert len(set(taken)) == 2000
    assert set(taken) <= known


def test_secrets_are_kept_for_their_owner_and_in_no_log(
    server: str, credentials: Credentials, settings: Settings, folder: Path
) -> None:
    """Made once, readable by the owner alone, and neither in the log nor in what a Credentials shows of itself."""
    assert load(settings) == credentials
    for name in ("token", "secret"):
        assert (folder / "push" / name).stat().st_mode & 0o077 == 0
    shown = (folder / "log").read_text() + repr(credentials)
    assert credentials.token not in shown
    assert credentials.secret not in shown
    assert json.loads(urllib.request.urlopen(f"{server}/v1/health", timeout=5).read()) == {"status": "up"}


def test_the_port_stays_over_a_restart(settings: Settings, folder: Path, tmp_path: Path) -> None:
    """Whoever pushes has it written down; a taken port is one sentence and exit code 1."""
    other = settings.model_copy(update={"data_dir": tmp_path})
    with push_server(other, tmp_path / "log") as first:
        pass
    time.sleep(0.1)
    with push_server(other.model_copy(update={"push_port": int(first.rpartition(":")[2])}), tmp_path / "log") as again:
        assert again == first
        taken = {**other.environment(), "KABAR_PUSH_PORT": first.rpartition(":")[2]}
        done = subprocess.run(
            [sys.executable, "-m", "connectors.push"],
            env=taken,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert done.returncode == 1
    assert "address already in use" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl here")
def test_the_example_of_the_documentation_sends_an_item(
    server: str, settings: Settings, folder: Path, tmp_path: Path
) -> None:
    """The curl command of `docs/connectors.md`, as it stands, in a shell that knows `kabar`: its item is in Kafka."""
    assert server
    page = (Path(__file__).parents[3] / "docs" / "connectors.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```\n(curl .*?)```", page, re.DOTALL)
    kabar = tmp_path / "kabar"
    kabar.write_text(f'#!/bin/sh\nexec {sys.executable} -c "from pipeline.cli import main; main()" "$@"\n')
    kabar.chmod(0o755)
    done = subprocess.run(
        ["sh", "-c", example],
        env={**os.environ, **settings.environment(), "PATH": f"{tmp_path}:{os.environ['PATH']}", "no_proxy": "*"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    answer = json.loads(done.stdout)
    identity = item_id(url="https://news.example/1")
    assert (answer["accepted"], answer["items"][0]["id"]) == (1, identity)
    item = Item.decode(values(settings, ITEMS, identity)[-1])
    assert (item.title, item.body, item.source) == ("Ferry resumes", "It left.", "harbour")
