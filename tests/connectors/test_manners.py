"""What a server asks is kept to: how seldom, when again, at which address; against a real one."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import msgspec
import pytest
from aiohttp import web

from connectors.feeds.names import Names
from connectors.feeds.poller import Poller
from connectors.feeds.schedule import Followed, Schedule
from connectors.fetch import Failed, cache_seconds, fetch
from connectors.guard import guarded_session
from connectors.websub.decide import SLOW_POLL_SECONDS, accepted
from connectors.websub.leases import Leases
from schemas.codec import now
from schemas.feed import Feed, FeedState
from schemas.item import Item
from schemas.settings import load_settings
from schemas.subscription import Subscription
from schemas.topics import ITEMS
from tests.connectors.kept import Kept
from tests.connectors.polling import polls
from tests.connectors.server import LocalServer

OPEN = load_settings(allow_networks="127.0.0.0/8", kafka="unused:1")
FLOOR, CEILING, FIRST = 120.0, 6 * 3600.0, 600.0


def rss(channel: str = "", *, minutes: int = 1) -> bytes:
    """A feed with an item each so many minutes, the newest of now."""
    dates = [format_datetime(now() - timedelta(minutes=minutes * number)) for number in range(10)]
    items = "".join(
        f"<item><title>T {n}</title><link>https://x.example/{n}</link><pubDate>{d}</pubDate></item>"
        for n, d in enumerate(dates)
    )
    return f"<rss version='2.0'><channel><title>T</title>{channel}{items}</channel></rss>".encode()


def waited(followed: Followed) -> float:
    """Seconds from the last poll of a feed to its next."""
    polled, due = followed.state.polled_at, followed.state.next_poll_at
    assert polled is not None
    assert due is not None
    return (due - polled).total_seconds()


@pytest.mark.parametrize(
    ("channel", "headers", "least", "most"),
    [
        ("", {}, FLOOR, 1.1 * FLOOR),
        ("<ttl>90</ttl>", {}, 5_400, 5_700),
        ("", {"Cache_Control": "public, max-age=7200"}, 7_200, 7_600),
        ("", {"Cache_Control": "max-age=7200", "Age": "3600"}, 3_600, 3_800),
        ("<ttl>60</ttl>", {"Cache_Control": "max-age=7200"}, 7_200, 7_600),
        ("<ttl>240</ttl>", {"Cache_Control": "max-age=7200"}, 14_400, 15_200),
        ("", {"Cache_Control": "max-age=7200, no-cache"}, FLOOR, 1.1 * FLOOR),
        ("<ttl>100000</ttl>", {"Cache_Control": "max-age=31536000"}, 0.95 * CEILING, CEILING),
    ],
)
@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_a_feed_is_not_asked_before_it_says(
    channel: str, headers: dict[str, str], least: float, most: float, name: str
) -> None:
    """A feed of one item a minute: at the floor, or as `ttl` and `Cache-Control` ask, the longer one, to the ceiling.

    The spread between feeds goes under neither.
    """
    with LocalServer() as server:
        (followed,), _ = polls(OPEN, Feed(id=name, url=server.serve("/feed", rss(channel), **headers)))
    assert least <= waited(followed) <= most


def test_hours_that_a_feed_skips_are_skipped() -> None:
    """All but one hour of the day, some hours from now: that is when it is due, or at the ceiling."""
    free = (datetime.now(UTC) + timedelta(hours=4)).hour
    hours = "".join(f"<hour>{hour}</hour>" for hour in range(24) if hour != free)
    with LocalServer() as server:
        url = server.serve("/feed", rss(f"<skipHours>{hours}</skipHours>"))
        (followed,), _ = polls(OPEN, Feed(id="skip", url=url))
    due = followed.state.next_poll_at
    assert due is not None
    assert due.hour == free
    assert 3 * 3600 <= waited(followed) <= 4 * 3600 + 1


def test_how_long_a_reply_says_that_it_stays() -> None:
    """`max-age` less `Age`, else `Expires`; at most a day; nothing that means nothing."""
    later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    assert cache_seconds({"Cache-Control": "max-age=60"}) == 60
    assert cache_seconds({"Cache-Control": 's-maxage=9, max-age = "60"', "Age": "90"}) == 0
    assert cache_seconds({"Cache-Control": "max-age=99999999"}) == 86_400
    assert cache_seconds({"Cache-Control": "no-store", "Expires": later}) == 0
    assert 3_500 < cache_seconds({"Expires": later}) <= 3_600
    assert cache_seconds({"Expires": "0"}) == cache_seconds({"Expires": "-1"}) == cache_seconds({}) == 0


@pytest.mark.parametrize("status", [429, 503, 500])
@pytest.mark.parametrize("dated", [False, True])
def test_retry_after_is_kept_to(status: int, dated: bool) -> None:  # noqa: FBT001
    """In seconds and as a date, whatever the error and however short the feed's own interval."""

    async def busy(_request: web.Request) -> web.StreamResponse:
        moment = format_datetime(datetime.now(UTC) + timedelta(seconds=9_001), usegmt=True)
        return web.Response(status=status, headers={"Retry-After": moment if dated else "9000"})

    with LocalServer() as server:
        (followed,), _ = polls(OPEN, Feed(id="busy", url=server.on("/feed", busy), interval_seconds=1.0))
    assert 8_999 <= waited(followed) <= 9_001
    assert str(status) in (followed.state.last_error or "")


