"""Writes `docs/reference.md`: every setting, topic and command, from the code. A test compares it.

python -m pipeline.reference
"""

from pathlib import Path

import click

from pipeline.cli import COMMANDS, load_command
from schemas.settings import PREFIX, Settings
from schemas.topics import TOPICS

PAGE = Path(__file__).parents[1] / "docs" / "reference.md"


def page() -> str:
    """The page as Markdown."""
    return "\n".join(
        [
            "# Reference",
            "",
            "Made by `python -m pipeline.reference` from the code.",
            "",
            "## Settings",
            "",
            "From the environment, or by the small name in the YAML file that `KABAR_CONFIG` names (`kabar.yaml` in",
            "the working folder where it names none). An unknown name is an error.",
            "",
            "| variable | default | what it is |",
            "|---|---|---|",
            *_settings(),
            "",
            "Two more are read where the servers are fetched: `KABAR_CACHE_DIR`, where they are kept, and",
            "`KABAR_MAVEN_URL`, from where they come.",
            "",
            "## Topics",
            "",
            "| topic | key | kept |",
            "|---|---|---|",
            *(f"| `{t.name}` | {t.keyed_by} | {_kept(compacted=t.compacted)} |" for t in TOPICS),
            "",
            "## Commands",
            "",
            *_commands(),
        ]
    )


def _settings() -> list[str]:
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = "" if field.default_factory or default in (None, "", ()) else f"`{default}`"
        rows.append(f"| `{PREFIX}{name.upper()}` | {shown} | {field.description} |")
    return rows


def _kept(*, compacted: bool) -> str:
    return "the newest of each key" if compacted else "7 days"


def _commands() -> list[str]:
    lines = []
    for name in COMMANDS:
        command = load_command(name)
        lines += _command(f"kabar {name}", command)
        if isinstance(command, click.Group):
            for child, sub in command.commands.items():
                lines += _command(f"kabar {name} {child}", sub)
    return lines


def _command(name: str, command: click.Command) -> list[str]:
    text = (command.help or "").split("\b")[0].strip()
    arguments = [p.make_metavar(click.Context(command)) for p in command.params if isinstance(p, click.Argument)]
    options = [f"`{p.opts[0]}`" for p in command.params if isinstance(p, click.Option)]
    line = f"**`{' '.join([name, *arguments])}`** {' '.join(text.split())}"
    return [line + (f" Options: {', '.join(options)}." if options else ""), ""]


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
