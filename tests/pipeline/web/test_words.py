"""What pages and alerts say is said in both languages, whoever says it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.query import QueryError, parse
from pipeline.reasons import BETWEEN, INDONESIAN, because, clauses, said, told
from pipeline.rules.asked import Asked, RuleMistake, make_rule
from pipeline.rules.describe import PHRASES
from pipeline.said import Said
from pipeline.web import words as pages
from pipeline.web.rule_work import for_page
from pipeline.web.words import translated
from tests.pipeline.web.conftest import Site

_HOLE = re.compile(r"{.*?}")


def indonesian(text: str) -> str:
    """A phrase as an Indonesian reader has it."""
    return translated("id")[text]


def sentences() -> Iterator[str]:
    """The English of every sentence that the code makes for people: what `Said` and mistakes are made of."""
    sources = Path(pages.__file__).parents[1].rglob("*.py")
    nodes = [node for path in sources for node in ast.walk(ast.parse(path.read_text()))]
    makers, more = {"Said"}, {"Mistake"}
    while more - makers:
        makers |= more
        classes = (node for node in nodes if isinstance(node, ast.ClassDef))
        more = {node.name for node in classes if makers & {getattr(base, "id", "") for base in node.bases}}
    for node in nodes:
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in makers:
            texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            yield from (text for text in texts[:1] if any(map(str.isalpha, _HOLE.sub("", text))))


def test_every_phrase_is_translated() -> None:
    """What templates show and what the code says is in the Indonesian words, with as many holes; none is left over."""
    used = set()
    for template in (Path(pages.__file__).parent / "templates").glob("*.html"):
        text = template.read_text()
        used |= set(re.findall(r"""_\(["'](.+?)["']\)""", text))
        used |= {word for pair in re.findall(r'counted\(.+?, "(.+?)", "(.+?)"\)', text) for word in pair}
    used |= {"auto", "light", "dark", "person", "organisation", "place", "ok", "new", "silent", "failing", *PHRASES}
    used |= {*sentences(), *INDONESIAN}
    words = translated("id")
    assert used == set(words)
    assert [text for text in words if sorted(_HOLE.findall(text)) != sorted(_HOLE.findall(words[text]))] == []


@pytest.mark.parametrize("text", INDONESIAN)
@pytest.mark.parametrize("value", ["Choe Son Hui", "name of", "A; B", "x, known without a first name", "{}", "«}"])
def test_a_reason_is_read_as_it_was_written(text: str, value: str) -> None:
    """Each clause comes back with its value, alone and among others, and is told in both languages."""
    value = value if "{}" in text else ""
    why = BETWEEN.join((because("tagger"), because(text, value), because("ambiguous")))
    before, clause, after = clauses(why)
    assert (before.text, clause.text, after.text) == ("tagger", text, "ambiguous")
    assert clause.value == value.replace("; ", ";")
    assert str(said(why)) == told(why, "en") == why
    assert told(why, "id") == f"model nama; {INDONESIAN[text].format(clause.value)}; bermakna ganda"


def test_a_reason_of_another_version_is_told_as_it_stands() -> None:
    """A clause that this version does not know is not lost, and breaks nothing."""
    assert told("divined by {tea leaves}; tagger", "id") == "divined by {tea leaves}; model nama"
    assert told("", "id") == ""
    with pytest.raises(KeyError):
        because("divined by {}", "tea leaves")


def test_a_mistake_is_told_in_the_readers_language() -> None:
    """Of a query, with what is within it; of a rule, with the names of the form's fields."""
    with pytest.raises(QueryError) as query:
        parse("before:soon")
    assert query.value.sentence.told(indonesian).startswith("before: diisi tanggal seperti 2026-03-01")
    with pytest.raises(RuleMistake) as rule:
        make_rule(Asked(name="a", parts=("title",)), {}, ())
    assert for_page(rule.value.sentence, indonesian).startswith("“Disebut dalam” menentukan di mana tokoh disebut")
    assert Said("{} of {}", (Said("a"), 2)).told(lambda text: text.upper()) == "A OF 2"


def test_pages_tell_mistakes_and_reasons_in_indonesian(site: Site) -> None:
    """The sentence about a query or a date, a page that is not there, and why a mention stands."""
    language = {"accept-language": "id"}
    assert "Kurung ini belum ditutup." in site.get("/?q=(Putin", **language).text
    assert "This parenthesis is not closed." in site.get("/?q=(Putin").text
    assert "since diisi tanggal seperti" in site.get("/?since=soon", **language).text
    assert "Tidak ada berita dengan id ini." in site.get("/items/nothing", **language).text
    found = site.get("/api/v1/search?q=figure:Putin&lang=id").json()["hits"][0]["id"]
    assert re.search(r'title="Vladimir Putin · (alias|nama) ', site.get(f"/items/{found}", **language).text)
    assert re.search(r'title="Vladimir Putin · (alias|name) ', site.get(f"/items/{found}").text)