def test_retry_after_of_a_sitemap_is_kept_to() -> None:
    """An index is asked again when the longest of its sitemaps allows it, and says which could not be read."""

    async def busy(request: web.Request) -> web.StreamResponse:
        return web.Response(status=429, headers={"Retry-After": "20000" if request.path == "/b.xml" else "60"})

    with LocalServer() as server:
        parts = "".join(f"<sitemap><loc>{server.on(path, busy)}</loc></sitemap>" for path in ("/a.xml", "/b.xml"))
        url = server.serve("/index.xml", f"<sitemapindex>{parts}</sitemapindex>".encode())
        (followed,), _ = polls(OPEN, Feed(id="index", url=url))
    assert waited(followed) == 20_000
    assert "/a.xml cannot be read: HTTP 429" in (followed.state.last_error or "")


@pytest.mark.parametrize(
    ("status", "headers", "body", "maker"),
    [
        (403, {"cf-mitigated": "challenge"}, "", "Cloudflare"),
        (503, {}, "<title>Just a moment...</title><script>window._cf_chl_opt={}</script>", "Cloudflare"),
        (403, {"X-DataDome": "protected"}, "", "DataDome"),
        (403, {}, "<script src='https://ct.captcha-delivery.com/c.js'></script>", "DataDome"),
        (403, {}, "<iframe src='/_Incapsula_Resource?x=1'></iframe>", "Imperva"),
        (403, {}, "<p>Access Denied</p><a href='https://errors.edgesuite.net/18.1'>", "Akamai"),
        (405, {}, "<script>window.gokuProps = {}</script>", "AWS WAF"),
        (429, {}, "<p>Verify you are human</p>", "its maker is not known"),
        (200, {}, "<!doctype html><title>Making sure</title><script id='anubis_challenge'></script>", "Anubis"),
    ],
)
def test_a_bot_wall_is_named_and_not_gone_around(status: int, headers: dict[str, str], body: str, maker: str) -> None:
    """One request, as ourselves and without what the wall set; the error says that it is one, and whose."""
    seen: list[tuple[str, str | None]] = []

    async def wall(request: web.Request) -> web.StreamResponse:
        seen.append((request.headers["User-Agent"], request.headers.get("Cookie")))
        return web.Response(status=status, text=body, headers={**headers, "Set-Cookie": "clearance=1"})

    with LocalServer() as server:
        (followed,), _ = polls(OPEN, Feed(id="wall", url=server.on("/feed", wall)), times=2)
    assert "bot wall" in (followed.state.last_error or "")
    assert maker in (followed.state.last_error or "")
    assert seen == [("Kabar/0.1 (news reader)", None)] * 2


def test_an_error_that_is_no_wall_is_not_called_one() -> None:
    """A plain 403 of a server, and a large page that only mentions one."""
    for text in ("<h1>Forbidden</h1>", "<p>They use hcaptcha.com.</p>" + "<p>words</p>" * 10_000):

        async def forbidden(_request: web.Request, text: str = text) -> web.StreamResponse:
            return web.Response(status=403, text=text)

        async def ask(url: str) -> object:
            async with guarded_session(OPEN) as session:
                return await fetch(session, url)

        with LocalServer() as server:
            outcome = asyncio.run(ask(server.on("/", forbidden)))
        assert isinstance(outcome, Failed)
        assert "bot wall" not in outcome.reason


