"""`kabar feeds` as a user runs it, beside a running poller, a real broker and a real HTTP server."""

import json
import time
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from click.testing import CliRunner, Result
from yarl import URL

from connectors.feeds.health import trouble
from connectors.feeds.registry import partition_of
from connectors.opml import feed_id, read_opml
from pipeline.cli.feeds import command
from schemas.alert import Alert
from schemas.broker import Producer, read_all, read_newest
from schemas.codec import now
from schemas.feed import Feed, FeedState
from schemas.settings import Settings, load_settings
from schemas.topics import ALERTS, FEED_NAMES, FEED_STATE
from tests.connectors.server import LocalServer
from tests.connectors.test_poller import Outlet, after_polls, followed, items, polling, state, titles, until

FEED = b"<rss version='2.0'><channel><title>T</title><item><title>A</title><link>/a</link></item></channel></rss>"
INDONESIA = Path(__file__).parents[3] / "shared" / "eval" / "feeds" / "opml" / "Indonesia.opml"
PAGE = b"<!doctype html><html><head><link rel='alternate' type='application/rss+xml' href='/news/rss'></head></html>"


def kabar(settings: Settings, *words: str) -> Result:
    """Run `kabar feeds` with these words."""
    return CliRunner(env=settings.environment()).invoke(command, list(words), catch_exceptions=False)


def test_a_feed_is_found_from_its_site_and_listed_exported_and_removed(kabar_settings: Settings) -> None:
    """The page's own address is enough; the list goes out as OPML and comes in again as it was."""
    with LocalServer() as server:
        server.serve("/", PAGE, Content_Type="text/html")
        address = server.serve("/news/rss", FEED)
        added = kabar(kabar_settings, "add", server.url("/"), "--name", "Site", "--country", "ID")
        assert added.output.startswith(f"Following {address} as ")
        again = kabar(kabar_settings, "add", f"{address}/?utm_source=x")
        assert "followed already" in again.output
        exported = read_opml(kabar(kabar_settings, "export").output)
        assert [(feed.name, feed.url) for feed in exported if feed.url == address] == [("Site", address)]
        assert address in kabar(kabar_settings, "list", "--json").output
        assert "No longer following" in kabar(kabar_settings, "remove", address).output
        assert address not in kabar(kabar_settings, "list", "--json").output


def test_for_a_feed_that_is_removed_no_other_rests(kabar_settings: Settings) -> None:
    """What is said of it to the pollers of its twins goes with it. An address needs no scheme to be followed."""
    address = "kabar.invalid/rss"
    with Producer(kabar_settings) as producer:
        assert "Following https://kabar.invalid/rss as " in kabar(kabar_settings, "add", address).output
        id_ = feed_id(f"https://{address}")
        producer.send(FEED_NAMES, id_, b"{}")
        producer.flush()
    assert id_ in read_newest(kabar_settings, FEED_NAMES)
    kabar(kabar_settings, "remove", f"https://{address}")
    assert id_ not in read_newest(kabar_settings, FEED_NAMES)


def test_a_page_without_a_feed_is_refused_with_what_to_do(kabar_settings: Settings) -> None:
    """Nothing is followed, and one sentence says why."""
    with LocalServer() as server:
        url = server.serve("/", b"<!doctype html><html><title>Sign in</title><input type='password'></html>")
        added = kabar(kabar_settings, "add", url)
        assert added.exit_code == 1
        assert "sign-in page" in added.output
        assert url not in kabar(kabar_settings, "list", "--json").output


@pytest.mark.parametrize("given", ["http://127.0.0.1:{port}/feed", "http://localhost:{port}/", "file:///etc/passwd"])
def test_an_address_inside_the_network_is_not_followed(kabar_settings: Settings, given: str) -> None:
    """Neither one that is given nor one that a page names: nothing connects, nothing is stored, and the reason is."""
    closed = kabar_settings.model_copy(update={"allow_networks": ()})
    with LocalServer() as server:
        server.serve("/feed", FEED)
        url = given.format(port=server.port)
        added = kabar(closed, "add", url)
        assert added.exit_code == 1
        assert "Refused address" in added.output or "not an http(s) address" in added.output
        assert server.requests == []
        assert url not in kabar(closed, "list", "--json").output


def test_a_page_that_names_a_feed_inside_the_network_gives_none(kabar_settings: Settings) -> None:
    """Its site's own icon is not asked for either."""
    with LocalServer() as server:
        named = f"http://127.0.0.2:{server.port}/feed"
        links = f"<link rel='icon' href='/favicon.ico'><link rel='alternate' type='application/rss+xml' href='{named}'>"
        url = server.serve("/", f"<!doctype html><html><head>{links}</head></html>".encode())
        one = kabar_settings.model_copy(update={"allow_networks": ("127.0.0.1/32",)})
        added = kabar(one, "add", url)
        assert added.exit_code == 1
        assert set(server.requests) == {"/"}
        assert "127.0.0.2" not in kabar(one, "list", "--json").output


