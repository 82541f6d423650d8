"""`docs/alerts.md` is true: its commands run, and print what it says."""

import re
import shlex
import sys
import time
from collections.abc import Iterator
from os import environ
from pathlib import Path

import pytest
import yaml

from pipeline.launch import Pipeline, Process
from pipeline.sinks.ledger import deliveries_now
from schemas.settings import Settings
from tests.pipeline.sinks.mailserver import PASSWORD, mail_server
from tests.pipeline.sinks.test_mail import parts
from tests.pipeline.test_pipeline import SAMPLE, kabar
from tests.waiting import until

PAGE = (Path(__file__).parents[3] / "docs" / "alerts.md").read_text("utf-8")


def blocks(kind: str) -> list[str]:
    """The fenced blocks of that kind."""
    return re.findall(f"```{kind}\n(.*?)```", PAGE, re.DOTALL)


def fits(expected: str, shown: str) -> bool:
    """Whether lines stand there in this order; `…` is anything in a line, or any lines."""
    position = 0
    for line in expected.splitlines():
        if not line.strip("… "):
            continue
        found = re.compile(".*".join(map(re.escape, line.split("…")))).search(shown, position)
        if found is None:
            return False
        position = found.end()
    return True


@pytest.fixture
def mail(kabar_settings: Settings, tmp_path: Path) -> Iterator[tuple[Settings, list[str]]]:
    """The page's sink, on a real mail server; and the texts that came."""
    with mail_server(tmp_path) as server:
        (written,) = blocks("yaml")
        sinks = yaml.safe_load(written)
        sinks["editors"] |= {"port": server.port, "ca": str(server.ca)}
        settings = kabar_settings.model_copy(update={"data_dir": tmp_path, "sinks": tmp_path / "sinks.yaml"})
        (tmp_path / "sinks.yaml").write_text(yaml.safe_dump(sinks))
        (tmp_path / "indonesian-article.txt").write_bytes(SAMPLE.read_bytes())
        environment = {**environ, **settings.environment(), "MAIL_PASSWORD": PASSWORD}
        process = Process("sinks", [sys.executable, "-m", "pipeline.sinks"], environment, tmp_path / "sinks.log")
        process.start()
        until(lambda: "/editors" in deliveries_now(settings), seconds=30, what="the sink has begun")
        texts: list[str] = []
        yield settings, texts
        until(lambda: bool(server.box.messages), seconds=30, what="a mail came")
        texts.extend(parts(message)[0] for message in server.box.messages)
        process.terminate()
        process.wait(10)
        (expected,) = blocks("text")
        assert len(texts) == 1
        assert fits(expected, texts[0]), texts[0]


@pytest.mark.usefixtures("pipeline")
@pytest.mark.skipif(not SAMPLE.exists(), reason="needs ../shared/samples/indonesian-article.txt")
def test_the_worked_example_ends_in_a_mail(
    mail: tuple[Settings, list[str]], pipeline: Pipeline, tmp_path: Path
) -> None:
    """Each command of the page prints what the page says, and the mail reads as it stands there."""
    settings, _ = mail
    (console,) = blocks("console")
    for step in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        command, _, expected = step.partition("\n")
        words = [str(tmp_path / w) if w.endswith(".txt") else w for w in shlex.split(command)[1:]]
        pipeline.watch(lambda _line: None)
        if words[0] != "alerts":
            assert fits(expected, kabar(settings, *words)), (command, expected)
            _settle(words)
            continue
        until(lambda: fits(expected, kabar(settings, *words, expect=None)), seconds=30, what=command, every=1)  # noqa: B023


def _settle(words: list[str]) -> None:
    """Changes are live within five seconds."""
    if words[0] == "rules":
        time.sleep(5)
