"""Sink, `webhook`: each alert posted to one address, signed as Standard Webhooks has it.

At least once: a crash between the answer and its acknowledgement repeats the request with the same `webhook-id`,
which is the alert's id, so that a receiver tells it once. Source: https://www.standardwebhooks.com.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime

import aiohttp
import structlog
from standardwebhooks.webhooks import Webhook

from connectors.guard import guarded_session
from pipeline.decision import Output, opened, set_aside
from pipeline.streaming import Progress
from schemas.alert import Alert
from schemas.broker import Message
from schemas.codec import now
from schemas.settings import Settings

GIVE_UP_SECONDS = 24 * 3600.0
FIRST_WAIT, LONGEST_WAIT = 0.5, 300.0
GONE, TOO_MANY, TIMED_OUT, SERVER_ERROR = 410, 429, 408, 500

log = structlog.get_logger()


class WebhookSink:
    """Handles batches of alerts."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        secret = settings.webhook_secret
        self._url = settings.webhook_url or ""
        self._settings = settings
        self._signer = Webhook(secret.get_secret_value()) if secret else None
        self._session: aiohttp.ClientSession | None = None
        self._progress = progress

    async def start(self) -> None:
        """Open the guarded session: addresses inside the network are refused unless allowed by name."""
        self._session = guarded_session(self._settings)

    async def handle(self, messages: Sequence[Message], stopping: Callable[[], bool]) -> list[Output] | None:
        """Post each alert; what the receiver refuses for good becomes a dead letter."""
        outputs = []
        for message in messages:
            if message.value is None:
                continue
            alert = opened("webhook", message, Alert)
            if isinstance(alert, Output):
                outputs.append(alert)
                continue
            refused = await self._deliver(alert, message.value, stopping)
            if refused is None and stopping():
                return None
            if refused:
                log.warning("alert set aside", alert=alert.id, reason=refused)
                outputs.append(set_aside("webhook", message, refused))
        return outputs

    async def stop(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()

    async def _deliver(self, alert: Alert, body: bytes, stopping: Callable[[], bool]) -> str | None:
        """Post until it is taken (an empty string), refused (the reason), or the step stops (None)."""
        wait, deadline = FIRST_WAIT, time.monotonic() + GIVE_UP_SECONDS
        while True:
            retry, reason = await self._post(alert.id, body, now())
            if reason is None:
                return ""
            if not retry:
                return reason
            if time.monotonic() + wait > deadline:
                return f"given up after a day; at last: {reason}"
            log.warning("the webhook did not take an alert; trying again", alert=alert.id, reason=reason, wait=wait)
            until = time.monotonic() + wait
            while time.monotonic() < until:
                if stopping():
                    return None
                self._progress.alive()
                await asyncio.sleep(0.2)
            wait = min(wait * 2, LONGEST_WAIT)

    async def _post(self, number: str, body: bytes, moment: datetime) -> tuple[bool, str | None]:
        """(Whether to try again, why it was not taken or None)."""
        assert self._session is not None, "started"  # noqa: S101 - for the type checker
        headers = {"content-type": "application/json", "webhook-id": number}
        headers["webhook-timestamp"] = str(int(moment.timestamp()))
        if self._signer is not None:
            headers["webhook-signature"] = self._signer.sign(number, moment, body.decode())
        try:
            timeout = aiohttp.ClientTimeout(total=20)
            async with self._session.post(
                self._url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return True, f"{type(error).__name__}: {error}"
        if status < 300:  # noqa: PLR2004 - any success
            return False, None
        retry = status in {TOO_MANY, TIMED_OUT} or status >= SERVER_ERROR
        return retry, "the receiver is gone (410)" if status == GONE else f"the receiver answered {status}"
