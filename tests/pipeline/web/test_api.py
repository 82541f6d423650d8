"""The API: what it answers, what it refuses, and that its description is true."""

import asyncio
import html
import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import feedparser
import httpx
import jsonschema
import msgspec
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from connectors.feeds.health import Trouble, alert_of
from pipeline.cli.search import command as search_command
from pipeline.elastic import Index, Verdict
from pipeline.index import prepare
from pipeline.launch import Pipeline
from pipeline.search import Names, Query, search
from pipeline.search.related import item
from pipeline.web import api, changes
from pipeline.web.access import Token, is_loopback, make_token, tokens_file
from pipeline.web.app import build_app
from pipeline.web.desk import Desk
from pipeline.web.formats import news_article, ninjs
from pipeline.web.openapi import document
from schemas.alert import Alert, Figure
from schemas.broker import Producer, send_all
from schemas.document import Document
from schemas.feed import Feed
from schemas.forgotten import Forgotten
from schemas.settings import Settings
from schemas.topics import ALERTS, DOCUMENTS, FORGOTTEN
from tests.pipeline.search.demo import demo_documents, index_documents, message
from tests.pipeline.web.asking import asked
from tests.pipeline.web.conftest import Site
from tests.pipeline.web.exchange import NEWS_ARTICLE, NINJS
from tests.samples import MATCH, MOMENT
from tests.waiting import until, until_idle

QUERIES = ("Putin", "kunjungan Putin", "Palu OR tsunami -Putin", 'title:"strong quake"', "lang:ru", "figure:Путин", "")


def hits(answer: httpx.Response) -> list[str]:
    """The ids of the hits of an answer, in order."""
    return [hit["id"] for hit in answer.json()["hits"]]


@pytest.mark.parametrize("query", QUERIES)
def test_api_page_and_command_line_find_the_same(site: Site, query: str, capsysbinary: pytest.CaptureFixture[bytes],
                                                 monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """The same query gives the same hits in the same order, three ways."""
    by_api = hits(site.get(f"/api/v1/search?q={quote(query)}"))
    by_page = re.findall(r'<h2[^>]*><a href="/items/([0-9a-f]+)"', site.get(f"/?q={quote(query)}").text)
    for name, value in site.settings.environment().items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit):
        search_command.main(["--json", "--", query], standalone_mode=False)
    by_command = [hit["id"] for hit in json.loads(capsysbinary.readouterr().out)["hits"]]
    assert by_api == by_page == by_command
    assert by_api


def test_the_description_is_valid_and_whole(site: Site) -> None:
    """OpenAPI 3.1; each route of the API stands in it with its methods, and nothing else."""
    described = site.get("/api/v1/openapi.json").json()
    OpenAPIV31SpecValidator(described).validate()
    told = {(path, method.upper()) for path, entry in described["paths"].items() for method in entry}
    routes = {
        (route.path.removeprefix(api.BASE).replace(":path", ""), method)
        for route in api.ROUTES
        if route.path.startswith(api.BASE)
        for method in route.methods or ()
        if method != "HEAD"
    }
    assert told == routes


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/search?q=Putin", "Found"), ("/items/{id}", "Detail"), ("/figures/Q7747/timeline", "Timeline"),
        ("/changes", "Changes"), ("/pipeline", "Pace"), ("/books", "Books"),
    ],
)  # fmt: skip
def test_answers_are_as_described(site: Site, path: str, schema: str) -> None:
    """What the API sends holds against its own schemas."""
    found = site.get("/api/v1" + path.replace("{id}", demo_documents()[0].enriched.item.id))
    assert found.status_code == 200
    described = document()
    whole = {"$ref": f"#/components/schemas/{schema}", "components": described["components"]}
    jsonschema.Draft202012Validator(whole).validate(found.json())


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        ("/search?q=%28", 400, "not closed"), ("/search?size=-1", 400, "size is a number"),
        ("/search?size=101", 400, "size is a number"), ("/search?sort=up", 400, "sort is one of"),
        ("/search?offset=99999", 400, "offset is a number"), ("/search?day=x", 400, "day is a date"),
        ("/search?day=2026-13-45", 400, "day is a date"), ("/search?day=2026/03/01", 400, "day is a date"),
        ("/search?since=x", 400, "since takes a date"), ("/items/nothing", 404, "no item"),
        ("/items/..%2f..%2f_cat", 404, ""), ("/export?format=xml", 400, "format is"),
        ("/export?q=%22", 400, "quotation mark"), ("/changes?cursor=x", 400, "cursor is"), ("/nothing", 404, ""),
        ("/stories/nothing", 404, "no story"),
        ("/search?" + "&".join(f"person={n}" for n in range(51)), 400, "person takes"),
    ],
)  # fmt: skip
def test_mistakes_are_problems(site: Site, path: str, status: int, detail: str) -> None:
    """RFC 9457, with a sentence; nothing becomes an error page or a stack trace."""
    answer = site.get("/api/v1" + path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, api.PROBLEM)
    assert detail in answer.json()["detail"]


