"""The recorded news: what it holds, and that it is served as told."""

import asyncio
import gzip
import http.client
import json
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import feedparser
import pytest
from lxml import etree

from connectors.demo import DEMO_FIGURES, DemoServer, demo_feeds, expected, start_demo_server
from connectors.demo.feeds import FEEDS, DemoFeed, age, edition
from connectors.demo.records import NewsItem, edited, news
from connectors.demo.writers import WRITERS
from connectors.feeds.decide import Changed, Decision, decide, validators
from connectors.fetch import Failed, Fetched, fetch
from connectors.guard import guarded_session
from connectors.parse import ParsedFeed, Unreadable, parse
from schemas.codec import now
from schemas.feed import Feed, FeedState
from schemas.settings import load_settings

SAMPLE = Path(__file__).parents[3] / "shared" / "samples" / "indonesian-article.txt"
BY_ID = {feed.id: feed for feed in FEEDS}
BY_KEY = {item.key: item for item in news()}
STRICT = [feed for feed in FEEDS if feed.format not in {"json", "sitemap"} and feed.breakage is None]
LANGUAGES = {item.language for item in news()}
TEMPLATES = [{f"{name}-1", f"{name}-2"} for name in ("cuaca-jakarta", "kurs-rupiah", "shipping-forecast")]
# These say in a third of the letters what Latin script says.
DENSE = {"ja", "ko", "zh-Hans", "zh-Hant", "th"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered."""

    status: int
    headers: dict[str, str]
    body: bytes


@pytest.fixture
def server() -> Iterator[DemoServer]:
    """A server of its own for each test, since it remembers what it has served."""
    with start_demo_server() as running:
        yield running


def get(server: DemoServer, path: str, **headers: str) -> Answer:
    """One plain request, redirects not followed; `If_None_Match` stands for `If-None-Match`."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        connection.close()


def scripts_of(text: str) -> Counter[str]:
    """Letters by the first word of their Unicode name, such as LATIN or HANGUL."""
    letters = (letter for letter in text if unicodedata.category(letter).startswith("L"))
    return Counter(unicodedata.name(letter, "?").split()[0] for letter in letters)


def shingles(text: str) -> set[str]:
    """All runs of five characters."""
    return {text[start : start + 5] for start in range(len(text) - 4)}


def overlap(one: NewsItem, other: NewsItem) -> float:
    """The share of the smaller text's five-letter pieces that the other has too, between 0 and 1."""
    first, second = shingles("\n".join(one.paragraphs)), shingles("\n".join(other.paragraphs))
    return len(first & second) / min(len(first), len(second)) if first and second else 0.0


def test_there_are_many_items_languages_and_scripts() -> None:
    """At least 60 items in 15 languages, and 8 scripts with 40 letters or more each, by Unicode's own names."""
    letters = scripts_of("\n".join(item.text() for item in news()))
    assert len(news()) >= 60
    assert len({item.language for item in news()}) >= 15
    common = {script for script, count in letters.items() if count >= 40}
    assert common >= {
        "LATIN", "CYRILLIC", "ARABIC", "CJK", "HANGUL", "HIRAGANA", "KATAKANA",
        "DEVANAGARI", "THAI", "HEBREW", "GREEK", "TAMIL",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("language", "script"),
    [
        ("ar", "ARABIC"), ("fa", "ARABIC"), ("ru", "CYRILLIC"), ("uk", "CYRILLIC"), ("el", "GREEK"),
        ("he", "HEBREW"), ("hi", "DEVANAGARI"), ("hy", "ARMENIAN"), ("ka", "GEORGIAN"), ("ko", "HANGUL"),
        ("ta", "TAMIL"), ("th", "THAI"), ("zh-Hans", "CJK"), ("zh-Hant", "CJK"), ("id", "LATIN"), ("vi", "LATIN"),
    ],
)  # fmt: skip
def test_each_item_is_in_the_script_of_its_language(language: str, script: str) -> None:
    """Three quarters of the letters of every item belong to the script that its label implies."""
    for item in news():
        if item.language == language and item.text():
            letters = scripts_of(item.text())
            assert letters[script] >= 0.75 * letters.total(), item.key


def test_letters_tell_close_languages_apart() -> None:
    """Ukrainian, Persian, Japanese and the two Chinese hold letters that the language beside them lacks."""
    texts = {lang: "".join(i.text() for i in news() if i.language == lang) for lang in LANGUAGES}
    assert not set("іїєґ") & set(texts["ru"])
    assert not set("ыэъё") & set(texts["uk"])
    assert set("پچژگ") & set(texts["fa"])
    assert not set("پچژگ") & set(texts["ar"])
    assert not set("這個國發電") & set(texts["zh-Hans"])
    assert not set("这个国发电") & set(texts["zh-Hant"])


def test_texts_are_normal_and_of_the_length_of_news() -> None:
    """All text is NFC; an item with paragraphs has 2 to 14 of them and no stray space."""
    for item in news():
        assert item.text() == unicodedata.normalize("NFC", item.text()), item.key
        for line in item.text().splitlines():
            assert line == line.strip(), item.key
            assert "  " not in line, item.key
        if item.paragraphs:
            assert 2 <= len(item.paragraphs) <= 14, item.key
            assert len(item.text()) >= (100 if item.language in DENSE else 250), item.key


def test_records_are_consistent() -> None:
    """Keys and URLs are unique, hosts reserved, feeds known, copies name an item of the same language and story."""
    assert len(BY_KEY) == len({item.url for item in news()}) == len(news())
    for item in news():
        assert urlsplit(item.url).hostname is not None
        assert str(urlsplit(item.url).hostname).endswith(".example"), item.key
        assert all(listing.feed in BY_ID for listing in item.feeds), item.key
        assert age(item).total_seconds() > 0
        if item.same_text_as:
            original = BY_KEY[item.same_text_as]
            assert (item.language, item.story) == (original.language, original.story)


def test_gold_names_stand_in_the_text() -> None:
    """Every surface of a person, place or organisation occurs in the item's own text."""
    for item in news():
        for surface in (*item.people, *item.places, *item.organisations):
            assert surface in item.text(), (item.key, surface)


def test_copies_templates_and_other_items_differ_in_kind() -> None:
    """A copy shares over 80 % with its original, a template of two days 40 to 80 %, any other pair under 30 %.

    So templates are hard cases: alike in wording, different in news.
    """
    for one, other in combinations(news(), 2):
        if one.language != other.language:
            continue
        share = overlap(one, other)
        if (one.same_text_as or one.key) == (other.same_text_as or other.key):
            assert share > 0.8, (one.key, other.key)
        elif {one.key, other.key} in TEMPLATES:
            assert 0.4 < share < 0.8, (one.key, other.key)
        else:
            assert share < 0.3, (one.key, other.key)


def test_only_indonesian_items_tell_of_the_visit() -> None:
    """The visit is one story of one language; each figure is also named elsewhere, in one or two other items."""
    assert {item.language for item in news() if item.story == "putin-pyongyang"} == {"id"}
    for figure in DEMO_FIGURES:
        stories = {item.story for item in news() if figure in item.people.values()} - {"putin-pyongyang"}
        assert 1 <= len(stories) <= 2


@pytest.mark.skipif(not SAMPLE.exists(), reason="the project's first sample is not beside this checkout")
def test_the_sample_article_is_whole(server: DemoServer) -> None:
    """The first sample is served paragraph by paragraph, unchanged, at its address."""
    lines = [line for line in SAMPLE.read_text(encoding="utf-8").splitlines() if line.strip()]
    item = BY_KEY["putin-pyongyang"]
    assert item.url == "https://news.example/putin-pyongyang"
    assert list(item.paragraphs) == [line.strip() for line in lines]
    served = get(server, BY_ID["demo-kabar-nusantara"].path).body.decode()
    assert all(f"<p>{line.strip()}</p>" in served for line in lines)


def test_edits_change_what_they_say() -> None:
    """Each edit finds what it replaces, and at least one is a typo, one a paragraph, one a headline."""
    edits = [(item, item.edit) for item in news() if item.edit]
    for item, edit in edits:
        assert edited(item).text() != item.text()
        assert all(old in item.text() for old, _new in edit.replace), item.key
        assert len(item.feeds) == 1, f"{item.key}: two feeds would show two versions in no certain order"
    assert any(edit.replace for _item, edit in edits)
    assert any(edit.append for _item, edit in edits)
    assert any(edit.title for _item, edit in edits)


def test_every_kind_of_fault_is_there() -> None:
    """Each fault that a record may have occurs, and so do an item without any text and both broken feeds."""
    assert {item.fault for item in news()} - {None} == {
        "date-9999", "html-title", "invalid-utf8", "no-guid", "nul", "relative-link", "undeclared-entity",
    }  # fmt: skip
    assert [item.key for item in news() if not item.text()] == ["leer-de"]
    assert {feed.breakage for feed in FEEDS} == {None, "broken-xml", "html-on-second"}


def test_expected_adds_up() -> None:
    """The books follow from the records: all but the refused are items, and each language is counted."""
    books = expected()
    assert books.items + books.refused == len(news())
    assert sum(books.by_language.values()) == books.items
    readable = [item for item in news() if BY_ID[item.feeds[0].feed].breakage != "html-on-second"]
    assert books.revisions == sum(item.edit is not None for item in readable)
    assert books.repeats == sum(len(item.feeds) - 1 for item in news()) == 2
    assert books.sent == books.items + books.revisions + books.repeats
    assert len(books.near_copies) == 6
    assert expected() == books


def test_demo_feeds_lead_to_every_format(server: DemoServer) -> None:
    """The feeds handed to Kabar exist on the server, alert at once, and cover all six formats."""
    feeds = demo_feeds(server.url)
    assert {feed.format for feed in FEEDS} == set(WRITERS)
    assert len({feed.id for feed in feeds}) == len(FEEDS)
    for feed in feeds:
        assert feed.alert_existing
        assert get(server, urlsplit(feed.url).path).status in {200, 301}


@pytest.mark.parametrize("feed", STRICT, ids=lambda feed: feed.id)
def test_feedparser_reads_what_is_well_formed(server: DemoServer, feed: DemoFeed) -> None:
    """An independent parser finds every item, its title and link, in both editions."""
    for number in (1, 2):
        answer = get(server, feed.path)
        assert answer.status == 200
        body = answer.body
        found = feedparser.parse(body)
        wanted = edition(feed, number)
        assert len(found.entries) == len(wanted)
        for entry, (item, query) in zip(found.entries, wanted, strict=True):
            if item.fault is None:
                assert entry.title == item.title
                assert entry.link == item.url + (f"?{query}" if query else "")
                assert "".join(entry.get("summary", "").split()) == "".join((item.summary or first_text(item)).split())
        faulty = {item.fault for item, _query in wanted}
        if not faulty & {"invalid-utf8", "undeclared-entity"}:
            assert not found.bozo


def first_text(item: NewsItem) -> str:
    """What feedparser takes for a summary where a feed gives none: the whole text in its markup."""
    return "".join(f"<p>{paragraph}</p>" for paragraph in item.paragraphs)


def test_json_feeds_are_json(server: DemoServer) -> None:
    """The JSON Feeds are valid, of version 1.1, and one carries an escaped NUL."""
    bodies = [get(server, feed.path).body for feed in FEEDS if feed.format == "json"]
    for body in bodies:
        feed = json.loads(body)
        assert feed["version"] == "https://jsonfeed.org/version/1.1"
        assert all(entry["id"] and entry["url"] and entry["title"] for entry in feed["items"])
    assert any(b"\\u0000" in body for body in bodies)


def test_the_sitemap_has_titles_and_no_text(server: DemoServer) -> None:
    """The news sitemap is well-formed and lists address, date, language and title of each item."""
    feed = BY_ID["demo-globus"]
    root = etree.fromstring(get(server, feed.path).body)
    spaces = {"n": "http://www.google.com/schemas/sitemap-news/0.9"}
    titles = [node.text for node in root.iterfind(".//n:title", spaces)]
    assert titles == [item.title for item, _query in edition(feed, 1)]
    assert len(root.findall(".//n:publication_date", spaces)) == len(titles)


def test_charsets_are_legacy_and_one_header_is_wrong(server: DemoServer) -> None:
    """Two feeds are in legacy charsets, losslessly; one says ISO 8859-1 of what is UTF-8."""
    russian = get(server, BY_ID["demo-severny-meridian"].path)
    assert "charset=windows-1251" in russian.headers["content-type"]
    assert "Путин поручил" in russian.body.decode("windows-1251")
    japanese = get(server, BY_ID["demo-asagiri"].path)
    assert "charset" not in japanese.headers["content-type"]
    assert "マグニチュード" in japanese.body.decode("shift_jis")
    assert b"&#" not in russian.body + japanese.body
    wrong = get(server, BY_ID["demo-correo-atlantico"].path)
    assert "charset=iso-8859-1" in wrong.headers["content-type"]
    assert "Amazonía" in wrong.body.decode("utf-8")


def test_broken_feeds_are_broken_as_told(server: DemoServer) -> None:
    """Invalid bytes, bad XML, an undeclared entity, a far date, a relative link: each is on the wire."""
    savanna = get(server, BY_ID["demo-savanna"].path)
    with pytest.raises(UnicodeDecodeError):
        savanna.body.decode("utf-8")
    for path in ("demo-klippenbote", "demo-monsoon-wire"):
        with pytest.raises(etree.XMLSyntaxError):
            etree.fromstring(get(server, BY_ID[path].path).body)
    atom = get(server, BY_ID["demo-continental"].path).body
    assert b"<published>9999-" in atom
    assert b'href="/tr/izmir-tramvay"' in atom
    turned = get(server, BY_ID["demo-savanna"].path)
    assert turned.status == 200
    assert turned.headers["content-type"].startswith("text/html")
    assert turned.body.startswith(b"<!DOCTYPE html>")


def test_a_repeat_has_tracking_parameters(server: DemoServer) -> None:
    """The second feed links one item with `utm_` parameters and another without."""
    items = json.loads(get(server, BY_ID["demo-nusantara-pilihan"].path).body)["items"]
    links = {entry["id"]: entry["url"] for entry in items}
    assert links["https://news.example/putin-pyongyang"].endswith("?utm_source=pilihan&utm_medium=feed")
    palu = "https://kabarnusantara.example/nasional/gempa-palu-magnitudo-61"
    assert links[palu] == palu


def test_gzip_is_sent_to_who_asks(server: DemoServer) -> None:
    """The compressed feed is gzip for a client that accepts it, and plain for one that does not."""
    path = BY_ID["demo-harbour-post"].path
    packed = get(server, path, Accept_Encoding="gzip, deflate")
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body).startswith(b"<?xml")
    assert get(server, path, Accept_Encoding="identity").body.startswith(b"<?xml")


