"""Damaged tables are thrown away and read anew from the changelog; sound ones stay; a full disk loses nothing."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from rocksdict import Options, Rdict

from pipeline.books import books
from pipeline.elastic import Index
from pipeline.launch import Pipeline, Process
from pipeline.tables import is_damage, mark_damaged, rows_of, throw_away_damaged
from schemas.codec import now
from schemas.item import Item, item_id
from schemas.process import own_folder
from schemas.settings import Settings
from tests.benchmarks.faults import fill_disk
from tests.benchmarks.running import send
from tests.waiting import until, until_idle

ROWS = 2_000


def empty(name: str) -> Callable[[Path], object]:
    """Cut a file to nothing."""
    return lambda table: next(table.glob(name)).write_bytes(b"")


def remove(name: str) -> Callable[[Path], object]:
    """Remove a file."""
    return lambda table: next(table.glob(name)).unlink()


DAMAGES = {
    "the manifest is empty": empty("MANIFEST-*"),
    "the manifest is gone": remove("MANIFEST-*"),
    "CURRENT is empty": empty("CURRENT"),
    "rows are gone": remove("*.sst"),
    "rows are empty": empty("*.sst"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A step's folder with two tables, of which the first has rows."""
    for partition in range(2):
        table = tmp_path / "v1" / "tables" / f"enrich-table-{partition}.db"
        table.parent.mkdir(parents=True, exist_ok=True)
        opened = Rdict(str(table), options=Options(raw_mode=True))
        if not partition:
            for number in range(ROWS):
                opened.put(b"%d" % number, b"row" * 100)
            opened.flush()
        opened.close()
    return tmp_path


def test_sound_tables_stay(folder: Path) -> None:
    """With every row; a folder without tables is no error."""
    assert throw_away_damaged(folder) == []
    assert throw_away_damaged(folder / "elsewhere") == []
    opened = Rdict(str(folder / "v1/tables/enrich-table-0.db"), options=Options(raw_mode=True))
    assert sum(1 for _ in opened.items()) == ROWS
    opened.close()


@pytest.mark.parametrize("damage", sorted(DAMAGES))
def test_a_damaged_table_goes_and_its_neighbour_stays(folder: Path, damage: str) -> None:
    """Whatever file it is that RocksDB refuses."""
    table = folder / "v1/tables/enrich-table-0.db"
    DAMAGES[damage](table)
    assert throw_away_damaged(folder) == [table]
    assert not table.exists()
    assert (folder / "v1/tables/enrich-table-1.db").is_dir()
    assert throw_away_damaged(folder) == []


def test_what_was_damaged_when_it_was_read_goes_once(folder: Path) -> None:
    """A process that finds damage says so, and ends; only the next one throws the step's tables away."""
    table = folder / "v1/tables/enrich-table-0.db"
    rows = bytearray((file := next(table.glob("*.sst"))).read_bytes())
    rows[: len(rows) // 2] = bytes(len(rows) // 2)
    file.write_bytes(rows)
    opened = Rdict(str(table), options=Options(raw_mode=True))
    with pytest.raises(Exception, match="Corruption") as raised:
        [opened.get(b"%d" % number) for number in range(ROWS)]
    opened.close()
    assert is_damage(raised.value)
    mark_damaged(folder)
    assert len(throw_away_damaged(folder)) == 2
    assert throw_away_damaged(folder) == []


def test_a_walk_through_damaged_rows_does_not_end_as_if_no_more_were(folder: Path) -> None:
    """The binding's own walk gives a part and says nothing; a sound table is walked whole, but for what is Faust's."""
    table = folder / "v1/tables/enrich-table-0.db"
    opened = Rdict(str(table), options=Options(raw_mode=True))
    walked = list(rows_of(opened, b"7"))
    assert walked == [row for row in opened.items() if row[0] != b"7"]
    assert len(walked) == ROWS - 1
    opened.close()
    rows = bytearray((file := next(table.glob("*.sst"))).read_bytes())
    middle = len(rows) // 2
    rows[middle : middle + 2_000] = bytes(2_000)
    file.write_bytes(rows)
    opened = Rdict(str(table), options=Options(raw_mode=True))
    assert 0 < sum(1 for _ in opened.items()) < ROWS
    with pytest.raises(Exception, match="Corruption") as raised:
        list(rows_of(opened, b"7"))
    assert is_damage(raised.value)
    opened.close()


def test_a_table_that_another_process_has_stays(folder: Path) -> None:
    """It is locked, not damaged."""
    opened = Rdict(str(folder / "v1/tables/enrich-table-0.db"), options=Options(raw_mode=True))
    assert throw_away_damaged(folder) == []
    opened.close()


def item(number: int) -> Item:
    """An item that is like no other."""
    url = f"https://tables.example/{number}"
    return Item(
        id=item_id(url=url, source="tables", guid=None),
        source="tables",
        url=url,
        fetched_at=now(),
        title=f"Report number {number} from the harbour",
        body=f"The harbour master counted {number} ships, {number * 7} crates and {number * 13} gulls this morning.",
    )


@pytest.fixture
def enrich(pipeline: Pipeline) -> Iterator[Process]:
    """The session's first step, which runs again afterwards."""
    process = next(process for process in pipeline.processes if process.name == "enrich")
    yield process
    if not process.runs:
        process.start()


def indexed(settings: Settings) -> list[tuple[str, int]]:
    """The ids of this module's items in the index, each with its revision, in order."""
    with Index(settings) as index:
        index.refresh()
        found = index.search({"query": {"term": {"source": "tables"}}, "size": 1_000, "_source": ["id", "revision"]})
    return sorted((hit["_source"]["id"], hit["_source"]["revision"]) for hit in found["hits"]["hits"])


def test_a_step_whose_tables_were_damaged_knows_what_it_knew(
    kabar_settings: Settings, pipeline: Pipeline, enrich: Process
) -> None:
    """What came before is no news to it: unchanged items stay as they are, an edited one gets its second revision."""
    items = [item(number) for number in range(100)]
    send(kabar_settings, items)
    until_idle(kabar_settings, pipeline, seconds=60)
    enrich.terminate()
    enrich.wait(10)
    tables = sorted(own_folder(kabar_settings.data_dir, "enrich").glob("v*/tables/*.db"))
    assert tables
    for table in tables:
        (table / "CURRENT").write_bytes(b"")
    enrich.start()
    later = [msgspec.structs.replace(one, fetched_at=one.fetched_at + timedelta(minutes=1)) for one in items]
    send(kabar_settings, [msgspec.structs.replace(later[0], title="Report number 0, corrected"), *later[1:]])
    until_idle(kabar_settings, pipeline, seconds=60)
    assert indexed(kabar_settings) == sorted((one.id, 2 if number == 0 else 1) for number, one in enumerate(items))
    assert enrich.log_path.read_text().count("read anew from its changelog") >= len(tables)


def test_a_full_disk_loses_nothing(kabar_settings: Settings, pipeline: Pipeline, enrich: Process) -> None:
    """While no file of it can grow the step ends and is started anew; once one can, every item is indexed once."""
    before = len(indexed(kabar_settings))
    restarts = enrich.restarts
    fill_disk(enrich.pid)
    send(kabar_settings, [item(number) for number in range(1_000, 1_200)])
    until(lambda: not enrich.runs, seconds=60, what="the step meets the full disk")
    until_idle(kabar_settings, pipeline, seconds=60)
    assert enrich.restarts > restarts
    assert len(indexed(kabar_settings)) == before + 200
    with Index(kabar_settings) as index:
        assert books(kabar_settings, index).difference == 0