def test_no_time_is_too_long_ago(site: Site) -> None:
    """In a query and as a parameter; the page's own links for it are read again."""
    total = site.get("/api/v1/search").json()["total"]
    for path in ("q=after:9999y", "since=9999y"):
        assert site.get(f"/api/v1/search?{path}").json()["total"] == total
    feed = re.search(r'href="(/feeds/atom\.xml[^"]+)"', site.get("/?since=9999y").text)
    assert feed
    assert site.get(html.unescape(feed[1])).status_code == 200


def test_the_place_of_a_mistake_is_told(site: Site) -> None:
    """A query's mistake comes with its span."""
    told = site.get("/api/v1/search?q=Putin%20OR").json()
    assert (told["start"], told["end"]) == (6, 8)


def test_writing_needs_a_token_of_the_scope(site: Site) -> None:
    """Without, with a wrong, a lesser and a right one; another site's form is refused though it has the cookie."""
    url, body = f"{site.url}/api/v1/figures", {"name": "Someone Tested"}
    reader = {"authorization": f"Bearer {make_token(site.settings, 'reader', 'read')}"}
    writer = {"authorization": f"Bearer {make_token(site.settings, 'writer', 'write')}"}
    assert httpx.post(url, json=body).status_code == 401
    assert httpx.post(url, json=body, headers={"authorization": "Bearer nonsense"}).status_code == 401
    assert httpx.post(url, json=body, headers=reader).status_code == 403
    assert httpx.post(url, json=body, headers=writer).status_code == 201
    assert httpx.post(url, json={"name": "…"}, headers=writer).status_code == 400
    assert httpx.post(url, json={"nome": "x"}, headers=writer).status_code == 400
    assert httpx.delete(f"{url}/kabar:someone-tested", headers=reader).status_code == 403
    assert httpx.delete(f"{url}/kabar:someone-tested", headers=writer).status_code in {204, 404}
    assert httpx.post(f"{site.url}/api/v1/deadletters/x/retry", headers=writer).status_code == 403
    cookie = {"cookie": f"kabar_token={site.token}", "origin": "https://evil.example"}
    assert httpx.post(f"{site.url}/figures", data={"name": "Evil"}, headers=cookie).status_code == 403


def test_tokens_are_kept_as_hashes(site: Site) -> None:
    """The file is for its owner alone and holds no token."""
    secret = make_token(site.settings, "kept", "read")
    path = tokens_file(site.settings)
    assert path.stat().st_mode & 0o077 == 0
    assert secret not in path.read_text()
    assert "kept" in {token.name for token in msgspec.json.decode(path.read_bytes(), type=list[Token])}


def test_another_hosts_name_is_refused(site: Site) -> None:
    """DNS rebinding: a name that is not the server's gets nothing."""
    assert httpx.get(site.url, headers={"host": "evil.example"}).status_code == 421
    assert is_loopback("127.0.0.1")
    assert is_loopback("::1")
    assert not is_loopback("0.0.0.0")


def test_every_answer_carries_the_policy(site: Site) -> None:
    """No inline scripts, no other origin, no frames; and no page needs what it forbids."""
    for path in ("/", "/static/kabar.js", "/api/v1/search", "/nothing", "/feeds/atom.xml"):
        headers = site.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
    for template in (Path(api.__file__).parent / "templates").glob("*.html"):
        text = template.read_text()
        assert not re.search(r"\sstyle=|\son\w+=|<style|javascript:|\| *safe\b", text), template.name


def test_the_export_is_every_hit(site: Site) -> None:
    """JSON Lines and CSV hold what search finds, whatever its number."""
    total = site.get("/api/v1/search?q=lang:id&collapse=0").json()["total"]
    lines = site.get("/api/v1/export?q=lang:id&format=jsonl").text.splitlines()
    assert len(lines) == total
    assert len({json.loads(line)["id"] for line in lines}) == total
    assert site.get("/api/v1/export?q=lang:id&format=csv").text.count("\r\n") == total + 1


