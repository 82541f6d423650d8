"""Each list format, read as it is published: what becomes a figure, what is skipped and why; made-up people only."""

import gzip
import json
import resource
from pathlib import Path

import pytest

from pipeline.importers import ImportProblem, Read, read_figures
from schemas.alert import Figure

FTM = "\n".join(json.dumps(entity) for entity in [
    {"id": "NK-1", "schema": "Person", "caption": "Ada Exemplar", "datasets": ["xx_list"],
     "properties": {"name": ["Ada Exemplar", "Ада Экземпляр"], "alias": ["A. Exemplar"], "weakAlias": ["The Fox"],
                    "wikidataId": ["Q999999991"], "topics": ["sanction"]}},
    {"id": "NK-2", "schema": "Company", "caption": "Beispiel AG", "properties": {"name": ["Beispiel AG"]}},
    {"id": "NK-3", "schema": "Vessel", "caption": "Ship", "properties": {"name": ["Ship"]}},
    {"id": "NK-4", "schema": "Person", "properties": {"name": []}},
])  # fmt: skip
TARGETS = (
    "id,schema,name,aliases,birth_date,countries,addresses,identifiers,sanctions,phones,emails,dataset\n"
    'NK-1,Person,Ada Exemplar,"Ада Экземпляр;艾达","1970",xx,,,"a; b",,,XX List\n'
    "NK-3,Vessel,Ship,,,,,,,,,XX List\n"
)
JRC = "# id\ttype\tlang\tname\n7\tP\tu\tAda+Exemplar\n7\tP\tru\tАда+Экземпляр\n9\tO\tu\tBeispiel+AG\nbroken line\n"
WIKIDATA = "[\n" + ",\n".join(json.dumps(entity) for entity in [
    {"type": "item", "id": "Q999999991", "labels": {"de": {"value": "Ada E."}, "en": {"value": "Ada Exemplar"}},
     "aliases": {"ru": [{"value": "Ада Экземпляр"}]},
     "claims": {"P31": [{"mainsnak": {"datavalue": {"value": {"id": "Q5"}}}}]}},
    {"type": "item", "id": "Q999999992", "labels": {"en": {"value": "Beispielstadt"}}, "aliases": {},
     "claims": {"P625": [{}]}},
    {"type": "property", "id": "P1", "labels": {"en": {"value": "x"}}},
]) + "\n]\n"  # fmt: skip
POPOLO = json.dumps({"persons": [
    {"id": "p1", "name": "Ada Exemplar", "other_names": [{"name": "Ада Экземпляр", "lang": "ru"}],
     "identifiers": [{"scheme": "wikidata", "identifier": "Q999999991"}]},
    {"id": "p2", "name": "", "other_names": []},
], "memberships": []})  # fmt: skip
CSV = (
    "Name;Aliases;Groups;Context;Must match\nAda Exemplar;Ада Экземпляр|Ada;board;chair|Beispiel;Ada chairs it.\n;;;;\n"
)
YAML = """
board:
  - name: Ada Exemplar
    aliases: [Ада Экземпляр]
    must_not_match: ["Ada is a language."]
  - Bo Exemplar
"""
FILES = {
    "entities.ftm.json": (FTM, "Q999999991", 2, 2),
    "targets.simple.csv": (TARGETS, "NK-1", 1, 1),
    "names.txt": (JRC, "jrc:7", 2, 1),
    "dump.json": (WIKIDATA, "Q999999991", 2, 1),
    "popolo.json": (POPOLO, "Q999999991", 1, 1),
    "mine.csv": (CSV, "kabar:ada-exemplar", 1, 1),
    "mine.yaml": (YAML, "kabar:ada-exemplar", 2, 0),
    "mine.jsonl": ('{"name": "Ada Exemplar", "aliases": ["Ада Экземпляр"]}\n[]\n', "kabar:ada-exemplar", 1, 1),
}


def read(path: Path, kind: str | None = None) -> tuple[list[Figure], Read]:
    """All figures of a file and the counts."""
    counts = Read()
    return list(read_figures(path, kind, counts)), counts


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("name", sorted(FILES))
def test_a_list_is_read_as_it_is_published(tmp_path: Path, name: str, packed: bool) -> None:  # noqa: FBT001 - a case
    """The format is seen by itself; name, spellings and id are the list's; what is no figure is counted."""
    text, number, many, skipped = FILES[name]
    path = tmp_path / (f"{name}.gz" if packed else name)
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    figures, counts = read(path)
    assert (len(figures), counts.skipped) == (many, skipped)
    assert (figures[0].name, figures[0].id) == ("Ada Exemplar", number)
    assert "Ада Экземпляр" in figures[0].aliases
    assert sum(counts.reasons.values()) == skipped


def test_what_lists_say_beside_the_names(tmp_path: Path) -> None:
    """Topics and datasets are groups, weak aliases and common first names ask for context, sentences are kept."""
    for name in ("entities.ftm.json", "mine.csv", "mine.yaml"):
        (tmp_path / name).write_text(FILES[name][0])
    (ada, company), _ = read(tmp_path / "entities.ftm.json")
    assert (ada.groups, company.kind) == (("sanction", "xx_list"), "organisation")
    assert "The Fox" in ada.ambiguous
    (mine,), _ = read(tmp_path / "mine.csv")
    assert (mine.groups, mine.context, mine.must_match) == (("board",), ("chair", "Beispiel"), ("Ada chairs it.",))
    (first, second), _ = read(tmp_path / "mine.yaml")
    assert first.groups == second.groups == ("board",)
    assert first.must_not_match == ("Ada is a language.",)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("x.bin", b"\x00\x01\x02", "not recognised"),
        ("x.csv", b"a,b\n1,2\n", "no column called name"),
        ("x.yaml", b"a: [", "no YAML"),
        ("x.yaml", b"just a text", "a list of figures"),
        ("x.json.gz", gzip.compress(FTM.encode(), mtime=0)[:60], "cannot be read|in the middle"),
    ],
)
def test_a_file_that_is_none_is_told_in_a_sentence(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    """Not a traceback but what to do."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ImportProblem, match=sentence):
        read(path)


def test_hostile_lines_are_skipped(tmp_path: Path) -> None:
    """Deep nesting, no JSON, numbers for names, no letters, control signs: counted or mended, never fatal."""
    path = tmp_path / "bad.jsonl"
    lines = ['{"name": "Good One"}', "[" * 100_000, "{", '{"name": 7}', '{"name": "\\u0000\\n!!"}',
             '{"name": "A\\nB"}', '{"name": "x", "aliases": {"a": 1}}', "\xed\xa0\x80"]  # fmt: skip
    path.write_text("\n".join(lines), encoding="utf-8")
    figures, counts = read(path)
    assert [figure.name for figure in figures] == ["Good One", "A B"]
    assert counts.skipped == 6


def test_a_long_list_is_read_in_little_memory(tmp_path: Path) -> None:
    """200,000 entities of OpenSanctions stream through: memory does not grow with them."""
    path = tmp_path / "many.json"
    line = FTM.splitlines()[0] + "\n"
    with path.open("w") as file:
        for _ in range(200_000):
            file.write(line)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    counts = Read()
    assert sum(1 for _ in read_figures(path, None, counts)) == 200_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024, "KiB"
    assert counts.percent == pytest.approx(100, abs=1)
