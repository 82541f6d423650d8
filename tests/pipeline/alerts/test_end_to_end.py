"""From an item on the real broker to what a user sees: rules live within seconds, digests, headlines, backfills."""

import json
import os
import signal
import subprocess
import time
from datetime import timedelta
from typing import Any

import pytest

from pipeline.cli.alerts import alerts_so_far, explain
from pipeline.elastic import Index
from pipeline.figures import save_figures
from pipeline.launch import Pipeline
from pipeline.rules.registry import save_rules, save_snooze
from pipeline.search import Query, search
from schemas.alert import Alert, Figure, Withheld
from schemas.broker import Producer, read_all
from schemas.codec import now
from schemas.item import Item, item_id
from schemas.rule import Conditions, Rule, Snooze, Tell
from schemas.settings import Settings
from schemas.topics import BACKFILL, ITEMS, MATCHES, WITHHELD
from tests.pipeline.test_pipeline import KABAR, kabar
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("pipeline")
NAMES = {
    "exa-2": "Exa Pertiwidewi", "exa-3": "Exa Kencanawungu", "exa-4": "Exa Mandalagiri", "exa-5": "Exa Sasmitaningrat",
    "exa-6": "Exa Brawijayanti", "exa-7": "Exa Tribhuwaneswari",
}  # fmt: skip
WORDS = {
    "visit": "melakukan kunjungan resmi ke pelabuhan baru dan bertemu para pedagang setempat",
    "speech": "menyampaikan pidato panjang tentang harga beras serta jalan desa yang rusak",
    "match": "menonton pertandingan sepak bola bersama anak sekolah di stadion kota",
    "quake": "meninjau rumah warga sesudah gempa kuat mengguncang lereng gunung",
    "ship": "meresmikan kapal penumpang buatan galangan dalam negeri di teluk utara",
    "train": "mencoba kereta cepat antara dua provinsi sebelum dibuka untuk umum",
}


def publish(settings: Settings, name: str, title: str, body: str, *, topic: str = ITEMS, **more: Any) -> str:  # noqa: ANN401
    """Send one item; returns its URL."""
    url = f"https://alerts.example/{name}"
    item = Item(id=item_id(url=url), source=more.pop("source", "alerts"), fetched_at=now(), url=url, title=title,
                body=body, language_hint="id", **more)  # fmt: skip
    with Producer(settings) as producer:
        producer.send(topic, item.id, item.encode())
        producer.flush()
    return url


def told(settings: Settings, rule: str) -> list[Alert]:
    """The alerts of a rule so far."""
    return [alert for alert in alerts_so_far(settings) if alert.match.rule_id == rule]


@pytest.fixture(scope="module", autouse=True)
def _tracked(kabar_settings: Settings, pipeline: Pipeline) -> None:
    """Everyone and every rule of these tests; two stories for a digest, and `notify` killed while they wait."""
    quiet = {"exa-4", "exa-5"}
    save_figures(
        kabar_settings, [Figure(id=number, name=name, alert=number not in quiet) for number, name in NAMES.items()]
    )
    about = {f"exa-{when}": rule(f"exa-{when}", "exa-4", when=when) for when in ("enters", "leaves")}
    digest = rule("exa-minutes", "exa-5", tell=Tell(how="digest", digest="1m"))
    save_rules(kabar_settings, [digest, *about.values()])
    save_snooze(kabar_settings, Snooze(key="figure:exa-6", until=now() + timedelta(hours=1)))
    time.sleep(5)
    for name in ("ship", "speech"):
        # What stands in the titles differs, or they would be one story.
        publish(kabar_settings, f"digest-{name}", " ".join(WORDS[name].split()[:6]), f"{NAMES['exa-5']} {WORDS[name]}.")
    until(lambda: _matched(kabar_settings) == 2, seconds=20, what="they are matched")
    time.sleep(1)
    killed = pipeline.pids()["notify"]
    os.kill(killed, signal.SIGKILL)
    until(lambda: _is_new(pipeline, killed), seconds=10, what="notify is started anew")


def _is_new(pipeline: Pipeline, killed: int) -> bool:
    pipeline.watch(lambda _line: None)
    return pipeline.pids()["notify"] != killed


def _matched(settings: Settings) -> int:
    return sum(m.key == "exa-minutes" for m in read_all(settings, MATCHES))


