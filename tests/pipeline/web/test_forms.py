"""What one changes on the pages: figures and rules, with the checks of the commands; who may, and from where."""

import re
from urllib.parse import quote

import httpx
import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from pipeline.cli.rules import command as rules_command
from pipeline.figures import tracked_now
from pipeline.rules.registry import remove_rules, rules_now
from pipeline.web.access import COOKIE, make_token
from schemas.broker import Producer, end_offsets, read_newest, send_all
from schemas.deadletter import dead_letter
from schemas.topics import DEADLETTERS, DOCUMENTS, ITEMS
from tests.pipeline.search.demo import demo_documents
from tests.pipeline.web.conftest import Site
from tests.samples import ITEM
from tests.waiting import until

SERIOUS = {"serious", "critical"}


def signed_in(page: Page, site: Site) -> None:
    """As someone with a token that may do everything."""
    page.goto("/sign-in")
    page.locator("input[name=token]").fill(site.token)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")


def accessible(page: Page) -> None:
    """axe-core has nothing serious to say."""
    found = Axe().run(page).response["violations"]
    assert [
        (page.url, entry["id"], entry["nodes"][0]["html"][:120]) for entry in found if entry["impact"] in SERIOUS
    ] == []


@pytest.fixture(scope="module")
def told_site(site: Site) -> Site:
    """The site, with the demo's news in the topic that rules are tried on."""
    with Producer(site.settings) as producer:
        for document in demo_documents():
            producer.send(DOCUMENTS, document.placement.story_id, document.encode())
        producer.flush()
    return site


def test_a_figure_is_tracked_with_a_token(page: Page, site: Site) -> None:
    """Signed in with a token, one checks what a figure would match, tracks it, and stops."""
    page.goto("/figures")
    expect(page.locator("form.stack")).to_have_count(0)
    signed_in(page, site)
    page.goto("/figures")
    page.locator("input[name=name]").fill("Masoud Pezeshkian")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("What it would match")).to_be_visible()
    expect(page.locator("input[name=name]")).to_have_value("Masoud Pezeshkian")
    page.get_by_role("button", name="Track", exact=True).click()
    expect(page.get_by_role("link", name="Masoud Pezeshkian")).to_be_visible()
    page.get_by_role("link", name="Masoud Pezeshkian").click()
    page.get_by_role("button", name="Stop tracking").click()
    page.wait_for_url("**/figures")


def test_a_figure_is_changed_and_its_sentences_judged(page: Page, site: Site) -> None:
    """The workbench on the page: which sentence comes out wrong, which name is many people's; then it is saved."""
    signed_in(page, site)
    page.goto("/figures/Q7747/edit")
    page.locator("textarea[name=groups]").fill("kremlin\nmoscow")
    page.locator("textarea[name=must_match]").fill("Vladimir Putin spoke in Moscow.\nNobody of note was there.")
    page.locator("textarea[name=must_not_match]").fill("The weather was fine.")
    page.get_by_role("button", name="Check").click()
    expect(page.locator(".state.ok")).to_have_count(2)
    expect(page.locator(".state.failing")).to_have_count(1)
    expect(page.get_by_role("row", name=re.compile("Putin")).first).to_be_visible()
    assert tracked_now(site.settings)["Q7747"].groups == ()
    accessible(page)
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/figures")
    until(lambda: tracked_now(site.settings)["Q7747"].groups == ("kremlin", "moscow"), seconds=10, what="it is saved")
    page.goto("/figures/Q7747/edit")
    page.locator("textarea[name=aliases]").fill("!!!")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("needs letters")


