"""A host is asked by one process of a machine at a time, and not right after another has asked it."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from connectors.feeds.hosts import Hosts
from connectors.feeds.poller import Poller
from connectors.feeds.schedule import Followed
from connectors.guard import guarded_session
from connectors.pages.fetcher import Fetcher
from connectors.robots import Robots
from connectors.turns import FILE, Turns
from schemas.feed import Feed, FeedState
from schemas.settings import SettingsError, load_settings
from tests.connectors.kept import Kept
from tests.connectors.pages.test_fetcher import message
from tests.connectors.server import LocalServer

OPEN = load_settings(allow_networks="127.0.0.0/8", kafka="unused:1")

# Another process that takes a host's turn, says so, and keeps it until its input ends.
OTHER = """
import asyncio, sys
from pathlib import Path
from connectors.turns import Turns

async def keep():
    async with Turns(Path(sys.argv[1])).turn(sys.argv[2], float(sys.argv[3])):
        print("mine", flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(keep())
"""


@contextmanager
def kept_by_another(folder: Path, host: str, spacing: float = 0.0) -> Iterator[subprocess.Popen[str]]:
    """A process that has the host's turn."""
    command = [sys.executable, "-c", OTHER, str(folder), host, str(spacing)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "mine\n"
        try:
            yield other
        finally:
            other.kill()


def waited(folder: Path, url: str, spacing: float = 0.0, limit: float = 5.0) -> float | None:
    """Seconds until this process had the turn of a URL's host; None where it did not within the limit."""

    async def take() -> float | None:
        hosts, begun = Hosts(spacing, Turns(folder)), time.monotonic()
        with suppress(TimeoutError):
            async with asyncio.timeout(limit), hosts.turn(url):
                return time.monotonic() - begun
        return None

    return asyncio.run(take())


def test_a_host_that_another_process_asks_is_waited_for(tmp_path: Path) -> None:
    """Other hosts are not; and when that process is killed, nothing of its turn is left."""
    with kept_by_another(tmp_path, "a.example") as other:
        assert waited(tmp_path, "https://a.example/feed", limit=0.5) is None
        assert waited(tmp_path, "https://b.example/feed", limit=0.5) is not None
        other.kill()
        other.wait()
        assert waited(tmp_path, "https://a.example/feed") is not None


def test_the_pause_after_another_process_asked_is_kept(tmp_path: Path) -> None:
    """It counts from when that one was done."""
    with kept_by_another(tmp_path, "a.example", 1.0) as other:
        assert other.stdin is not None
        other.stdin.close()
        other.wait()
        first = waited(tmp_path, "https://a.example/feed", 1.0)
    assert first is not None
    assert 0.3 < first <= 1.0


def test_within_a_process_one_host_that_ends_leaves_the_other_its_turn(tmp_path: Path) -> None:
    """Two hosts may share a place; the place is free when both are done."""

    async def both() -> None:
        turns = Turns(tmp_path)
        async with turns.turn("a.example", 0.0):
            async with turns.turn("a.example", 0.0):
                pass
            with pytest.raises(subprocess.TimeoutExpired):
                await asyncio.to_thread(taken_elsewhere, tmp_path)
        await asyncio.to_thread(taken_elsewhere, tmp_path)

    asyncio.run(both())


def taken_elsewhere(folder: Path) -> None:
    """Another process takes the turn and ends, within two seconds."""
    command = [sys.executable, "-c", OTHER, str(folder), "a.example", "0"]
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True, timeout=2)


def test_a_clock_that_was_set_back_holds_nobody_for_long(tmp_path: Path) -> None:
    """The longest wait is the pause itself."""
    Turns(tmp_path).close()
    (tmp_path / FILE).write_bytes(b"\xff\xff\xff\xff\xff\xff\xef\x7f" * (1 << 20))  # the largest number everywhere
    first = waited(tmp_path, "https://a.example/feed", 0.2)
    assert first is not None
    assert first < 1.0


def test_poller_and_fetcher_of_one_site_meet_here(tmp_path: Path) -> None:
    """While another process asks the site neither of them does; then both do."""

    async def run(feed_url: str, page_url: str) -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(4))
        turns = Turns(tmp_path)
        poller = Poller(OPEN, Kept(), turns=turns)
        fetcher = Fetcher(OPEN, Kept(), spacing=0.0, turns=turns)
        feed = Feed(id="a", url=feed_url)
        followed = Followed(feed=feed, state=FeedState(feed_id="a"), partition=0)
        fetcher._take([message(page_url, 0)])  # noqa: SLF001
        async with guarded_session(OPEN) as session:
            writing = asyncio.create_task(poller._writer.run())  # noqa: SLF001
            with kept_by_another(tmp_path, "127.0.0.1") as other:
                polling = asyncio.create_task(poller._poll(session, followed))  # noqa: SLF001
                fetcher._start_due(session, Robots(session))  # noqa: SLF001
                await asyncio.sleep(1.0)
                assert site.requests == []
                other.kill()
                await asyncio.wait_for(asyncio.gather(polling, *fetcher._tasks), 10)  # noqa: SLF001
            writing.cancel()

    with LocalServer() as site:
        asyncio.run(run(site.serve("/feed", b"<rss version='2.0'><channel/></rss>"), site.serve("/a", b"<p>A page.")))
    assert sorted(set(site.requests)) == ["/a", "/feed", "/robots.txt"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """With the setting that says another."""
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="KABAR_DATA_DIR"):
        Turns(tmp_path / "file" / "data")
