"""What is fetched from a Maven repository, and how: four at a time, checked by SHA-256, kept under their own paths.

`artifacts.lock` has one line for each: group of use, path in the repository, size in bytes, SHA-256. A file that is
complete is never fetched again; a file that is not gets its name only when its checksum is right.
"""

import functools
import hashlib
import http.client
import os
import shutil
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from deploy.errors import Cancelled, ChecksumMismatch, DeployError, DiskFull, NoNetwork, translated

MAVEN_CENTRAL = "https://repo1.maven.org/maven2/"
SETTING = "KABAR_MAVEN_URL"
LOCK_FILE = "artifacts.lock"
PARALLEL = 4
ATTEMPTS = 3
TIMEOUT_SECONDS = 30.0
BLOCK_BYTES = 1 << 18
# The artifacts, Elasticsearch unpacked, a copy of the Java runtime where one is needed, and room for data.
NEEDED_BYTES = 1_000_000_000

Report = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Artifact:
    """One pinned file. `group` is `kafka`, `elasticsearch`, `plugin` or `build`; `size` is in bytes."""

    group: str
    path: str
    size: int
    sha256: str

    def place(self, cache: Path) -> Path:
        """Where it is kept below the cache folder."""
        return cache / "maven" / self.path


def parse_lock(text: str) -> tuple[Artifact, ...]:
    """The artifacts that a lock file names; `#` starts a comment line."""
    rows = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return tuple(Artifact(group, path, int(size), sha256) for group, path, size, sha256 in rows)


@functools.cache
def locked_artifacts() -> tuple[Artifact, ...]:
    """The artifacts of this version of Kabar."""
    return parse_lock(resources.files("deploy").joinpath(LOCK_FILE).read_text(encoding="utf-8"))


def of_groups(*groups: str) -> tuple[Artifact, ...]:
    """Those of the artifacts that are for one of these uses."""
    return tuple(artifact for artifact in locked_artifacts() if artifact.group in groups)


def repository() -> str:
    """The repository's address, ending in a slash."""
    url = os.environ.get(SETTING) or MAVEN_CENTRAL
    if not url.startswith(("https://", "http://")):
        raise NoNetwork(f"{SETTING} is {url!r}, which is not an address: set it to one that begins with https://.")
    return url.rstrip("/") + "/"


def missing(artifacts: Iterable[Artifact], cache: Path) -> list[Artifact]:
    """Those that the cache lacks. Looks at sizes only: what has its final name was checked when it got it."""
    return [item for item in artifacts if not _complete(item.place(cache), item.size)]


def _complete(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


def fetch(artifacts: Sequence[Artifact], cache: Path, report: Report | None = None) -> None:
    """Brings every missing artifact into the cache; the caller holds `cache.locked`.

    `report` is called with bytes done and bytes in all, from one thread at a time.

    Raises:
        NoNetwork: the repository cannot be reached, or does not have an artifact.
        ChecksumMismatch: it sends something else.
        DiskFull: less than about 1 GB is free, or space ran out on the way.
    """
    wanted = missing(artifacts, cache)
    if not wanted:
        return
    base = repository()
    if shutil.disk_usage(cache).free < NEEDED_BYTES:
        raise DiskFull(
            f"The disk that holds {cache} has less than {NEEDED_BYTES // 1_000_000} MB free: free some space,"
            " or set KABAR_CACHE_DIR to a folder on another disk."
        )
    counter = _Counter(sum(item.size for item in wanted), report)
    stop = threading.Event()
    # Largest first, so that the last thread is not left alone with it.
    with ThreadPoolExecutor(PARALLEL, thread_name_prefix="fetch") as pool:
        tasks = [pool.submit(_fetch_one, base, item, cache, counter, stop) for item in _largest_first(wanted)]
        try:
            for task in as_completed(tasks):
                task.result()
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _largest_first(artifacts: Iterable[Artifact]) -> list[Artifact]:
    return sorted(artifacts, key=lambda item: -item.size)


class _Counter:
    """Bytes done by all threads, told to one callback."""

    def __init__(self, total: int, report: Report | None) -> None:
        self._total, self._report, self._done = total, report, 0
        self._lock = threading.Lock()

    def add(self, size: int) -> None:
        with self._lock:
            self._done += size
            if self._report is not None:
                self._report(self._done, self._total)


def _fetch_one(base: str, artifact: Artifact, cache: Path, counter: _Counter, stop: threading.Event) -> None:
    place = artifact.place(cache)
    partial = place.with_name(place.name + ".part")
    with translated(cache):
        place.parent.mkdir(parents=True, exist_ok=True)
        for attempt in range(ATTEMPTS):
            try:
                digest = _download(base + artifact.path, partial, artifact.size, counter, stop)
                break
            except (OSError, http.client.HTTPException) as error:
                if isinstance(error, OSError) and not _is_network(error):
                    raise
                counter.add(-partial.stat().st_size if partial.exists() else 0)
                partial.unlink(missing_ok=True)
                if attempt + 1 == ATTEMPTS or not _worth_repeating(error):
                    raise _no_network(base, artifact, error) from error
                time.sleep(0.5 * 2**attempt)
        if digest != artifact.sha256:
            partial.unlink(missing_ok=True)
            raise ChecksumMismatch(
                f"{base}{artifact.path} is not the file that Kabar was tested with (its SHA-256 is {digest[:12]}…,"
                f" not {artifact.sha256[:12]}…): check {SETTING} and what stands between, then start again."
            )
        partial.chmod(0o644)
        partial.replace(place)


def _download(url: str, partial: Path, size: int, counter: _Counter, stop: threading.Event) -> str:
    """Writes the body to `partial` and returns its SHA-256; never more than `size` bytes and one block."""
    digest, got = hashlib.sha256(), 0
    request = urllib.request.Request(url, headers={"User-Agent": "kabar"})  # noqa: S310 - `repository` checked it
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as body, partial.open("wb") as target:  # noqa: S310
        while got <= size and (block := body.read(BLOCK_BYTES)):
            if stop.is_set():
                raise Cancelled("The download was given up: start again to go on.")
            target.write(block)
            digest.update(block)
            got += len(block)
            counter.add(len(block))
    if got < size and body.length:
        raise http.client.IncompleteRead(b"", size - got)
    return digest.hexdigest()


def _is_network(error: OSError) -> bool:
    # URLError wraps what the socket said; those without a file name come from the network, not the disk.
    return isinstance(error, (urllib.error.URLError, ConnectionError, TimeoutError)) or (
        error.filename is None and error.errno is None
    )


def _worth_repeating(error: Exception) -> bool:
    if isinstance(error, urllib.error.HTTPError):
        return error.code >= http.HTTPStatus.INTERNAL_SERVER_ERROR or error.code == http.HTTPStatus.TOO_MANY_REQUESTS
    return True


def _no_network(base: str, artifact: Artifact, error: Exception) -> DeployError:
    name = artifact.path.rsplit("/", 1)[-1]
    if isinstance(error, urllib.error.HTTPError):
        return NoNetwork(f"{base} answered {error.code} for {name}: set {SETTING} to a Maven repository that has it.")
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    return NoNetwork(
        f"{base} cannot be reached to download {name} ({reason}): check the network or the proxy,"
        f" or set {SETTING} to a mirror of Maven Central, and start again; what is complete is kept."
    )
