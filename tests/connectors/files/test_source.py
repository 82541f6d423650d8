"""Files of each kind become items, and what cannot be one says why."""

import gzip
import hashlib
import io
import json
import random
import sys
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from connectors.documents import TITLE_LENGTH, read_html, read_text, title_of
from connectors.files.source import Files, files_of, read
from connectors.protocol import Refused, Source
from schemas.item import Item, item_id

SAMPLE = Path(__file__).parents[4] / "shared" / "samples" / "indonesian-article.txt"


def items_of(*paths: Path | str, source: str = "test", url: str | None = None) -> list[Item | Refused]:
    """Everything that these paths give."""
    return list(read(paths, source=source, url=url))


def one(*paths: Path | str, url: str | None = None) -> Item:
    """The one item that these paths give."""
    (found,) = items_of(*paths, url=url)
    assert isinstance(found, Item), found
    return found


def lines(path: Path, *objects: object) -> Path:
    """A JSON Lines file of these."""
    path.write_text("".join(json.dumps(o) + "\n" for o in objects), encoding="utf-8")
    return path


def test_json_lines_give_items_with_derived_ids(tmp_path: Path) -> None:
    """`text` is a body, the id comes from the canonical URL or from source and guid, a given id stays."""
    path = lines(
        tmp_path / "a.jsonl",
        {"url": "https://News.example/1?utm_source=x", "title": "One", "text": "Body"},
        {"guid": "7", "title": "Two"},
        {"id": "mine", "title": "Three", "source": "own", "url": "https://news.example/3"},
    )
    first, second, third = items_of(path)
    assert isinstance(first, Item)
    assert isinstance(second, Item)
    assert isinstance(third, Item)
    assert (first.id, first.url, first.body) == (
        item_id(url="https://news.example/1"), "https://news.example/1", "Body"
    )  # fmt: skip
    assert (second.id, second.source) == (item_id(url=None, source="test", guid="7"), "test")
    assert (third.id, third.source) == ("mine", "own")


def test_a_line_that_is_no_item_is_refused_and_its_neighbours_are_not(tmp_path: Path) -> None:
    """Not JSON, no object, no text, nothing to tell it by: each with file and line; the rest flows."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(
        b'{"url": "https://x.example/1", "title": "ok"}\n\nnot json\n[1]\n{"title": "no id"}\n'
        b'{"url": "https://x.example/2"}\n{"url": "https://x.example/3", "title": "bad \xff utf-8"}\n'
        b'{"url": "https://x.example/4", "title": "last"}'
    )
    found = items_of(path)
    refused = {f.origin.rpartition(":")[2]: f.reason for f in found if isinstance(f, Refused)}
    assert set(refused) == {"3", "4", "5", "6"}
    assert all(refused.values())
    assert [f.title for f in found if isinstance(f, Item)] == ["ok", "bad � utf-8", "last"]


def test_a_line_that_is_too_long_is_refused_in_constant_memory(tmp_path: Path) -> None:
    """40 MB on one line: its length, hash and beginning are told, and what follows is read."""
    path = tmp_path / "a.jsonl"
    long = b'{"title": "' + b"x" * 40_000_000 + b'"}\n'
    path.write_bytes(long + b'{"url": "https://x.example/1", "title": "after"}\n')
    digest, length = hashlib.sha256(long).hexdigest(), len(long)
    del long
    tracemalloc.start()
    refused, after = items_of(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(refused, Refused)
    assert (refused.length, refused.sha256) == (length, digest)
    assert len(refused.raw) <= 256 * 1024
    assert isinstance(after, Item)
    assert peak < 40_000_000


def test_lines_are_streamed(tmp_path: Path) -> None:
    """The first item is there before the rest is read, and memory does not grow with the file."""
    path = tmp_path / "a.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number in range(20_000):
            file.write(json.dumps({"url": f"https://x.example/{number}", "title": "t", "body": "b" * 500}) + "\n")
    tracemalloc.start()
    count = sum(isinstance(found, Item) for found in read([path], source="test"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 3_000_000


@pytest.mark.parametrize("kind", ["a.jsonl", "a.jsonl.gz", "a.jsonl.zip", "a.csv.gz"])
def test_the_place_says_how_much_of_the_file_is_read(tmp_path: Path, kind: str) -> None:
    """Packed or not: after half of the items it is about half of what is on disk, and never more than all."""
    generator, path, total = random.Random(1), tmp_path / kind, 8_000
    texts = [(f"https://x.example/{number}", generator.randbytes(80).hex()) for number in range(total)]
    if "csv" in kind:
        rows = "".join(f"{url},,2024-01-01 00:00:00,{text}\n" for url, text in texts)
        body = b"URL,MobileURL,Date,Title\n" + rows.encode()
    else:
        body = b"".join(json.dumps({"url": url, "title": "t", "body": text}).encode() + b"\n" for url, text in texts)
    if kind.endswith(".zip"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("a.jsonl", body)
    else:
        path.write_bytes(gzip.compress(body, 1) if kind.endswith(".gz") else body)
    files = files_of([path], source="s")
    shares = [files.place.read_to / files.place.size for _ in files.items()]
    assert len(shares) == total
    assert 0.4 < shares[total // 2] < 0.65
    assert shares == sorted(shares)
    assert shares[-1] <= 1


def test_a_text_file_is_an_item(tmp_path: Path) -> None:
    """A headline above an empty line is the title; the URL given is the identity, else the file's own."""
    path = tmp_path / "a.txt"
    path.write_text("Ferry resumes\n\nThe first ferry left.\nIt was full.\n", encoding="utf-8")
    item = one(path, url="https://News.example/ferry#x")
    assert (item.title, item.body) == ("Ferry resumes", "The first ferry left.\nIt was full.")
    assert (item.url, item.id) == ("https://news.example/ferry", item_id(url="https://news.example/ferry"))
    local = one(path)
    assert (local.guid, local.url) == (path.as_uri(), None)
    assert local.id == item_id(url=None, source="test", guid=path.as_uri())


