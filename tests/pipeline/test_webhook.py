"""The webhook sink against a real HTTP receiver."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web
from standardwebhooks.webhooks import Webhook

from pipeline.decision import Output
from pipeline.streaming import Progress
from pipeline.webhook import WebhookSink
from schemas.alert import Alert
from schemas.broker import Message
from schemas.deadletter import DeadLetter
from schemas.settings import load_settings
from schemas.topics import ALERTS
from tests.samples import RECORD_SAMPLES

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ALERT = RECORD_SAMPLES["alert"]


class _Receiver:
    """Answers with the given statuses in turn, then 200; keeps what it was sent."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.requests: list[tuple[dict[str, str], bytes]] = []

    async def answer(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append((headers, await request.read()))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)


def _deliver(receiver: _Receiver, *, networks: str = "127.0.0.0/8", seconds: float = 10) -> list[Output] | None:
    async def run(url: str) -> list[Output] | None:
        settings = load_settings(webhook_url=url, webhook_secret=SECRET, allow_networks=networks)
        sink = WebhookSink(settings, Progress())
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        message = Message(topic=ALERTS, partition=0, offset=0, key="ab12", value=ALERT.encode(), timestamp_ms=0)
        await sink.start()
        try:
            return await sink.handle([message], lambda: loop.time() > until)
        finally:
            await sink.stop()

    return asyncio.run(_serving(receiver, run))


async def _serving(receiver: _Receiver, use: Callable[[str], Awaitable[list[Output] | None]]) -> list[Output] | None:
    app = web.Application()
    app.router.add_post("/hook", receiver.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        return await use(f"http://{host}:{port}/hook")
    finally:
        await runner.cleanup()


def test_an_alert_is_posted_and_signed() -> None:
    """The body is the alert, its id the webhook's, and the signature verifies with the shared secret."""
    receiver = _Receiver()
    assert _deliver(receiver) == []
    ((headers, body),) = receiver.requests
    assert Alert.decode(body) == ALERT
    assert headers["webhook-id"] == "ab12"
    Webhook(SECRET).verify(body.decode(), headers)


def test_a_failing_receiver_is_tried_again_with_the_same_id() -> None:
    """A 500 and a 429 are tried again until the alert is taken, with one id."""
    receiver = _Receiver(500, 429)
    assert _deliver(receiver) == []
    assert [headers["webhook-id"] for headers, _ in receiver.requests] == ["ab12"] * 3


@pytest.mark.parametrize("status", [400, 401, 404, 410])
def test_a_refusal_is_a_dead_letter(status: int) -> None:
    """What the receiver refuses for good is set aside with its answer, and is not tried again."""
    receiver = _Receiver(status)
    outputs = _deliver(receiver)
    assert outputs is not None
    (letter,) = [DeadLetter.decode(output.value) for output in outputs]
    assert str(status) in letter.reason
    assert len(receiver.requests) == 1


def test_a_stop_ends_the_waiting() -> None:
    """While the receiver fails, a stop leaves the alert unacknowledged for the next start."""
    assert _deliver(_Receiver(*[503] * 50), seconds=1.5) is None


def test_an_address_inside_the_network_is_refused() -> None:
    """Without permission by name the guard lets nothing through to loopback."""
    receiver = _Receiver()
    assert _deliver(receiver, networks="", seconds=1.0) is None
    assert receiver.requests == []