def test_a_moved_feed_redirects(server: DemoServer) -> None:
    """The old address answers 301 with the new one, and the redirect does not use up an edition."""
    feed = BY_ID["demo-al-mina"]
    moved = get(server, feed.public_path)
    assert (moved.status, moved.headers["location"]) == (301, feed.path)
    get(server, feed.public_path)
    assert get(server, feed.path).body.count(b"<item>") == len(edition(feed, 1))


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.id)
def test_editions_advance_and_then_stay(server: DemoServer, feed: DemoFeed) -> None:
    """First edition, second edition, then the second for ever: 304 to its validators, 200 without them."""
    first = get(server, feed.path)
    second = get(server, feed.path, **conditions(first))
    changes = feed.breakage == "html-on-second" or edition(feed, 1) != edition(feed, 2)
    if changes:
        assert second.status == 200
        assert second.body != first.body
    else:
        assert second.status == (304 if conditions(first) else 200)
    latest = second if second.status == 200 else get(server, feed.path)
    again = get(server, feed.path, **conditions(latest))
    assert again.status == (304 if conditions(latest) else 200)
    assert get(server, feed.path).body == latest.body


def conditions(answer: Answer) -> dict[str, str]:
    """The headers of a conditional request after this answer."""
    pairs = {"If_None_Match": "etag", "If_Modified_Since": "last-modified"}
    return {asked: answer.headers[given] for asked, given in pairs.items() if given in answer.headers}


