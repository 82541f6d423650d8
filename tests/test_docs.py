"""The documentation is the code's own."""

import re
from pathlib import Path

from pipeline.reference import PAGE, page
from schemas.steps import STEPS
from schemas.topics import TOPICS

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")


def test_the_reference_is_up_to_date() -> None:
    """`python -m pipeline.reference` would change nothing: every setting, topic and command is in it."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_architecture_names_every_step_and_topic() -> None:
    """The flow drawn is the code's: each step and each topic of the pipeline stands in it, each file exists."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for step in STEPS:
        assert step.name in text
    for topic in TOPICS:
        if topic.name.startswith("news.") and topic.name not in {"news.feeds", "news.feed-state"}:
            assert topic.name in text
    for line in text.splitlines():
        if line.startswith("| `") and "/" in line:
            assert (ROOT / line.split("`")[1]).exists(), line


def test_no_page_leads_nowhere() -> None:
    """Every file that the README or a page of the documentation links to or shows is there."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    links = [(page, link) for page in pages for link in LINK.findall(page.read_text(encoding="utf-8"))]
    assert len(links) > 20
    assert [(str(page), link) for page, link in links if not (page.parent / link).exists()] == []