def rule(number: str, figure: str, **more: Any) -> Rule:  # noqa: ANN401 - any field
    """A rule about one figure."""
    conditions = Conditions(figures=(figure,), figure_names=(NAMES[figure],))
    return Rule(id=number, name=number, conditions=conditions, **more)


def test_a_rule_is_live_within_five_seconds(kabar_settings: Settings) -> None:
    """A figure and a rule made while everything runs hold for what comes five seconds later; once removed, no more."""
    kabar(kabar_settings, "figures", "add", "Exa Wijayakusuma", "--alias", "Экза Виджаякусума", "--no-alert")
    kabar(kabar_settings, "rules", "add", "Exa travels", "--figure", "Exa Wijayakusuma", "--search", "kunjungan")
    time.sleep(5)
    publish(kabar_settings, "live-1", "Exa Wijayakusuma di pelabuhan", f"Exa Wijayakusuma {WORDS['visit']}.")
    publish(kabar_settings, "live-2", "Exa Wijayakusuma berpidato", f"Exa Wijayakusuma {WORDS['speech']}.")
    until(lambda: bool(told(kabar_settings, "exa-travels")), seconds=20, what="the alert")
    (alert,) = told(kabar_settings, "exa-travels")
    assert alert.match.url == "https://alerts.example/live-1"
    assert alert.match.rule_name == "Exa travels"
    kabar(kabar_settings, "rules", "remove", "Exa travels")
    time.sleep(5)
    publish(kabar_settings, "live-3", "Exa Wijayakusuma datang", f"Exa Wijayakusuma {WORDS['ship']} saat kunjungan.")
    time.sleep(3)
    assert len(told(kabar_settings, "exa-travels")) == 1


def test_why_and_what_a_rule_would_have_sent(kabar_settings: Settings) -> None:
    """`alerts --why` tells figure, rule, context, story, the four times; `rules test` sends the past through a rule."""
    late = now() - timedelta(days=31)
    name = NAMES["exa-2"]
    publish(kabar_settings, "why-1", f"{name} menonton", f"{name} {WORDS['match']}.", published_at=late)
    until(lambda: bool(told(kabar_settings, "figure:exa-2")), seconds=20, what="the alert")
    (alert,) = told(kabar_settings, "figure:exa-2")
    assert alert.match.late, "an item that is a month late alerts, and says so"
    until(lambda: explain(kabar_settings, alert).indexed_at is not None, seconds=10, what="the index has it", every=0.5)
    shown = kabar(kabar_settings, "alerts", "--why", alert.id[:12])
    for fact in (f"{name} (exa-2)", f"name {name}", "published", "(late)", "first seen", "indexed", "alerted"):
        assert fact in shown
    simulated = json.loads(kabar(kabar_settings, "rules", "test", name, "--since", "7d", "--json"))
    assert [a["match"]["url"] for a in simulated["alerts"]] == ["https://alerts.example/why-1"]
    assert len(told(kabar_settings, "figure:exa-2")) == 1, "a test sends nothing"


