"""Webhooks, Slack and Teams against a real HTTP receiver."""

import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from connectors.feeds.health import Trouble, alert_of
from pipeline.reasons import INDONESIAN, clauses
from pipeline.sinks import mail
from pipeline.sinks.attempts import Gone, Later, Outcome, Refused, Sent
from pipeline.sinks.config import FeedConfig, Sink, SlackConfig, TeamsConfig, WebhookConfig
from pipeline.sinks.http import HttpPlace, slack, teams
from pipeline.sinks.local import FeedPlace, file_name
from pipeline.sinks.message import told
from schemas.alert import Alert
from schemas.feed import Feed
from schemas.rule import Tell
from schemas.settings import load_settings
from tests.pipeline.sinks.receiver import receiving
from tests.samples import MATCH, MOMENT

OLD, NEW = ("whsec_" + letter * 32 for letter in "MN")
ALERT = Alert(id="ab12", alerted_at=MOMENT, match=MATCH)
HOSTILE = "<script>alert(1)</script> <!channel> <https://evil.example|click> *bold* @here `x` [a](javascript:b)"


def send(
    config: WebhookConfig | SlackConfig | TeamsConfig, alert: Alert = ALERT, networks: str = "127.0.0.0/8"
) -> Outcome:
    """Send one alert to a place."""

    async def run() -> Outcome:
        place = HttpPlace(load_settings(allow_networks=networks), config)
        await place.start()
        try:
            return await place.send(alert)
        finally:
            await place.stop()

    return asyncio.run(run())


def test_an_alert_is_posted_and_signed() -> None:
    """The body is the alert, its id the webhook's, and the signature verifies with the shared secret."""
    with receiving() as receiver:
        assert send(WebhookConfig(url=receiver.url, secrets=(NEW,))) == Sent()
    ((headers, body),) = receiver.requests
    assert Alert.decode(body) == ALERT
    assert headers["webhook-id"] == "ab12"
    Webhook(NEW).verify(body.decode(), headers)


def test_while_secrets_change_both_verify() -> None:
    """A receiver that has the old secret still, and one that has the new one, both accept; another does not."""
    with receiving() as receiver:
        send(WebhookConfig(url=receiver.url, secrets=(NEW, OLD)))
    ((headers, body),) = receiver.requests
    for secret in (OLD, NEW):
        Webhook(secret).verify(body.decode(), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "Z" * 32).verify(body.decode(), headers)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, Sent), (204, Sent), (301, Refused), (400, Refused), (401, Refused), (404, Refused), (410, Gone),
        (408, Later), (429, Later), (500, Later), (503, Later),
    ],
)  # fmt: skip
def test_what_a_status_means(status: int, kind: type[Outcome]) -> None:
    """What may pass is tried again, what will not is set aside, 410 disables; a redirect is not followed."""
    with receiving(lambda _number: status) as receiver:
        assert isinstance(send(WebhookConfig(url=receiver.url)), kind)
    assert len(receiver.requests) == 1


def test_nobody_listening_is_tried_again() -> None:
    """A receiver that is down is no refusal."""
    with receiving() as receiver:
        url = receiver.url
    assert isinstance(send(WebhookConfig(url=url)), Later)


@pytest.mark.parametrize("kind", [WebhookConfig, SlackConfig, TeamsConfig])
def test_an_address_inside_the_network_is_refused(kind: type[Any]) -> None:
    """Without permission by name the guard lets nothing through to loopback, by literal or by name."""
    with receiving() as receiver:
        for url in (receiver.url, receiver.url.replace("127.0.0.1", "localhost")):
            outcome = send(kind(url=url), networks="")
            assert isinstance(outcome, Later)
            assert "KABAR_ALLOW_NETWORKS" in outcome.reason
        assert receiver.requests == []


