"""Small models exported to ONNX, made for the tests: what they answer stands in tables, and how, in ONNX's own text.

Both read badly near the borders of what they are shown, as real ones do: there they see no names.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper, parser
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

SPECIAL = ("[UNK]", "[CLS]", "[SEP]", "<<ENT>>", "<<SEP>>")
# Logits this far apart leave no doubt.
SURE = 20.0

_CLASSIFIER = """
<ir_version: 8, opset_import: ["": 17]>
classifier (int64[b, s] input_ids, int64[b, s] attention_mask, int64[b, s] token_type_ids) => (float[b, s, l] logits)
{
  seen = Gather(table, input_ids)
  left = CumSum(attention_mask, axis)
  right = CumSum <reverse = 1> (attention_mask, axis)
  nearest = Min(left, right)
  near = Less(nearest, border)
  nearness = Cast <to = 1> (near)
  column = Unsqueeze(nearness, last)
  blinded = Mul(column, blind)
  logits = Add(seen, blinded)
}
"""
_BARE = """
<ir_version: 8, opset_import: ["": 17]>
bare (int64[b, s] input_ids) => (float[b, s, l] logits) { logits = Gather(table, input_ids) }
"""
# A span fits a kind by what its first and its last word have in `table`, a row for each token; a kind is what `kinds`
# has for the token behind each <<ENT>>. A span that is masked fits all.
_SPANS = """
<ir_version: 8, opset_import: ["": 17]>
spans (
  int64[b, s] input_ids, int64[b, s] attention_mask, int64[b, s] words_mask, int64[b, one] text_lengths,
  int64[b, n, two] span_idx, bool[b, n] span_mask
) => (float[b, w, k, c] logits)
{
  ids = Squeeze(input_ids, zero)
  tokens = Gather(table, ids)
  length = Squeeze(text_lengths)
  beyond = Add(length, unit)
  numbers = Range(unit, beyond, unit)
  column = Unsqueeze(numbers, final)
  same = Equal(column, words_mask)
  picked = Cast <to = 1> (same)
  words = MatMul(picked, tokens)
  starts = Gather <axis = 2> (span_idx, first)
  ends = Gather <axis = 2> (span_idx, second)
  opens, unused = Split <axis = 1> (words, halves)
  unneeded, closes = Split <axis = 1> (words, halves)
  opening = Gather(opens, starts)
  closing = Gather(closes, ends)
  nearest = Min(starts, ends)
  farthest = Max(starts, ends)
  begun = Less(nearest, border)
  rest = Sub(length, farthest)
  ended = LessOrEqual(rest, border)
  near = Or(begun, ended)
  nearness = Cast <to = 1> (near)
  bordering = Unsqueeze(nearness, final)
  blinded = Mul(bordering, blind)
  fitting = Add(opening, closing)
  sum = Add(fitting, blinded)
  asked = Equal(ids, ent)
  marks = NonZero(asked)
  places = Squeeze(marks, zero)
  labels = Add(places, unit)
  names = Gather(ids, labels)
  wanted = Gather(kinds, names)
  columns = Transpose(wanted)
  scores = MatMul(sum, columns)
  mask = Unsqueeze(span_mask, final)
  shown = Where(mask, scores, much)
  width = Shape(columns)
  kept = Slice(width, second_, third_)
  by_word = Unsqueeze(length, zero)
  whole = Concat <axis = 0> (zero_, by_word, minus, kept)
  logits = Reshape(shown, whole)
}
"""


def word_piece(words: Sequence[str]) -> Tokenizer:
    """As BERT's: words by spaces and marks, Han letters apart; a word that is unknown in the pieces that are known."""
    vocabulary = {word: number for number, word in enumerate(dict.fromkeys((*SPECIAL, *words)))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return _framed(tokenizer)


def unigram(pieces: Sequence[str], *, whole: bool = False) -> Tokenizer:
    """As SentencePiece's: words by spaces alone (`whole`: with the space in the word), `▁` at their beginnings."""
    tokenizer = Tokenizer(models.Unigram([(piece, -1.0) for piece in dict.fromkeys((*SPECIAL, "▁", *pieces))], 0))
    metaspace = pre_tokenizers.Metaspace()
    tokenizer.pre_tokenizer = (
        metaspace if whole else pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), metaspace])
    )
    return _framed(tokenizer)


