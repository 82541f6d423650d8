"""Every format and repair, read from the file and through HTTP."""

import asyncio
import gzip
import zlib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.fetch import Fetched, fetch
from connectors.guard import guarded_session
from connectors.parse import parse
from connectors.reading import Read, read_body
from schemas.settings import load_settings
from tests.connectors.golden import CASES, URL, expectation, rendered
from tests.connectors.server import LocalServer
from tests.connectors.test_faults import growth_below
from tests.connectors.test_guard import connects, listening, port_of
from tests.processor import at_most

PIECES = (
    b"", b"<item>", b"</item>", b"<a:feed>", b"<![CDATA[", b"]]>", b"&", b"<", b">", b'"', b"\x00", b"\xff", b"&#x0;",
    b"&#55555555;", b"<!--", b"{", b"]", b"\\", b"<!DOCTYPE x [", b"xml:base='http://[::1'", b"href='//['", b"/:",
)  # fmt: skip
TRANSPORTS = {"plain": lambda body: body, "gzip": gzip.compress, "deflate": zlib.compress}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_gives_what_is_written_beside_it(case: Path) -> None:
    """Each file of the corpus gives exactly its expectation, repairs included."""
    assert rendered(parse(case.read_bytes(), url=URL)) == expectation(case).read_bytes()


def test_there_are_cases_for_every_format() -> None:
    """The corpus has at least 300 cases, and an expectation for each and for nothing else."""
    assert len(CASES) >= 300
    assert {expectation(case) for case in CASES} == set(CASES[0].parent.glob("*.expected.json"))


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_the_way_over_http_changes_nothing(transport: str) -> None:
    """Served by a real server under any encoding, a case gives the same as from its file."""
    encoding = {} if transport == "plain" else {"Content_Encoding": transport}

    async def through_http(server: LocalServer) -> None:
        async with guarded_session(load_settings(allow_networks="127.0.0.0/8")) as session:
            for case in CASES:
                body = TRANSPORTS[transport](case.read_bytes())
                url = server.serve(f"/{case.name}", body, **encoding, Content_Type="application/octet-stream")
                fetched = await fetch(session, url)
                assert isinstance(fetched, Fetched), (case.name, fetched)
                found = parse(fetched.body, url=URL, content_type=fetched.content_type)
                assert rendered(found) == expectation(case).read_bytes(), case.name

    with LocalServer() as server:
        asyncio.run(through_http(server))


@settings(deadline=1000, max_examples=300)
@given(
    st.sampled_from(CASES),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 40), st.sampled_from(PIECES)), min_size=1, max_size=5),
)
def test_no_damage_to_a_feed_raises(case: Path, damage: list[tuple[int, int, bytes]]) -> None:
    """Pieces cut out of any case and others put in: it is read, or is no feed; what is read can be written as JSON."""
    body = case.read_bytes()
    for place, length, piece in damage:
        at = place % (len(body) + 1)
        body = body[:at] + piece + body[at + length :]
    found = read_body(body, url=URL)
    msgspec.json.encode(found.items if isinstance(found, Read) else found.reason)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("billion laughs", b'<!DOCTYPE r [<!ENTITY a "x">' + b"".join(
            b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10 if n else b"&a;" * 10) for n in range(10)
        ) + b"]><rss><channel><item><title>&a9;</title></item></channel></rss>"),
        ("quadratic blow-up", b'<!DOCTYPE r [<!ENTITY a "' + b"x" * 50_000 + b'">]><rss>' + b"&a;" * 50_000),
        ("external entity", b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss>&a;</rss>'),
        ("parameter entity", b'<!DOCTYPE r [<!ENTITY % a SYSTEM "http://127.0.0.1:9/x"> %a;]><rss/>'),
        ("depth", b"<rss><channel>" + b"<a>" * 50_000),
        ("an internal subset behind a comment", b'<!-- <rss> --><!DOCTYPE r [<!ENTITY a "&b;">]><rss>&a;</rss>'),
        ("an internal subset in UTF-16", '\ufeff<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss>&a;</rss>'.encode("utf-16-le")),
    ],
)  # fmt: skip
def test_attacks_by_xml_are_refused_at_once(name: str, body: bytes) -> None:
    """Entities and depth are refused in under 0.1 s and 50 MiB."""
    with growth_below(50), at_most(0.1):
        found = parse(body, url=URL)
    assert b"reason" in rendered(found), name


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE rss SYSTEM "{0}">',
        '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "{0}">',
        '<!DOCTYPE rss [<!ENTITY a SYSTEM "{0}">]>',
        '<!DOCTYPE rss [<!ENTITY % a SYSTEM "{0}"> %a;]>',
        '<?xml-stylesheet href="{0}"?><!DOCTYPE rss>',
        '<rss xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="{0}" parse="text"/></rss>',
    ],
)
@pytest.mark.parametrize("place", ["network", "file"])
def test_no_document_makes_us_read_another(tmp_path: Path, doctype: str, place: str) -> None:
    """Neither over the network nor from a file: nothing connects, and nothing of the file is in what is read."""
    secret = tmp_path / "secret"
    secret.write_text("canary", encoding="utf-8")
    with listening() as listener:
        named = secret.as_uri() if place == "file" else f"http://127.0.0.1:{port_of(listener)}/x.dtd"
        item = "<item><title>News &a;</title><link>/1</link></item>"
        body = f"{doctype.format(named)}<rss version='0.91'><channel>{item}</channel></rss>"
        assert b"canary" not in rendered(parse(body.encode(), url=URL))
        assert connects(listener) == 0


@pytest.mark.parametrize(
    "body",
    [
        b"<rss><channel><item><title>x</title><author>" + b"a@b " * 10_000 + b"</author></item></channel></rss>",
        b"<rss><channel><item><description>" + b"&lt;a&gt;" * 75_000 + b"</description></item></channel></rss>",
        b"<rss><channel><item><description>" + b"&lt;" * 150_000 + b"</description></item></channel></rss>",
        b"<rss><channel><item><title>" + b"&amp;" * 120_000 + b"</title></item></channel></rss>",
        b"<rss><channel>" + b"<item><title>x</title><pubDate>the 99th of Foo 2024</pubDate></item>" * 5_000
        + b"</channel></rss>",
        b"<rss>" + b"<!--" * 200_000,
        b"<!--" + b" -" * 400_000,
        b"<rss>" + b"<title><![CDATA[" * 50_000,
        b"{" * 100_000,
        b"[" * 100_000,
        b"<rss><channel><item><title>" + b"&" * 9_000_000,
        b"<rss><channel><item><title>" + b"&abcd;" * 1_500_000,
        b"<rss><channel><item><title>" + b"<!" * 4_000_000,
        b"<rss><channel><item><title>" + b"</b>" * 2_000_000 + b"</title></item></channel></rss>",
        b"<rss><channel>" + b"<title><![CDATA[" * 600_000,
        b'{"version":"https://jsonfeed.org/version/1","items":[' + b'{"id":"1"},' * 800_000,
    ],
    ids=[
        "author", "anchors", "angles", "ampersands", "dates", "comments", "dashes", "titles", "braces", "brackets",
        "9 MB of ampersands", "entities", "declarations", "ends", "open CDATA", "JSON without an end",
    ],
)  # fmt: skip
def test_no_input_stalls_a_reader(body: bytes) -> None:
    """What makes other readers stall for many seconds takes less than one."""
    with at_most(1):
        parse(body, url=URL)
