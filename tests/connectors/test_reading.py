"""`kabar feeds parse` as a user runs it: a file or an address in, JSON Lines or one sentence out."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec

from schemas.item import item_id
from tests.connectors.server import LocalServer

FIELDS = (
    "id guid url title summary body published_at updated_at language_hint authors categories source repairs".split()  # noqa: SIM905 - a list of names
)
FEED = b"""<rss version="2.0"><channel><title>News</title><link>https://news.example/</link><language>en</language>
<item><title>First &amp;amp; best</title><link>/1?utm_source=rss</link><guid isPermaLink="false">g1</guid>
<description>One</description><pubDate>Tue, 05 Mar 2024 08:30:00 GMT</pubDate></item></channel></rss>"""


def kabar(*words: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run `kabar feeds parse` with no server configured."""
    return subprocess.run(
        [sys.executable, "-c", "from pipeline.cli import main; main()", "feeds", "parse", *words],
        input=given,
        capture_output=True,
        check=False,
        timeout=60,
        env={k: v for k, v in os.environ.items() if not k.startswith("KABAR_")} | {"KABAR_ALLOW_NETWORKS": "127.0.0.1"},
    )


def test_a_file_comes_out_as_json_lines(tmp_path: Path) -> None:
    """Exactly the fields promised, with what was mended, and exit code 0."""
    file = tmp_path / "feed"
    file.write_bytes(FEED)
    ended = kabar(str(file), "--json")
    assert (ended.returncode, ended.stderr) == (0, b"")
    (line,) = ended.stdout.splitlines()
    item = msgspec.json.decode(line)
    assert list(item) == FIELDS
    assert item == {
        "id": item_id(url="https://news.example/1"),
        "guid": "g1",
        "url": "https://news.example/1",
        "title": "First & best",
        "summary": "One",
        "body": "",
        "published_at": "2024-03-05T08:30:00Z",
        "updated_at": None,
        "language_hint": "en",
        "authors": [],
        "categories": [],
        "source": "news.example",
        "repairs": ["link-relative", "html-in-title"],
    }


def test_an_address_and_standard_input_give_the_same() -> None:
    """The way in changes nothing but the source, which is the address's host where there is one."""
    with LocalServer() as server:
        from_address = kabar(server.serve("/feed", FEED), "--json")
    from_input = kabar("-", "--json", given=FEED)
    first, second = (msgspec.json.decode(ended.stdout) for ended in (from_address, from_input))
    assert first.pop("source") == "127.0.0.1"
    assert second.pop("source") == "news.example"
    assert first == second


def test_what_is_no_feed_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    """A page, an empty file, a missing one, a dead address: nothing on standard output, one sentence on the other."""
    page, empty = tmp_path / "page", tmp_path / "empty"
    page.write_bytes(b"<!doctype html><html><body>Hello</body></html>")
    empty.write_bytes(b"")
    for place in (str(page), str(empty), str(tmp_path / "none"), "http://127.0.0.1:9/feed"):
        ended = kabar(place, "--json")
        assert (ended.returncode, ended.stdout) == (2, b""), place
        assert ended.stderr.count(b"\n") == 1
        assert ended.stderr.startswith(place.encode() + b": ")
