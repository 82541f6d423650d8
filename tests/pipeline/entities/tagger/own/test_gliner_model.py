"""GLiNER's models of spans exported to ONNX: small ones, made here, run by the real runtime."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.entities.tagger.own import OwnModels
from pipeline.entities.tagger.tag import Tagged
from schemas.settings import SettingsError
from tests.pipeline.entities.tagger.own.networks import classifier, spans, unigram, word_piece

WORDS = ("person", "organization", "location", "traf", "in", "die", ".", "(", ")", "a", "im", "x")
NAMES = ("Ulf", "Brendel", "Ols", "##bach", "Norrby", "Marin", "Jean", "##-", "Pierre")
NO = (-20.0, -20.0, -20.0)
PER, ORG, LOC = (15.0, *NO[1:]), (NO[0], 15.0, NO[2]), (*NO[:2], 15.0)
FITS = {"Ulf": (PER, NO), "Brendel": (NO, PER), "Ols": (LOC, LOC), "Norrby": (ORG, NO), "Marin": (NO, ORG)}


def names(folder: Path, text: str) -> list[Tagged]:
    """What the model in the folder finds in the text."""
    return OwnModels([f"xx=gliner:{folder}"]).tag_all([text], "xx")[0]


def found(folder: Path, text: str) -> list[tuple[str, str]]:
    """The same as written, with their kinds."""
    return [(text[name.start : name.end], name.type) for name in names(folder, text)]


@pytest.mark.parametrize("within", ["", "onnx"])
def test_its_names_stand_where_they_are(within: str, tmp_path: Path) -> None:
    """Spans of words, whatever tokens these have, in code points of the text."""
    spans(tmp_path, word_piece(WORDS + NAMES), FITS, within=within)
    text = "🙂🙂 Ulf  Brendel traf in Olsbach die (Norrby Marin)."
    assert found(tmp_path, text) == [("Ulf  Brendel", "PER"), ("Olsbach", "LOC"), ("Norrby Marin", "ORG")]
    assert found(tmp_path, "") == found(tmp_path, " \n") == []
    assert found(tmp_path, "traf in Ulf") == []


@pytest.mark.parametrize(
    ("text", "begin", "end", "expected"),
    [
        ("в Москве, x", "▁Мос", "▁Мос", "Москве"),
        ("x القاهرة.", "▁القاهر", "▁القاهر", "القاهرة"),
        ("x Jean-Pierre Ulf!", "▁Jean", "▁Ulf", "Jean-Pierre Ulf"),
        ("x Δήμος Αθηναίων", "▁Δή", "▁Αθη", "Δήμος Αθηναίων"),
    ],
)
def test_words_are_those_of_gliner(text: str, begin: str, end: str, expected: str, tmp_path: Path) -> None:
    """By SentencePiece's tokens too: a word begins with `▁` though no space stands before it."""
    pieces = [
        *(f"▁{word}" for word in (*WORDS, ",", "!", "в", "Мос", "القاهر", "Jean", "Ulf", "Δή", "Αθη")),
        *("кве", "ة", "-", "Pierre", "μος", "ναίων"),
    ]
    tokenizer = unigram(["person", "organization", "location", *pieces])
    fits = {begin: (PER, PER if begin == end else NO)} | ({} if begin == end else {end: (NO, PER)})
    spans(tmp_path, tokenizer, fits, prefix="▁")
    assert found(tmp_path, text) == [(expected, "PER")]


def test_of_spans_that_overlap_the_likeliest_is_taken(tmp_path: Path) -> None:
    """Over a half, by the sigmoid; no wider than the model's spans, none beyond the text."""
    fits = {
        "Ulf": ((1.0, *NO[1:]), (-0.5, *NO[1:])),  # alone 0.5, too little by itself beside what follows
        "Brendel": ((0.1, *NO[1:]), (2.0, *NO[1:])),
        "Norrby": ((NO[0], 0.1, NO[2]), (NO[0], -0.2, NO[2])),
    }
    spans(tmp_path, word_piece(WORDS + NAMES), fits, max_width=2)
    (name,) = names(tmp_path, "in Ulf Brendel Norrby")
    assert name[:3] == (3, 14, "PER")
    assert name.confidence == pytest.approx(1 / (1 + math.exp(-3.0)), abs=1e-6)
    assert found(tmp_path, "Ulf in Brendel") == [("Ulf", "PER"), ("Brendel", "PER")]


@pytest.mark.parametrize("length", [12, 16, 31])
def test_a_long_text_is_read_in_windows(length: int, tmp_path: Path) -> None:
    """A name is found once wherever it stands, though the model sees none at a window's borders."""
    spans(tmp_path, word_piece(WORDS + NAMES), FITS, border=1, max_len=length)
    models = OwnModels([f"xx=gliner:{tmp_path}"])
    for before in range(1, 70):
        text = f"{'a ' * before}Ulf Brendel traf Olsbach {'a ' * (80 - before)}"
        (tagged,) = models.tag_all([text], "xx")
        told = [(name.start, text[name.start : name.end]) for name in tagged]
        assert told == [(2 * before, "Ulf Brendel"), (2 * before + 17, "Olsbach")]


def test_what_a_window_s_border_invents_is_left_out(tmp_path: Path) -> None:
    """Where the text goes on behind it, the next window has the word further inside."""
    spans(tmp_path, word_piece(WORDS), {}, border=1, near=200.0, max_len=16, max_width=1)
    assert [name.start for name in names(tmp_path, "a " * 80)] == [0, 158]