def test_a_feed_that_fails_is_shown_with_its_reason_and_told_once(kabar_settings: Settings) -> None:
    """It turned into a bot wall: `list --unhealthy` says whose, an alert tells it, and a recovery ends it."""
    wall = b"<!doctype html><title>Just a moment...</title><script>window._cf_chl_opt={}</script>"
    with LocalServer() as server:
        outlet = Outlet(server, "/walled", alert_existing=True)
        outlet.entries = {"/walled/1": "Before"}
        with followed(kabar_settings, outlet.feed), polling(kabar_settings):
            until(lambda: len(items(kabar_settings, outlet.feed)) == 1)
            server.serve("/walled", wall)
            until(lambda: state(kabar_settings, outlet.feed).failures >= 4)
            shown = kabar(kabar_settings, "list", "--unhealthy", "--json")
            (row,) = [r for r in map(json.loads, shown.output.splitlines()) if r["feed"]["url"] == outlet.url]
            assert row["health"] == "failing"
            assert "Cloudflare" in row["reason"]
            alerts = [Alert.decode(m.value) for m in read_all(kabar_settings, ALERTS) if m.value]
            told = [alert for alert in alerts if alert.match.figure_id == f"feed:{outlet.feed.id}"]
            assert len(told) == 1
            assert "Cloudflare" in told[0].reason
            server.serve("/walled", FEED)
            until(lambda: state(kabar_settings, outlet.feed).failures == 0)
            assert outlet.url not in kabar(kabar_settings, "list", "--unhealthy", "--json").output


@pytest.mark.slow
def test_a_feed_that_moved_is_followed_to_its_new_address(kabar_settings: Settings) -> None:
    """After three permanent redirects its address is the new one, on another host; nothing is sent twice."""

    async def gone(_request: web.Request) -> web.StreamResponse:
        hits.append(time.monotonic())
        return web.Response(status=301, headers={"Location": there})

    hits: list[float] = []
    with LocalServer() as server:
        outlet = Outlet(server, "/new-place", alert_existing=True)
        outlet.entries = {"/new-place/1": "One"}
        there = outlet.url.replace("127.0.0.1", "localhost")
        old = server.on("/old-place", gone)
        moving = Outlet(server, "/moving", alert_existing=True)
        server.handlers["/moving"] = gone
        assert old
        with followed(kabar_settings, moving.feed), polling(kabar_settings):
            until(lambda: "localhost" in kabar(kabar_settings, "list", "--json").output)
            outlet.entries["/new-place/2"] = "Two"
            until(lambda: len(items(kabar_settings, moving.feed)) >= 2)
            assert titles(kabar_settings, moving.feed) == ["One", "Two"]
            redirected = len(hits)
            time.sleep(1.5)
            assert len(hits) == redirected == 3
        kabar(kabar_settings, "remove", moving.feed.id)


def test_the_same_feed_under_two_addresses_is_polled_once(kabar_settings: Settings) -> None:
    """What differs only by a slash or by tracking is one feed."""
    with LocalServer() as server:
        outlet = Outlet(server, "/twin", alert_existing=True)
        outlet.entries = {"/twin/1": "One"}
        other = Outlet(server, "/twin/", alert_existing=True)
        other.entries = outlet.entries
        with followed(kabar_settings, outlet.feed, other.feed), polling(kabar_settings):
            until(lambda: len(outlet.replies) + len(other.replies) >= 4)
            assert min(len(outlet.replies), len(other.replies)) == 0
            lazy = outlet.feed if not outlet.replies else other.feed
            assert state(kabar_settings, lazy).twin_of is not None


def test_where_one_address_of_a_feed_fails_the_other_is_polled(kabar_settings: Settings) -> None:
    """After three failures, at once; and the one that fails is no trouble as long as the other is well."""
    with LocalServer() as server:
        one, other = (Outlet(server, path, alert_existing=True) for path in ("/pair", "/pair/"))
        first, second = sorted((one, other), key=lambda outlet: outlet.feed.id)
        first.entries = {"/pair/1": "Before"}
        second.entries = {"/pair/1": "Before", "/pair/2": "After"}
        with followed(kabar_settings, first.feed, second.feed), polling(kabar_settings):
            until(lambda: len(first.replies) >= 2 and state(kabar_settings, second.feed).twin_of is not None)
            del server.handlers[URL(first.url).path]
            until(lambda: titles(kabar_settings, second.feed) == ["After", "Before"])
            asked = server.requests.count(URL(first.url).path)
            until(lambda: state(kabar_settings, first.feed).twin_of == second.url)
            after_polls(kabar_settings, second.feed, 3)
            assert server.requests.count(URL(first.url).path) == asked == len(first.replies) + 3
            assert trouble(first.feed, state(kabar_settings, first.feed), now()) is None


