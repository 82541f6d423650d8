"""The pages in a real browser: each page, each facet, keys, a hostile item, accessibility, colours, languages."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from pipeline.elastic import Index, Write
from pipeline.search import Query, search
from pipeline.web.pages import SHOWN_FACETS
from schemas.alert import Alert
from schemas.broker import Producer
from schemas.codec import millis, now
from schemas.feed import Feed, FeedState
from schemas.index import month_alias
from schemas.item import Item, item_id
from schemas.side_indices import ALERTS, alert_source
from schemas.topics import FEED_STATE, FEEDS
from tests.pipeline.search.demo import demo_documents, documents_of, index_documents
from tests.pipeline.web.conftest import Site
from tests.samples import MATCH

PATHS = ("/?q=Putin", "/?language=id", "/?q=%28", "/?q=xqzwv", "/figures", "/figures/Q7747", "/alerts", "/rules",
         "/rules/trial?id=figure:Q7747", "/feeds", "/?since=once",
         "/pipeline", "/map", "/map?q=%28&language=fa", "/sign-in", "/nothing")  # fmt: skip
SERIOUS = {"serious", "critical"}


def found(page: Page) -> int:
    """How many items the page says were found."""
    text = page.locator(".total").inner_text()
    return int(text.split()[0].replace(",", ""))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_serious_accessibility_findings(browser: Browser, site: Site, scheme: str) -> None:
    """axe-core, with the rules of WCAG 2.2 AA and its best practices: 0 serious findings on each page."""
    context = browser.new_context(locale="en-GB", base_url=site.url, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    axe = Axe()
    item = f"/items/{site.hostile.enriched.item.id}"
    for path in (*PATHS, item, f"{item}/history"):
        page.goto(path)
        found_ = axe.run(page).response["violations"]
        told = [(path, entry["id"], node["html"][:120]) for entry in found_ if entry["impact"] in SERIOUS
                for node in entry["nodes"]]  # fmt: skip
        assert told == []
    context.close()


@pytest.mark.parametrize("width", [390, 320])
def test_no_page_scrolls_sideways_on_a_phone(browser: Browser, site: Site, width: int) -> None:
    """Each page is as wide as the screen, whatever long words an item has (WCAG 2.2, 1.4.10)."""
    context = browser.new_context(locale="en-GB", base_url=site.url, viewport={"width": width, "height": 700})
    page = context.new_page()
    item = f"/items/{site.hostile.enriched.item.id}"
    wide = []
    for path in (*PATHS, "/?q=Hostilezz", item, f"{item}/history"):
        page.goto(path)
        # Whoever is tracked stands in a choice, which is as wide as the longest name.
        page.evaluate("document.querySelectorAll('select').forEach(one => one.add(new Option('Long name '.repeat(9))))")
        # After a fault a delay has more digits.
        page.evaluate("document.querySelectorAll('td.n').forEach(one => one.textContent = '1,234.56 s')")
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        wide += [(path, over)] if over > 0 else []
    assert wide == []
    context.close()


def test_a_failing_feed_says_why_on_a_phone(browser: Browser, site: Site) -> None:
    """Without scrolling: each feed stands for itself there, its trouble below its name."""
    with Producer(site.settings) as producer:
        feed = Feed(id="broken", url="https://broken.example/" + "a" * 80, name="Broken Gazette")
        state = FeedState(feed_id=feed.id, polls=3, failures=3, last_error="an HTML page, not a feed")
        producer.send(FEEDS, feed.id, feed.encode())
        producer.send(FEED_STATE, feed.id, state.encode())
        producer.flush()
    context = browser.new_context(locale="id", base_url=site.url, viewport={"width": 390, "height": 700})
    page = context.new_page()
    page.goto("/feeds")
    box = page.get_by_text("an HTML page, not a feed").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 390
    assert page.get_by_text("Broken Gazette").bounding_box()["y"] < box["y"]  # type: ignore[index]
    context.close()
    with Producer(site.settings) as producer:
        producer.send(FEEDS, feed.id, None)
        producer.send(FEED_STATE, feed.id, None)
        producer.flush()


def test_results_come_while_one_types(page: Page, site: Site) -> None:
    """Without a click; the address and what a screen reader hears follow, and what is found is what the index says."""
    page.goto("/")
    page.locator("#q").press_sequentially("kunjungan Putin")
    with Index(site.settings) as index:
        expected = search(index, Query(text="kunjungan Putin")).total
    expect(page.locator(".total")).to_have_text(re.compile(rf"^{expected} items"))
    expect(page.locator("#said")).to_contain_text(f"{expected} items")
    assert parse_qs(urlsplit(page.url).query) == {"q": ["kunjungan Putin"]}
    expect(page.locator("mark").first).to_be_visible()


def test_a_mistake_is_shown_at_its_place(page: Page) -> None:
    """A bad query is a sentence and a mark, never an error page."""
    page.goto("/?q=Putin+lang%3A+id")
    expect(page.locator("#mistake")).to_contain_text("needs a value right after it")
    expect(page.locator("#mistake mark")).to_have_text("lang:")
    expect(page.locator("#q")).to_have_value("Putin lang: id")
    # Nothing was asked, so nothing is counted, and nothing can be followed or exported.
    expect(page.locator(".total, .nothing, .hits .also")).to_have_count(0)


def test_a_mistake_while_one_types_is_told_to_a_screen_reader(page: Page) -> None:
    """The field says that it is invalid and by what it is described, and no longer once it is put right."""
    page.goto("/?q=Putin")
    box = page.locator("#q")
    box.fill("(Putin")
    expect(page.locator("#mistake")).to_contain_text("not closed")
    expect(box).to_have_attribute("aria-invalid", "true")
    expect(box).to_have_attribute("aria-describedby", "mistake")
    box.fill("Putin")
    expect(page.locator("#mistake")).to_have_count(0)
    assert box.get_attribute("aria-invalid") is None


def test_a_date_that_cannot_be_read_is_a_sentence(page: Page) -> None:
    """What one wrote stays where one wrote it, and the page is the page of the search."""
    page.goto("/?q=Putin")
    total = found(page)
    field = page.locator("input[name=since]")
    field.fill("last week")
    field.press("Tab")
    expect(page.locator("#mistake")).to_contain_text("since takes a date")
    expect(page.locator("#mistake mark")).to_have_text("last week")
    expect(field).to_have_value("last week")
    expect(page.locator("#q")).to_have_value("Putin")
    field.fill("100y")
    field.press("Tab")
    expect(page.locator(".total")).to_have_text(re.compile(rf"^{total} items"))


def test_the_map_is_of_the_search(page: Page) -> None:
    """It counts under the facets that were chosen, leads back to them, and tells of a mistake as the search does."""
    page.goto("/map")
    everywhere = page.locator(".cloud li").count()
    page.goto("/map?language=fa")
    assert 0 < page.locator(".cloud li").count() < everywhere
    count = int(str(page.locator(".cloud .count").first.text_content()))
    page.locator(".cloud a").first.click()
    assert found(page) == count
    expect(page.locator("input[name=language]:checked")).to_have_count(1)
    page.goto("/map?q=%28&language=fa")
    expect(page.locator("#mistake")).to_contain_text("not closed")
    page.locator("#q").fill("")
    page.get_by_role("button", name="Search").click()
    assert parse_qs(urlsplit(page.url).query)["language"] == ["fa"]
    assert page.locator(".cloud li").count() < everywhere


def test_an_item_has_its_four_times(page: Page, site: Site) -> None:
    """Published, first seen, indexed, and, where an alert was told, alerted."""
    document = demo_documents()[0]
    at = datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC)
    match = msgspec.structs.replace(MATCH, item_id=document.enriched.item.id)
    source = msgspec.json.encode(alert_source(Alert(id="four-times", alerted_at=at, match=match)))
    alias = month_alias(site.settings.index_prefix, datetime.now(UTC), ALERTS)
    with Index(site.settings) as index:
        page.goto(f"/items/{document.enriched.item.id}")
        expect(page.locator("dt", has_text="Alerted")).to_have_count(0)
        index.bulk([Write(alias, "four-times", 1, source)])
        index.refresh()
        try:
            page.reload()
            for name in ("Published", "First seen", "Indexed", "Alerted"):
                expect(page.locator("dt", has_text=name)).to_have_count(1)
            expect(page.locator(".facts div", has_text="Alerted").locator("time")).to_have_text("2026-03-01 12:30:15")
        finally:
            index.bulk([Write(alias, "four-times", 2, None)])
            index.refresh()


@pytest.mark.parametrize("name", SHOWN_FACETS)
def test_each_facet_narrows_to_its_count(page: Page, name: str) -> None:
    """Choosing a value leaves as many items as it said; choosing a second one leaves both."""
    page.goto("/")
    choices = page.locator(f"input[name={name}]")
    count = int(str(choices.first.locator("xpath=../span[@class='count']").text_content()))
    value = choices.first.get_attribute("value")
    choices.first.check()
    expect(page.locator(".total")).to_have_text(re.compile(rf"^{count} items"))
    assert parse_qs(urlsplit(page.url).query)[name] == [value]
    expect(page.locator(f"input[name={name}]:checked")).to_have_count(1)
    if name == "figure":
        return  # a single one is tracked here
    # By its value: what is not chosen yet is another box once the page has answered, and that one would be chosen too.
    second = page.locator(f"input[name={name}]:not(:checked):visible").first.get_attribute("value")
    page.locator(f"input[name={name}][value={json.dumps(second, ensure_ascii=False)}]").check()
    expect(page.locator(f"input[name={name}]:checked")).to_have_count(2)
    assert found(page) >= count


def test_the_timeline_is_dragged(page: Page) -> None:
    """Dragging over some bars limits the time to them."""
    page.goto("/")
    before = found(page)
    box = page.locator(".timeline svg").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.99, box["y"] + 30, steps=4)
    page.mouse.up()
    expect(page.locator("input[name=since]")).to_have_value(re.compile(r"^\d{4}-"))
    expect(page.locator(".total")).not_to_have_text(re.compile(rf"^{before} items"))
    assert 0 < found(page) < before
    page.get_by_role("link", name="Clear all").click()
    expect(page.locator(".total")).to_have_text(re.compile(rf"^{before} items"))


def test_keys_alone_are_enough(page: Page) -> None:
    """From the address bar: skip to the content, search, step through the titles, open one, and come back."""
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("Putin")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("items")
    page.locator("#q").blur()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".card h2 a").nth(1)).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/items/*")
    expect(page.locator("h1")).to_be_visible()


def test_keys_of_one_letter_can_be_turned_off(page: Page) -> None:
    """For who speaks to the machine (WCAG 2.2, 2.1.4): once chosen, “/” and “j” do nothing, until they are wanted."""
    page.goto("/?q=Putin")
    page.get_by_role("link", name="Turn off the keys").click()
    expect(page.locator("html")).to_have_attribute("data-keys", "off")
    for key in ("j", "/"):
        page.keyboard.press(key)
        expect(page.locator("body")).to_be_focused()
    page.get_by_role("link", name="Turn on the keys").click()
    expect(page.locator("html")).to_have_attribute("data-keys", "on")
    page.keyboard.press("j")
    expect(page.locator(".card h2 a").first).to_be_focused()


def test_what_has_the_focus_is_seen(page: Page) -> None:
    """Going back by keys from the end of the page, nothing that is reached lies behind the bar (WCAG 2.2, 2.4.11)."""
    page.set_viewport_size({"width": 1000, "height": 500})
    page.goto("/")
    page.locator("footer a").first.focus()
    behind = []
    for _ in range(60):
        page.keyboard.press("Shift+Tab")
        behind += page.evaluate(
            "(() => { const it = document.activeElement, bar = document.querySelector('.top');"
            " return !bar.contains(it) && it !== document.body"
            " && it.getBoundingClientRect().bottom <= bar.getBoundingClientRect().bottom"
            " ? [it.outerHTML.slice(0, 90)] : [];"
            " })()"
        )
    assert behind == []


def test_a_story_unfolds(page: Page) -> None:
    """“+N outlets” leads to all items of the story."""
    page.goto("/?q=Putin+lang:id")
    link = page.locator(".story a").first
    others = int(re.findall(r"\d+", link.inner_text())[0])
    link.click()
    assert found(page) == others + 1


def test_a_hostile_item_is_only_text(page: Page, site: Site) -> None:
    """Scripts, attributes, addresses and marks of an item are shown as they stand, and nothing of it runs."""
    path = f"/items/{site.hostile.enriched.item.id}"
    for address in ("/?q=Hostilezz", path, f"{path}/history", "/?topic=a%26b%3Dc"):
        page.goto(address)
        expect(page.locator("h1").first).to_be_visible()
        assert page.title() != "owned"
        assert page.locator("main script, main img").count() == 0
        assert page.locator("a[href^='javascript']").count() == 0
    page.goto(path)
    expect(page.locator("h1")).to_contain_text("<script>document.title='owned'</script>")
    expect(page.locator(".text .entity.person").first).to_have_text("Vladimir Putin")
    page.mouse.move(300, 500)
    assert page.title() != "owned"


def test_right_to_left_texts_run_right(page: Page) -> None:
    """A Persian title is laid out from the right, in an English page."""
    page.goto("/?language=fa")
    title = page.locator(".card h2").first
    assert title.evaluate("e => getComputedStyle(e).direction") == "rtl"
    assert page.evaluate("getComputedStyle(document.body).direction") == "ltr"


def test_a_right_to_left_text_may_begin_with_latin_letters(page: Page, site: Site) -> None:
    """A Persian headline that begins with “5G” runs from the right all the same, in lists and as a whole."""
    title = "5G شبکه تازه در شهرهای بزرگ کشور راه‌اندازی شد"
    body = "شبکه تازه تلفن همراه از امروز در شهرهای بزرگ کشور در دسترس همگان است و بهای آن تغییر نمی‌کند."
    url = "https://rtl.example/5g"
    item = Item(id=item_id(url=url), source="rtl", fetched_at=now(), url=url, title=title, body=f"5G: {body}")
    (document,) = documents_of([item], now())
    index_documents(site.settings, [document])
    try:
        page.goto("/?q=source:rtl")
        expect(page.locator(".card h2")).to_have_text(title)
        for path, place in (
            ("/?q=source:rtl", ".card h2"),
            (f"/items/{item.id}", "h1"),
            (f"/items/{item.id}", ".text p"),
        ):
            page.goto(path)
            assert page.locator(place).first.evaluate("e => getComputedStyle(e).direction") == "rtl", place
    finally:
        with Index(site.settings) as index:
            index.bulk(
                [Write(month_alias(index.prefix, document.enriched.first_seen_at), item.id, millis(now()) + 1, None)]
            )
            index.refresh()


def test_language_and_colours_are_chosen(page: Page) -> None:
    """Indonesian words and dark colours, once chosen, stay."""
    page.goto("/figures")
    page.get_by_role("link", name="Bahasa Indonesia").click()
    expect(page.locator("h1")).to_have_text("Tokoh")
    expect(page.locator("html")).to_have_attribute("lang", "id")
    page.get_by_role("link", name="gelap").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/")
    expect(page.get_by_role("button", name="Cari").first).to_be_visible()


def test_it_works_without_scripts(browser: Browser, site: Site) -> None:
    """Search, facets and pages are links and forms."""
    context = browser.new_context(java_script_enabled=False, base_url=site.url)
    page = context.new_page()
    page.goto("/")
    page.locator("#q").fill("Putin")
    page.locator("input[name=language]").first.check()
    page.get_by_role("button", name="Search").click()
    assert found(page) > 0
    expect(page.locator("input[name=language]:checked")).to_have_count(1)
    context.close()


def test_it_is_light(page: Page, site: Site) -> None:
    """First paint within 300 ms in the browser, and under 100 KB of scripts."""
    page.goto("/")
    paints = []
    for _ in range(3):
        page.reload()
        paints.append(page.evaluate(
            "new Promise(done => { const look = () => { const p = performance.getEntriesByName('first-paint')[0];"
            " p ? done(p.startTime - performance.getEntriesByType('navigation')[0].responseStart) :"
            " requestAnimationFrame(look); }; look(); })"
        ))  # fmt: skip
    assert min(paints) < 300
    scripts = Path(__file__).parents[3] / "pipeline" / "web" / "static"
    assert sum(file.stat().st_size for file in scripts.glob("*.js")) < 100_000
