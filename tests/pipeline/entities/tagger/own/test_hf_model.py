"""Token classifiers exported to ONNX: small ones, made here, run by the real runtime."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.entities.tagger.own import OwnModels
from pipeline.entities.tagger.tag import REACHED, Tagged
from schemas.settings import SettingsError
from tests.pipeline.entities.tagger.own.networks import classifier, unigram, word_piece

LABELS = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC", "B-MISC")
FILLERS = ("traf", "in", "die", "am", ".", ",", "(", ")", "a")
WORDS = (*FILLERS, "Ulf", "Brendel", "Ols", "##bach", "Norrby", "Marin")
TOKENS = {
    "Ulf": "B-PER",
    "Brendel": "I-PER",
    "Ols": "B-LOC",
    "##bach": "I-ORG",
    "Norrby": "B-ORG",
    "Marin": "I-ORG",
    "am": "B-MISC",
}


def found(folder: Path, text: str) -> list[tuple[str, str]]:
    """The names that the model in the folder finds in the text, with their kinds."""
    return [(text[name.start : name.end], name.type) for name in names(folder, text)]


def names(folder: Path, text: str) -> list[Tagged]:
    """The same, as they come."""
    return OwnModels([f"xx=hf:{folder}"]).tag_all([text], "xx")[0]


def test_its_names_stand_where_they_are(tmp_path: Path) -> None:
    """A word is decided on by its first token, kinds that Kabar has not are left out, offsets count code points."""
    classifier(tmp_path, word_piece(WORDS), LABELS, TOKENS)
    text = "🙂🙂 Ulf  Brendel traf in Olsbach am die (Norrby Marin)."
    assert found(tmp_path, text) == [("Ulf  Brendel", "PER"), ("Olsbach", "LOC"), ("Norrby Marin", "ORG")]
    assert found(tmp_path, "") == found(tmp_path, " \n") == []


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(
    ("text", "pieces", "expected"),
    [
        ("Ulf Brendel, Ulf", {"▁Ulf": "B-PER", "▁Bren": "I-PER", "del": "O", ",": "O"}, ["Ulf Brendel", "Ulf"]),
        ("x (Ulf) x", {"(": "O", "Ulf": "B-PER", ")": "O"}, ["Ulf"]),
        ("«Ulf-Olaf»!", {"«": "O", "Ulf": "B-PER", "-": "O", "Olaf": "O", "»": "O", "!": "O"}, ["Ulf-Olaf"]),
        (
            "x l'Élysée d’Ulf",
            {"▁l": "O", "'": "O", "Élysée": "B-PER", "d": "O", "’": "O", "Ulf": "B-PER"},
            ["Élysée", "Ulf"],
        ),
        ("x Ulf x", {"▁x": "O", "▁": "B-PER", "Ulf": "O"}, ["Ulf"]),
        ("Sean O'Neill", {"▁Sean": "B-PER", "▁O": "I-PER", "'": "O", "Neill": "O"}, ["Sean O'Neill"]),
        ("王毅在北京会见", {"王": "B-PER", "毅": "I-PER", "在": "O", "北京": "B-PER", "会见": "O"}, ["王毅", "北京"]),
        ("x 北京，上海", {"北京": "B-PER", "，": "O", "上海": "B-PER"}, ["北京", "上海"]),
        ("東京FCは", {"東京": "B-PER", "FC": "I-PER", "は": "O"}, ["東京FC"]),
        ("นายทักษิณพบ", {"นาย": "O", "ทักษิณ": "B-PER", "พบ": "O"}, ["ทักษิณ"]),
        ("в Москве, x", {"▁в": "O", "▁Мос": "B-PER", "кве": "O", ",": "O"}, ["Москве"]),
        ("في القاهرة.", {"▁في": "O", "▁القاهر": "B-PER", "ة": "O", ".": "O"}, ["القاهرة"]),
        ("मैं मुंबई में", {"▁मुं": "B-PER", "बई": "O", "▁में": "O", "▁मैं": "O"}, ["मुंबई"]),
    ],
)
def test_words_of_tokenizers_that_know_spaces_alone(
    text: str,
    pieces: dict[str, str],
    expected: list[str],
    whole: bool,  # noqa: FBT001 - by name
    tmp_path: Path,
) -> None:
    """Outer marks are no part of a name; in scripts without spaces each token decides; spaces are cut off."""
    classifier(tmp_path, unigram(["x", *pieces], whole=whole), LABELS, pieces)
    assert [name for name, _ in found(tmp_path, text)] == expected


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ("B-PER I-PER O B-PER", ["a b", "d"]),
        ("B-PER B-PER I-PER O", ["a", "b c"]),
        ("I-PER I-PER O I-PER", ["a b", "d"]),
        ("I-PER B-PER I-PER I-PER", ["a", "b c d"]),
        ("I-PER I-ORG I-ORG O", ["a", "b c"]),
        ("B-PER E-PER S-PER O", ["a b", "c"]),
        ("B-PER I-PER E-PER I-PER", ["a b c", "d"]),
        ("B-PER L-PER U-ORG U-ORG", ["a b", "c", "d"]),
        ("PER PER O person", ["a b", "d"]),
        ("PER ORG organization LOC", ["a", "b c", "d"]),
        ("B_per I_per MISC B-gpe", ["a b", "d"]),
        ("B-PERSON I-PERSON ORDINAL B-GPE", ["a b", "d"]),
    ],
)
def test_labels_of_every_scheme(labels: str, expected: list[str], tmp_path: Path) -> None:
    """BIO, IOB1, BIOES, BILOU and none; what models call the kinds is known."""
    given = labels.split()
    classifier(
        tmp_path,
        word_piece("abcd"),
        list(dict.fromkeys(("O", *given))),
        dict(zip("abcd", given, strict=True)),
    )
    assert [name for name, _ in found(tmp_path, "a b c d")] == expected


def test_a_confidence_is_the_words_mean(tmp_path: Path) -> None:
    """Of the probabilities of their labels, over the tokens that decide."""
    tokens = {"Ulf": (0.0, math.log(4)), "Ols": (0.0, math.log(9)), "##bach": (0.0, math.log(2))}
    classifier(tmp_path, word_piece(WORDS), ("O", "PER"), tokens)
    (name,) = names(tmp_path, "Ulf Olsbach")
    assert name.confidence == pytest.approx((4 / 5 + 9 / 10) / 2)


@pytest.mark.parametrize("length", [16, 20, 33])
def test_a_long_text_is_read_in_windows(length: int, tmp_path: Path) -> None:
    """A name is found once wherever it stands, though the model sees none near a window's borders."""
    border = 1 + length // 4 // 2
    classifier(tmp_path, word_piece(WORDS), LABELS, TOKENS, border=border, max_position_embeddings=length)
    models = OwnModels([f"xx=hf:{tmp_path}"])
    for before in range(border, 80):
        text = f"{'a ' * before}Ulf Brendel traf Olsbach {'a ' * (90 - before)}"
        (tagged,) = models.tag_all([text], "xx")
        told = [(name.start, text[name.start : name.end]) for name in tagged]
        assert told == [(2 * before, "Ulf Brendel"), (2 * before + 17, "Olsbach")]


