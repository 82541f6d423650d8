"""Asking the demo server in plain HTTP."""

import http.client
from dataclasses import dataclass

from connectors.demo import DemoServer


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered."""

    status: int
    headers: dict[str, str]
    body: bytes


def get(server: DemoServer, path: str, **headers: str) -> Answer:
    """One plain request, redirects not followed; `If_None_Match` stands for `If-None-Match`."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        connection.close()