def test_alerts_are_followed(kabar_settings: Settings) -> None:
    """`alerts --follow` shows what comes while it runs, and ends where its reader goes away."""
    environment = {**os.environ, **kabar_settings.environment()}
    command = [*KABAR, "alerts", "--follow", "--rule", "figure:exa-7", "--json"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout
        name = NAMES["exa-7"]
        for number, words in enumerate(("visit", "speech")):
            title = " ".join(WORDS[words].split()[:6])
            url = publish(kabar_settings, f"follow-{number}", f"{name} {title}", f"{name} {WORDS[words]}.")
            alert = Alert.decode(following.stdout.readline().encode())
            assert (alert.match.figure_id, alert.match.url) == ("exa-7", url)
        following.stdout.close()
        publish(kabar_settings, "follow-2", f"{name} {WORDS['ship']}", f"{name} {WORDS['ship']}.")
        assert following.wait(20) != 0


def test_a_dry_run_says_what_a_figure_would_have_made(kabar_settings: Settings) -> None:
    """`figures test --dry-run` and `figures add --dry-run` count in the real index, by alias, and track nobody new."""
    name = "Exa Rajasanagara"
    for number, words in enumerate(("match", "train")):
        title = " ".join(WORDS[words].split()[:6])
        publish(kabar_settings, f"dry-{number}", title, f"{name} {WORDS[words]} {number}.")
    with Index(kabar_settings) as index:
        until(lambda: search(index, Query(text=f'"{name}"')).total == 2, seconds=20, what="both are indexed", every=0.2)
    shown = kabar(kabar_settings, "figures", "add", name, "--alias", "Exa Nobody Ever", "--dry-run", "--since", "30d",
                  "--json")  # fmt: skip
    found = json.loads(shown)
    assert found["alerts"] == 2
    assert {use["alias"]: use["items"] for use in found["uses"]} == {name: 2, "Exa Nobody Ever": 0}
    assert name not in kabar(kabar_settings, "figures", "list")
    kabar(kabar_settings, "figures", "add", name, "--no-alert")
    table = kabar(kabar_settings, "figures", "test", name, "--dry-run", "--since", "30d")
    assert "would have made 2 alerts" in table
    kabar(kabar_settings, "figures", "remove", name)


def test_a_backfill_sends_nothing_and_says_what_it_would_have(kabar_settings: Settings) -> None:
    """Old news fills the ledger: nothing is told of it, then or when another outlet repeats it live."""
    name = NAMES["exa-3"]
    title, body = f"{name} meninjau", f"{name} {WORDS['quake']}."
    publish(kabar_settings, "old-1", title, body, topic=BACKFILL)
    until(lambda: len(withheld(kabar_settings, "exa-3")) == 1, seconds=30, what="it is withheld")
    assert withheld(kabar_settings, "exa-3")[0].reason == "backfill"
    publish(kabar_settings, "old-1-elsewhere", title, body, source="other")
    time.sleep(3)
    assert told(kabar_settings, "figure:exa-3") == []
    assert "1 alert was decided" in kabar(kabar_settings, "alerts", "--withheld", "--rule", "figure:exa-3")


def withheld(settings: Settings, figure: str) -> list[Withheld]:
    """What was decided of a figure and not sent."""
    found = [Withheld.decode(m.value) for m in read_all(settings, WITHHELD) if m.value]
    return [one for one in found if one.match.figure_id == figure]


def test_a_name_that_enters_a_headline_and_one_that_leaves(kabar_settings: Settings) -> None:
    """Edits of one item: told as the name comes into the headline, and as it goes."""
    body = f"{NAMES['exa-4']} {WORDS['train']}."
    for title in ("Kereta cepat dicoba", f"{NAMES['exa-4']} mencoba kereta", "Kereta cepat resmi dibuka"):
        publish(kabar_settings, "headline", title, body)
        time.sleep(0.3)
    until(lambda: bool(told(kabar_settings, "exa-leaves")), seconds=20, what="it left")
    (enters,), (leaves,) = told(kabar_settings, "exa-enters"), told(kabar_settings, "exa-leaves")
    assert (enters.kind, enters.match.revision) == ("enters", 2)
    assert (leaves.kind, leaves.match.revision) == ("leaves", 3)


def test_what_is_snoozed_is_withheld(kabar_settings: Settings) -> None:
    """A snooze is live within seconds, and what it kept back is there to be seen."""
    name = NAMES["exa-6"]
    publish(kabar_settings, "snooze-1", f"{name} hadir", f"{name} {WORDS['match']}, lalu pulang.")
    until(lambda: bool(withheld(kabar_settings, "exa-6")), seconds=20, what="it is withheld")
    assert withheld(kabar_settings, "exa-6")[0].reason.startswith("snoozed until")
    assert told(kabar_settings, "figure:exa-6") == []


@pytest.mark.parametrize(
    "words",
    [
        ("Nobody", "--figure", "Nobody Known"),
        ("Bad search", "--search", "lang: ("),
        ("No condition",),
        ("No sink", "--any-figure", "--to", "nowhere"),
    ],
)
def test_a_wrong_rule_is_a_sentence(kabar_settings: Settings, words: tuple[str, ...]) -> None:
    """What cannot be is said in one sentence that tells what to do, with exit code 2 and nothing on standard output."""
    assert kabar(kabar_settings, "rules", "add", *words, expect=2) == ""


def test_a_digest_comes_by_its_timer_after_kill_9(kabar_settings: Settings, pipeline: Pipeline) -> None:
    """The two stories that waited when `notify` was killed come when their minute is over, each once."""

    def urls() -> list[str]:
        pipeline.watch(lambda _line: None)
        digests = told(kabar_settings, "exa-minutes")
        return sorted(entry.url or "" for alert in digests for entry in alert.entries)

    expected = [f"https://alerts.example/digest-{name}" for name in ("ship", "speech")]
    until(lambda: urls() == expected, seconds=90, what="both came once", every=0.5)
