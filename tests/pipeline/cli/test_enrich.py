"""`kabar enrich`: lines in, the same lines out with what was understood."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cli.enrich import command, enrich_lines
from pipeline.entities import Recogniser
from pipeline.knowledge import load
from tests.deploy.asking import runs

NAMES = ("Путина", "Kim Jong Un", "김정은이", "بوتين", "東京", "UN", "Jakarta", " ", "\x00", "\ud83d", "\u200d", "́")


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    """Of the knowledge base, tracking nobody."""
    return Recogniser(load().entities)


def enrich(lines: str | bytes, *options: str) -> Result:
    """What the command answers to these lines."""
    return CliRunner().invoke(command, options, input=lines)


def test_lines_come_out_in_order_with_what_was_understood() -> None:
    """Each line keeps its fields and its place; a line that is no object says why, and the exit code tells."""
    given_lines = [
        {"id": 1, "title": "Putin akan mengunjungi Pyongyang pekan depan", "extra": {"kept": [1]}},
        {"id": 2, "text": "Президент встретился с Владимиром Путиным в Москве вчера"},
    ]
    done = enrich("\n".join([json.dumps(given_lines[0]), "", "not json", "[1]", json.dumps(given_lines[1])]))
    assert done.exit_code == 1
    first, broken, no_object, second = map(json.loads, done.stdout.splitlines())
    assert first.items() >= given_lines[0].items()
    assert second.items() >= given_lines[1].items()
    assert (first["language"], second["language"]) == ("id", "ru")
    assert {mention["name"] for mention in first["mentions"]} >= {"Vladimir Putin", "Pyongyang"}
    assert "line 3" in broken["error"]
    assert "line 4" in no_object["error"]


def test_a_mention_names_the_field_that_its_line_has() -> None:
    """`text` stands for `body`: that field cut at start and end is the mention, control characters kept."""
    line = {"id": "1", "text": "a\x00b\x07 Vladimir Putin tiba di Pyongyang"}
    answer = json.loads(enrich(json.dumps(line)).stdout)
    assert {mention["field"] for mention in answer["mentions"]} == {"text"}
    assert all(line["text"][m["start"] : m["end"]] == m["text"] for m in answer["mentions"])


def test_only_a_part(tmp_path: Path) -> None:
    """`--only` leaves the other part out, and a watchlist's names come with its ids."""
    (tmp_path / "list.jsonl").write_text('{"id": "f-1", "name": "Sari Wulandari", "kind": "person", "aliases": []}\n')
    line = json.dumps({"id": "1", "title": "Sari Wulandari terpilih menjadi wali kota"})
    assert "mentions" not in json.loads(enrich(line, "--only", "language").stdout)
    answer = json.loads(enrich(line, "--only", "entities", "--figures", str(tmp_path / "list.jsonl")).stdout)
    assert "language" not in answer
    assert [mention["entity_id"] for mention in answer["mentions"]] == ["f-1"]


FIELDS = ("id", "title", "summary", "body", "text", "language_hint")
texts = st.lists(st.sampled_from(NAMES) | st.text(max_size=20), max_size=12).map("".join)
values: st.SearchStrategy[Any] = texts | st.none() | st.integers() | st.lists(st.text(max_size=3), max_size=2)


@settings(deadline=None, max_examples=60)
@given(
    st.dictionaries(st.sampled_from(["id", "title", "summary", "body", "text", "language_hint"]), values, max_size=5)
)
def test_any_object_is_answered(recogniser: Recogniser, line: dict[str, Any]) -> None:
    """Whatever the fields hold, there is one answer, and every mention stands where it says."""
    data = json.dumps(line).encode()
    [answer] = enrich_lines([data], recogniser)
    for mention in answer.get("mentions", []):
        assert line[mention["field"]][mention["start"] : mention["end"]] == mention["text"]


@settings(deadline=None, max_examples=40)
@given(st.binary(max_size=200))
def test_any_bytes_are_answered(recogniser: Recogniser, data: bytes) -> None:
    """No bytes raise an exception, and each line that is not blank has one answer."""
    lines = [line for line in data.split(b"\n") if line.strip()]
    assert len(list(enrich_lines(lines, recogniser))) == len(lines)


def test_several_processes_answer_as_one_does(tmp_path: Path) -> None:
    """The same bytes in the same order, errors with the line's number in the whole, a watchlist's ids included."""
    (tmp_path / "list.jsonl").write_text('{"id": "f-1", "name": "Sari Wulandari", "kind": "person"}\n')
    lines = [json.dumps({"id": n, "title": f"{n} Sari Wulandari bertemu Putin di Jakarta"}) for n in range(200)]
    lines[150] = "broken"
    lines[70] = ""
    alone, together = (enrich("\n".join(lines), "--figures", str(tmp_path / "list.jsonl"), "--jobs", n) for n in "13")
    assert together.stdout == alone.stdout
    assert (together.exit_code, together.stdout.count("f-1")) == (1, 198)
    assert "line 151 is not JSON" in together.stdout


def test_a_process_that_is_killed_is_told() -> None:
    """No answer is lost in silence: the command ends with 1 and says what happened."""
    code = "import sys; from pipeline.cli.enrich import command; command(sys.argv[1:])"
    with subprocess.Popen(
        [sys.executable, "-c", code, "--jobs", "2"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stdin
        line = json.dumps({"id": 1, "title": "Putin akan mengunjungi Pyongyang pekan depan"}).encode() + b"\n"
        running.stdin.write(line * 128)
        running.stdin.flush()
        workers = [child for child in _children(running.pid) if "spawn_main" in " ".join(child.cmdline())]
        workers[0].kill()
        _, told = running.communicate(line * 1_000, timeout=120)
    assert running.returncode == 1
    assert b"ended from outside" in told
    assert not any(runs(child.pid) for child in workers)


def _children(process: int) -> list[psutil.Process]:
    """The processes of a process, as soon as there are two that work."""
    for _ in range(600):
        found = psutil.Process(process).children()
        if sum("spawn_main" in " ".join(child.cmdline()) for child in found) == 2:
            return found
        time.sleep(0.1)
    pytest.fail("no process was started")
