"""What is read of a feed that was read before: only its new entries, and those as if all were read."""

import pytest

from connectors.parse import ParsedFeed, parse
from connectors.parse.slices import cut
from tests.connectors.golden import CASES, URL


def rss(*items: str) -> bytes:
    """A feed of these items."""
    return f"<rss version='2.0'><channel><title>T</title>{''.join(items)}</channel></rss>".encode()


ONE, TWO = "<item><title>One</title><link>/1</link></item>", "<item><title>Two</title><link>/2</link></item>"


def test_only_new_entries_are_read() -> None:
    """Known bytes are skipped; the digests of all come all the same, in their order."""
    first = parse(rss(ONE), url=URL)
    assert isinstance(first, ParsedFeed)
    second = parse(rss(TWO, ONE), url=URL, known=set(first.digests))
    assert isinstance(second, ParsedFeed)
    assert [entry.title for entry in second.entries] == ["Two"]
    assert second.digests[1] == first.digests[0]
    assert second.taken == second.digests[:1]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_second_reading_of_any_case_reads_nothing(case: object) -> None:
    """Whatever the format, and whether it can be cut or not: what was read once is known."""
    body = case.read_bytes()  # type: ignore[attr-defined]
    first = parse(body, url=URL)
    if not isinstance(first, ParsedFeed):
        return
    assert len(first.taken) == len(first.entries)
    again = parse(body, url=URL, known=set(first.digests))
    assert isinstance(again, ParsedFeed)
    assert (again.entries, again.digests) == ((), first.digests)


@pytest.mark.parametrize(
    "body",
    [
        rss(ONE, "text between", TWO),
        rss("<item><title><![CDATA[<item>x</item>]]></title></item>"),
        rss("<!-- ", ONE, " -->", TWO),
        rss(ONE)[:-30],
        rss("<item><title>open</title>", ONE),
        rss("<items><title>other</title></items>"),
        rss("<item/>", ONE, "</item>"),
        rss(ONE).decode().encode("utf-16"),
    ],
)
def test_what_is_not_regular_is_not_cut(body: bytes) -> None:
    """Comments, CDATA with tags, cut ends, wide characters: such a document is parsed whole."""
    assert cut(body) is None


def test_a_list_of_items_in_the_head_is_none_of_them() -> None:
    """RSS 1.0 names its items before they come."""
    slices = cut(rss("<items><rdf:Seq/></items>", ONE, "\n", TWO))
    assert slices is not None
    assert slices.parts == [ONE.encode(), TWO.encode()]
    assert slices.only([1]) == rss("<items><rdf:Seq/></items>", TWO)


def test_a_new_entry_in_another_charset_is_read_as_what_it_is() -> None:
    """Only what is new is looked at, and that tells that the document is not UTF-8."""
    first = parse(rss(ONE), url=URL)
    assert isinstance(first, ParsedFeed)
    new = "<item><title>Élan à Nîmes</title><link>/3</link></item>"
    body = b'<?xml version="1.0" encoding="windows-1252"?>' + rss(new, ONE).decode().encode("cp1252")
    second = parse(body, url=URL, known=set(first.digests))
    assert isinstance(second, ParsedFeed)
    assert second.entries[0].title == "Élan à Nîmes"
