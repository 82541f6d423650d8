"""`check`: one look at a feed, and what is wrong with it in words."""

import asyncio

import pytest
from yarl import URL

from connectors.check import Check, check
from schemas.settings import Settings, load_settings
from tests.connectors.golden import FOLDER
from tests.connectors.server import LocalServer

CHALLENGE = b"<script src='/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1'></script>"
OPEN = load_settings(allow_networks="127.0.0.0/8")


def looked(body: bytes | None, settings: Settings = OPEN) -> Check:
    """What a check of a feed with this body says; None is a 404."""
    with LocalServer() as server:
        url = server.url("/feed") if body is None else server.serve("/feed", body)
        return asyncio.run(check(url, settings))


def test_a_good_feed_is_described() -> None:
    """Format, title, items, newest date, no error."""
    found = looked((FOLDER / "rss-2.0-plain.xml").read_bytes())
    assert (found.status, found.format, found.title, found.items, found.error) == (
        200,
        "RSS 2.0",
        "Harbour Post",
        1,
        None,
    )
    assert found.newest is not None
    assert found.newest.isoformat() == "2024-03-05T07:30:00+00:00"
    assert found.repairs == ()
    assert found.advice is None


def test_a_page_that_names_feeds_for_people_alone_names_them() -> None:
    """Links in its text count where it has none for programs, and none of them leads behind a bot wall."""
    links = (
        b"<a href='/rss.xml'>RSS</a><a href='/feeds/world/'>World</a><a href='/about'>Us</a><a href='/feedback'>x</a>"
    )
    found = looked(b"<!doctype html><html><title>News</title>" + links)
    assert [URL(feed).path for feed in found.feeds] == ["/rss.xml"]
    assert not looked(b"<html><title>Just a moment...</title>" + CHALLENGE + links).feeds


def test_repairs_are_listed() -> None:
    """Those of the feed and those of its items."""
    found = looked((FOLDER / "rss-2.0-utf-8-called-latin-1.xml").read_bytes())
    assert found.repairs == ("charset-wrong",)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (None, "HTTP 404"),
        (b"", "an empty body"),
        ((FOLDER / "not-html-page.xml").read_bytes(), "an HTML page (Sign in), not a feed"),
        ((FOLDER / "sitemap-index.xml").read_bytes(), "a sitemap index of 2"),
        ((FOLDER / "sitemap-plain.xml").read_bytes(), "none of them news"),
        ((FOLDER / "rss-2.0-no-items.xml").read_bytes(), "without items"),
        ((FOLDER / "rss-2.0-internal-subset.xml").read_bytes(), "DOCTYPE"),
    ],
)
def test_what_is_wrong_is_said(body: bytes | None, error: str) -> None:
    """In a sentence."""
    assert error in (looked(body).error or "")


def test_a_refused_address_names_the_setting() -> None:
    """The user learns how to open it."""
    assert "KABAR_ALLOW_NETWORKS" in (looked(b"<rss/>", load_settings(allow_networks="")).error or "")
