"""What of a page is its article: real markup, two extractors."""

import pytest

from connectors.article import read_article
from tests.benchmarks.extraction import KABAR, RESILIPARSE, TRAFILATURA, measure

LEAD = "The harbour of Port Linden reopened on Tuesday after three weeks of repairs to its main pier and two others. "
HEADLINE = "Minister Eriksen meets the ambassador of Norway"


def page(inside: str) -> str:
    """A page around that."""
    return f"<!doctype html><html><head><title>Harbour reopens | Linden News</title></head><body>{inside}</body></html>"


def different(text: str) -> str:
    """Six paragraphs that are not the same one, of which an extractor would keep the first."""
    return "".join(text.replace("</p>", f" {number}.</p>") for number in range(6))


def test_headlines_of_other_articles_are_left_out() -> None:
    """A list of links above the text, which one extractor takes for text; the same words in a sentence stay."""
    links = "".join(f"<li><a href='/{n}'>{HEADLINE} {n}</a></li>" for n in range(5))
    text = "".join(f"<div>{LEAD * 2}{HEADLINE} {n}, says the harbour's master.</div>" for n in range(3))
    body = read_article(page(f"<div class=a1><ul>{links}</ul></div><div class=b2>{text}</div>")).document.body
    assert body.count(HEADLINE) == 3
    assert body.startswith("The harbour")


def test_a_title_that_goes_on_with_the_sites_name_is_no_paragraph() -> None:
    """The headline above the text is the page's title without what stands behind it."""
    text = "".join(f"<p>{LEAD * 2}</p>" for _ in range(3))
    body = read_article(page(f"<article><h1>Harbour reopens</h1>{text}</article>")).document.body
    assert body.startswith("The harbour of Port Linden")


PERSIAN = "<p>نخست وزیر گفت که دولت تا پایان سال همه مدرسه{0}های شهر را باز می{0}کند.</p>"
SINHALA = "<p>ශ්{0}රී ලංකාවේ ජනාධිපතිවරයා අද පාර්ලිමේන්තුවේදී ප්{0}රකාශයක් කළ බව ආණ්ඩුව නිවේදනය කරයි.</p>"


@pytest.mark.parametrize(
    ("text", "written", "wanted"),
    [
        *((PERSIAN, form, ("مدرسه\u200cهای", "می\u200cکند")) for form in ("\u200c", "&zwnj;", "&#8204;", "&#x200C;")),
        *((SINHALA, form, ("ශ්\u200dරී", "ප්\u200dරකාශයක්")) for form in ("\u200d", "&zwj;", "&#8205;", "&#x200D;")),
    ],
)
def test_words_keep_their_joiners(text: str, written: str, wanted: tuple[str, ...]) -> None:
    """Without them they are others: Persian words, Sinhala conjuncts; joiners as themselves and by their names."""
    found = read_article(page(f"<article>{different(text.format(written))}</article>"))
    assert found.method == "trafilatura"
    for word in wanted:
        assert word in found.document.body


def test_the_choice_is_better_than_either() -> None:
    """Over made pages in all layouts; no wall is taken, and none of their words stay."""
    report = measure(2)
    assert report.f1[KABAR] > 0.99
    assert report.f1[KABAR] > max(report.f1[TRAFILATURA], report.f1[RESILIPARSE])
    assert min(found[KABAR] for found in report.by_layout.values()) > 0.95
    assert {found.leaked for found in report.walls.values()} == {0}
    assert all(found.refused == found.pages for found in report.walls.values())
