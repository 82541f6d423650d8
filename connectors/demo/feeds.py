"""The demo's feeds: which outlet, in which format, and what is odd about its server."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from connectors.demo.records import NewsItem, edited, news

Format = Literal["rss-0.91", "rss-1.0", "rss-2.0", "atom", "json", "sitemap"]
Validators = Literal["both", "etag", "weak-etag", "last-modified", "none"]
Breakage = Literal["broken-xml", "html-on-second"]

EDITIONS = 2

_OFFSET = re.compile(r"-(\d+)([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoFeed:
    """One feed of the demo server.

    `charset` is what its bytes are in; `header_charset` what the server says (None: says nothing). `language` and
    `country` are what a user would tell Kabar of it; None for an agency that writes in several languages.
    """

    id: str
    name: str
    path: str
    format: Format
    site: str
    language: str | None = None
    country: str | None = None
    charset: str = "utf-8"
    header_charset: str | None = "utf-8"
    validators: Validators = "both"
    gzip: bool = False
    redirected_from: str | None = None
    breakage: Breakage | None = None

    @property
    def public_path(self) -> str:
        """The path that a user was given: the old one, where the feed has moved."""
        return self.redirected_from or self.path


FEEDS = (
    DemoFeed(
        id="demo-kabar-nusantara",
        name="Kabar Nusantara",
        path="/kabarnusantara/rss.xml",
        format="rss-2.0",
        site="https://kabarnusantara.example",
        language="id",
        country="ID",
    ),
    DemoFeed(
        id="demo-nusantara-pilihan",
        name="Kabar Nusantara Pilihan",
        path="/kabarnusantara/pilihan.json",
        format="json",
        site="https://kabarnusantara.example/pilihan",
        language="id",
        country="ID",
        header_charset=None,
        validators="etag",
    ),
    DemoFeed(
        id="demo-warta-samudra",
        name="Warta Samudra",
        path="/wartasamudra/atom.xml",
        format="atom",
        site="https://wartasamudra.example",
        language="id",
        country="ID",
        validators="weak-etag",
    ),
    DemoFeed(
        id="demo-harbour-post",
        name="The Harbour Post",
        path="/harbourpost/world.rss",
        format="rss-2.0",
        site="https://harbourpost.example",
        language="en",
        country="GB",
        gzip=True,
    ),
    DemoFeed(
        id="demo-severny-meridian",
        name="Северный меридиан",
        path="/severny-meridian/news.xml",
        format="rss-2.0",
        site="https://meridian.example",
        language="ru",
        country="RU",
        charset="windows-1251",
        header_charset="windows-1251",
    ),
    DemoFeed(
        id="demo-ranok",
        name="Ранок над Дніпром",
        path="/ranok/feed.atom",
        format="atom",
        site="https://ranok.example",
        language="uk",
        country="UA",
        validators="last-modified",
    ),
    DemoFeed(
        id="demo-al-mina",
        name="صحيفة الميناء",
        path="/almina/v2/feed.rss",
        redirected_from="/almina/feed.rss",
        format="rss-2.0",
        site="https://almina.example",
    ),
    DemoFeed(
        id="demo-asagiri",
        name="あさぎり新聞",
        path="/asagiri/index.rdf",
        format="rss-1.0",
        site="https://asagiri.example",
        language="ja",
        country="JP",
        charset="shift_jis",
        header_charset=None,
        validators="last-modified",
    ),
    DemoFeed(
        id="demo-hanbit",
        name="한빛일보",
        path="/hanbit/rss091.xml",
        format="rss-0.91",
        site="https://hanbit.example",
        language="ko",
        country="KR",
        validators="none",
    ),
    DemoFeed(
        id="demo-liming",
        name="黎明通讯",
        path="/liming/feed.json",
        format="json",
        site="https://liming.example",
        header_charset=None,
    ),
    DemoFeed(
        id="demo-monsoon-wire",
        name="Monsoon Wire",
        path="/monsoonwire/all.rss",
        format="rss-2.0",
        site="https://monsoonwire.example",
        validators="etag",
    ),
    DemoFeed(
        id="demo-continental",
        name="Continental Dispatch",
        path="/continental/atom",
        format="atom",
        site="https://continental.example",
    ),
    DemoFeed(
        id="demo-correo-atlantico",
        name="Correo Atlántico",
        path="/correoatlantico/rss",
        format="rss-2.0",
        site="https://correoatlantico.example",
        header_charset="iso-8859-1",
        validators="etag",
    ),
    DemoFeed(
        id="demo-savanna",
        name="Savanna Service",
        path="/savanna/feed",
        format="rss-2.0",
        site="https://savanna.example",
        breakage="html-on-second",
        validators="none",
    ),
    DemoFeed(
        id="demo-klippenbote",
        name="Klippenbote",
        path="/klippenbote/rss.php",
        format="rss-2.0",
        site="https://klippenbote.example",
        language="de",
        country="DE",
        breakage="broken-xml",
    ),
    DemoFeed(
        id="demo-globus",
        name="Globus Headlines",
        path="/globus/news-sitemap.xml",
        format="sitemap",
        site="https://globus.example",
        validators="last-modified",
    ),
)


def age(item: NewsItem) -> timedelta:
    """How long before the server's start the item was published.

    Raises:
        ValueError: the record's offset is malformed.
    """
    match = _OFFSET.fullmatch(item.published)
    if match is None:
        raise ValueError(f"{item.key}: {item.published!r} is no offset such as -2h")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def edition(feed: DemoFeed, number: int) -> tuple[tuple[NewsItem, str], ...]:
    """The feed's items in its edition `number` (1 or 2), newest first, each with the query of its link there."""
    listed = [
        (edited(item) if number > 1 else item, listing.query)
        for item in news()
        for listing in item.feeds
        if listing.feed == feed.id and max(item.edition, listing.edition) <= number
    ]
    return tuple(sorted(listed, key=lambda entry: (age(entry[0]), entry[0].key)))