def test_a_given_port_is_used_and_a_taken_one_refused(server: DemoServer) -> None:
    """A second server on the same port fails with OSError; after a stop the port is free; stop may be repeated."""
    with pytest.raises(OSError, match=r"address already in use|Address already in use"):
        start_demo_server(server.port)
    server.stop()
    server.stop()
    with start_demo_server(server.port) as other:
        assert other.port == server.port


def test_it_starts_inside_a_running_loop() -> None:
    """A program that is asynchronous itself can start and stop the server."""

    async def use() -> int:
        with start_demo_server() as running:
            return (await asyncio.to_thread(get, running, "/")).status

    assert asyncio.run(use()) == 200


async def polled(feed: Feed, session: aiohttp.ClientSession, times: int) -> list[Decision]:
    """What the connectors decide after so many polls of one feed."""
    state, decisions = FeedState(feed_id=feed.id), []
    for _ in range(times):
        outcome = await fetch(session, feed.url, validators(state))
        if isinstance(outcome, Fetched):
            found = parse(outcome.body, url=outcome.final_url, content_type=outcome.content_type)
            decision = decide(feed, state, judged(outcome, found), now())
        else:
            decision = decide(feed, state, outcome, now())
        state = decision.state
        decisions.append(decision)
    return decisions


def judged(fetched: Fetched, found: ParsedFeed | Unreadable) -> Changed | Failed:
    """A body that is a feed, or why not."""
    return Failed(reason=found.reason) if isinstance(found, Unreadable) else Changed(fetched=fetched, feed=found)


def test_the_connectors_give_what_is_expected(server: DemoServer) -> None:
    """Three polls of every feed by Kabar's own connectors send, refuse and fail exactly as the records foretell."""
    settings = load_settings().model_copy(update={"allow_networks": ("127.0.0.0/8",)})

    async def run() -> dict[str, list[Decision]]:
        async with guarded_session(settings) as session:
            return {feed.id: await polled(feed, session, 3) for feed in demo_feeds(server.url)}

    decisions = asyncio.run(run())
    books = expected()
    sent = [item for polls in decisions.values() for poll in polls for item in poll.items]
    assert len(sent) == books.sent
    assert len({item.id for item in sent}) == books.items
    assert sum(len(poll.refused) for polls in decisions.values() for poll in polls) == books.refused
    assert sum(bool(polls[-1].state.failures) for polls in decisions.values()) == books.unreadable_feeds
    assert not any(poll.quiet for polls in decisions.values() for poll in polls)