def test_a_rule_is_tried_set_changed_and_removed(page: Page, told_site: Site) -> None:
    """From an empty form to a rule that holds, each mistake told beside what one wrote."""
    signed_in(page, told_site)
    page.goto("/rules")
    page.get_by_role("link", name="Add a rule").click()
    page.locator("input[name=name]").fill("Putin abroad")
    page.locator("textarea[name=figures]").fill("Somebody Unknown")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody Unknown is not tracked")
    expect(page.locator("input[name=name]")).to_have_value("Putin abroad")
    page.locator("textarea[name=figures]").fill("Владимир Путин")
    page.locator("input[name=cap]").fill("10/1h")
    page.locator("select[name=since]").select_option("7d")
    page.get_by_role("button", name="What it would have sent").click()
    expect(page.get_by_role("status")).to_contain_text(re.compile(r"^[1-9]\d* alerts"))
    expect(page.locator("aside mark").first).to_be_visible()
    accessible(page)
    assert "putin-abroad" not in rules_now(told_site.settings)
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/rules")
    expect(page.get_by_role("row", name=re.compile("Putin abroad"))).to_contain_text("at most 10 in 60 min")
    accessible(page)
    page.get_by_role("link", name="Change: Putin abroad").click()
    expect(page.locator("textarea[name=figures]")).to_have_value(re.compile("Vladimir Putin"))
    page.locator("input[name=quiet]").fill("22:00-07:00")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/rules")
    page.get_by_role("link", name="Bahasa Indonesia").click()
    expect(page.get_by_role("row", name=re.compile("Putin abroad"))).to_contain_text("tenang 22:00-07:00 UTC")
    page.get_by_role("button", name="Hapus: Putin abroad").click()
    expect(page.get_by_role("row", name=re.compile("Putin abroad"))).to_have_count(0)
    assert "putin-abroad" not in rules_now(told_site.settings)