@pytest.mark.skipif(not SAMPLE.is_file(), reason="../shared/samples is not here")
def test_an_article_without_a_headline_gets_its_first_sentence() -> None:
    """The body is the whole text, and the title a sentence of it that reads as a headline."""
    item = one(SAMPLE)
    assert item.body == SAMPLE.read_text(encoding="utf-8").strip()
    assert item.body.startswith(item.title)
    assert len(item.title) <= TITLE_LENGTH
    assert "\n" not in item.title


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Mr. Smith met Dr. J. R. Brown in St. Ives. They talked.", "Mr. Smith met Dr. J. R. Brown in St. Ives"),
        ("Short", "Short"),
        ("港口今天重新开放。船只陆续抵达。", "港口今天重新开放"),
        ("Is it over? Nobody knows.", "Is it over?"),
        ("“It is over,” he said. Then he left.", "“It is over,” he said"),
        ("बंदरगाह आज खुला। नावें आईं।", "बंदरगाह आज खुला"),
        ("", ""),
    ],
)
def test_a_title_is_the_first_sentence(text: str, title: str) -> None:
    """In any script, and not cut at an abbreviation."""
    assert title_of(text) == title


@pytest.mark.parametrize("text", ["word " * 200, "字" * 500, "x" * 500])
def test_a_long_first_sentence_is_cut(text: str) -> None:
    """At a word where the script has them, within the length, and marked as cut."""
    title = title_of(text)
    assert len(title) <= TITLE_LENGTH
    assert title.endswith("…")
    assert not title.endswith(" …")


def test_what_is_a_headline() -> None:
    """A short first line without a full stop is one; a sentence is not; one line alone is title and body."""
    assert read_text("Big news\nIt happened.").title == "Big news"
    assert read_text("It happened today.\nAnd again.").body == "It happened today.\nAnd again."
    alone = read_text("Only this")
    assert (alone.title, alone.body) == ("Only this", "Only this")
    assert read_text("").title == ""