def test_changes_miss_nothing_and_stop_at_what_is_indexed(
    site: Site, kabar_settings: Settings, pipeline: Pipeline
) -> None:
    """Records beyond what `index` has committed are not told; those below are, once, page by page.

    What is taken down afterwards is told no more, though the topic still has it.
    """
    until_idle(kabar_settings, pipeline, seconds=60)
    before = changes.newest(kabar_settings)
    documents = demo_documents()[:20]
    with Producer(kabar_settings) as producer:
        for made in documents:
            producer.send(DOCUMENTS, made.placement.story_id, made.encode())
        producer.flush()
    found = changes.changes(kabar_settings, before, 1000)
    committed = sum(changes.decode(changes.newest(kabar_settings)).values())
    assert len(found.changes) <= committed - sum(changes.decode(before).values())
    until_idle(kabar_settings, pipeline, seconds=60)
    sent = sorted((made.enriched.item.id, made.enriched.revision) for made in documents)
    paged, cursor, more = [], before, True
    while more:
        page = changes.changes(kabar_settings, cursor, 3)
        assert len(page.changes) <= 3
        paged += [(change.id, change.revision) for change in page.changes]
        cursor, more = page.cursor, page.more
    assert sorted(paged) == sent
    assert changes.changes(kabar_settings, cursor, 10).changes == []
    gone = Forgotten(kind="item", value=documents[0].enriched.item.id, at=datetime.now(UTC))
    send_all(kabar_settings, FORGOTTEN, [(gone.key, gone.encode())])
    try:
        kept = {identity for identity, _ in sent} - {gone.value}
        path = f"/api/v1/changes?limit=1000&cursor={before}"
        until(lambda: {change["id"] for change in site.get(path).json()["changes"]} == kept, seconds=20, what="it goes")
    finally:
        send_all(kabar_settings, FORGOTTEN, [(gone.key, None)])


def test_feeds_of_a_search(site: Site) -> None:
    """Atom and JSON Feed of a search hold its items, newest first, with links that a reader may open."""
    expected = site.get("/api/v1/search?q=Putin&sort=newest&size=50").json()["hits"]
    atom = site.get("/feeds/atom.xml?q=Putin")
    ET.fromstring(atom.content)  # noqa: S314 - our own
    read = feedparser.parse(io.BytesIO(atom.content))
    assert not read.bozo
    assert [entry.id for entry in read.entries] == [f"urn:kabar:item:{hit['id']}" for hit in expected]
    feed = site.get("/feeds/feed.json?q=Putin").json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert [entry["id"] for entry in feed["items"]] == [f"urn:kabar:item:{hit['id']}" for hit in expected]


def test_a_hostile_item_is_only_text_in_every_feed(site: Site) -> None:
    """Atom and JSON Feed hand its scripts on as text that says it is text, and no address that runs."""
    root = ET.fromstring(site.get("/feeds/atom.xml?q=Hostilezz").content)  # noqa: S314 - our own
    (entry,) = root.findall("{http://www.w3.org/2005/Atom}entry")
    assert {element.tag.rpartition("}")[0] for element in root.iter()} == {"{http://www.w3.org/2005/Atom"}
    assert {element.get("type", "text") for element in entry} == {"text"}
    assert "<script>" in (entry.findtext("{http://www.w3.org/2005/Atom}title") or "")
    # Without an address of its own that one may open, it has the one here: an entry must have such a link.
    assert [link.get("href") for link in entry.iter() if link.get("rel") == "alternate"] == [
        f"{site.url}/items/{site.hostile.enriched.item.id}"
    ]
    (told,) = site.get("/feeds/feed.json?q=Hostilezz").json()["items"]
    assert "content_html" not in told
    for address in [*(link.get("href") for link in entry.iter() if link.get("href")), told.get("url", "https:")]:
        assert str(address).startswith("http"), address
    shown = site.get(f"/api/v1/items/{site.hostile.enriched.item.id}")
    assert shown.headers["Content-Type"].startswith("application/json")
    assert shown.headers["X-Content-Type-Options"] == "nosniff"


@pytest.fixture(scope="module")
def details(site: Site) -> list[dict[str, Any]]:
    """Every item as both exchange formats have it."""
    made = []
    with Index(site.settings) as index:
        for found in [*demo_documents(), site.hostile]:
            detail = item(index, found.enriched.item.id)
            assert detail is not None
            made.append({"ninjs": ninjs(detail), "article": news_article(detail)})
    return made


def test_every_item_is_valid_ninjs_and_news_article(details: list[dict[str, Any]]) -> None:
    """Against the parts of ninjs 3.0 and of schema.org's NewsArticle that are used here, which allow nothing else."""
    for made in details:
        jsonschema.Draft202012Validator(NINJS).validate(made["ninjs"])
        jsonschema.Draft202012Validator(NEWS_ARTICLE).validate(made["article"])


