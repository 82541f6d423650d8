"""The process of the sinks on the real broker: each alert once, whatever fails or is killed."""

import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from pipeline.cli.sinks import State, states_of
from pipeline.launch import Process
from pipeline.sinks.ledger import deliveries_now, record
from schemas.alert import Alert
from schemas.broker import Admin, Producer
from schemas.codec import now
from schemas.rule import Tell
from schemas.settings import Settings
from schemas.topics import ALERTS, Topic
from tests.pipeline.sinks.mailserver import PASSWORD, USER, mail_server
from tests.pipeline.sinks.receiver import receiving
from tests.pipeline.test_pipeline import kabar
from tests.samples import MATCH
from tests.waiting import until

Start = Callable[[dict[str, dict[str, Any]]], Process]


@pytest.fixture
def own_settings(kabar_settings: Settings, tmp_path: Path) -> Settings:
    """The session's servers with a data directory and a file of sinks of this test's own."""
    return kabar_settings.model_copy(update={"data_dir": tmp_path, "sinks": tmp_path / "sinks.yaml"})


@pytest.fixture
def start(own_settings: Settings) -> Iterator[Start]:
    """Writes the file of the sinks, starts the process, and waits until each sink has begun."""
    started: list[Process] = []

    def begin(sinks: dict[str, dict[str, Any]]) -> Process:
        assert own_settings.sinks
        own_settings.sinks.write_text(yaml.safe_dump(sinks))
        own_settings.sinks.chmod(0o600)
        environment = {**os.environ, **own_settings.environment(), "MAIL_PASSWORD": PASSWORD}
        command = [sys.executable, "-m", "pipeline.sinks"]
        process = Process("sinks", command, environment, own_settings.data_dir / "sinks.log")
        process.start()
        started.append(process)
        until(
            lambda: all(f"/{name}" in deliveries_now(own_settings) for name in sinks),
            seconds=30,
            what="sinks have begun",
        )
        return process

    yield begin
    for process in started:
        process.terminate()
        process.wait(10)


def tell(settings: Settings, *numbers: str, to: tuple[str, ...]) -> None:
    """Send alerts of these ids to these sinks."""
    with Producer(settings) as producer:
        for number in numbers:
            url = f"https://sinks.example/{number}"
            match = msgspec.structs.replace(MATCH, tell=Tell(to=to), rule_id="r", rule_name="A rule", url=url)
            producer.send(ALERTS, number, Alert(id=number, alerted_at=now(), match=match).encode())
        producer.flush()


def state(settings: Settings, name: str) -> State:
    """A sink as `kabar sinks list` shows it."""
    return next(state for state in states_of(settings) if state.name == name)


def test_each_sink_goes_its_own_way(own_settings: Settings, start: Start, tmp_path: Path) -> None:
    """Webhook, Slack, mail, file, feed and topic get an alert within seconds, while a sink that is down waits.

    The one that is down holds nobody up, shows its reason, and has each alert once when it is back; no secret is in
    the log, a topic or an answer.
    """
    with Admin(own_settings) as admin:
        admin.ensure_topics([Topic(name="news.alerts-copy", keyed_by="alert id")])
    down = True
    with (
        receiving() as hook,
        receiving() as chat,
        receiving(lambda _n: 503 if down else 200) as failing,
        mail_server(tmp_path) as mail,
    ):
        start(
            {
                "hook": {"kind": "webhook", "url": f"{hook.url}?token=s3cr3t-token", "secrets": ["whsec_" + "M" * 32]},
                "chat": {"kind": "slack", "url": chat.url},
                "failing": {"kind": "webhook", "url": failing.url},
                "mail": {"kind": "email", "host": "localhost", "port": mail.port, "user": USER, "ca": str(mail.ca),
                         "password": "env:MAIL_PASSWORD", "sender": "kabar@example.org", "to": ["a@example.org"]},
                "file": {"kind": "file", "path": str(tmp_path / "alerts.jsonl")},
                "feed": {"kind": "feed", "folder": str(tmp_path / "feeds")},
                "rss": {"kind": "feed", "folder": str(tmp_path / "rss"), "format": "rss"},
                "topic": {"kind": "kafka", "topic": "news.alerts-copy"},
                "other": {"kind": "webhook", "url": hook.url, "default": True},
            }
        )  # fmt: skip
        everywhere = ("hook", "chat", "failing", "mail", "file", "feed", "rss", "topic")
        tell(own_settings, "every-1", "every-2", to=everywhere)
        sound = [name for name in everywhere if name != "failing"]
        until(lambda: all(state(own_settings, name).sent == 2 for name in sound), seconds=60, what="seven have both")
        failed = state(own_settings, "failing")
        assert (failed.retrying, failed.sent) == (2, 0)
        assert "503" in failed.reason
        down = False
        until(lambda: state(own_settings, "failing").sent == 2, seconds=30, what="the one that was down has both")
        assert sorted(hook.ids) == ["every-1", "every-2"]
        assert set(failing.ids) == {"every-1", "every-2"}
        assert len(chat.requests) == len(mail.box.messages) == 2
    assert len((tmp_path / "alerts.jsonl").read_bytes().splitlines()) == 2
    assert _entries(tmp_path / "feeds" / "r.atom") == 2
    assert _entries(tmp_path / "rss" / "r.rss") == 2
    shown = kabar(own_settings, "sinks", "list", "--json") + (tmp_path / "sinks.log").read_text()
    shown += "".join(delivery.encode().decode() for delivery in deliveries_now(own_settings).values())
    for secret in ("s3cr3t-token", "M" * 32, PASSWORD):
        assert secret not in shown


