"""The step's decisions, without servers: articles, walls, failures, repeats, redeliveries, corrections."""

from functools import cache

import msgspec

from connectors.article import Article, read_article
from pipeline.decision import Decision
from pipeline.extract.decide import Extractor, is_host
from pipeline.extract.memory import decode_row
from schemas.item import Item
from schemas.message import Message
from schemas.page import Failure, Lane, Page
from schemas.topics import BACKFILL, DEADLETTERS, ITEMS, PAGES
from tests.samples import MOMENT

HOST = "x.example"
WALL = "<html><body><main>" + "".join(
    f"<p>{line}</p>"
    for line in (
        "Before you continue to our site, please choose how we may use your data on this device.",
        "We and our 842 partners store and access information, such as cookies, to show you advertising.",
        "You may change your choice at any time in the settings at the end of each page of this site.",
    )
) + "</main></body></html>"  # fmt: skip
THINGS = ("harbour", "library", "railway", "hospital", "stadium", "museum")


def news(number: int) -> Item:
    """An item with a short lead."""
    thing = THINGS[number % len(THINGS)]
    return Item(
        id=f"item{number}", source="s", fetched_at=MOMENT, url=f"https://{HOST}/{number}",
        title=f"New {thing} for Linden approved", summary=f"The council decided on the {thing}.",
    )  # fmt: skip


def article(number: int) -> str:
    """The page of that item."""
    thing = THINGS[number % len(THINGS)]
    lines = (
        f"Linden will have a new {thing}. The council approved the plans for the {thing} on Monday evening.",
        f"Building of the {thing} begins in spring, said the mayor of Linden, and will take about {number + 2} years.",
        f"Neighbours of the {thing} had asked the council of Linden for changes to the plans of the {thing}.",
    )
    body = "".join(f"<p>{line}</p>" for line in lines)
    return f"<html><head><title>{thing}</title></head><body><article>{body}</article></body></html>"


OFFER = "Would you like to go on reading? Choose one of our three plans and have all of Linden's news each morning."


def teaser(number: int) -> str:
    """The beginning of that item's page, and an offer."""
    first, *_ = article(number).split("</p>")
    return f"{first}</p><div><p>{OFFER}</p></div></article></body></html>"


@cache
def _read(html: str, url: str | None, known: str) -> Article:
    return read_article(html, url, known=known)


class _Table:
    """The step with its rows in a dict, as the agent has them in a table."""

    def __init__(self) -> None:
        self.rows: dict[str, bytes] = {}
        self.decider = Extractor(_read)
        self.offset = -1

    def send(  # noqa: PLR0913
        self, item: Item, html: str | None, *, wanted: int, lane: Lane = "live", failure: Failure | None = None,
        offset: int | None = None,
    ) -> list[Item]:  # fmt: skip
        self.offset = self.offset + 1 if offset is None else offset
        page = Page(
            item=item, lane=lane, host=HOST, wanted_offset=wanted, fetched_at=MOMENT, html=html,
            final_url=item.url, failure=failure,
        )  # fmt: skip
        decision = self.decide(page.encode(), self.offset if offset is None else offset)
        assert all(o.topic == (BACKFILL if lane == "quiet" else ITEMS) for o in decision.outputs)
        return [Item.decode(output.value) for output in decision.outputs]

    def decide(self, value: bytes | None, offset: int) -> Decision:
        message = Message(topic=PAGES, partition=0, offset=offset, key=HOST, value=value, timestamp_ms=0)
        decision = self.decider.decide(message, self.rows.get)
        for key, row in decision.rows:
            if row is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = row
        return decision

    def handled(self) -> int:
        return sum(decode_row(row).handled for key, row in self.rows.items() if is_host(key))


def test_an_item_goes_on_with_its_page() -> None:
    """The same id, the page's text, and which method found it how surely."""
    (item,) = _Table().send(news(0), article(0), wanted=0)
    assert (item.id, item.title, item.fetched_at) == ("item0", news(0).title, MOMENT)
    assert "Building of the harbour begins" in item.body
    assert item.text_method == "trafilatura"
    assert item.text_quality is not None
    assert item.text_quality > 0.8


def test_without_a_page_it_goes_on_with_its_own_text() -> None:
    """Whatever the reason, it is told among the repairs, and nothing is lost."""
    failures: list[Failure] = ["robots", "guard", "http", "network", "not-html", "late"]
    for failure in failures:
        (item,) = _Table().send(news(0), None, wanted=0, failure=failure)
        assert (item.body, item.summary, item.text_method) == ("", news(0).summary, "feed")
        assert item.repairs == (f"page-{failure}",)


def test_a_page_that_ends_the_reader_costs_nothing() -> None:
    """None from the reader is a reason like others."""
    table = _Table()
    table.decider = Extractor(lambda _html, _url, _known: None)
    (item,) = table.send(news(0), "<p>", wanted=0)
    assert item.repairs == ("page-stalled",)


def test_no_wall_is_ever_taken() -> None:
    """Not the first, not the hundredth: each item goes on with its feed's own text."""
    table = _Table()
    for number in range(100):
        (item,) = table.send(news(number), WALL, wanted=number)
        assert (item.body, item.text_method) == ("", "feed")
        assert item.repairs[0] in {"page-wall", "page-unlike-item"}
    assert item.repairs == ("page-wall",)
    (item,) = table.send(news(101), article(101), wanted=101)
    assert item.text_method == "trafilatura"


