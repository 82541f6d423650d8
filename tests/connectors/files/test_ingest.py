"""`kabar ingest` on a real broker: killed in the middle, gone on with, watching a folder."""

import gzip
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connectors.files.journal import Journal
from schemas.broker import read_all
from schemas.settings import Settings
from schemas.topics import DEADLETTERS, ITEMS, WANTED
from tests.connectors.files import archives
from tests.servers import server_fixtures
from tests.waiting import until

KABAR = [sys.executable, "-c", "from pipeline.cli import main; main()", "ingest"]


# The steps of later tests would read these many thousand items for minutes.
kabar_settings, _ = server_fixtures("module")


@pytest.fixture
def settings(kabar_settings: Settings, tmp_path: Path) -> Settings:
    """That broker, with a data directory of the test's own."""
    return kabar_settings.model_copy(update={"data_dir": tmp_path / "data"})


@contextmanager
def running(settings: Settings, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """`kabar ingest` under way."""
    environment = {**os.environ, **settings.environment()}
    child = subprocess.Popen(
        [*KABAR, *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def ingest(settings: Settings, *words: str, expect: int = 0) -> tuple[str, str]:
    """`kabar ingest` to its end: its output and its errors."""
    with running(settings, *words) as child:
        out, err = child.communicate(timeout=120)
        assert child.returncode == expect, out + err
    return out, err


def keys(settings: Settings, topic: str, guid: str) -> list[str]:
    """The keys of a topic's records that hold this text, in order."""
    return [m.key or "" for m in read_all(settings, topic) if m.value and guid.encode() in m.value]


def lines(total: int) -> Iterator[bytes]:
    """So many items as JSON, each with a text that does not shrink to nothing where it is packed."""
    generator = random.Random(1)
    for number in range(total):
        yield json.dumps({"guid": f"{number}", "title": f"T {number}", "body": generator.randbytes(100).hex()}).encode()


def large(path: Path, kind: str, total: int) -> Path:
    """A file of that kind of so many records."""
    body = b"\n".join(lines(total)) + b"\n"
    if kind == "jsonl":
        path.write_bytes(body)
    elif kind == "jsonl.gz":
        path.write_bytes(gzip.compress(body, 1))
    else:
        archives.write(path, total)
    return path


@pytest.mark.parametrize("kind", ["jsonl", "jsonl.gz", "warc.gz"])
def test_a_killed_ingest_goes_on_where_it_stopped(settings: Settings, tmp_path: Path, kind: str) -> None:
    """SIGKILL in the middle: the next run says where it goes on, all items are in Kafka, few of them twice."""
    total, marker = 1_500 if kind == "warc.gz" else 15_000, f"killed-{kind}"
    path = large(tmp_path / f"large.{kind}", kind, total)

    def begun() -> bool:
        with Journal(settings.data_dir / "ingest" / "journal.sqlite") as journal:
            return journal.place(path).offset > 0

    with running(settings, str(path), "--source", marker) as child:
        until(begun, seconds=60, what="some are sent", every=0.02)
        child.send_signal(signal.SIGKILL)
    before = len(keys(settings, ITEMS, marker))
    assert before < total, "the test needs a kill before the end"
    _, err = ingest(settings, str(path), "--source", marker)
    assert re.search(r"going on after [\d,]+ records", err)
    after = keys(settings, ITEMS, marker)
    assert len(set(after)) == total
    assert len(after) - total < before
    assert len(after) - total <= 10_000
    if kind == "jsonl":
        out, err = ingest(settings, str(path), "--source", "again", "--json")
        assert json.loads(out)["sent"] == total, "a file that was read to its end begins anew"
        assert "going on" not in err


def test_progress_is_shown(settings: Settings, tmp_path: Path) -> None:
    """How far it is, on standard error; in a packed file, of what is on disk."""
    path = large(tmp_path / "p.jsonl.gz", "jsonl.gz", 12_000)
    out, err = ingest(settings, str(path), "--source", "progress")
    assert out == "12000 sent.\n"
    told = {int(count): int(share) for share, count in re.findall(r": (\d+)%, (\d+),000 read", err)}
    assert told.keys() == {5, 10}
    assert 38 <= told[5] <= 55
    assert 78 <= told[10] <= 97


def test_a_watched_folder(settings: Settings, tmp_path: Path) -> None:
    """Files that are there, that appear and that grow, each record once; over a restart too; Ctrl-C ends it well."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.jsonl").write_text('{"guid": "w1", "title": "One"}\n', encoding="utf-8")

    def count() -> int:
        return len(keys(settings, ITEMS, '"source":"watched"'))

    with running(settings, str(folder), "--watch", "--source", "watched") as child:
        until(lambda: count() == 1, seconds=60, what="the file that was there")
        with (folder / "a.jsonl").open("a", encoding="utf-8") as file:
            file.write('{"guid": "w2", "title": "Two"}\n')
        (folder / "b.txt").write_text("Ferry resumes\n\nIt left.", encoding="utf-8")
        until(lambda: count() == 3, seconds=60, what="what grew and what appeared")
        time.sleep(2.5)
        assert count() == 3
        child.send_signal(signal.SIGINT)
        out, _ = child.communicate(timeout=10)
        assert (child.returncode, out.splitlines()[-1]) == (0, "3 sent.")
    with running(settings, str(folder), "--watch", "--source", "watched") as child:
        (folder / "c.jsonl").write_text('{"guid": "w3", "title": "Three"}\nbad\n', encoding="utf-8")
        until(lambda: count() == 4, seconds=60, what="only what is new")
        until(lambda: len(keys(settings, DEADLETTERS, "c.jsonl:2")) == 1, seconds=20, what="the dead letter")
        time.sleep(2)
        assert count() == 4


def test_pages_of_a_list_are_wanted(settings: Settings, tmp_path: Path) -> None:
    """`--full-text page` sends items to `news.wanted`, whose pages the fetcher takes."""
    path = tmp_path / "list.csv"
    path.write_text("URL,MobileURL,Date,Title\nhttps://wanted.invalid/1,,2024-01-01,One\n", encoding="utf-8")
    ingest(settings, str(path), "--full-text", "page")
    assert keys(settings, WANTED, "wanted.invalid") == ["wanted.invalid"]


def test_words_that_make_no_sense(settings: Settings, tmp_path: Path) -> None:
    """One sentence, exit code 2."""
    file = tmp_path / "a.txt"
    file.write_text("x", encoding="utf-8")
    for words in ((str(file), "--watch"), (str(file), "--url", "javascript:x"), ("none.txt",)):
        _, err = ingest(settings, *words, expect=2)
        assert "Traceback" not in err
