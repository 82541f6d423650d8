"""The pages' words in other languages: `words.tsv`, a phrase a line, and the reasons. A test finds what lacks one."""

from functools import cache
from importlib.resources import files

from pipeline.reasons import TOLD


@cache
def translated(language: str) -> dict[str, str]:
    """The words of a language by their English; none for English itself."""
    lines = (files(__package__) / "words.tsv").read_text("utf-8").splitlines()
    languages = lines[0].split("\t")
    if language not in languages[1:]:
        return {}
    column = languages.index(language)
    rows = (line.split("\t") for line in lines[1:] if line)
    reasons = dict(TOLD["id"]) if language == "id" else {}
    return reasons | {row[0]: row[column] for row in rows}
