"""What a killed launcher left is ended; what is not ours is left alone; a folder has one launcher."""

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from deploy import stale
from deploy.errors import DataInUse
from tests.deploy.asking import runs
from tests.waiting import until

MARKER = "-Dkabar.home=/made/up"


def _note(path: Path, pid: int) -> Path:
    path.write_text(json.dumps({"guardian": 1, "child": pid}), encoding="utf-8")
    return path


def test_a_stale_server_is_ended(tmp_path: Path) -> None:
    """The process that the file names, with our marker in its command line, is stopped and the file removed."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", MARKER]) as left:
        path = _note(tmp_path / "kafka-1.pid", left.pid)
        until(lambda: MARKER in psutil.Process(left.pid).cmdline(), seconds=10, what="the process is what it was asked")
        assert stale.end_stale(path, MARKER)
        assert not runs(left.pid)
    assert not path.exists()


def test_a_number_used_by_another_program_is_left_alone(tmp_path: Path) -> None:
    """Without the marker it is not ours: nothing is stopped, the file goes."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as other:
        path = _note(tmp_path / "kafka-1.pid", other.pid)
        assert not stale.end_stale(path, MARKER)
        assert runs(other.pid)
        other.kill()
    assert not path.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"child": "x"}', '{"child": 4194304}'])
def test_a_damaged_pid_file_is_no_obstacle(tmp_path: Path, content: str) -> None:
    """Half-written, foreign or outdated: removed, no error."""
    path = tmp_path / "kafka-1.pid"
    path.write_text(content, encoding="utf-8")
    assert not stale.end_stale(path, MARKER)
    assert not path.exists()


def test_one_launcher_for_a_folder(tmp_path: Path) -> None:
    """A second one is told so; when the first is done the folder is free again."""
    with stale.claimed(tmp_path), pytest.raises(DataInUse, match="Another Kabar runs"), stale.claimed(tmp_path):
        pass
    with stale.claimed(tmp_path):
        pass
