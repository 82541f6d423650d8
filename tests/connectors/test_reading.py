"""`kabar feeds parse` as a user runs it: a file or an address in, JSON Lines or one sentence out."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from connectors.parse import Unreadable
from connectors.reading import Read, read_body
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
    """A page, an empty file, a missing one, a dead address: nothing on standard output, one line on the other."""
    page, empty, cut = tmp_path / "page", tmp_path / "empty", tmp_path / "cut"
    page.write_bytes(b"<!doctype html><html><body>Hello</body></html>")
    empty.write_bytes(b"")
    cut.write_bytes(b"<rss")
    for place, why in (
        (str(page), "an HTML page, not a feed"),
        (str(empty), "an empty body"),
        (str(cut), "cut off: the document ends before its first item"),
        (str(tmp_path / "none"), "No such file or directory"),
        ("http://127.0.0.1:9/feed", "connect"),
    ):
        ended = kabar(place, "--json")
        assert (ended.returncode, ended.stdout) == (2, b""), place
        told = msgspec.json.decode(ended.stderr)
        assert told["place"] == place
        assert why in told["error"]
        assert ended.stderr.count(b"\n") == 1
    ended = kabar(str(cut))
    assert (ended.returncode, ended.stdout) == (2, b"")
    assert ended.stderr.decode() == f"{cut}: cut off: the document ends before its first item\n"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<rss version='2.0'><channel><title>News</title><item><ti", "cut off: the document ends before its first"),
        (b"<rss version='2.0'><channel><title>Ne", "cut off: the document ends before its first item"),
        (b'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"', "cut off: the document ends before"),
        (b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><lo', "cut off: the document ends before"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "ti', "cut off: the JSON ends before"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": [', "cut off: the JSON ends before it is whole"),
        (b" \r\n\t", "an empty body"),
        (bytes(3000), "an empty body"),
        (bytes(range(256)) * 20, "binary data, not a feed"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR<rss>", "an image (PNG), not a feed"),
        (b"%PDF-1.7\n<< /Type /Catalog >>", "a PDF document, not a feed"),
        (b"PK\x03\x04\x14\0", "a ZIP archive, not a feed: unpack it first"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "an image (WebP), not a feed"),
        (b"\0\0\0\x20ftypisom", "a video or sound file (MP4), not a feed"),
        (b"\x1f\x8b\x08\0\0\0\0", "a gzip file that is broken: it ends before its content"),
        (b"WARC/1.0\r\nWARC-Type: warcinfo\r\n", "a web archive (WARC), not a feed: `kabar ingest` takes it"),
        (b"<html><head><title>Home</title>", "an HTML page (Home), not a feed"),
        (b"<br />\n<b>Fatal error</b>:  Uncaught Error in /var/www/x.php", "an HTML page, not a feed"),
        (b'{"error": "not found"}', "JSON, but not a JSON Feed"),
        (b"guid,title\n1,One\n", "plain text, not a feed"),
        (b"<opml><body/></opml>", "a list of feeds (OPML): `kabar feeds import` takes it"),
    ],
)  # fmt: skip
def test_the_reason_says_what_it_is_instead(body: bytes, why: str) -> None:
    """Cut off, empty, binary or another kind of document: never a feed without items."""
    found = read_body(body, url="https://news.example/feed")
    assert isinstance(found, Unreadable)
    assert why in found.reason


def test_a_feed_that_has_no_items_yet_is_one() -> None:
    """Whole and empty: no error, and a note; cut off behind its first item: that item, and the cut is told."""
    empty = read_body(b"<rss version='2.0'><channel><title>New</title></channel></rss>", url="")
    assert isinstance(empty, Read)
    assert (empty.items, empty.note) == ((), "RSS 2.0 without items")
    cut = read_body(FEED.partition(b"</channel>")[0] + b"<item><title>Se", url="")
    assert isinstance(cut, Read)
    assert [item.title for item in cut.items] == ["First & best"]


@pytest.mark.parametrize(
    "odd", [b"a\0b \xed\xa0\x80 &#xD800; &#0; \xff", b"&#55357;&#56832;" * 130_000], ids=["some", "many"]
)
def test_characters_that_are_none_in_a_very_long_feed(odd: bytes) -> None:
    """A feed too long to be mended is read all the same; halves of letters, which libxml2 would keep, are left out."""
    filler = b"<item><title>Long</title><link>/long</link><description>" + b"w" * 2_100_000 + b"</description></item>"
    body = FEED.replace(b"<item>", filler + b"<item><title>Odd " + odd + b"</title><link>/odd</link></item><item>", 1)
    found = read_body(body, url="https://news.example/feed")
    assert isinstance(found, Read)
    assert [item.title.split()[0] for item in found.items] == ["Long", "Odd", "First"]
    assert all("xml-" in " ".join(item.repairs) for item in found.items)
