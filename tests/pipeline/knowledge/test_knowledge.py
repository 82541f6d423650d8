"""What is known of the world: the tables are sound, places come from general data, and loading is quick."""

from pathlib import Path

import pytest

from pipeline.knowledge import Entity, Limited, find_figure, load
from pipeline.knowledge.load import build
from pipeline.knowledge.tables import ORGANISATIONS, PEOPLE, TABLES, tables
from pipeline.knowledge.validate import fold, listed_as_shared, main, problems, shortfalls
from tests.processor import at_most


def test_tables_are_sound() -> None:
    """Ids, countries, names and scripts are well formed, and no two entities share a name that is not listed."""
    assert problems(tables(TABLES), listed_as_shared()) == []


def test_tables_are_as_large_as_promised() -> None:
    """There are at least 1,500 people and organisations, and as many in each script as the validator promises."""
    assert shortfalls() == []
    assert len(tables(PEOPLE)) + len(tables(ORGANISATIONS)) >= 1_500


def test_the_validator_is_a_command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """`python -m pipeline.knowledge.validate` counts what is there and finds nothing wrong."""
    monkeypatch.setattr("sys.argv", ["validate"])
    assert main() == 0
    printed = capsys.readouterr().out
    assert "figures.tsv" in printed
    assert printed.endswith("0 problems\n")


def test_problems_are_named() -> None:
    """The validator names a bad id, country, doubled name, mix of scripts, stray space, small word and shared name."""
    bad = [
        Entity(id="X1", type="PER", name="Ann Ex", country="Utopia"),
        Entity(id="kabar:b", type="PER", name="Bo Ex", aliases=("ann ex", "Bo Ex", "Вo Ex", "B", "Bo  X", "The")),
        Entity(id="kabar:b", type="PER", name="Cy Ex"),
    ]
    found = "\n".join(problems(bad))
    for part in (
        "X1: the id",
        "'Utopia'",
        "occurs twice",
        "mixes scripts",
        "'ann ex' names",
        "'B' is too short",
        "'Bo  X' is",
        "'The' is a small",
    ):
        assert part in found


def test_a_shared_name_may_be_listed() -> None:
    """A name of two entities is no problem where it is listed, nor where each counts in other languages."""
    first = Entity(id="kabar:a", type="PER", name="Ann Ex", limited=(Limited("Ex", ("id",)),))
    second = Entity(id="kabar:b", type="PER", name="ANN EX", limited=(Limited("Ex", ("de",)),))
    assert problems([first, second]) == ["'ann ex' names kabar:a, kabar:b"]
    assert problems([first, second], frozenset({fold("Ann Ex")})) == []


def test_every_id_occurs_once() -> None:
    """No two entities of all that is known share an id, and every country has its code as id."""
    entities = build().entities
    assert len({entity.id for entity in entities}) == len(entities)
    by_id = {entity.id: entity for entity in entities}
    assert by_id["iso3166:KP"].name == "North Korea"
    assert by_id["geonames:1871859"].country == "KP"
    assert by_id["geonames:1871859"].latitude == pytest.approx(39.03, abs=0.1)


def test_cache_gives_the_same(tmp_path: Path) -> None:
    """What the cache holds equals what was built, and the second load takes under half a second of processor."""
    first = load(tmp_path)
    with at_most(0.5):
        second = load(tmp_path)
    assert second == first
    assert len(list(tmp_path.iterdir())) == 1


def test_cache_that_is_broken_or_cannot_be_written(tmp_path: Path) -> None:
    """A damaged cache is built anew; a folder that cannot be made costs nothing but time."""
    first = load(tmp_path)
    next(tmp_path.iterdir()).write_bytes(b"\x93garbage")
    assert load(tmp_path) == first
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert load(blocked / "below") == first


@pytest.mark.parametrize(
    ("name", "identity"),
    [
        ("Vladimir Putin", "Q7747"),
        ("vladimir putin", "Q7747"),
        ("Путин", "Q7747"),
        ("Kim Jong-un", "Q56226"),
        ("Dewan Keamanan PBB", "Q37470"),
        ("Korut", "iso3166:KP"),
    ],
)
def test_find_figure(name: str, identity: str) -> None:
    """A figure is found by any of its names, without regard to case and hyphens."""
    found = find_figure(name)
    assert found is not None
    assert found.id == identity


def test_find_nobody() -> None:
    """A name that nobody has finds nobody."""
    assert find_figure("Nobody At All") is None


def test_the_page_prints_what_the_validator_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `docs/knowledge.md` says that the validator prints is what it prints, and each file it names exists."""
    monkeypatch.setattr("sys.argv", ["validate"])
    main()
    root = Path(__file__).parents[3]
    text = (root / "docs" / "knowledge.md").read_text("utf-8")
    assert f"```\n{capsys.readouterr().out}```\n" in text
    for pattern in ("figures*.tsv", "organisations*.tsv", "places*.tsv", "demonyms.tsv", "ambiguous.tsv", "shared.tsv"):
        assert f"`{pattern}`" in text
        assert list((root / "pipeline" / "knowledge").glob(pattern))