def _framed(tokenizer: Tokenizer) -> Tokenizer:
    tokenizer.add_special_tokens(list(SPECIAL[1:]))
    ids = [(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ids)
    return tokenizer


def classifier(  # noqa: PLR0913 - each is one thing that models differ in
    folder: Path,
    tokenizer: Tokenizer,
    labels: Sequence[str],
    tokens: Mapping[str, str | Sequence[float]],
    *,
    border: int = 0,
    bare: bool = False,
    **config: object,
) -> Path:
    """A token classifier that gives each token the label (or logits) that `tokens` has for it, the first one otherwise.

    It has the first label in any case for `border` tokens at the borders of a window, special ones included.
    """
    table = np.zeros((tokenizer.get_vocab_size(), len(labels)), np.float32)
    table[:, 0] = SURE
    for token, label in tokens.items():
        row = [SURE * (name == label) for name in labels] if isinstance(label, str) else label
        table[_id(tokenizer, token)] = row
    blind = np.zeros(len(labels), np.float32)
    blind[0] = 5 * SURE
    constants: dict[str, Any] = {"table": table}
    if not bare:
        constants |= {"axis": np.int64(1), "border": np.int64(border + 1), "last": np.array([2]), "blind": blind}
    _write(folder, _BARE if bare else _CLASSIFIER, constants)
    tokenizer.save(str(folder / "tokenizer.json"))
    written = {"id2label": dict(enumerate(labels)), "max_position_embeddings": 512} | config
    (folder / "config.json").write_text(json.dumps(written), encoding="utf-8")
    return folder


def spans(  # noqa: PLR0913 - as above
    folder: Path,
    tokenizer: Tokenizer,
    fits: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    *,
    border: int = 0,
    within: str = "",
    near: float = -10 * SURE,
    prefix: str = "",
    **config: object,
) -> Path:
    """A GLiNER model: how well a span that begins, or ends, with a token fits person, organization and location.

    Within `border` words of a window's borders `near` is added, by which it fits none. `prefix`: what tokens of whole
    words begin with.
    """
    size = tokenizer.get_vocab_size()
    table = np.full((size, 6), -SURE, np.float32)
    for token, (begins, ends) in fits.items():
        table[_id(tokenizer, token)] = [*begins, *ends]
    kinds = np.zeros((size, 3), np.float32)
    for column, label in enumerate(("person", "organization", "location")):
        kinds[_id(tokenizer, prefix + label), column] = 1
    constants: dict[str, Any] = {
        "table": table, "kinds": kinds, "zero": np.array([0]), "zero_": np.array([1]), "unit": np.int64(1),
        "final": np.array([-1]), "first": np.int64(0), "second": np.int64(1), "halves": np.array([3, 3]),
        "border": np.int64(border), "blind": np.full(3, near, np.float32),
        "ent": np.int64(_id(tokenizer, "<<ENT>>")),
        "much": np.float32(SURE), "second_": np.array([1]), "third_": np.array([2]), "minus": np.array([-1]),
    }  # fmt: skip
    (folder / within).mkdir(exist_ok=True)
    _write(folder / within, _SPANS, constants)
    tokenizer.save(str(folder / "tokenizer.json"))
    written = {"span_mode": "markerV0", "max_width": 4, "max_len": 384} | config
    (folder / "gliner_config.json").write_text(json.dumps(written), encoding="utf-8")
    return folder


def _write(folder: Path, graph: str, constants: Mapping[str, Any]) -> None:
    model = parser.parse_model(graph)
    model.graph.initializer.extend(
        numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()
    )
    onnx.checker.check_model(model)
    onnx.save(model, folder / "model.onnx")


def _id(tokenizer: Tokenizer, token: str) -> int:
    number = tokenizer.token_to_id(token)
    assert number is not None, token
    return number
