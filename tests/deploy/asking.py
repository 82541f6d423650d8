"""Questions to Elasticsearch and to the process table, in plain words."""

import base64
import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil


def ask(  # noqa: PLR0913 - each is independent of the others
    url: str,
    path: str,
    body: object = None,
    *,
    method: str | None = None,
    ca: Path | None = None,
    user: tuple[str, str] | None = None,
) -> Any:  # noqa: ANN401 - whatever JSON the server answers
    """The JSON that Elasticsearch answers; raises `urllib.error.HTTPError` on a refusal."""
    request = urllib.request.Request(url + path, method=method)
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    if user is not None:
        request.add_header("Authorization", "Basic " + base64.b64encode(":".join(user).encode()).decode())
    context = ssl.create_default_context(cafile=str(ca)) if ca else None
    try:
        with urllib.request.urlopen(request, timeout=30, context=context) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        error.close()  # It holds the connection.
        raise


def tokens(url: str, analyzer: str, text: str) -> list[str]:
    """What an analyzer makes of a text."""
    answer = ask(url, "/_analyze", {"analyzer": analyzer, "text": text})
    return [token["token"] for token in answer["tokens"]]


def runs(pid: int) -> bool:
    """Whether the process lives; a zombie does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(holds: Callable[[], bool], seconds: float) -> None:
    """Returns once `holds`; fails the test after so many seconds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)