def test_an_html_page_says_what_it_is(tmp_path: Path) -> None:
    """Its metadata are used, its article is the body, its scripts and menus are not."""
    path = tmp_path / "a.html"
    path.write_text(
        """<!DOCTYPE html><html lang="de-AT"><head><title>Brücke | Blatt</title>
        <meta property="og:title" content="Brücke gesperrt"><meta name="description" content="Bis Montag.">
        <meta property="article:published_time" content="2024-03-05T08:00:00+01:00">
        <meta name="author" content="R. Falk">
        <link rel="canonical" href="https://blatt.example/bruecke?utm_source=x"></head>
        <body><nav>Menü</nav><article><h1>Brücke gesperrt!</h1><p>Die Brücke ist zu.</p><script>x()</script></article>
        <footer>Impressum</footer></body></html>""",
        encoding="utf-8",
    )
    item = one(path)
    assert (item.title, item.summary, item.language_hint) == ("Brücke gesperrt", "Bis Montag.", "de-AT")
    assert item.body == "Brücke gesperrt!\nDie Brücke ist zu."
    assert item.url == "https://blatt.example/bruecke"
    assert item.published_at is not None
    assert item.published_at.isoformat() == "2024-03-05T07:00:00+00:00"
    assert item.authors == ("R. Falk",)
    assert one(path, url="https://other.example/x").url == "https://other.example/x"


def test_html_without_metadata() -> None:
    """`h1`, then `title`, then the text; nothing raises on a broken page."""
    assert read_html("<title>T</title><h1>H</h1><p>x").title == "H"
    assert read_html("<title>T</title><p>x").title == "T"
    assert read_html("<p>First sentence. Second.").title == "First sentence"
    assert read_html("").title == ""
    assert read_html("<" * 1000).body is not None
    assert "deep" in read_html("<div>" * 5000 + "deep").body


def test_a_folder_is_read_in_order(tmp_path: Path) -> None:
    """By name, with its folders, without hidden files; an unknown kind is refused, not skipped in silence."""
    (tmp_path / "b").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.txt").write_text("hidden", encoding="utf-8")
    (tmp_path / "b" / "two.txt").write_text("Two\n\nb", encoding="utf-8")
    (tmp_path / "a.txt").write_text("One\n\nb", encoding="utf-8")
    (tmp_path / "c.bin").write_bytes(b"\0\1")
    lines(tmp_path / "d.ndjson", {"guid": "1", "title": "Three"})
    (tmp_path / "e.xml").write_text(
        "<rss><channel><item><title>Four</title><guid>4</guid></item></channel></rss>", encoding="utf-8"
    )
    found = items_of(tmp_path)
    assert [f.title if isinstance(f, Item) else f.reason for f in found] == [
        "One", "Two", "files that end in .bin are not read", "Three", "Four",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "title"),
    [
        (b'{"guid": "1", "title": "From JSON"}\n', "From JSON"),
        (b"<html><h1>From HTML</h1><p>x</html>", "From HTML"),
        (b"From text\n\nbody", "From text"),
    ],
)
def test_standard_input_is_told_by_its_beginning(monkeypatch: pytest.MonkeyPatch, given: bytes, title: str) -> None:
    """JSON Lines, HTML or text, from `-`."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(given))))
    assert one("-").title == title


def test_empty_missing_and_huge_files_are_refused(tmp_path: Path) -> None:
    """Each says why; an empty JSON Lines file is no error and no item."""
    empty, huge, page = tmp_path / "e.txt", tmp_path / "h.txt", tmp_path / "p.html"
    empty.write_bytes(b" \n")
    huge.write_bytes(b"x" * 10_000_001)
    page.write_bytes(b"<html><body></body></html>")
    found = items_of(empty, huge, page, tmp_path / "none.txt", lines(tmp_path / "no.jsonl"))
    assert [type(f) for f in found] == [Refused] * 4
    assert "10,000,001 bytes" in (found[1].reason if isinstance(found[1], Refused) else "")


def test_a_url_is_for_one_page(tmp_path: Path) -> None:
    """With several files, a folder or nonsense it is an error before anything is read."""
    with pytest.raises(ValueError, match="one file"):
        read([tmp_path], source="s", url="https://x.example/")
    with pytest.raises(ValueError, match="one file"):
        read(["a.txt", "b.txt"], source="s", url="https://x.example/")
    with pytest.raises(ValueError, match="not an http"):
        read(["a.txt"], source="s", url="javascript:alert(1)")


def test_files_are_a_source() -> None:
    """They keep the protocol that all sources share."""
    source: Source = Files(paths=(), source="s")
    assert list(source.items()) == []