def test_the_sitemaps_of_an_index_are_asked_conditionally() -> None:
    """Nothing new: 304 for each. One changed: its new page is sent, once; and each 24th poll asks for all of them.

    One that is gone changes nothing.
    """
    space = (
        "xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'"
    )
    pages = {"/news-a.xml": ["a1"], "/news-b.xml": ["b1"]}
    replies: list[tuple[str, int]] = []

    async def part(request: web.Request) -> web.StreamResponse:
        names = pages[request.path]
        entries = "".join(
            f"<url><loc>https://s.example/{name}</loc><n:news><n:title>Title {name}</n:title></n:news></url>"
            for name in names
        )
        etag = f'"{len(names)}"'
        status = 304 if request.headers.get("If-None-Match") == etag else 200
        replies.append((request.path, status))
        body = None if status == 304 else f"<urlset {space}>{entries}</urlset>".encode()
        return web.Response(status=status, body=body, headers={"ETag": etag})

    def sent(kept: Kept) -> list[str]:
        return sorted(Item.decode(value).title for value in kept.on(ITEMS))

    async def run(url: str) -> None:
        kept = Kept()
        poller = Poller(OPEN, kept)
        writing = asyncio.create_task(poller._writer.run())  # noqa: SLF001 - the broker's part is in test_feeds_command
        feed = Feed(id="index", url=url, alert_existing=True)
        followed = Followed(feed=feed, state=FeedState(feed_id="index"), partition=0)
        async with guarded_session(OPEN) as session:

            async def poll(times: int = 1) -> None:
                for _ in range(times):
                    await poller._poll(session, followed)  # noqa: SLF001

            await poll(3)
            assert [status for _, status in replies] == [200, 200, 304, 304, 304, 304]
            assert sent(kept) == ["Title a1", "Title b1"]
            pages["/news-a.xml"].insert(0, "a2")
            replies.clear()
            await poll(2)
            assert replies.count(("/news-a.xml", 200)) == 1
            assert replies[-2:] == [("/news-a.xml", 304), ("/news-b.xml", 304)]
            assert sent(kept) == ["Title a1", "Title a2", "Title b1"]
            await poll(18)
            replies.clear()
            await poll()
            assert {status for _, status in replies} == {200}
            assert sent(kept) == ["Title a1", "Title a2", "Title b1"]
            assert (followed.state.polls, followed.state.failures) == (24, 0)
        writing.cancel()

    with LocalServer() as server:
        places = [*(server.on(path, part) for path in pages), server.url("/news-gone.xml")]
        index = "".join(f"<sitemap><loc>{place}</loc></sitemap>" for place in places)
        asyncio.run(run(server.serve("/index.xml", f"<sitemapindex {space}>{index}</sitemapindex>".encode())))


def _known(name: str, url: str, **state: str) -> Followed:
    return Followed(feed=Feed(id=name, url=url), state=FeedState(feed_id=name, **state), partition=0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example/rss", "http://a.example/rss", True),
        ("https://a.example/rss", "https://www.a.example/rss/", True),
        ("https://a.example/rss?utm_source=x", "https://a.example/rss", True),
        ("https://a.example/rss", "https://a.example/atom", False),
        ("https://a.example/rss", "https://b.example/rss", False),
    ],
)
def test_two_addresses_of_one_feed(one: str, other: str, same: bool) -> None:  # noqa: FBT001
    """Scheme, `www.`, a slash at the end and tracking make no other feed; the one with the smaller id is polled."""
    schedule = Schedule()
    first, second = _known("1", one), _known("2", other)
    schedule.add(first)
    schedule.add(second)
    assert schedule.twin(first) is None
    assert schedule.twin(second) == (one if same else None)
    schedule.remove("1")
    assert schedule.twin(second) is None, "the one that is left is polled"


A, B = "https://a.example/rss", "https://feeds.example/a"


def _told(names: Names, *feeds: Followed) -> None:
    """What is said of these feeds after a poll of each, twice: who is named by others says so once it has heard it."""
    for one in feeds * 2:
        if name := names.to_tell(one, one.state, now()):
            names.take(one.feed.id, name.encode())


def test_a_feed_that_names_another_address_of_itself_is_its_twin_where_both_are_the_same() -> None:
    """By its `self` link and the same entries; a link alone is not believed. The one that the link names is polled."""
    original = _known("2", A, itself=A, shown="h")
    copy = _known("1", B, itself=f"{A}?utm_source=b", shown="h")
    liar = _known("3", "https://liar.example/", itself=A, shown="other")
    names, schedule = Names(timedelta(hours=6)), Schedule()
    _told(names, original, copy, liar)
    assert schedule.twin(copy, names.alike(copy, now())) == A
    assert schedule.twin(original, names.alike(original, now())) is None
    assert schedule.twin(liar, names.alike(liar, now())) is None
    names.take("2", None)
    assert schedule.twin(copy, names.alike(copy, now())) is None, "the one that is left is polled"