def test_slack_shows_the_excerpt_and_nothing_of_the_news_is_markup() -> None:
    """Who, the excerpt, the mention in bold, why, story, times; a hostile title can neither ping nor link."""
    alert = msgspec.structs.replace(ALERT, match=msgspec.structs.replace(MATCH, title=HOSTILE))
    with receiving() as receiver:
        assert send(SlackConfig(url=receiver.url), alert) == Sent()
    body = json.loads(receiver.requests[0][1])
    text = json.dumps(body, ensure_ascii=False)
    assert "Vladimir Putin: newly named" in body["text"]
    assert "*Vladimir Putin*" in text
    for fact in ("alias Vladimir Putin", "s-5e0ce5dfc3f17064", "Published", "First seen", "Indexed", "Alerted"):
        assert fact in text
    assert "<!channel>" not in text
    assert "<https://evil.example" not in text
    assert "<script>" not in text


def test_teams_is_an_adaptive_card() -> None:
    """A card with the excerpt, the facts and a link; markup in the news is said, not done."""
    alert = msgspec.structs.replace(ALERT, match=msgspec.structs.replace(MATCH, title=HOSTILE))
    with receiving() as receiver:
        assert send(TeamsConfig(url=receiver.url), alert) == Sent()
    card = json.loads(receiver.requests[0][1])["attachments"][0]["content"]
    assert card["type"] == "AdaptiveCard"
    (excerpt,) = [block for block in card["body"] if block["type"] == "RichTextBlock"]
    assert [run["text"] for run in excerpt["inlines"] if run.get("highlight")] == ["Vladimir Putin"]
    assert card["actions"][0]["url"] == MATCH.url
    assert "](javascript" not in json.dumps(card)


def test_messages_are_in_the_language_of_the_reader() -> None:
    """An Indonesian reader is told in Indonesian, with the excerpt as it was written."""
    alert = msgspec.structs.replace(
        ALERT, match=msgspec.structs.replace(MATCH, tell=Tell(language="id", zone="Asia/Jakarta"))
    )
    text = json.dumps(slack(told(alert)), ensure_ascii=False)
    for words in ("baru disebut", "Pertama terlihat", "di isi berita", "WIB", "menyatakan kesediaannya"):
        assert words in text


def test_a_feed_that_fails_is_told_as_one(tmp_path: Path) -> None:
    """What is wrong with which feed and what to do, in chat, card, mail and feed: it names nobody."""
    reason = "3 polls in a row failed: HTTP 404. Look for the feed's new address."
    feed = Feed(id="f", url="https://daily.example/feed", name="The Daily")
    alert = alert_of(Trouble(kind="failing", since=ALERT.alerted_at, reason=reason), feed, ALERT.alerted_at)
    message = told(alert)
    assert message.heading == "The Daily: the feed is failing"
    assert asyncio.run(FeedPlace(FeedConfig(folder=str(tmp_path))).send(alert)) == Sent()
    written = (tmp_path / file_name(alert.match.rule_id, "atom")).read_text()
    chats = (json.dumps(slack(message)), json.dumps(teams(message)))
    for text in (*chats, mail.text(message), mail.page(message), written):
        assert "Look for the feed" in text
        assert "newly named" not in text
        assert "«»" not in text
    assert clauses(alert.match.why)[0].text in INDONESIAN


def test_one_is_one() -> None:
    """A digest of one alert and a count of one outlet are said so."""
    assert told(msgspec.structs.replace(ALERT, kind="digest", entries=(MATCH,))).heading.endswith(": 1 alert")
    assert "+1 outlet —" in told(msgspec.structs.replace(ALERT, kind="count", outlets=1)).heading


def test_a_reason_keeps_its_words() -> None:
    """An address, and a part of it that could be a secret, are not shown; a short part of it is a word like others."""
    config = WebhookConfig(url="https://hooks.example/gone")
    sink = Sink(name="a", config=config)
    assert sink.redact("the receiver is gone (410): https://hooks.example/gone, /gone") == (
        "the receiver is gone (410): ***, ***"
    )
    long = Sink(name="b", config=SlackConfig(url="https://hooks.example/T0/B0/x9x9x9x9"))
    assert long.redact("no T0/B0/x9x9x9x9 there") == "no *** there"


def test_a_digest_of_a_thousand_fits() -> None:
    """As many entries as the place shows, and how many more there are."""
    alert = msgspec.structs.replace(ALERT, kind="digest", entries=(MATCH,) * 200, more=800)
    message = told(alert)
    assert "1000 alerts" in message.heading
    assert len(slack(message)["blocks"]) < 50
    assert len(json.dumps(teams(message))) < 28_000
