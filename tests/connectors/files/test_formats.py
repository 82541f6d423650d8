"""ninjs, GDELT's lists and web archives become items; what cannot be one says why."""

import gzip
import json
import resource
import subprocess
import sys
import zipfile
import zlib
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest

from connectors.article import read_article
from connectors.files.place import Place
from connectors.files.source import read
from connectors.files.warc import read_warc
from connectors.protocol import Refused
from schemas.item import Item, item_id
from tests.connectors.files import archives


def items_of(path: Path) -> list[Item | Refused]:
    """Everything in a file."""
    return list(read([path], source="test"))


def one(path: Path) -> Item:
    """The one item of a file."""
    (found,) = items_of(path)
    assert isinstance(found, Item), found
    return found


NINJS_3 = {
    "uri": "urn:agency:2024:17", "standard": {"name": "ninjs", "version": "3.0"}, "type": "text", "language": "sv-SE",
    "pubStatus": "usable", "firstCreated": "2024-03-05T08:00:00+01:00", "versionCreated": "2024-03-05T09:30:00Z",
    "headlines": [{"role": "short", "value": "Färja"}, {"role": "main", "value": "Färjan går igen"}],
    "descriptions": [{"role": "main", "contentType": "text/plain", "value": "Efter tre veckor."}],
    "bodies": [{"role": "main", "contentType": "text/html", "value": "<p>Färjan <b>går</b> igen.</p><script>x"}],
    "by": "A. Berg", "subjects": [{"name": "Sjöfart", "uri": "medtop:1"}], "infoSources": [{"name": "TT"}],
}  # fmt: skip
NINJS_1 = {
    "uri": "https://agency.example/item/9?utm_source=x", "type": "text", "pubstatus": "usable", "language": "en",
    "versioncreated": "2024-03-05T09:30:00Z", "headline": "Ferry resumes", "body_xhtml": "<div><p>It left.</p></div>",
    "byline": "R. Falk", "subject": [{"name": "transport"}],
}  # fmt: skip


def test_ninjs_3(tmp_path: Path) -> None:
    """The main headline and body, plain; dates, language, people and subjects; the uri is its identity."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps(NINJS_3, indent=2), encoding="utf-8")
    item = one(path)
    assert (item.title, item.summary, item.body) == ("Färjan går igen", "Efter tre veckor.", "Färjan går igen.")
    assert (item.guid, item.url) == ("urn:agency:2024:17", None)
    assert (item.language_hint, item.authors, item.categories) == ("sv-SE", ("A. Berg",), ("Sjöfart",))
    assert item.source_name == "TT"
    assert item.published_at is not None
    assert item.published_at.isoformat() == "2024-03-05T07:00:00+00:00"


def test_the_headline_that_is_the_main_one_is_taken(tmp_path: Path) -> None:
    """However long another is whose role nobody names."""
    path = tmp_path / "a.json"
    headlines = [{"value": "En mycket längre rubrik utan roll"}, {"role": "main", "value": "Kort"}]
    path.write_text(json.dumps(NINJS_3 | {"headlines": headlines}), encoding="utf-8")
    assert one(path).title == "Kort"


def test_ninjs_1_among_lines(tmp_path: Path) -> None:
    """The older form, mixed with Kabar's own objects; what its publisher withdrew is refused with that word."""
    path = tmp_path / "a.jsonl"
    withdrawn = NINJS_3 | {"uri": "urn:x", "pubStatus": "canceled"}
    empty = {"uri": "urn:y", "standard": {"name": "ninjs"}}
    lines = [NINJS_1, {"guid": "7", "title": "Own"}, withdrawn, empty]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    first, second, third, fourth = items_of(path)
    assert isinstance(first, Item)
    assert (first.title, first.body, first.url) == ("Ferry resumes", "It left.", "https://agency.example/item/9")
    assert isinstance(second, Item)
    assert isinstance(third, Refused)
    assert "canceled" in third.reason
    assert isinstance(fourth, Refused)


def test_gdelt_article_lists(tmp_path: Path) -> None:
    """The Global Article List as JSON Lines, the DOC API's list as JSON and as CSV."""
    gal = tmp_path / "20240101.gal.json.gz"
    row = {
        "date": "2024-01-01T10:15:00Z", "url": "https://a.example/1?utm_source=g", "domain": "a.example", "lang": "es",
        "outletName": "Diario A", "title": "El puerto &amp; la ciudad", "desc": "Reabre.", "author": "B. Ruiz",
    }  # fmt: skip
    gal.write_bytes(gzip.compress((json.dumps(row) + "\n").encode()))
    item = one(gal)
    assert (item.url, item.title, item.summary) == ("https://a.example/1", "El puerto & la ciudad", "Reabre.")
    assert (item.source_name, item.language_hint, item.authors) == ("Diario A", "es", ("B. Ruiz",))
    doc = tmp_path / "doc.json"
    article = {
        "url": "https://b.example/2", "url_mobile": "", "title": "Port reopens", "seendate": "20240102T101500Z",
        "socialimage": "", "domain": "b.example", "language": "Norwegian Bokmål", "sourcecountry": "Norway",
    }  # fmt: skip
    doc.write_text(json.dumps({"articles": [article, article | {"url": "ftp://x/"}]}, indent=1), encoding="utf-8")
    found, refused = items_of(doc)
    assert isinstance(found, Item)
    assert (found.language_hint, found.source_country) == ("nb", "NO")
    assert found.published_at is not None
    assert found.published_at.isoformat() == "2024-01-02T10:15:00+00:00"
    assert isinstance(refused, Refused)
    table = tmp_path / "list.csv"
    table.write_text(
        'URL,MobileURL,Date,Title\nhttps://c.example/3,,2024-01-03 10:15:00,"A, b"\nx\n', encoding="utf-8-sig"
    )
    third, bad = items_of(table)
    assert isinstance(third, Item)
    assert (third.title, third.id) == ("A, b", item_id(url="https://c.example/3"))
    assert isinstance(bad, Refused)
    assert bad.origin == f"{table}:3"