def test_where_a_feed_fails_its_twin_of_another_host_is_polled() -> None:
    """And where nobody has said for long that it is well."""
    original, copy = _known("2", A, itself=A, shown="h"), _known("1", B, itself=A, shown="h")
    names, schedule = Names(timedelta(hours=6)), Schedule()
    _told(names, original, copy)
    assert schedule.twin(copy, names.alike(copy, now() + timedelta(hours=11))) == A
    assert schedule.twin(copy, names.alike(copy, now() + timedelta(hours=13))) is None
    original.state = msgspec.structs.replace(original.state, failures=3)
    name = names.to_tell(original, original.state, now())
    assert name is not None
    assert names.take("2", name.encode()) == {"1", "2"}, "who polls the other hears of it"
    assert schedule.twin(copy, names.alike(copy, now())) is None
    assert schedule.twin(original, names.alike(original, now())) == B


def test_of_feeds_that_are_what_they_say_nothing_is_told() -> None:
    """A name that only its own feed gives, and one that was told before, is not told."""
    names = Names(timedelta(hours=6))
    plain, copy = _known("1", A, itself=A, shown="h"), _known("2", B, itself=A, shown="h")
    assert names.to_tell(plain, plain.state, now()) is None
    _told(names, copy)
    assert names.to_tell(copy, copy.state, now()) is None
    assert names.to_tell(copy, copy.state, now() + timedelta(hours=7)) is not None
    assert names.to_tell(plain, plain.state, now()) is not None


def _subscription(feed_id: str, lease: float) -> Subscription:
    asked = Subscription(
        feed_id=feed_id, hub="https://h.example/", topic="https://t.example/", status="asked", due_at=now()
    )
    return accepted(asked, lease, now())


def test_beside_a_hub_the_poll_is_slow_and_goes_on() -> None:
    """Two hours while the lease lasts; as ever without one, once it ended, where the feed fails or has a fixed time."""
    leases = Leases()
    leases.take("active", _subscription("active", 3_600).encode())
    ended = _subscription("ended", 3_600)
    leases.take(
        "ended", Subscription(**{f: getattr(ended, f) for f in ended.__struct_fields__} | {"until": now()}).encode()
    )

    def wait(name: str, seconds: float = FIRST, failures: int = 0, interval: float | None = None) -> float:
        feed = Feed(id=name, url="https://x.example/", interval_seconds=interval)
        return leases.wait(feed, FeedState(feed_id=name, failures=failures), seconds)

    assert wait("active") == SLOW_POLL_SECONDS == 7_200
    assert wait("active", seconds=20_000) == 20_000
    assert wait("active", failures=1) == FIRST
    assert wait("active", interval=60.0) == FIRST
    assert wait("ended") == wait("none") == FIRST
    leases.take("active", None)
    assert wait("active") == FIRST


def test_the_poller_plans_by_the_lease() -> None:
    """A polled feed whose hub sends it is due in two hours; the one beside it when its rhythm says."""

    async def run(url: str) -> tuple[float, float]:
        poller = Poller(OPEN, Kept())
        writing = asyncio.create_task(poller._writer.run())  # noqa: SLF001 - the broker's part is in test_hub
        poller._leases.take("hubbed", _subscription("hubbed", 86_400).encode())  # noqa: SLF001
        dues = []
        for name in ("hubbed", "plain"):
            followed = _known(name, url)
            poller._schedule.add(followed)  # noqa: SLF001
            async with guarded_session(OPEN) as session:
                await poller._poll(session, followed)  # noqa: SLF001
            dues.append((poller._schedule.next_due() or 0.0) - asyncio.get_running_loop().time())  # noqa: SLF001
            poller._schedule.remove(name)  # noqa: SLF001
            poller._schedule.take_due(float("inf"))  # noqa: SLF001
        writing.cancel()
        return dues[0], dues[1]

    with LocalServer() as server:
        hubbed, plain = asyncio.run(run(server.serve("/feed", rss())))
    assert hubbed == pytest.approx(SLOW_POLL_SECONDS, abs=5)
    assert plain < 200
