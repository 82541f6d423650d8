"""`docs/stories.md` is the code's own: its commands run, its figures of limits are those of the code."""

import re
import shlex
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from pipeline.cli.group import command
from pipeline.stories.fingerprint import KEYS, SKETCH
from tests.benchmarks import stories_eval, window
from tests.benchmarks.stories_texts import LANGUAGES

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "stories.md").read_text(encoding="utf-8")
BODY = "The old mill by the river burned. " * 9
LINES = [
    {"id": "1", "language": "en", "mentions": [], "title": "Mill burns", "body": BODY},
    {"id": "2", "language": "en", "mentions": [], "title": "Fire", "body": BODY},
]


@pytest.mark.parametrize("line", re.findall(r"^kabar group (.+?)  ", TEXT, flags=re.MULTILINE))
def test_the_filter_runs_as_it_is_written(line: str, tmp_path: Path) -> None:
    """Each command gives each line again, with the marks that the page names."""
    path = tmp_path / "items.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode(plain) + b"\n" for plain in LINES))
    arguments = [str(path) if word == "items.jsonl" else word for word in shlex.split(line)]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0
    first, second = map(msgspec.json.decode, result.output.splitlines())
    assert (first["duplicate_of"], second["duplicate_of"]) == (None, "1")
    assert first["story_id"] == second["story_id"] == second["event_id"]


def test_the_other_commands_are_there(capsys: pytest.CaptureFixture[str]) -> None:
    """`make eval-stories` calls the evaluation, and both programs take what the page gives them."""
    assert "\neval-stories:" in (ROOT / "Makefile").read_text(encoding="utf-8")
    with pytest.raises(SystemExit):
        stories_eval.main(["--help"])
    assert "--bases" in capsys.readouterr().out
    [sizes] = re.findall(r"^python -m tests\.benchmarks\.window ([\d ]+\d)", TEXT, flags=re.MULTILINE)
    assert {int(size) for size in sizes.split()} <= set(window.SIZES)


def test_what_it_says_of_the_method_is_so() -> None:
    """The counts named are those of the code."""
    assert f"their {KEYS} smallest shingle hashes; a sketch of {SKETCH} hashes" in TEXT
    assert f"{stories_eval.BASES} articles in each of {len(LANGUAGES)} languages" in TEXT