def test_an_alert_that_cannot_be_told_holds_back_nobody(own_settings: Settings, start: Start) -> None:
    """One that the code stumbles over is tried again with its reason; those after it are told."""
    with receiving() as chat:
        start({"poisoned": {"kind": "slack", "url": chat.url}})
        match = msgspec.structs.replace(
            MATCH, tell=Tell(to=("poisoned",)), field="a field of tomorrow", url="https://news.example/poison"
        )
        with Producer(own_settings) as producer:
            producer.send(ALERTS, "poison", Alert(id="poison", alerted_at=now(), match=match).encode())
            producer.flush()
        tell(own_settings, "sound", to=("poisoned",))
        until(lambda: state(own_settings, "poisoned").sent == 1, seconds=30, what="the sound one is told")
    left = state(own_settings, "poisoned")
    assert left.retrying == 1
    assert "a field of tomorrow" in left.reason


def _entries(path: Path) -> int:
    import feedparser  # noqa: PLC0415 - an independent reader of feeds

    found = feedparser.parse(path.read_bytes())
    assert not found.bozo
    assert "Vladimir Putin" in found.entries[0].title
    return len(found.entries)


def test_410_disables_a_sink_and_retry_sends_what_was_set_aside(own_settings: Settings, start: Start) -> None:
    """After a 410 nothing is posted any more, visibly; `enable` and `retry` send all of it."""
    gone = True
    with receiving(lambda _n: 410 if gone else 200) as receiver:
        start({"gone": {"kind": "webhook", "url": receiver.url}})
        tell(own_settings, "gone-1", to=("gone",))
        until(lambda: state(own_settings, "gone").state == "disabled", seconds=20, what="it is disabled")
        tell(own_settings, "gone-2", "gone-3", to=("gone",))
        until(lambda: state(own_settings, "gone").set_aside == 3, seconds=20, what="all three are set aside")
        assert receiver.ids == ["gone-1"]
        assert "gone (410)" in state(own_settings, "gone").reason
        gone = False
        kabar(own_settings, "sinks", "enable", "gone")
        kabar(own_settings, "sinks", "retry", "gone")
        until(lambda: state(own_settings, "gone").sent == 3, seconds=20, what="all three are sent")
        assert Counter(receiver.ids) == {"gone-1": 2, "gone-2": 1, "gone-3": 1}


def test_a_day_of_failures_sets_an_alert_aside(own_settings: Settings, start: Start) -> None:
    """What the receiver did not take for a day is set aside, visibly and with the reason; what is new is still tried.

    The day is in the record of the first attempt, which the process takes over when it starts.
    """
    with receiving(lambda _n: 503) as receiver:
        process = start({"weary": {"kind": "webhook", "url": receiver.url}})
        tell(own_settings, "weary-1", to=("weary",))
        until(lambda: state(own_settings, "weary").retrying == 1, seconds=30, what="it waits")
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
        delivery = deliveries_now(own_settings)["weary-1/weary"]
        long_ago = now() - timedelta(hours=23, minutes=59, seconds=59)
        record(own_settings, {"weary-1/weary": msgspec.structs.replace(delivery, first_at=long_ago, at=now())})
        process.start()
        until(lambda: state(own_settings, "weary").set_aside == 1, seconds=60, what="it is set aside")
        said = state(own_settings, "weary")
        assert (said.retrying, said.state) == (0, "enabled")
        assert "given up after a day" in said.reason
        assert "503" in said.reason
        assert "given up after a day" in kabar(own_settings, "sinks", "list", "--json")
        tell(own_settings, "weary-2", to=("weary",))
        until(lambda: state(own_settings, "weary").retrying == 1, seconds=30, what="the next one is tried")
        assert "weary-2" in receiver.ids


def test_a_new_sink_is_not_sent_the_past(own_settings: Settings, start: Start) -> None:
    """Alerts from before a sink was there are not sent to it, those from after are."""
    tell(own_settings, "past-1", to=("fresh",))
    with receiving() as receiver:
        start({"fresh": {"kind": "webhook", "url": receiver.url}})
        tell(own_settings, "past-2", to=("fresh",))
        until(lambda: receiver.ids == ["past-2"], seconds=20, what="the new one came")


def test_kill_9_under_load_misses_nothing(own_settings: Settings, start: Start) -> None:
    """600 alerts to a receiver that fails now and then, the process killed five times: each id arrives and is settled.

    A repeat has the same id; the number of repeats is bounded by what was in flight at each kill.
    """
    numbers = [f"kill-{number}" for number in range(600)]
    with receiving(lambda n: 500 if n % 7 == 3 else 200) as receiver:
        process = start({"load": {"kind": "webhook", "url": receiver.url}})
        for begin in range(0, 600, 120):
            tell(own_settings, *numbers[begin : begin + 120], to=("load",))
            time.sleep(0.8)
            os.kill(process.pid, signal.SIGKILL)
            process.wait(10)
            process.start()
        until(lambda: state(own_settings, "load").sent == 600, seconds=90, what="all are settled", every=0.5)
        taken = Counter(number for n, number in enumerate(receiver.ids) if n % 7 != 3)
    assert set(taken) == set(numbers), "0 missed"
    assert sum(taken.values()) - 600 <= 5 * 32, "repeats only of what was in flight"
