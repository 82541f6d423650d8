"""`docs/connectors.md`: what it shows is what happens."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from connectors.opml import read_yaml
from connectors.protocol import Refused
from connectors.send import Sent, send
from pipeline.cli import load_command
from schemas.item import Item, item_id
from schemas.topics import DEADLETTERS, ITEMS
from tests.connectors.kept import Kept

PAGE = (Path(__file__).parents[2] / "docs" / "connectors.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    """The page's fenced blocks of a kind."""
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


def test_the_command_shown_gives_what_is_shown(tmp_path: Path) -> None:
    """The feed on the page, read by the command on the page, gives the line on the page."""
    (feed,), (shown,) = blocks("xml"), blocks("console")
    (tmp_path / "news.xml").write_text(feed, encoding="utf-8")
    command, output = shown.split("\n", 1)
    ended = subprocess.run(
        [sys.executable, "-c", "from pipeline.cli import main; main()", *command.removeprefix("$ kabar ").split()],
        cwd=tmp_path,
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    assert ended.stdout == output


def test_the_list_shown_is_one() -> None:
    """The YAML on the page is a list of two feeds with these settings."""
    first, second = read_yaml(blocks("yaml")[0])
    assert first.interval_seconds is None
    assert (second.name, second.country, second.interval_seconds, second.full_text) == (
        "Other Outlet", "ID", 300.0, "auto",
    )  # fmt: skip


def test_the_connector_shown_works_and_is_short(tmp_path: Path) -> None:
    """Under 100 lines; it sends what is good, sets aside what is not, and a second run gives the same ids."""
    source, use = blocks("python")
    assert len((source + use).splitlines()) < 100
    (tmp_path / "a.csv").write_text(
        "id,title,text,url,date\n"
        "1,<b>Budget</b>,Text,https://m.example/1?utm_source=x,5 Maret 2024\n"
        "2,,,,\n"
        "3,Only an id,,,\n",
        encoding="utf-8",
    )
    names: dict[str, Any] = {"__name__": "releases"}
    sys.modules["releases"] = type(sys)("releases")  # dataclasses look their module up
    exec(source, names)  # noqa: S102 - the page's own text is what is tested
    kept = Kept()
    assert send(names["Releases"](tmp_path, source="ministry").items(), kept) == Sent(sent=2, refused=1)
    items = [Item.decode(value) for value in kept.on(ITEMS)]
    assert [(item.title, item.url) for item in items] == [
        ("Budget", "https://m.example/1"),
        ("Only an id", None),
    ]
    assert items[0].id == item_id(url="https://m.example/1")
    assert "date-guessed" in items[0].repairs
    assert len(kept.on(DEADLETTERS)) == 1
    again = [
        found for found in names["Releases"](tmp_path, source="ministry").items() if not isinstance(found, Refused)
    ]
    assert [item.id for item in again] == [item.id for item in items]


def test_every_command_on_the_page_is_one() -> None:
    """Each line of the page that begins with `kabar`, and each in the curl example, is a command with these options."""
    shown = [line for block in PAGE.split("```")[1::2] for line in block.splitlines()]
    lines = [re.split(r"\s{2,}", line)[0] for line in shown if line.startswith("kabar ")]
    lines += re.findall(r"\$\((kabar [^)]+)\)", PAGE)
    assert len(lines) >= 12
    for line in lines:
        _, first, *words = line.replace("FILE|URL", "FILE").split()
        command = load_command(first)
        context = click.Context(command)
        while isinstance(command, click.Group) and words:
            found = command.get_command(context, words.pop(0))
            assert found is not None, line
            command, context = found, click.Context(found, parent=context)
        command.make_parser(context).parse_args(words)
