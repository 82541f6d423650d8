"""Small words (and, of, is, not, this …) of many languages, in `markers.tsv`.

They are the project's own, written from grammars and the common frequency lists. The table of words is made with
them, and the names and places use them to know what is no name.
"""

from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=1)
def words() -> dict[str, frozenset[str]]:
    """The small words of each language that has a list."""
    return lists("markers.tsv")


def lists(name: str) -> dict[str, frozenset[str]]:
    """The words of each language in a table of this package: a language a line, its code, a tab, its words."""
    text = (files("pipeline.language") / name).read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
    return {code: frozenset(listed.split()) for code, listed in rows}
