"""Sinks over HTTP: webhooks (https://www.standardwebhooks.com), Slack, Teams. All go through the guard."""

import html
from collections.abc import Mapping
from typing import Any

import aiohttp
import msgspec
from standardwebhooks.webhooks import Webhook

from connectors.guard import guarded_session, refused_in
from pipeline.sinks.attempts import Gone, Later, Outcome, Refused, Sent
from pipeline.sinks.config import SlackConfig, TeamsConfig, WebhookConfig
from pipeline.sinks.message import Shown, Told, told
from schemas.alert import Alert
from schemas.codec import now
from schemas.settings import Settings

TIMEOUT_SECONDS = 15.0
AT_A_TIME = 8
GONE, TOO_MANY, TIMED_OUT, TOO_EARLY, SERVER_ERROR = 410, 429, 408, 425, 500
# Slack takes 50 blocks of 3,000 characters; a digest shows as many entries as fit.
ENTRY_LIMIT = 15
TEXT_LIMIT = 2_500
_MARKED = {"weight": "Bolder", "highlight": True}


class HttpPlace:
    """A URL to which each alert is posted."""

    def __init__(self, settings: Settings, config: WebhookConfig | SlackConfig | TeamsConfig) -> None:
        self._settings = settings
        self._config = config
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the guarded session: addresses inside the network are refused unless allowed by name."""
        self._session = guarded_session(self._settings, per_host=AT_A_TIME)

    async def send(self, alert: Alert) -> Outcome:
        """Post one alert."""
        match self._config:
            case WebhookConfig(secrets=secrets):
                body = alert.encode()
                return await self._post(body, signed(secrets, alert.id, body))
            case SlackConfig():
                return await self._post(msgspec.json.encode(slack(told(alert))), {})
            case TeamsConfig():
                return await self._post(msgspec.json.encode(teams(told(alert))), {})

    async def stop(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()

    async def _post(self, body: bytes, headers: Mapping[str, str]) -> Outcome:
        assert self._session is not None, "started"  # noqa: S101 - for the type checker
        try:
            async with self._session.post(
                self._config.url,
                data=body,
                headers={"content-type": "application/json", **headers},
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS),
                allow_redirects=False,
            ) as answer:
                return judged(answer.status)
        except aiohttp.InvalidURL:
            return Refused("the URL is none")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Later(refused_in(error) or f"{type(error).__name__}: {error}")


def judged(status: int) -> Outcome:
    """What an answer's status means."""
    if status < 300:  # noqa: PLR2004 - any success
        return Sent()
    if status == GONE:
        return Gone("the receiver is gone (410)")
    if status in {TOO_MANY, TIMED_OUT, TOO_EARLY} or status >= SERVER_ERROR:
        return Later(f"the receiver answered {status}")
    return Refused(f"the receiver answered {status}")


def signed(secrets: tuple[str, ...], number: str, body: bytes) -> dict[str, str]:
    """The headers of Standard Webhooks, with a signature by each secret, the newest first."""
    moment = now()
    headers = {"webhook-id": number, "webhook-timestamp": str(int(moment.timestamp()))}
    if secrets:
        headers["webhook-signature"] = " ".join(
            Webhook(secret).sign(number, moment, body.decode()) for secret in secrets
        )
    return headers


def slack(message: Told) -> dict[str, Any]:
    """A message of Slack: blocks, and the text that notifications show."""
    blocks: list[dict[str, Any]] = [_slack_section(f"*{_slack(message.heading)}*")]
    for shown in message.shown[:ENTRY_LIMIT]:
        blocks += _slack_shown(shown, message)
    blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": _slack(message.footer)}]})
    return {"text": _slack(message.heading), "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def _slack_shown(shown: Shown, message: Told) -> list[dict[str, Any]]:
    title = f"<{shown.url}|{_slack(shown.title)}>" if _plain_url(shown.url) else f"*{_slack(shown.title)}*"
    excerpt = "".join(f"*{_slack(part.strip())}*" if marked else _slack(part) for part, marked in shown.excerpt)
    lines = [title, *([f">{excerpt}"] if excerpt else [])]
    blocks = [_slack_section("\n".join(lines))]
    if shown.facts and len(message.shown) == 1:
        facts = "\n".join(f"{_slack(name)}: {_slack(value)}" for name, value in shown.facts)
        blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": facts[:TEXT_LIMIT]}]})
    return blocks


def _slack_section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:TEXT_LIMIT]}}


def _slack(text: str) -> str:
    """Text as Slack's markup has it: nothing in the news can mention people, link, or format."""
    escaped = html.escape(text, quote=False)
    return "".join(f"{c}\u200b" if c in "*_~`" else c for c in escaped)


def _plain_url(url: str | None) -> bool:
    return url is not None and not any(c in url for c in "|<> \n")


def teams(message: Told) -> dict[str, Any]:
    """A message of Teams with one Adaptive Card."""
    body: list[dict[str, Any]] = [
        {"type": "TextBlock", "text": _teams(message.heading), "weight": "Bolder", "size": "Medium", "wrap": True}
    ]
    actions: list[dict[str, Any]] = []
    for shown in message.shown[:ENTRY_LIMIT]:
        body.append({"type": "TextBlock", "text": _teams(shown.title), "weight": "Bolder", "wrap": True})
        if shown.excerpt:
            runs = [
                {"type": "TextRun", "text": part, **({"weight": "Bolder", "highlight": True} if marked else {})}
                for part, marked in shown.excerpt
            ]
            body.append({"type": "RichTextBlock", "inlines": runs})
        if shown.facts and len(message.shown) == 1:
            facts = [{"title": name, "value": _teams(value)} for name, value in shown.facts]
            body.append({"type": "FactSet", "facts": facts})
        if shown.url and len(actions) < 5:  # noqa: PLR2004 - Teams shows no more
            actions.append({"type": "Action.OpenUrl", "title": message.read, "url": shown.url})
    body.append({"type": "TextBlock", "text": _teams(message.footer), "isSubtle": True, "size": "Small", "wrap": True})
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": actions,
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _teams(text: str) -> str:
    """Text blocks read a little Markdown: what would be read so is said with a backslash."""
    return "".join(f"\\{c}" if c in "\\*_[]()`#" else c for c in text)