def test_a_wall_that_passed_for_an_article_is_taken_back() -> None:
    """A wall that speaks of the first item's subject is found out by the second, and the first gets its own text."""
    table = _Table()
    wall = WALL.replace("our site", "Linden news on the harbour, the council and what is approved for Linden")
    (first,) = table.send(news(0), wall, wanted=0)
    assert first.text_method == "trafilatura", "the test needs a wall that passes"
    second, corrected = table.send(news(1), wall, wanted=1)
    assert second.repairs == ("page-wall",)
    assert (corrected.id, corrected.body, corrected.repairs) == ("item0", "", ("page-wall",))
    assert [item.id for item in table.send(news(1), wall, wanted=1, offset=1)] == ["item1", "item0"]


def test_a_paywall_that_shows_the_beginning_is_found_by_its_offer() -> None:
    """The second such page tells the offer, which nothing marks; the first, which passed, gets its own text back."""
    table = _Table()
    (first,) = table.send(news(0), teaser(0), wanted=0)
    assert first.text_method == "trafilatura", "nothing can tell yet"
    second, corrected = table.send(news(1), teaser(1), wanted=1)
    assert (second.body, second.repairs) == ("", ("page-paywall",))
    assert (corrected.id, corrected.body, corrected.repairs) == ("item0", "", ("page-paywall",))
    (third,) = table.send(news(2), teaser(2), wanted=2)
    assert third.repairs == ("page-paywall",)
    (whole,) = table.send(news(3), article(3), wanted=3)
    assert whole.text_method == "trafilatura"


def test_a_notice_below_whole_articles_is_no_offer() -> None:
    """What stood below a long article does not make a paywall of a short one; it is left out where it repeats."""
    table = _Table()
    notice = f"<p>{OFFER}</p></article>"
    long = "".join(f"<p>Council member {n} said that harbour {n} of Linden was a good one.</p>" for n in range(60))
    table.send(news(0), article(0).replace("</article>", long + notice), wanted=0)
    for number in range(1, 5):
        (item,) = table.send(news(number), teaser(number), wanted=number)
        assert item.text_method == "trafilatura"
    assert OFFER not in item.body


def test_one_article_on_two_addresses_is_two_items() -> None:
    """The same text with the same headline is no wall."""
    table = _Table()
    table.send(news(0), article(0), wanted=0)
    (item,) = table.send(
        msgspec.structs.replace(news(0), id="other", url=f"https://{HOST}/amp/0"), article(0), wanted=1
    )
    assert item.text_method == "trafilatura"


def test_a_redelivered_record_is_answered_as_before() -> None:
    """Whatever the host has become known for in between, and without counting again."""
    table = _Table()
    sent = [table.send(news(n), article(n) if n % 2 else WALL, wanted=n) for n in range(6)]
    rows = dict(table.rows)
    again = [table.send(news(n), article(n) if n % 2 else WALL, wanted=n, offset=n) for n in range(6)]
    assert again == sent
    assert table.rows == rows
    assert table.handled() == 6


def test_a_page_fetched_again_goes_no_further() -> None:
    """After a crash of the fetcher the same wanted records come under new offsets; each item went on once."""
    table = _Table()
    assert len(table.send(news(0), article(0), wanted=0)) == 1
    assert table.send(news(0), article(0), wanted=0) == []
    assert len(table.send(news(1), article(1), wanted=1)) == 1
    assert table.handled() == 2


def test_a_late_item_is_followed_by_its_page() -> None:
    """First with its own text, then, as one document, with its page; it counts once."""
    table = _Table()
    (late,) = table.send(news(0), None, wanted=0, lane="late", failure="late")
    (whole,) = table.send(news(0), article(0), wanted=0)
    assert (late.id, late.text_method) == (whole.id, "feed")
    assert whole.text_method == "trafilatura"
    assert table.handled() == 1
    assert table.send(news(0), None, wanted=0, lane="late", failure="late") == [], (
        "a restarted fetcher may send it again"
    )


def test_a_backfill_stays_one() -> None:
    """Quiet items go on to the backfill, in their own order."""
    table = _Table()
    table.send(news(5), article(5), wanted=5)
    (item,) = table.send(news(2), article(2), wanted=2, lane="quiet")
    assert item.text_method == "trafilatura"


def test_what_is_no_page_is_set_aside() -> None:
    """A dead letter with its origin; a tombstone is nothing."""
    (output,) = _Table().decide(b"not json", 0).outputs
    assert output.topic == DEADLETTERS
    assert _Table().decide(None, 0) == Decision()


def test_rows_stay_small() -> None:
    """200 pages of one host leave a row of at most 40 kB and 100 accepted items."""
    table = _Table()
    for number in range(200):
        table.send(
            news(number),
            article(number).replace("spring", f"spring {'abcdefghij'[number % 10] * (3 + number // 10)}"),
            wanted=number,
        )
    assert len(table.rows[HOST]) < 40_000
    assert len(table.rows) <= 101