def test_a_sitemap_index_is_followed_to_its_news(kabar_settings: Settings) -> None:
    """The news sitemap that an index names is read in its place, and what is new in it is sent once."""
    space = (
        "xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'"
    )
    page = (
        "<url><loc>https://s.example/{0}</loc><n:news><n:publication><n:name>S</n:name><n:language>id</n:language>"
        "</n:publication><n:title>Title {0}</n:title></n:news></url>"
    )
    with LocalServer() as server:
        news = server.serve("/news.xml", f"<urlset {space}>{page.format(1)}</urlset>".encode())
        index = f"<sitemapindex {space}><sitemap><loc>{news}</loc></sitemap></sitemapindex>"
        outlet = Outlet(server, "/index.xml", alert_existing=True)
        server.serve("/index.xml", index.encode())
        with followed(kabar_settings, outlet.feed), polling(kabar_settings):
            until(lambda: titles(kabar_settings, outlet.feed) == ["Title 1"])
            server.serve("/news.xml", f"<urlset {space}>{page.format(2)}{page.format(1)}</urlset>".encode())
            until(lambda: titles(kabar_settings, outlet.feed) == ["Title 1", "Title 2"])


def test_what_is_written_to_a_file_is_what_is_followed(kabar_settings: Settings, tmp_path: Path) -> None:
    """`export PATH` says how many."""
    path = tmp_path / "feeds.opml"
    assert f"written to {path}" in kabar(kabar_settings, "export", str(path)).output
    assert path.read_bytes().startswith(b"<?xml")


def test_a_feed_that_fell_silent_is_shown_by_its_own_rhythm(kabar_settings: Settings) -> None:
    """Ten days without news, where six hours were its longest gap: since when, and what to do; it stays followed."""
    url = "https://silent.example/rss"
    feed = Feed(id=feed_id(url), url=url, name="Silent Post")
    since = now() - timedelta(days=10)
    known = FeedState(
        feed_id=feed.id, polls=900, polled_at=now(), next_poll_at=now() + timedelta(hours=6), changed_at=since,
        items_sent=400, gap_seconds=3_600.0, longest_gap_seconds=6 * 3_600.0,
    )  # fmt: skip
    with followed(kabar_settings, feed), Producer(kabar_settings) as producer:
        producer.send(FEED_STATE, feed.id, known.encode(), partition=partition_of(feed, kabar_settings))
        producer.flush()
        shown = kabar(kabar_settings, "list", "--unhealthy").output
        assert f"Silent Post ({url})" in shown
        assert "silent since" in shown
        assert f"kabar feeds check {url}" in shown
        assert url in kabar(kabar_settings, "list", "--json").output


@pytest.mark.parametrize(
    ("status", "body", "code", "told"),
    [
        (200, FEED, 0, "RSS 2.0, 1 items"),
        (200, PAGE, 1, "Follow the feed that the page names"),
        (404, b"", 1, "kabar feeds add takes the site's own address too"),
        (403, b"<script>window._cf_chl_opt={}</script>", 1, "Ask the publisher to let Kabar in"),
        (429, b"", 1, "give it a longer --interval"),
        (410, b"", 1, "The publisher ended this feed"),
        (503, b"", 1, "it is tried again by itself"),
    ],
)
def test_check_looks_now_and_says_what_to_do(status: int, body: bytes, code: int, told: str) -> None:
    """One request, no servers; exit code 1 where it is no feed."""

    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=body)

    with LocalServer() as server:
        alone = load_settings(allow_networks="127.0.0.0/8")
        checked = kabar(alone, "check", server.on("/feed", answer))
        assert server.requests == ["/feed"]
    assert (checked.exit_code, told in checked.output) == (code, True), checked.output


@pytest.mark.skipif(not INDONESIA.is_file(), reason="../shared/eval/feeds/opml is not here")
def test_the_list_that_the_readme_shows_is_followed(kabar_settings: Settings) -> None:
    """A real national list, and the line that the README prints of it."""
    imported = kabar(kabar_settings, "import", str(INDONESIA))
    for feed in read_opml(INDONESIA.read_text(encoding="utf-8")):
        assert "No longer" in kabar(kabar_settings, "remove", feed.id).output
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert imported.output.replace(str(INDONESIA), INDONESIA.name) in readme
