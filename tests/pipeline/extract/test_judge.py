"""Which page's text is the item's article, and which is a wall."""

import pytest

from connectors.article import Article
from connectors.documents import Document
from pipeline.extract.judge import boilerplate, repeated, same_story, terms, text_of, why_not
from pipeline.extract.memory import OFTEN_LIMIT, ONCE_LIMIT, Seen, remember
from schemas.item import Item
from tests.samples import MOMENT

CONSENT = (
    "Before you continue, we and our partners use cookies to store information on your device.\n"
    "You may accept all of them, or choose which purposes you allow in the settings below."
)
ARTICLE = (
    "The harbour of Port Linden reopened on Tuesday after three weeks of repairs to its main pier.\n"
    "Ferry operators said that the first ships would leave in the afternoon; repairs to the second pier will follow.\n"
    "The mayor thanked the workers, who had replaced forty beams under the pier during the storm season."
)


def item(title: str = "Harbour of Port Linden reopens after repairs", summary: str = "Ferry traffic resumes.") -> Item:
    """An item as a feed with short texts gives it."""
    return Item(id="i1", source="s", fetched_at=MOMENT, title=title, summary=summary, url="https://x.example/1")


def verdict(
    body: str, of: Item | None = None, *, quality: float = 0.9, free: bool | None = None, final_url: str | None = None
) -> str | None:
    """What is said of a page with this text."""
    of = of or item()
    article = Article(document=Document(body=body), method="trafilatura", quality=quality, free=free)
    return why_not(of, text_of(body, of), body, article, final_url)


def test_an_article_is_taken() -> None:
    """A text that speaks of what its headline speaks of."""
    assert verdict(ARTICLE) is None


@pytest.mark.parametrize(
    ("title", "summary", "body"),
    [
        (
            "港口修复后重新开放",
            "渡轮恢复通航",
            "港口在经过三周的修复之后于星期二重新开放。\n渡轮公司表示,首批船只将在下午恢复通航,市长感谢修复港口的工人。",
        ),
        (
            "Гавань вновь открыта после ремонта",
            "",
            "Гавань города открыли во вторник после ремонта причала.\nРемонтные работы шли три недели.",
        ),
        (
            "ท่าเรือเปิดอีกครั้งหลังซ่อมแซม",
            "",
            "ท่าเรือของเมืองเปิดให้บริการอีกครั้งหลังจากซ่อมแซมเป็นเวลาสามสัปดาห์",
        ),
    ],
)
def test_an_article_is_taken_in_any_script(title: str, summary: str, body: str) -> None:
    """Words with endings, and scripts without spaces; the same consent page is none of theirs."""
    assert verdict(body, item(title, summary)) is None
    assert verdict(CONSENT, item(title, summary)) == "page-unlike-item"


def test_the_first_consent_page_is_not_taken_either() -> None:
    """Nothing has repeated yet; it does not speak of the item, even under the item's own headline and lead."""
    of = item()
    assert verdict(CONSENT) == "page-unlike-item"
    assert verdict(f"{of.title}\n{of.summary}\n{CONSENT}") == "page-unlike-item"
    assert verdict(ARTICLE, item("Vote on budget delayed", "Members of parliament will meet again.")) is not None


def test_a_page_that_has_nothing_more_is_not_taken() -> None:
    """Empty, only the feed's text again, or no longer than it."""
    of = item(summary=ARTICLE)
    assert verdict("") == "page-empty"
    assert verdict(ARTICLE, of) == "page-no-longer"


def test_what_says_that_it_is_a_wall() -> None:
    """An address that is a door, and a page that says of itself that it is not free, with a teaser's length."""
    assert verdict(ARTICLE, final_url="https://consent.x.example/collect?to=1") == "page-wall"
    assert verdict(ARTICLE, final_url="https://x.example/2024/login-reform-passed") != "page-empty"
    assert verdict(ARTICLE, item(summary=ARTICLE[:200]), free=False) == "page-paywall"


def test_doubt_asks_for_more() -> None:
    """Where two extractors disagree, a text must have half of the feed's words."""
    weak = "The harbour reopens; repairs went on elsewhere in the region this week, people said in the evening."
    assert verdict(weak, quality=0.9) is None
    assert verdict(weak, quality=0.1) == "page-unlike-item"


def test_the_same_text_on_another_page_is_seen() -> None:
    """Request numbers and dates do not hide it; another version of the same item does not count as another page."""
    wall = "Access to this page needs your consent. Reference 18af3 of 2026-11-03, please keep it."
    again = "Access to this page needs your consent. Reference 99bb1 of 2026-11-04, please keep it."
    known = remember({}, text_of(wall, item()).known(), "i1", 0)
    assert repeated(text_of(again, item()), known, "i2") == (1.0, "i1")
    assert repeated(text_of(again, item()), known, "i1") == (0.0, None)


def test_what_many_pages_have_is_left_out() -> None:
    """A paragraph of three other pages is boilerplate, the article around it is not."""
    offer = "Subscribe to our newsletter and get the best stories of the week in your inbox."
    known: dict[int, Seen] = {}
    for number in range(3):
        page = text_of(f"Paragraph number {'abc'[number] * 5} of its own.\n{offer}", item())
        known = remember(known, page.known(), f"o{number}", page.size())
    text = text_of(f"{ARTICLE}\n{offer}", item())
    assert text.without(boilerplate(text, known)) == ARTICLE


def test_memory_is_bounded_and_keeps_what_repeats() -> None:
    """10,000 paragraphs seen once do not push out one seen often."""
    known = remember(remember({}, [7], "a", 0), [7], "b", 0)
    for number in range(100):
        known = remember(known, [1000 + number * 100 + n for n in range(100)], f"i{number}", 0)
    assert known[7].pages == 2
    assert len(known) <= ONCE_LIMIT + OFTEN_LIMIT


def test_same_story_and_terms() -> None:
    """Two feeds' texts of one article are the same story, two articles are not; terms are bounded words."""
    assert same_story(item(), item(summary="Ferry traffic resumes on Tuesday."))
    assert not same_story(item(), item("Budget vote delayed", "Parliament meets again."))
    assert terms("Harbours harbour port 1234 www") == ["harbou", "port"]
