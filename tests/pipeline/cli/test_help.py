"""What every command owes its users."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from pipeline.cli import COMMANDS, kabar, load_command


def commands(command: click.Command, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """A command and those under it, as one types them."""
    yield words
    if isinstance(command, click.Group):
        for name, under in command.commands.items():
            yield from commands(under, (*words, name))


@pytest.mark.parametrize("words", [words for name in COMMANDS for words in commands(load_command(name), (name,))])
def test_help_shows_an_example(words: tuple[str, ...]) -> None:
    """`--help` of every command ends well and shows at least one line that begins with the command itself."""
    told = CliRunner().invoke(kabar, [*words, "--help"])
    assert told.exit_code == 0
    _, _, examples = told.output.partition("Example")
    assert f"kabar {words[0]}" in examples, told.output