def test_the_tokenizer_may_say_how_much_is_read(tmp_path: Path) -> None:
    """Fewer than there are places, for models that count these from behind their padding; 1e30 is no limit."""
    classifier(tmp_path, word_piece(WORDS), LABELS, TOKENS, border=8, max_position_embeddings=4096)
    text = f"{'a ' * 13}Ulf {'a ' * 90}"
    assert found(tmp_path, text) == [("Ulf", "PER")]
    config = tmp_path / "tokenizer_config.json"
    config.write_text('{"model_max_length": 1000000000000000019884624838656}', encoding="utf-8")
    assert found(tmp_path, text) == [("Ulf", "PER")]
    config.write_text('{"model_max_length": 16}', encoding="utf-8")
    assert found(tmp_path, text) == []


def test_text_is_read_as_far_as_by_kabar_s_own(tmp_path: Path) -> None:
    """And no further."""
    classifier(tmp_path, word_piece(WORDS), LABELS, TOKENS)
    text = f"Ulf{' ' * (REACHED - 6)}Ulf Ulf"
    assert [name.start for name in names(tmp_path, text)] == [0, REACHED - 3]


def test_a_text_s_marks_are_no_commands(tmp_path: Path) -> None:
    """What stands for the end of a text, written in a text, is text."""
    tokens = TOKENS | {"[SEP]": "B-ORG"}
    classifier(tmp_path, word_piece(WORDS), LABELS, tokens)
    assert found(tmp_path, "Ulf [SEP] Olsbach") == [("Ulf", "PER"), ("Olsbach", "LOC")]


