"""What pages and alerts say is said in both languages, whoever says it."""

import ast
import asyncio
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import pipeline
import schemas
from pipeline.query import QueryError, parse
from pipeline.reasons import BETWEEN, INDONESIAN, because, clauses, said, told
from pipeline.rules.asked import Asked, RuleMistake, make_rule
from pipeline.rules.describe import PHRASES
from pipeline.web import words as pages
from pipeline.web.charts import length_told
from pipeline.web.render import number, when
from pipeline.web.rule_work import for_page
from pipeline.web.words import translated
from schemas.codec import now
from schemas.errors import BrokerError
from schemas.said import Said
from schemas.settings import Settings
from tests.pipeline.web.asking import asked
from tests.pipeline.web.conftest import Site

_HOLE = re.compile(r"{.*?}")


def indonesian(text: str) -> str:
    """A phrase as an Indonesian reader has it."""
    return translated("id")[text]


def parsed() -> Iterator[ast.AST]:
    """Every piece of the code that pages run."""
    for part in (pipeline, schemas):
        for path in Path(str(part.__file__)).parent.rglob("*.py"):
            yield from ast.walk(ast.parse(path.read_text()))


def sentences() -> Iterator[str]:
    """The English of every sentence that the code makes for people: what `Said`, mistakes and errors are made of."""
    nodes, makers, more = list(parsed()), {"Said"}, {"Mistake", "Told"}
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


def test_an_error_of_a_server_is_told_in_the_readers_language(kabar_settings: Settings) -> None:
    """What the page knows of it in the reader's language, and what the library said in its own words."""
    settings = kabar_settings.model_copy(update={"elasticsearch": "http://127.0.0.1:9"})
    answer = asyncio.run(asked(settings, "/?q=Putin", "id"))
    assert answer.status_code == 503
    assert "Sebuah server tidak menjawab." in answer.text
    assert "Elasticsearch di http://127.0.0.1:9 tidak menjawab: apakah sedang berjalan?" in answer.text
    assert re.search('<p [^>]*lang="en">Connection error', answer.text)
    assert "Elasticsearch at http://127.0.0.1:9 does not answer" in asyncio.run(asked(settings, "/?q=Putin", "en")).text


def test_no_error_of_a_server_is_made_of_a_finished_sentence() -> None:
    """One that is put together where it is raised could be told in English alone."""
    made = [node for node in parsed() if isinstance(node, ast.Call)
            and getattr(node.func, "id", "") in {"BrokerError", "IndexUnavailable"}]  # fmt: skip
    assert len(made) > 10
    assert [ast.unparse(call) for call in made if not isinstance(call.args[0], ast.Constant)] == []
    assert str(BrokerError("{} and {}", "{0}", 2, cause="a {}")) == "{0} and 2 (a {})"
    assert str(BrokerError("a {path}")) == "a {path}"


def test_numbers_and_times_are_told_as_the_readers_language_writes_them() -> None:
    """Thousands, and how long ago something was; what is older than two days or to come has its date."""
    assert (number(1234.5, "en"), number(1234.5, "id")) == ("1,234.5", "1.234,5")
    for ago, english, told_ in ((0, "0 s ago", "0 dtk lalu"), (61, "1 min ago", "1 mnt lalu"),
                                (7200, "2 h ago", "2 jam lalu"), (90_000, "1 d ago", "1 hari lalu")):  # fmt: skip
        moment = now() - timedelta(seconds=ago)
        assert f">{english}<" in when(moment, str)
        assert f">{told_}<" in when(moment, indonesian)
    assert f">{now() + timedelta(days=1):%Y-%m-%d} " in when(now() + timedelta(days=1), str)
    assert (length_told("5m", str), length_told("12h", indonesian), length_told("7d", indonesian)) == (
        "5 min", "12 jam", "7 hari",
    )  # fmt: skip