def test_pages_of_figures_do_not_grow_with_their_number(site: Site) -> None:
    """With more tracked than Elasticsearch takes in a question: the first by name, and those that one looks for."""
    many = {
        f"kabar:{n}": Figure(id=f"kabar:{n}", name=f"Person {n:06}", aliases=(f"Orang {n}",)) for n in range(70_000)
    }

    class Crowd(Desk):
        def figures(self) -> dict[str, Figure]:
            return many

    app = build_app(site.settings, warm=False)
    app.state.desk = desk = Crowd(site.settings)

    async def ask(*paths: str) -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=60) as client:
            return [await client.get(path) for path in paths]

    try:
        first, found, alerts = asyncio.run(ask("/figures", "/figures?find=orang+69999", "/alerts?figure=kabar:69998"))
    finally:
        desk.close()
    assert (first.status_code, found.status_code, alerts.status_code) == (200, 200, 200)
    assert "200 shown of 70,000" in first.text
    assert re.findall(r"Person \d+", found.text) == ["Person 069999"]
    assert 'value="kabar:69998" selected' in alerts.text
    assert max(len(page.text) for page in (first, alerts)) < 200_000


def test_a_copy_of_what_is_gone_links_nowhere(site: Site) -> None:
    """The item that a copy repeats is a link while it is there; once taken down, the page says that it is not."""
    settings = site.settings.model_copy(update={"index_prefix": "news-copies"})
    first = demo_documents()[0]
    copy = msgspec.structs.replace(
        first,
        enriched=msgspec.structs.replace(first.enriched, item=msgspec.structs.replace(first.enriched.item, id="copy")),
        placement=msgspec.structs.replace(first.placement, duplicate_of=first.enriched.item.id),
    )
    link, gone = f'href="/items/{first.enriched.item.id}"', "It is not here any more"
    index_documents(settings, [copy])
    alone = asyncio.run(asked(settings, "/items/copy")).text
    assert gone in alone
    assert link not in alone
    index_documents(settings, [first])
    both = asyncio.run(asked(settings, "/items/copy")).text
    assert link in both
    assert gone not in both


def test_each_kind_of_alert_is_told_on_the_page(site: Site) -> None:
    """A digest, a count, a spike, a silence, a failing feed, a rule about nobody: what it is, and no dead link."""
    settings = site.settings.model_copy(update={"index_prefix": "news-kinds"})
    nothing = msgspec.structs.replace(MATCH, item_id="", title="", excerpt="", excerpt_start=0, excerpt_end=0, why="")
    nobody = msgspec.structs.replace(MATCH, figure_id="", figure_name="A rule", rule_id="a rule", why="search visit")
    new = Alert(id="new", alerted_at=MOMENT, match=nobody)
    feed = Feed(id="daily", url="https://daily.example/feed", name="The Daily")
    alerts = [
        new,
        msgspec.structs.replace(new, id="digest", kind="digest", match=MATCH, entries=(MATCH,) * 3, more=4),
        msgspec.structs.replace(new, id="count", kind="count", match=MATCH, outlets=12),
        msgspec.structs.replace(new, id="spike", kind="spike", match=nothing, reason="31|2.5"),
        msgspec.structs.replace(new, id="silence", kind="silence", match=nothing, reason="48"),
        alert_of(Trouble(kind="failing", since=MOMENT, reason="HTTP 404"), feed, MOMENT),
    ]
    pending, _ = prepare([message(ALERTS, a.id, a, n, MOMENT) for n, a in enumerate(alerts)], settings.index_prefix)
    with Index(settings) as index:
        index.prepare()
        index.ensure_month(pending[0].write.alias)
        assert {outcome.verdict for outcome in index.bulk([entry.write for entry in pending])} == {Verdict.WRITTEN}
        index.refresh()
    page = asyncio.run(asked(settings, "/alerts"))
    assert not re.findall(r'href="/(?:items|figures)/"', page.text)
    assert "/feed:" not in page.text
    assert not re.findall(r"<a[^>]*>\s*</a>", page.text)
    told = html.unescape(page.text)
    for words in ("a digest, 7 in all; alias", "outlets that followed: 12; alias", "the feed is failing",
                  "mentions this hour: 31; usually 2.5", "hours without being named: 48", "search visit"):  # fmt: skip
        assert words in told
    told = html.unescape(asyncio.run(asked(settings, "/alerts", "id")).text)
    for words in ("ringkasan, seluruhnya 7; alias", "biasanya 2.5", "jam tanpa disebut: 48", "umpannya gagal"):
        assert words in told


def test_the_index_is_asked_at_the_moment_of_the_request(site: Site) -> None:
    """No answer is kept: what was indexed a moment ago is found."""
    assert site.get("/api/v1/search").headers["cache-control"] == "no-store"
    with Index(site.settings) as index:
        now = datetime.now(UTC)
        assert search(index, Query(), Names(), now=now).total == len(demo_documents()) + 1


def test_documents_are_what_the_demo_made() -> None:
    """The fixtures are the pipeline's own documents."""
    assert all(isinstance(made, Document) for made in demo_documents())
