"""What is known of the world: the tables are sound, places come from general data, and loading is quick."""

import time
from pathlib import Path

import pytest

from pipeline.knowledge import Entity, find_figure, load
from pipeline.knowledge.load import build
from pipeline.knowledge.tables import TABLES, problems, table


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_sound(name: str) -> None:
    """Ids, countries, names and scripts of each table are well formed, and no two entities share a name."""
    assert problems(table(name)) == []


def test_tables_are_large_enough() -> None:
    """There are at least 300 people and 150 organisations."""
    assert len(table("figures.tsv")) >= 300
    assert len(table("organisations.tsv")) >= 150


def test_problems_are_named() -> None:
    """The validator names a bad id, a bad country, a doubled name, a mix of scripts and a shared name."""
    bad = [
        Entity(id="X1", type="PER", name="Ann Ex", country="Utopia"),
        Entity(id="kabar:b", type="PER", name="Bo Ex", aliases=("Ann Ex", "Bo Ex", "Вo Ex", "B")),
        Entity(id="kabar:b", type="PER", name="Cy Ex"),
    ]
    found = "\n".join(problems(bad))
    for part in ("X1: the id", "'Utopia'", "occurs twice", "mixes scripts", "'Ann Ex' names", "too short"):
        assert part in found


def test_every_id_occurs_once() -> None:
    """No two entities of all that is known share an id, and every country has its code as id."""
    entities = build().entities
    assert len({entity.id for entity in entities}) == len(entities)
    by_id = {entity.id: entity for entity in entities}
    assert by_id["iso3166:KP"].name == "North Korea"
    assert by_id["geonames:1871859"].country == "KP"
    assert by_id["geonames:1871859"].latitude == pytest.approx(39.03, abs=0.1)


def test_cache_gives_the_same(tmp_path: Path) -> None:
    """What the cache holds equals what was built, and the second load takes under half a second."""
    first = load(tmp_path)
    started = time.perf_counter()
    assert load(tmp_path) == first
    assert time.perf_counter() - started < 0.5
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
