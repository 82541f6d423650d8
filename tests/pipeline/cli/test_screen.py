"""What the news says cannot change what a command shows of it."""

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from pipeline import cli
from pipeline.cli.context import print_table
from pipeline.cli.screen import bare, echo, harmless

HOSTILE = "a\u202egnp.exe\u2066 \x1b[2J\x1b]0;owned\x07\rb\x9b31m\u2028c\ud800"


def test_a_text_keeps_its_letters_and_loses_what_a_terminal_obeys() -> None:
    """Overrides, isolates, escapes, returns: gone. Joiners, marks of direction, lines and tabs: there still."""
    assert harmless(HOSTILE) == "agnp.exe [2J]0;ownedb31mc"
    for text in ("می\u200cخواهم", "क\u094d\u200dष", "\u200fשלום\u200e", "one\n\ttwo", "Zażółć 北京 🇮🇩"):
        assert harmless(text) == text
    assert bare("one\n  two\x85three\u2028") == "one twothree"


def test_lines_and_tables_are_harmless() -> None:
    """Both ways in which commands write for people, in colour too."""

    @click.command()
    def command() -> None:
        echo(HOSTILE, bold=True)
        echo(HOSTILE, colour="red", err=True)
        print_table(["name"], [[HOSTILE]])

    written = CliRunner().invoke(command).output
    assert written.count("agnp.exe") == 3
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202a-\u202e\u2066-\u2069]", written)


def test_what_a_file_says_of_itself_is_harmless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """An error that quotes a name is written as any other line is."""
    monkeypatch.setattr("sys.argv", ["kabar", "ingest", str(tmp_path / "\u202etxt\x1b[2J")])
    with pytest.raises(SystemExit):
        cli.main()
    said = capsys.readouterr().err
    assert "txt[2J" in said
    assert "\u202e" not in said


def test_commands_write_by_these_alone() -> None:
    """No module of the command line writes past them, but for JSON."""
    folder = Path(cli.__file__).parent
    past = [
        f"{path.name}: {line.strip()}"
        for path in folder.glob("*.py")
        if path.name != "screen.py"
        for line in path.read_text().splitlines()
        if re.search(r"click\.(s?echo|style)|\bprint\(", line) and "json" not in line and "Console(" not in line
    ]
    assert past == []
