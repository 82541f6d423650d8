"""Very many names: found as an automaton finds them, kept in files, changed while they are used."""

import time
from pathlib import Path

import pytest

from pipeline.entities import Recogniser, layers, recognise, stored
from pipeline.entities.automaton import Automaton
from pipeline.entities.lexicon import Lexicon
from pipeline.entities.names import Hit, names_of
from pipeline.entities.normalise import normalise
from pipeline.knowledge import Entity, load
from schemas.alert import Figure
from schemas.codec import now
from schemas.item import Item
from tests.benchmarks.alerts_eval import FILES, FOLDER, sentences

# What joins names to what stands beside them, script by script, and the ends of pieces.
JOINED = (
    ("en", "访问NATO总部, 3nato, NATO峰会。习近平会见普京 Kim Jong-un's U.S. visit, St. Petersburg, U.N."),
    ("ar", "وبوتين والولايات المتحدة للأمم المتحدة ولبوتين فلاديمير بوتين"),
    ("he", "ופוטין בישראל, ולדימיר פוטין מהאו״ם"),
    ("ko", "김정은이 푸틴과 블라디미르 푸틴에게 조선민주주의인민공화국의"),
    ("ja", "プーチン大統領がウラジーミル・プーチンと金正恩氏、東京で"),
    ("id", "Putinnya Jakarta-lah PBB, Presiden Joko Widodo"),
    *(("ru", "x" * length + " Владимира Путина, 普京访问东京 بوتين") for length in range(19_985, 20_001)),
)


def _found(hits: list[Hit]) -> list[tuple[object, ...]]:
    return sorted(
        ((hit.start, hit.end, [(n.written, n.owner, int(n.kind), sorted(n.languages or ())) for n in hit.names]))
        for hit in hits
    )


def test_a_lexicon_finds_what_an_automaton_finds() -> None:
    """Every hit with all its names, in the project's own sentences of fifty languages and where names are joined."""
    names = list(names_of(load().entities))
    automaton, lexicon = Automaton(names), Lexicon.of(names)
    texts = [*JOINED, *((row.language, row.text) for name in FILES for row in sentences(FOLDER / name))]
    many = 0
    for language, text in texts:
        expected = _found(list(automaton.find(normalise(text), language)))
        assert _found(list(lexicon.find(normalise(text), language))) == expected, text
        many += len(expected)
    assert many > 1_000


def _people(count: int) -> tuple[Entity, ...]:
    return tuple(
        Entity(id=f"f{n:04}", type="PER", name=f"Given{n} Family{n}", aliases=(f"Имя{n} Фамилия{n}",))
        for n in range(count)
    )


def test_a_file_holds_a_lexicon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is built by another process, then only mapped; a damaged one is built again, old ones are cleared away."""
    text = normalise("Given7 Family7 и Имяem, Имя9 Фамилия9")
    first = stored.lexicon_of(_people(40), tmp_path)
    (file,) = tmp_path.glob("*.names")
    with monkeypatch.context() as patched:
        patched.setattr(stored, "_build_apart", lambda *_given: pytest.fail("built twice"))
        again = stored.lexicon_of(_people(40), tmp_path)
    assert _found(list(again.find(text, "ru"))) == _found(list(first.find(text, "ru")))
    assert {hit.names[0].owner for hit in again.find(text, "ru")} == {7, 9}
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(stored.Damaged):
        stored.read(file)
    file.unlink()
    for count in range(41, 45):
        stored.lexicon_of(_people(count), tmp_path)
    assert len(list(tmp_path.iterdir())) == 4  # three lexicons and the lock


def test_where_nothing_can_be_kept_names_are_found_all_the_same(tmp_path: Path) -> None:
    """The folder is a file."""
    (tmp_path / "names").write_text("")
    lexicon = stored.lexicon_of(_people(3), tmp_path / "names")
    assert [hit.start for hit in lexicon.find(normalise("Given1 Family1"), "en")] == [0]


def test_changes_are_live_while_many_names_are_built_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tracked and untracked meanwhile counts at once, and still does when the new base has come."""
    monkeypatch.setattr(layers, "MANY", 50)
    monkeypatch.setattr(recognise, "_FEW", 10)
    recogniser = Recogniser((), tmp_path, tagger=False)
    recogniser.track_all(Figure(id=f"f{n:03}", name=f"Given{n} Family{n}", aliases=(f"A{n} B{n}",)) for n in range(100))
    text = "Given1 Family1, Given2 Family2, New0 Person0, New9 Person9, Given50 Family50"
    for n in range(10):
        recogniser.track(Figure(id=f"n{n}", name=f"New{n} Person{n}"))
        recogniser.untrack(f"f{n:03}") if n % 2 else None
        assert {"n0", "f050"} <= _named(recogniser, text)
    assert _named(recogniser, text) == {"f002", "n0", "n9", "f050"}
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob("*.names"))) < 2 or recogniser.is_renewing:
        assert time.monotonic() < deadline, "no new base came"
        time.sleep(0.05)
    assert _named(recogniser, text) == {"f002", "n0", "n9", "f050"}
    recogniser.untrack("n0")
    assert _named(recogniser, text) == {"f002", "n9", "f050"}


def _named(recogniser: Recogniser, text: str) -> set[str]:
    item = Item(id="1", source="s", fetched_at=now(), body=text)
    return {mention.entity_id for mention in recogniser.mentions(item, "en")}
