"""What the commands share: the settings with the addresses of a running `kabar up`, and how things are printed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table

from pipeline.cli.screen import harmless
from schemas.settings import Settings, load_settings


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A running `kabar up`, as it wrote itself down: its servers, its own process, and those of its steps."""

    pid: int
    environment: dict[str, str]
    processes: dict[str, int]


def running_file(settings: Settings) -> Path:
    """Where `kabar up` writes itself down."""
    return settings.data_dir / "running.json"


def connected() -> Settings:
    """The settings; addresses that are not set come from the `kabar up` that runs on the same data directory."""
    settings = load_settings()
    if settings.kafka and settings.elasticsearch:
        return settings
    try:
        running = msgspec.json.decode(running_file(settings).read_bytes(), type=Running)
    except (OSError, msgspec.DecodeError):
        return settings
    names = ("kafka", "elasticsearch")
    missing = {name: running.environment.get(f"KABAR_{name.upper()}") for name in names if not getattr(settings, name)}
    return settings.model_copy(update=missing)


def counted(count: int, one: str, several: str = "") -> str:
    """A number with its noun: `1 story`, `3,000 stories`; without `several`, the plural has an s."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def print_json(value: object) -> None:
    """One JSON document to standard output."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def print_lines(values: Iterable[object]) -> None:
    """JSON Lines to standard output."""
    for value in values:
        click.echo(msgspec.json.encode(value).decode())


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str | None = None) -> None:
    """A table for people."""
    table = Table(*columns, title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*(plain(cell) for cell in row))
    Console(highlight=False).print(table)


def plain(cell: object) -> str:
    """A cell as text: times in the user's zone to the second, nothing for None. Markup in the news stays text."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return f"{cell.astimezone():%Y-%m-%d %H:%M:%S}"
    return harmless(str(cell)).replace("[", r"\[")