def test_no_window_has_more_tokens_than_a_model_reads(tmp_path: Path) -> None:
    """Words of many tokens make it shorter; of a word that is too long the beginning is read."""
    tokenizer = word_piece((*WORDS, *NAMES, "##x"))
    spans(tmp_path, tokenizer, FITS, border=1)
    text = f"{'xxxxxxxxxx ' * 150}Ulf Brendel traf Olsbach {'x' * 90} {'xxxxxxxxxx ' * 150}Olsbach a"
    assert found(tmp_path, text) == [("Ulf Brendel", "PER"), ("Olsbach", "LOC"), ("Olsbach", "LOC")]
    pieces = unigram([*(f"▁{word}" for word in (*WORDS, "Ulf")), "b"])
    spans(tmp_path, pieces, {"▁Ulf": (PER, PER)}, prefix="▁")
    assert found(tmp_path, f"a Ulf {'b' * 30_000} a Ulf a") == [("Ulf", "PER"), ("Ulf", "PER")]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"span_mode": "token_level"}, "span_mode token_level; read are models with markerV0"),
        ({"labels_encoder": "bge"}, "has a labels_encoder"),
        ({"labels_decoder": "gpt2"}, "has a labels_decoder"),
        ({"relations_layer": "biaffine"}, "has a relations_layer"),
        ({"precomputed_prompts_mode": True}, "has a precomputed_prompts_mode"),
        ({"words_splitter_type": "jieba"}, "splits words by jieba"),
        ({"max_width": 0}, "max_width or max_len below 1"),
        ({"max_width": "wide"}, "no such configuration"),
        ({"ent_token": "[ENT]"}, r"no token \[ENT\]"),
    ],
)
def test_another_kind_of_model_is_told_apart(config: dict[str, object], said: str, tmp_path: Path) -> None:
    """Before anything is read with it."""
    spans(tmp_path, word_piece(WORDS + NAMES), FITS)
    path = tmp_path / "gliner_config.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | config), encoding="utf-8")
    with pytest.raises(SettingsError, match=said):
        OwnModels([f"de=gliner:{tmp_path}"])


def test_its_network_is_tried(tmp_path: Path) -> None:
    """One that is no GLiNER model lacks inputs, and one of GLiNER's others fails on a text or has other inputs."""
    spans(tmp_path, word_piece(WORDS + NAMES), FITS)
    (network, tokenizer) = ((tmp_path / name).read_bytes() for name in ("model.onnx", "tokenizer.json"))
    classifier(tmp_path, word_piece(WORDS), ("O", "PER"), {}, bare=True)
    (tmp_path / "tokenizer.json").write_bytes(tokenizer)
    with pytest.raises(SettingsError, match=r"without inputs attention_mask, span_idx, .*, words_mask"):
        OwnModels([f"de=gliner:{tmp_path}"])
    (tmp_path / "model.onnx").write_bytes(network)
    with pytest.raises(SettingsError, match="wants inputs that are not known: span_idx, span_mask"):
        OwnModels([f"de=hf:{tmp_path}"])
    (tmp_path / "model.onnx").write_bytes(network.replace(b"words_mask", b"other_mask"))
    with pytest.raises(SettingsError, match="wants inputs that are not known: other_mask"):
        OwnModels([f"de=gliner:{tmp_path}"])
    spans(tmp_path, word_piece(WORDS + NAMES), {})
    # Its table has fewer rows than this tokenizer has tokens.
    (tmp_path / "tokenizer.json").write_text(word_piece((*"bcdefghijklmnopqrstuvwyz" * 2, *WORDS, *NAMES)).to_str())
    with pytest.raises(SettingsError, match=f"the model in {tmp_path} fails on a text"):
        OwnModels([f"de=gliner:{tmp_path}"])


@pytest.mark.parametrize("file", ["model.onnx", "tokenizer.json", "gliner_config.json"])
def test_a_file_that_is_missing_is_named(file: str, tmp_path: Path) -> None:
    """With its folder."""
    spans(tmp_path, word_piece(WORDS + NAMES), FITS)
    (tmp_path / file).unlink()
    with pytest.raises(SettingsError, match=f"there is no {file}.* in {tmp_path}"):
        OwnModels([f"de=gliner:{tmp_path}"])


def test_without_the_libraries_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are no requirement of Kabar."""
    spans(tmp_path, word_piece(WORDS + NAMES), FITS)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(SettingsError, match=r"onnxruntime is missing: pip install 'kabar\[onnx\]'"):
        OwnModels([f"de=gliner:{tmp_path}"])


def test_enrich_reads_the_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The filter has the same names."""
    spans(tmp_path, word_piece(WORDS + NAMES), FITS)
    monkeypatch.setenv("KABAR_TAGGERS", f"de=gliner:{tmp_path}")
    body = "Der Bürgermeister Ulf Brendel traf in Olsbach die Norrby Marin. Das teilte die Stadt am Dienstag mit."
    line = json.dumps({"id": "1", "body": body, "language_hint": "de"})
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "enrich"]
    done = subprocess.run(command, input=line.encode(), capture_output=True, timeout=120, check=True)
    told = {(m["text"], m["type"]) for m in json.loads(done.stdout)["mentions"]}
    assert {("Ulf Brendel", "PER"), ("Olsbach", "LOC"), ("Norrby Marin", "ORG")} <= told
