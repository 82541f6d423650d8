"""What is fetched is what was pinned, or nothing; and every failure says what to do."""

import hashlib
import http.server
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest

from deploy import artifacts, cache, distribution
from deploy.artifacts import Artifact
from deploy.errors import ChecksumMismatch, DiskFull, NoNetwork
from deploy.ports import free_port

CONTENT = b"a jar, more or less" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        del format, args


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder served over HTTP as the Maven repository."""
    folder = tmp_path / "repository"
    folder.mkdir()
    handler = partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("KABAR_MAVEN_URL", f"http://127.0.0.1:{server.server_port}")
        yield folder
        server.shutdown()
        thread.join()


def _artifact(name: str, sha256: str = SHA256) -> Artifact:
    return Artifact("kafka", f"org/example/{name}", len(CONTENT), sha256)


def _serve(repository: Path, *names: str) -> None:
    folder = repository / "org" / "example"
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(CONTENT)


def test_fetching(repository: Path, tmp_path: Path) -> None:
    """Files arrive under their own paths, progress ends at the whole, and what is there is not fetched again."""
    wanted = [_artifact(f"{number}.jar") for number in range(10)]
    _serve(repository, *(f"{number}.jar" for number in range(10)))
    told: list[tuple[int, int]] = []
    artifacts.fetch(wanted, tmp_path, lambda done, total: told.append((done, total)))
    assert told[-1] == (10 * len(CONTENT), 10 * len(CONTENT))
    assert artifacts.missing(wanted, tmp_path) == []
    for file in (repository / "org" / "example").iterdir():
        file.unlink()
    artifacts.fetch(wanted, tmp_path)


def test_checksum_mismatch(repository: Path, tmp_path: Path) -> None:
    """What is not the pinned file does not get its name; the others are kept."""
    _serve(repository, "good.jar", "bad.jar")
    good, bad = _artifact("good.jar"), _artifact("bad.jar", "0" * 64)
    artifacts.fetch([good], tmp_path)
    with pytest.raises(ChecksumMismatch, match=r"bad\.jar is not the file that Kabar was tested with"):
        artifacts.fetch([good, bad], tmp_path)
    assert artifacts.missing([good, bad], tmp_path) == [bad]
    assert list(tmp_path.rglob("*.part")) == []


def test_longer_than_pinned(repository: Path, tmp_path: Path) -> None:
    """A body without end is given up after the pinned size."""
    _serve(repository)
    (repository / "org" / "example" / "long.jar").write_bytes(CONTENT * 100)
    with pytest.raises(ChecksumMismatch):
        artifacts.fetch([_artifact("long.jar")], tmp_path)


def test_not_in_the_repository(repository: Path, tmp_path: Path) -> None:
    """A 404 names the setting."""
    with pytest.raises(NoNetwork, match=r"answered 404 for none\.jar: set KABAR_MAVEN_URL"):
        artifacts.fetch([_artifact("none.jar")], tmp_path)


def test_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address where nobody answers: one sentence."""
    monkeypatch.setenv("KABAR_MAVEN_URL", f"http://127.0.0.1:{free_port()}/")
    with pytest.raises(NoNetwork, match=r"cannot be reached to download one\.jar .*: check the network"):
        artifacts.fetch([_artifact("one.jar")], tmp_path)


def test_not_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only http and https are spoken."""
    monkeypatch.setenv("KABAR_MAVEN_URL", "file:///etc")
    with pytest.raises(NoNetwork, match="KABAR_MAVEN_URL is 'file:///etc'"):
        artifacts.fetch([_artifact("one.jar")], tmp_path)


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="only root mounts a small disk")
def test_disk_full(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little space is told before the first byte; running out on the way as well."""
    _serve(repository, *(f"{number}.jar" for number in range(10)))
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], check=False)
    if mounted.returncode:
        pytest.skip("this root may not mount")
    try:
        wanted = [_artifact(f"{number}.jar") for number in range(10)]
        with pytest.raises(DiskFull, match="has less than 1000 MB free"):
            artifacts.fetch(wanted, disk)
        monkeypatch.setattr(artifacts, "NEEDED_BYTES", 0)
        with pytest.raises(DiskFull, match="is full"):
            artifacts.fetch(wanted, disk)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_the_lock_file() -> None:
    """Every line is whole, and nothing is pinned twice."""
    locked = artifacts.locked_artifacts()
    assert len({artifact.path for artifact in locked}) == len(locked) > 45
    assert all(len(artifact.sha256) == 64 and artifact.size > 0 for artifact in locked)
    assert {artifact.group for artifact in locked} == {"kafka", "elasticsearch", "plugin", "build"}


def test_a_second_start_opens_no_socket() -> None:
    """With a filled cache, preparing makes no socket at all, whatever the repository's address is."""
    distribution.prepare()
    script = (
        "import sys\n"
        "def hook(event, args):\n"
        "    if event.startswith('socket.'): raise SystemExit(f'opened a socket: {event}')\n"
        "from deploy import distribution\n"
        "sys.addaudithook(hook)\n"
        "distribution.prepare()\n"
    )
    environment = {**os.environ, "KABAR_MAVEN_URL": f"http://127.0.0.1:{free_port()}/"}
    run = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")


class _Counting(_Quiet):
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()


def test_two_starts_fill_one_cache() -> None:
    """Of two starts on an empty cache one fetches, the other waits and says so; each file is fetched once."""
    filled = cache.directory()
    distribution.prepare(elasticsearch=False)
    script = "from deploy import distribution\ndistribution.prepare(elasticsearch=False, progress=print)\n"
    handler = partial(_Counting, directory=str(filled / "maven"))
    with (
        tempfile.TemporaryDirectory(prefix="kabar-") as name,
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
    ):
        Path(name).chmod(0o755)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        environment = {
            **os.environ, "KABAR_CACHE_DIR": name, "PYTHONUNBUFFERED": "1",
            "KABAR_MAVEN_URL": f"http://127.0.0.1:{server.server_port}",
        }  # fmt: skip
        with cache.locked(Path(name)):
            starts = [
                subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True)
                for _ in range(2)
            ]
            for start in starts:
                assert start.stdout is not None
                assert "Waiting for another start" in start.stdout.readline()
        told = [start.communicate(timeout=120)[0] for start in starts]
        server.shutdown()
        thread.join()
        assert [start.returncode for start in starts] == [0, 0]
        assert sum("Downloading" in text for text in told) == 1
        assert artifacts.missing(artifacts.of_groups("kafka"), Path(name)) == []
    assert len(_Counting.asked) == len(set(_Counting.asked)) == len(artifacts.of_groups("kafka"))
