"""What commands write for people. Text of the news is in it, and whoever wrote that decides nothing on their screen."""

import re
from typing import Final

import click

# Control characters, the ends of lines that only some programs know, halves of surrogate pairs, and what lets a text
# decide in which order the rest of the line is shown (https://trojansource.codes).
_OBEYED: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def echo(
    text: str = "", *, err: bool = False, nl: bool = True, bold: bool | None = None, colour: str | None = None
) -> None:
    """Text for people, harmless; `err`: to standard error."""
    click.secho(harmless(text), err=err, nl=nl, bold=bold, fg=colour)


def echo_progress(text: str) -> None:
    """How far it is, over what was said of that before, on standard error."""
    click.echo(f"\r{harmless(text)}", nl=False, err=True)


def echo_raw(text: str) -> None:
    """A file for programs, as it is."""
    click.echo(text, nl=False)


def harmless(text: str) -> str:
    """Text without what a terminal would obey; lines and tabs stay."""
    return _OBEYED.sub("", text)


def bare(text: str) -> str:
    """Text of the news on one line, for where a second one could pass for a line of ours."""
    return " ".join(harmless(text).split())
