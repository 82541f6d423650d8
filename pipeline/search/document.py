"""The tables of `docs/search.md`, made from the code: `python -m pipeline.search.document` writes them.

Lines between the table heads that are not of the code are left as they are.
"""

from pathlib import Path

from pipeline.query.fields import FIELDS
from pipeline.web.render import language_name
from schemas.index import ANALYZERS, SAME_ANALYZER

PAGE = Path(__file__).parents[2] / "docs" / "search.md"
FIELDS_HEAD = "| field | also | finds | example |\n|---|---|---|---|\n"
LANGUAGES_HEAD = "| language | how |\n|---|---|\n"


def fields_table() -> str:
    """A line for each field of the syntax."""
    lines = []
    for field in FIELDS:
        others = ", ".join(f"`{name}:`" for name in field.others)
        lines.append(f"| `{field.name}:` | {others} | {field.what} | `{field.example}` |\n")
    return "".join(lines)


def languages_table() -> str:
    """A line for each analyzer with the languages that it serves."""
    served: dict[str, list[str]] = {}
    for code, analyzer in ANALYZERS.items():
        also = [other for other, like in SAME_ANALYZER.items() if like == code]
        served.setdefault(analyzer, []).extend([code, *also])
    lines = []
    for analyzer, codes in sorted(served.items()):
        names = ", ".join(f"{language_name(code)} (`{code}`)" for code in codes)
        lines.append(f"| {names} | `{analyzer}` |\n")
    return "".join(lines)


def written(page: str) -> str:
    """The page with its tables as the code has them."""
    for head, table, end in (
        (FIELDS_HEAD, fields_table(), "\nDates are"),
        (LANGUAGES_HEAD, languages_table(), "| every other"),
    ):
        start = page.index(head) + len(head)
        page = page[:start] + table + page[page.index(end, start) :]
    return page


def main() -> None:
    """Write the page."""
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