def test_gdelt_knowledge_graph_and_mentions(tmp_path: Path) -> None:
    """Tab-separated, packed as GDELT packs them: title and time of the page's own, and its first language."""
    cells = [""] * 27
    cells[0], cells[1], cells[2], cells[3], cells[4] = (
        "id-T1",
        "20240101101500",
        "1",
        "d.example",
        "https://d.example/4",
    )
    cells[25] = "srclc:rus; eng:Moses"
    cells[26] = "<PAGE_PRECISEPUBTIMESTAMP>20240101090000</PAGE_PRECISEPUBTIMESTAMP><PAGE_TITLE>Q &amp; A</PAGE_TITLE>"
    path = tmp_path / "20240101101500.translation.gkg.csv.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("20240101101500.translation.gkg.csv", "\t".join(cells) + "\n")
    item = one(path)
    assert (item.title, item.url, item.language_hint) == ("Q & A", "https://d.example/4", "rus")
    assert item.published_at is not None
    assert item.published_at.hour == 9
    mentions = tmp_path / "20240101.mentions.CSV"
    row = ["1", "20240101101500", "20240101101500", "1", "e.example", "https://e.example/5", *(["0"] * 9)]
    mentions.write_text("\t".join(row) + "\n", encoding="utf-8")
    assert one(mentions).url == "https://e.example/5"


@pytest.mark.parametrize("packed", [True, False])
def test_a_web_archive(tmp_path: Path, packed: bool) -> None:  # noqa: FBT001
    """Each page served whole, with its article, title, date and quality; requests, images and errors are no items."""
    path = archives.write(tmp_path / ("a.warc.gz" if packed else "a.warc"), 12, packed=packed)
    found = items_of(path)
    assert [type(each) for each in found] == [Item] * 12
    item = found[3]
    assert isinstance(item, Item)
    assert (item.url, item.title) == ("https://site3.example/news/3", "News 3 of the hospital")
    assert "said the mayor" in item.body
    assert "Imprint" not in item.body
    assert item.text_method == "trafilatura"
    assert item.source_name == "site3.example"
    assert (item.fetched_at.isoformat(), item.language_hint) == ("2024-01-02T03:04:06+00:00", "en")


def test_an_archive_that_ends_within_a_record_says_so_wherever_it_does(tmp_path: Path) -> None:
    """A download that broke off is never taken for a whole archive, nor half a page for an article."""
    data = archives.write(tmp_path / "a.warc.gz", 4).read_bytes()
    find = cache(read_article)
    texts = {item.body for item in read_warc(BytesIO(data), Place("a"), find, "s") if isinstance(item, Item)}
    ends, rest = {0}, data
    while rest:
        member = zlib.decompressobj(16 + zlib.MAX_WBITS)
        member.decompress(rest)
        rest = member.unused_data
        ends.add(len(data) - len(rest))
    for end in range(1, len(data), 61):
        found = list(read_warc(BytesIO(data[:end]), Place("a"), find, "s"))
        assert end in ends or isinstance(found[-1], Refused), end
        assert {item.body for item in found if isinstance(item, Item)} <= texts


def test_a_damaged_archive_says_where(tmp_path: Path) -> None:
    """What comes before is read; the rest is one refusal with the place."""
    path = archives.write(tmp_path / "a.warc.gz", 10)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + b"\x00garbage" * 100)
    *before, last = items_of(path)
    assert before
    assert all(isinstance(each, Item) for each in before)
    assert isinstance(last, Refused)
    assert "damaged" in last.reason
    assert "@" in last.origin


_MEASURE = """
import resource, sys
from connectors.files.source import read
count = sum(1 for _ in read([sys.argv[1]], source="t"))
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def test_memory_is_constant_over_a_large_archive(tmp_path: Path) -> None:
    """400 pages take no more than 25 MB over what 20 take, in the reading process and in its child."""
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0
    peaks = []
    for pages in (20, 400):
        path = archives.write(tmp_path / f"{pages}.warc.gz", pages)
        done = subprocess.run(
            [sys.executable, "-c", _MEASURE, str(path)], capture_output=True, text=True, timeout=120, check=True
        )
        count, own, child = map(int, done.stdout.split())
        assert count == pages
        peaks.append((own, child))
    assert all(large - small < 25_000 for small, large in zip(*peaks, strict=True)), peaks
