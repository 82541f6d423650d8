"""Lists of feeds."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from connectors.opml import ListError, feed_id, read_feeds, read_opml, read_yaml, write_opml
from schemas.feed import Feed

LISTS = Path(__file__).parents[3] / "shared" / "eval" / "feeds" / "opml"

OPML = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0"><head><title>Mine</title></head><body>
<outline text="World"><outline text="Asia">
  <outline type="rss" text="Harbour" title="Harbour Post" xmlUrl="https://harbour.example/rss" language="id"/>
</outline></outline>
<outline type="rss" text="R&amp;D &nbsp;" XMLURL="https://rd.example/feed" category="/Science,Tech"/>
<outline type="rss" text="Again" xmlUrl="https://HARBOUR.example/rss?utm_source=opml"/>
<outline type="rss" text="Bad" xmlUrl="javascript:alert(1)"/>
</body></opml>"""


def test_opml_is_read_with_its_folders() -> None:
    """Nested folders are categories, an address is taken once, what is no address is left out."""
    harbour, research = read_opml(OPML)
    assert (harbour.url, harbour.name, harbour.language) == ("https://harbour.example/rss", "Harbour Post", "id")
    assert harbour.categories == ("World", "Asia")
    assert (research.name, research.categories) == ("R&D", ("Science", "Tech"))
    assert harbour.id == feed_id("https://harbour.example/rss")


def test_what_is_written_is_nested_as_it_was_read() -> None:
    """World holds Asia, which holds Harbour; further categories stand beside; read again, all is the same."""
    feeds = read_opml(OPML)
    written = write_opml(feeds).decode()
    harbour = etree.fromstring(written.encode()).find("body/outline[@text='World']/outline[@text='Asia']/outline")
    assert harbour is not None
    assert harbour.get("xmlUrl") == "https://harbour.example/rss"
    assert 'category="Tech"' in written
    assert sorted(read_opml(written), key=lambda feed: feed.id) == sorted(
        (msgspec.structs.replace(feed, folders=feed.folders or 1) for feed in feeds), key=lambda feed: feed.id
    )


def test_addresses_as_lists_of_readers_have_them_are_taken() -> None:
    """`feed:` of old readers, no scheme, tags in capitals, `url` of a feed; what is left out is told."""
    outlines = (
        "<outline xmlUrl='feed://a.example/rss'/><outline xmlUrl='feed:https://b.example/rss'/>"
        "<outline xmlUrl='//c.example/rss'/><outline xmlUrl='d.example/rss'/><OUTLINE XMLURL='https://e.example/rss'/>"
        "<outline type='rss' url='https://f.example/rss'/><outline type='link' url='https://g.example/'/>"
        "<outline xmlUrl='javascript:alert(1)'/><outline xmlUrl='feed:file:///etc/passwd'/>"
    )
    unusable: list[str] = []
    feeds = read_opml(f"<opml><body>{outlines}</body></opml>", unusable)
    assert [feed.url for feed in feeds] == [
        "http://a.example/rss", "https://b.example/rss", "https://c.example/rss", "https://d.example/rss",
        "https://e.example/rss", "https://f.example/rss",
    ]  # fmt: skip
    assert unusable == ["javascript:alert(1)", "feed:file:///etc/passwd"]


@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(["Asia", "World", "R&D <b>", "Ekonomi", "新闻"]), unique=True), st.integers(0, 4)
        ),
        max_size=12,
    )
)
def test_any_nesting_survives(kinds: list[tuple[list[str], int]]) -> None:
    """Whatever folders and categories: written and read, the same feeds in the same folders."""
    feeds = [
        Feed(
            id=feed_id(url := f"https://{number}.example/rss"), url=url, name=f"Feed {number}",
            categories=tuple(names), folders=min(max(folders, 1), len(names)),
        )
        for number, (names, folders) in enumerate(kinds)
    ]  # fmt: skip
    again = {feed.id: feed for feed in read_opml(write_opml(feeds).decode())}
    assert again == {feed.id: feed for feed in feeds}


def test_yaml_is_read_with_its_settings() -> None:
    """Addresses alone or with settings, as a list or under `feeds`."""
    text = """
feeds:
- https://a.example/rss
- {url: https://b.example/rss, name: B, country: ID, interval_seconds: 60, alert_existing: true, categories: [x]}
"""
    first, second = read_yaml(text)
    assert (first.url, first.interval_seconds) == ("https://a.example/rss", None)
    assert (second.name, second.country, second.interval_seconds, second.alert_existing, second.categories) == (
        "B", "ID", 60.0, True, ("x",),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<html/>", "root is <html>"),
        ('<!DOCTYPE opml [<!ENTITY a "&b;">]><opml/>', "DOCTYPE"),
        ("a: 1", "neither OPML nor a YAML list"),
        ("- url: https://a.example/\n  nmae: x", "entry 1: .*nmae"),
        ("- https://a.example/\n- 5", "entry 2"),
        ("- javascript:x", "entry 1: 'javascript:x' is not an http"),
        ("- {url: https://a.example/, interval_seconds: -5}", "entry 1: interval_seconds must be more than 0"),
        ("- {url: https://a.example/, interval_seconds: .nan}", "entry 1: interval_seconds must be more than 0"),
        ("[", "not YAML"),
        ("!!python/object/apply:os.system ['true']", "not YAML"),
    ],
)
def test_a_wrong_list_says_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    """And where."""
    path = tmp_path / "list"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ListError, match=message):
        read_feeds(path)


def test_one_address_is_one_feed() -> None:
    """The id is of the canonical address."""
    assert feed_id("https://A.example:443/rss#x") == feed_id("https://a.example/rss")
    assert feed_id("https://a.example/rss") != feed_id("https://a.example/atom")


@pytest.mark.skipif(not LISTS.is_dir(), reason="../shared/eval/feeds/opml is not here")
def test_real_lists_are_read_whole() -> None:
    """Every feed of the national lists, each once."""
    for path in sorted(LISTS.glob("*.opml")):
        feeds = read_feeds(path)
        addresses = path.read_text(encoding="utf-8").count("xmlUrl=")
        assert 0 < len(feeds) <= addresses, path.name
        assert len({feed.id for feed in feeds}) == len(feeds), path.name
        again = {feed.id: feed for feed in read_opml(write_opml(feeds).decode())}
        assert {key: (feed.name, feed.categories) for key, feed in again.items()} == {
            feed.id: (feed.name, feed.categories) for feed in feeds
        }
