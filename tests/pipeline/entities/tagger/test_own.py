"""A model of one's own stands in for Kabar's tagger in its language: a small spaCy model, made here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import spacy

from pipeline.entities import Recogniser
from pipeline.entities.tagger.own import OwnModels
from pipeline.knowledge import Entity
from schemas.codec import now
from schemas.item import Item
from schemas.settings import SettingsError

TEXT = "Der Bürgermeister Ulf Brendel traf in Olsbach die Werft Norrby Marin am 4. März."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A German model that knows three names and a date, as spaCy keeps it."""
    model = spacy.blank("de")
    ruler = model.add_pipe("entity_ruler")
    ruler.add_patterns(  # type: ignore[attr-defined]
        [
            {"label": "PER", "pattern": "Ulf Brendel"},
            {"label": "GPE", "pattern": "Olsbach"},
            {"label": "ORG", "pattern": "Norrby Marin"},
            {"label": "DATE", "pattern": "4. März"},
        ]
    )
    place = tmp_path_factory.mktemp("models") / "de"
    model.to_disk(place)
    return place


def mentions(recogniser: Recogniser, language: str) -> list[tuple[str, str, str]]:
    """What is found in the text, read as this language."""
    item = Item(id="1", source="s", fetched_at=now(), body=TEXT)
    return [(m.text, m.type, m.why) for m in recogniser.mentions(item, language)]


def test_its_names_are_the_tagger_s(folder: Path) -> None:
    """In its language and no other; kinds that Kabar has not are left out; a name that is known keeps its id."""
    recogniser = Recogniser((), own=OwnModels([f"de=spacy:{folder}"]))
    found = [("Ulf Brendel", "PER", "tagger"), ("Olsbach", "LOC", "tagger"), ("Norrby Marin", "ORG", "tagger")]
    assert mentions(recogniser, "de") == found
    assert mentions(recogniser, "de-AT") == found
    assert mentions(recogniser, "lb") == []
    known = Recogniser((Entity(id="Q1", type="LOC", name="Olsbach"),), own=OwnModels([f"de=spacy:{folder}"]))
    item = Item(id="1", source="s", fetched_at=now(), body=TEXT)
    assert "Q1" in {m.entity_id for m in known.mentions(item, "de")}


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_enrich_reads_the_setting(folder: Path, jobs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The filter has the same names, in one process and in several."""
    monkeypatch.setenv("KABAR_TAGGERS", f"de=spacy:{folder}")
    line = json.dumps({"id": "1", "body": f"{TEXT} Das teilte die Stadt am Dienstag mit.", "language_hint": "de"})
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "enrich", "--jobs", jobs]
    done = subprocess.run(command, input=line.encode(), capture_output=True, timeout=120, check=True)
    found = {(m["text"], m["type"]) for m in json.loads(done.stdout)["mentions"]}
    assert {("Ulf Brendel", "PER"), ("Olsbach", "LOC"), ("Norrby Marin", "ORG")} <= found


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ("de", "LANGUAGE=KIND:NAME"),
        ("de=spacy:", "LANGUAGE=KIND:NAME"),
        ("=spacy:x", "LANGUAGE=KIND:NAME"),
        ("de=other:x", "a kind of spacy, hf, gliner"),
        ("de=spacy:no_such_model", "cannot read no_such_model"),
        ("de=spacy:/no/such/folder", "cannot read /no/such/folder"),
    ],
)
def test_what_cannot_be_read_is_said(choice: str, said: str) -> None:
    """With what to do."""
    with pytest.raises(SettingsError, match=said):
        OwnModels([choice])


def test_without_spacy_the_extra_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no requirement of Kabar."""
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(SettingsError, match=r"pip install 'kabar\[spacy\]'"):
        OwnModels([f"de=spacy:{folder}"])