def test_a_trial_says_what_the_command_says(
    told_site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`kabar rules test` and the page find as many alerts in as many documents."""
    page = told_site.get("/rules/trial?id=figure:Q7747&since=7d").text
    for name, value in told_site.settings.environment().items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit):
        rules_command.main(["test", "Vladimir Putin", "--since", "7d"], standalone_mode=False)
    said = re.search(r"([\d,]+) match\w* in ([\d,]+) documents; would have sent ([\d,]+)", capsys.readouterr().out)
    shown = re.search(r"([\d,]+) alerts; ([\d,]+) match\w* in ([\d,]+) documents", page)
    assert said
    assert shown
    assert said.groups() == (shown[2], shown[3], shown[1])


def test_a_dead_letter_is_tried_again_from_the_page(page: Page, site: Site) -> None:
    """Only by an admin; the record goes back to the topic that it came from, and the page says so."""
    record = msgspec.structs.replace(ITEM, id="page-retry").encode()
    letter = dead_letter(step="index", reason="made by a test", origin=f"{ITEMS}/0/0", key=b"page-retry", value=record)
    send_all(site.settings, DEADLETTERS, [(letter.id, letter.encode())])
    try:
        page.goto("/pipeline")
        row = page.get_by_role("row", name=re.compile("made by a test"))
        expect(row).to_be_visible()
        expect(row.get_by_role("button")).to_have_count(0)
        signed_in(page, site)
        page.goto("/pipeline")
        accessible(page)
        before = sum(end_offsets(site.settings, [ITEMS]).values())
        row.get_by_role("button", name="Retry").click()
        expect(row).to_contain_text("retried")
        assert sum(end_offsets(site.settings, [ITEMS]).values()) == before + 1
        assert read_newest(site.settings, ITEMS)["page-retry"] == record
    finally:
        send_all(site.settings, DEADLETTERS, [(letter.id, None)])


def test_an_edit_is_shown_as_what_is_gone_and_what_is_new(page: Page, site: Site) -> None:
    """Two versions in the archive are two revisions; the words that changed are marked, the others stand."""
    document = demo_documents()[0]
    item = document.enriched.item
    edited = msgspec.structs.replace(item, title=f"{item.title} <i>amended</i>", summary="Nothing is as it was.")
    send_all(site.settings, ITEMS, [(item.id, item.encode()), (item.id, edited.encode())])
    page.goto(f"/items/{item.id}/history")
    expect(page.locator(".revision")).to_have_count(2)
    newest = page.locator(".revision").first
    expect(newest.locator(".title ins")).to_have_text(re.compile("<i>amended</i>"))
    expect(newest.locator(".diff del").first).to_be_visible()
    expect(newest.locator(".title")).to_contain_text(item.title)
    accessible(page)


MISTAKES = [
    ({"name": "…"}, "needs letters"), ({"name": "x"}, "needs a condition"), ({"name": "x", "when": "never"}, "one of"),
    ({"name": "x", "search": "(a"}, "not closed"), ({"name": "x", "any_figure": True, "to": ["nobody"]}, "no sink"),
    ({"name": "x", "any_figure": True, "digest": "never"}, "no time of day"),
    ({"name": "x", "any_figure": True, "cap": "²/1h"}, "no cap"), ({"name": "x", "parts": ["foot"]}, "one of"),
    ({"name": "x", "any_figure": True, "quiet": "99999999999999999999w"}, "no hours of quiet"),
    ({"name": "x", "figures": ["Q7747"], "silence": "9999999w"}, "no time span"),
    ({"name": "x", "any_figure": True, "spike_factor": -1}, "a spike"), ({"nome": "x"}, "no rule"),
    ({"name": "x" * 3_000, "any_figure": True}, "at most"),
    ({"name": "x", "any_figure": True, "zone": "Mars"}, "no time zone"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "detail"), MISTAKES)
def test_a_rule_that_cannot_be_is_told(site: Site, asked: dict[str, object], detail: str) -> None:
    """Set or tried, each mistake is a sentence with the status 400; nothing is saved."""
    headers = {"authorization": f"Bearer {site.token}"}
    for path in ("/rules", "/rules/trial"):
        answer = httpx.post(f"{site.url}/api/v1{path}", json=asked, headers=headers)
        assert (answer.status_code, detail in answer.json()["detail"]) == (400, True), answer.text
    assert "x" not in rules_now(site.settings)


def test_who_may_change_rules_and_from_where(site: Site) -> None:
    """No token, one that only reads, a form of another site or of none: refused. A token that may write: done."""
    reader, writer = (make_token(site.settings, f"rules-{scope}", scope) for scope in ("read", "write"))
    form = {"name": "Forged", "any_figure": "1"}
    ours, theirs = {"origin": site.url}, {"origin": "https://evil.example"}
    for path in ("/rules", "/rules/remove", "/figures", "/figures/Q7747/edit", "/figures/Q7747/remove"):
        for token, headers, status in (("", ours, 401), (reader, ours, 403), (writer, theirs, 403), (writer, {}, 403)):
            cookies = {"cookie": f"{COOKIE}={token}"} if token else {}
            answer = httpx.post(site.url + path, data=form, headers={**headers, **cookies})
            assert answer.status_code == status, (path, token[:3], headers)
    assert "forged" not in rules_now(site.settings)
    url = f"{site.url}/api/v1/rules"
    sent = {"name": "By the API", "figures": ["Vladimir Putin"]}
    assert httpx.post(url, json=sent, headers={"authorization": f"Bearer {reader}"}).status_code == 403
    try:
        made = httpx.post(url, json=sent, headers={"authorization": f"Bearer {writer}"})
        assert (made.status_code, made.json()["conditions"]["figures"]) == (201, ["Q7747"])
        assert "by-the-api" in {rule["id"] for rule in site.get("/api/v1/rules").json()}
        gone = httpx.delete(f"{url}/by-the-api", headers={"authorization": f"Bearer {writer}"})
        assert gone.status_code == 204
    finally:
        remove_rules(site.settings, ["by-the-api"])
    cookies = {"cookie": f"{COOKIE}={writer}", **ours}
    big = httpx.post(f"{site.url}/rules", data={"name": "x" * 200_000}, headers=cookies)
    assert big.status_code == 400
    assert httpx.get(f"{site.url}/rules/trial?id={quote('nothing/…')}").status_code == 404