def test_a_network_gets_what_it_names(tmp_path: Path) -> None:
    """One that wants no mask is given none; it may stand in a folder of its own."""
    classifier(tmp_path, word_piece(WORDS), LABELS, TOKENS, bare=True)
    assert found(tmp_path, "Ulf Brendel traf Norrby") == [("Ulf Brendel", "PER"), ("Norrby", "ORG")]
    (tmp_path / "onnx").mkdir()
    (tmp_path / "model.onnx").rename(tmp_path / "onnx" / "model.onnx")
    assert found(tmp_path, "Ulf") == [("Ulf", "PER")]


def test_one_model_for_two_languages_is_read_once(tmp_path: Path) -> None:
    """It is large."""
    classifier(tmp_path, word_piece(WORDS), LABELS, TOKENS)
    models = OwnModels([f"de=hf:{tmp_path}", f"fi=hf:{tmp_path}"])
    assert models.tag_all(["Ulf"], "de-AT") == models.tag_all(["Ulf"], "fi") != [[]]
    assert len(set(models._models.values())) == 1  # noqa: SLF001 - what is claimed has no other sign


@pytest.mark.parametrize("file", ["model.onnx", "tokenizer.json", "config.json"])
def test_a_file_that_is_missing_or_broken_is_named(file: str, tmp_path: Path) -> None:
    """With its folder."""
    classifier(tmp_path, word_piece(WORDS), LABELS, TOKENS)
    (tmp_path / file).write_bytes(b"{nothing")
    with pytest.raises(SettingsError, match=f"{tmp_path}/{file}"):
        OwnModels([f"de=hf:{tmp_path}"])
    (tmp_path / file).unlink()
    with pytest.raises(SettingsError, match=f"there is no {file}.* in {tmp_path}"):
        OwnModels([f"de=hf:{tmp_path}"])


def test_another_kind_of_model_is_told_apart(tmp_path: Path) -> None:
    """Labels that mean none of the kinds, of another number or missing; a window without room; no folder."""
    tokenizer = word_piece(WORDS)

    def said(labels: tuple[str, ...] = ("O", "B-PER"), **config: object) -> str:
        classifier(tmp_path, tokenizer, labels, {}, **config)  # type: ignore[arg-type]
        with pytest.raises(SettingsError) as caught:
            OwnModels([f"de=hf:{tmp_path}"])
        return str(caught.value)

    assert "means a person, organisation or place (LABEL_0, LABEL_1)" in said(("LABEL_0", "LABEL_1"))
    assert "means a person" in said(id2label={"0": "O", "2": "B-PER"})
    assert "answers in the shape (1, 512, 2), expected (1, 512, 3)" in said(id2label={0: "O", 1: "B-PER", 2: "B-ORG"})
    assert "config.json is no such configuration" in said(id2label=["O"])
    assert "reads 8 tokens at once" in said(max_position_embeddings=8)
    with pytest.raises(SettingsError, match="/no/such is no folder"):
        OwnModels(["de=hf:/no/such"])


@pytest.mark.parametrize("library", ["onnxruntime", "tokenizers"])
def test_without_the_libraries_the_extra_is_named(
    library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are no requirement of Kabar."""
    classifier(tmp_path, word_piece(WORDS), LABELS, TOKENS)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(SettingsError, match=rf"{library} is missing: pip install 'kabar\[onnx\]'"):
        OwnModels([f"de=hf:{tmp_path}"])


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_enrich_reads_the_setting(jobs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The filter has the same names, in one process and in several."""
    classifier(tmp_path, word_piece(WORDS), LABELS, TOKENS)
    monkeypatch.setenv("KABAR_TAGGERS", f"de=hf:{tmp_path}")
    body = "Der Bürgermeister Ulf Brendel traf in Olsbach die Norrby Marin. Das teilte die Stadt am Dienstag mit."
    line = json.dumps({"id": "1", "body": body, "language_hint": "de"})
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "enrich", "--jobs", jobs]
    done = subprocess.run(command, input=line.encode(), capture_output=True, timeout=120, check=True)
    told = {(m["text"], m["type"]) for m in json.loads(done.stdout)["mentions"]}
    assert {("Ulf Brendel", "PER"), ("Olsbach", "LOC"), ("Norrby Marin", "ORG")} <= told
