"""Mail to a real SMTP server on loopback, over STARTTLS with a password."""

import asyncio
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import msgspec
import pytest
from lxml import html

from pipeline.sinks.attempts import Later, Outcome, Refused, Sent
from pipeline.sinks.config import EmailConfig
from pipeline.sinks.mail import MailPlace
from schemas.alert import Alert
from schemas.rule import Tell
from tests.pipeline.sinks.mailserver import PASSWORD, USER, MailServer, mail_server
from tests.samples import MATCH, MOMENT

ALERT = Alert(id="ab12", alerted_at=MOMENT, match=MATCH)
HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>',
    "</title><script>x</script>", "javascript:alert(1)", "<a href='javascript:alert(1)'>x</a>",
    "Kop\r\nBcc: victim@example.org", "=?utf-8?q?=0D=0ABcc?=", "\u202egnp.exe", "&lt;script&gt;",
]  # fmt: skip


def config(server: MailServer, **changes: Any) -> EmailConfig:  # noqa: ANN401 - any field
    """A sink at this server."""
    whole = {"host": "localhost", "port": server.port, "sender": "Kabar <kabar@example.org>",
             "to": ("editor@example.org", "desk@example.org"), "user": USER, "password": PASSWORD,
             "ca": str(server.ca)}  # fmt: skip
    return EmailConfig(**{**whole, **changes})


def send(sink: EmailConfig, alert: Alert = ALERT) -> Outcome:
    """Send one alert, and let the connection close."""

    async def run() -> Outcome:
        outcome = await MailPlace(sink).send(alert)
        await asyncio.sleep(0.05)
        return outcome

    return asyncio.run(run())


def parts(message: EmailMessage) -> tuple[str, str]:
    """The text and the HTML part."""
    plain, page = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert page is not None
    return plain.get_content(), page.get_content()


def test_a_mail_says_who_where_why_which_story_and_when(tmp_path: Path) -> None:
    """Both parts have the excerpt with the mention marked, the reason, the story, four times, and the link."""
    with mail_server(tmp_path) as server:
        assert send(config(server)) == Sent()
        (message,) = server.box.messages
        assert server.box.encrypted == [True]
    assert message["Subject"] == "Vladimir Putin: newly named — Putin akan mengunjungi Pyongyang"
    assert message["To"] == "editor@example.org, desk@example.org"
    assert message["Message-ID"] == "<ab12@example.org>"
    plain, page = parts(message)
    assert "Presiden Rusia «Vladimir Putin» menyatakan" in plain
    assert html.fromstring(page.encode()).findtext(".//mark") == "Vladimir Putin"
    for text in (plain, page):
        for fact in ("alias Vladimir Putin", "s-5e0ce5dfc3f17064", "Published", "First seen", "Indexed", "Alerted",
                     "https://news.example/putin-pyongyang"):  # fmt: skip
            assert fact in text


def test_a_mail_is_in_the_language_of_its_reader(tmp_path: Path) -> None:
    """Indonesian words around the original excerpt, times in the reader's zone."""
    match = msgspec.structs.replace(MATCH, tell=Tell(language="id", zone="Asia/Jakarta"))
    with mail_server(tmp_path) as server:
        send(config(server), msgspec.structs.replace(ALERT, match=match))
        plain, _page = parts(server.box.messages[0])
    assert "Pertama terlihat: 2026-03-01 19:30:00 WIB" in plain
    assert "nama" in plain or "alias" in plain


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_the_news_runs_or_adds_a_header(tmp_path: Path, text: str) -> None:
    """Script, tags and line ends in a title, an excerpt, an outlet or an address are text, and no header."""
    match = msgspec.structs.replace(
        MATCH, title=text, excerpt=text, excerpt_start=0, excerpt_end=len(text), source=text, figure_name=text,
        url=text, why=text, context=text,
    )  # fmt: skip
    with mail_server(tmp_path) as server:
        assert send(config(server), msgspec.structs.replace(ALERT, match=match)) == Sent()
        (message,) = server.box.messages
    assert message["Bcc"] is None
    tags = list(html.fromstring(parts(message)[1].encode()).iter())
    assert not {tag.tag for tag in tags} & {"script", "img", "svg", "iframe", "object", "form"}
    assert not [name for tag in tags for name in tag.attrib if str(name).startswith("on")]
    assert all(str(tag.get("href", "https://")).startswith("https://") for tag in tags)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [("451 later", Later), ("452 full", Later), ("550 no such user", Refused), ("554 spam", Refused)],
)
def test_what_the_server_says_decides(tmp_path: Path, answer: str, kind: type[Outcome]) -> None:
    """A 4xx is tried again, a 5xx for the message is final."""
    with mail_server(tmp_path) as server:
        server.box.answers = [answer]
        outcome = send(config(server))
        assert isinstance(outcome, kind)
        assert answer[:3] in str(outcome)
        assert send(config(server)) == Sent()


def test_a_wrong_password_is_tried_again_and_never_shown(tmp_path: Path) -> None:
    """The user mends it within the day; the reason does not hold the password."""
    with mail_server(tmp_path) as server:
        outcome = send(config(server, password="wrong-secret-77"))
    assert isinstance(outcome, Later)
    assert "535" in outcome.reason
    assert "wrong-secret-77" not in outcome.reason


def test_without_starttls_nothing_is_sent_in_the_clear(tmp_path: Path) -> None:
    """A server that does not offer STARTTLS, or has a certificate of nobody known, gets neither password nor mail."""
    with mail_server(tmp_path, tls=False) as server:
        assert isinstance(send(config(server, ca="")), Later)
        assert server.box.messages == []
    with mail_server(tmp_path) as server:
        assert isinstance(send(config(server, ca="")), Later)
        assert server.box.messages == []


def test_a_relay_without_encryption_may_be_allowed(tmp_path: Path) -> None:
    """`security: none` for a relay on this machine."""
    with mail_server(tmp_path, tls=False) as server:
        assert send(config(server, security="none", user="", password="", ca="")) == Sent()


def test_a_server_that_is_down_is_tried_again(tmp_path: Path) -> None:
    """Nobody listens."""
    with mail_server(tmp_path, tls=False) as server:
        sink = config(server, ca="")
    assert isinstance(send(sink), Later)
