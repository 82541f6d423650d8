"""A feed that places its items: from the feed to what the index keeps."""

from datetime import UTC, datetime

import pytest

from connectors.feeds.decide import item_of
from connectors.parse import ParsedFeed, parse
from pipeline.query import parse as parse_query
from pipeline.rules.evaluate import Asked, holds
from pipeline.rules.facts import Facts
from schemas.document import Document, Enriched, Placement
from schemas.feed import Feed
from schemas.index import source
from schemas.intake import repair
from schemas.item import Item

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SPACES = (
    "xmlns:georss='http://www.georss.org/georss' xmlns:gml='http://www.opengis.net/gml' "
    "xmlns:geo='http://www.w3.org/2003/01/geo/wgs84_pos#'"
)
LOMBOK = (-8.65, 116.32)


def items(inside: str) -> list[Item]:
    """The items of an RSS feed and of an Atom feed with one entry that has this."""
    rss = f"<rss version='2.0' {SPACES}><channel><item><title>T</title><guid>1</guid>{inside}</item></channel></rss>"
    atom = (
        f"<feed xmlns='http://www.w3.org/2005/Atom' {SPACES}><entry><title>T</title><id>1</id>{inside}</entry></feed>"
    )
    found = []
    for body in (rss, atom):
        parsed = parse(body.encode(), url="https://quakes.example/feed")
        assert isinstance(parsed, ParsedFeed)
        found.append(item_of(parsed.entries[0], Feed(id="q", url="https://quakes.example/feed"), parsed, NOW))
    return found


@pytest.mark.parametrize(
    "inside",
    [
        "<georss:point>-8.65 116.32</georss:point>",
        "<georss:point> -8.65,\n116.32 </georss:point>",
        "<georss:where><gml:Point><gml:pos>-8.65 116.32</gml:pos></gml:Point></georss:where>",
        "<geo:lat>-8.65</geo:lat><geo:long>116.32</geo:long>",
        "<geo:Point><geo:lat>-8.65</geo:lat><geo:long>116.32</geo:long></geo:Point>",
        "<georss:point>-8.65 116.32</georss:point><geo:lat>-8.65</geo:lat><geo:long>116.32</geo:long>",
    ],
)
def test_each_form_gives_the_point(inside: str) -> None:
    """GeoRSS simple and GML, and the W3C's; the same point twice is one."""
    assert [item.coordinates for item in items(inside)] == [(LOMBOK,), (LOMBOK,)]


@pytest.mark.parametrize("text", ["", "91 0", "10 181", "0 0", "north 4", "1 2 3", "nan nan", "1e3 5", "-8.65"])
def test_what_is_no_place_is_left_out(text: str) -> None:
    """And the item is there without it."""
    assert [item.coordinates for item in items(f"<georss:point>{text}</georss:point>")] == [(), ()]


def test_it_is_found_near_and_by_rules() -> None:
    """The index has it among the places, and `near:` holds for it; elsewhere not."""
    item = items("<georss:point>-8.65 116.32</georss:point>")[0]
    enriched = Enriched(
        item=item, revision=1, first_seen_at=NOW, content_hash="", language="en", language_confidence=1.0,
        language_group="en", enriched_at=NOW,
    )  # fmt: skip
    document = Document(enriched=enriched, placement=Placement(story_id="s"), placed_at=NOW)
    jakarta = (-6.2, 106.8)
    assert source(document, NOW, [jakarta, LOMBOK])["locations"] == [
        {"lat": LOMBOK[0], "lon": LOMBOK[1]},
        {"lat": jakarta[0], "lon": jakarta[1]},
    ]
    asked = Asked(Facts(document, NOW))
    assert holds(parse_query("near:-8.6,116.3,20km"), asked, NOW)
    assert not holds(parse_query("near:-6.2,106.8,20km"), asked, NOW)


def test_a_pushed_place_that_is_none_is_dropped_and_said() -> None:
    """The index would refuse the whole item for it."""
    item = Item(id="1", source="s", fetched_at=NOW, title="T", coordinates=((99.0, 0.0), LOMBOK))
    mended = repair(item, at=NOW)
    assert mended.coordinates == (LOMBOK,)
    assert mended.repairs == ("coordinates-implausible",)
