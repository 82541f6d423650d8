"""A folder with a model exported to ONNX: its configuration, its tokenizer and its network (extra `onnx`).

Each loader reads in this order, so that the first thing wrong is the one that is said.
"""

from collections.abc import Collection, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from pipeline.entities.tagger.own.find import Find
from schemas.settings import SettingsError

# Tokens that a network reads at once. Some read more; the time of each grows with the square.
LONGEST: Final = 512
_NETWORKS: Final = ("model.onnx", "onnx/model.onnx")
_NUMBERS: Final[Mapping[str, type[np.generic]]] = {
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
}
Numbers = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float64]
Config = TypeVar("Config")


def folder_of(place: str) -> Path:
    """The folder of this name.

    Raises:
        SettingsError: there is none.
    """
    folder = Path(place)
    if not folder.is_dir():
        raise SettingsError(f"KABAR_TAGGERS: {place} is no folder; name the one with the model exported to ONNX")
    return folder


def config_of(folder: Path, name: str, shape: type[Config]) -> Config:
    """The JSON file of this name, as what is needed of it.

    Raises:
        SettingsError: it is missing or says something else.
    """
    path = _file(folder, (name,))
    try:
        return msgspec.json.decode(path.read_bytes(), type=shape)
    except msgspec.DecodeError as error:
        raise SettingsError(f"KABAR_TAGGERS: {path} is no such configuration ({error})") from error


def tokenizer_of(folder: Path) -> Any:  # noqa: ANN401 - the library is imported where a model is named
    """The tokenizer of `tokenizer.json`, which neither cuts nor pads.

    Raises:
        SettingsError: the library or the file is missing, or cannot be read.
    """
    path = _file(folder, ("tokenizer.json",))
    library = _library("tokenizers", folder)
    try:
        tokenizer = library.Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises no narrower one
        raise SettingsError(f"KABAR_TAGGERS: tokenizers cannot read {path} ({error})") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


class Network:
    """A network in `model.onnx` or `onnx/model.onnx`, on one thread: the processes of Kabar are counted."""

    def __init__(self, folder: Path, known: Collection[str], needed: Collection[str] = ()) -> None:
        """Read it; `known` are the inputs that its caller can give, `needed` those without which it is another kind.

        Raises:
            SettingsError: the library or the file is missing or cannot be read, or the inputs are others.
        """
        self._path = _file(folder, _NETWORKS)
        library = _library("onnxruntime", folder)
        options = library.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors are raised, warnings are for who exports
        try:
            self._session = library.InferenceSession(str(self._path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the library has no class above its errors
            raise SettingsError(f"KABAR_TAGGERS: onnxruntime cannot read {self._path} ({error})") from error
        types = {value.name: value.type for value in self._session.get_inputs()}
        unknown = sorted(name for name, type_ in types.items() if name not in known or type_ not in _NUMBERS)
        if unknown:
            raise SettingsError(f"KABAR_TAGGERS: {self._path} wants inputs that are not known: {', '.join(unknown)}")
        missing = sorted(set(needed) - types.keys())
        if missing:
            raise SettingsError(f"KABAR_TAGGERS: {self._path} is of another kind, without inputs {', '.join(missing)}")
        if "logits" not in {value.name for value in self._session.get_outputs()}:
            raise SettingsError(f"KABAR_TAGGERS: {self._path} is of another kind, without an output logits")
        self._types = {name: _NUMBERS[type_] for name, type_ in types.items()}

    def logits(self, given: Mapping[str, npt.ArrayLike], shape: Sequence[int]) -> Scores:
        """The answer about one text, without its dimension of texts; only inputs that the network names are passed on.

        Raises:
            SettingsError: the answer has another shape.
        """
        inputs = {name: np.asarray(given[name], type_)[np.newaxis] for name, type_ in self._types.items()}
        answer = self._session.run(["logits"], inputs)[0]
        if answer.shape != (1, *shape):
            message = f"KABAR_TAGGERS: {self._path} answers in the shape {answer.shape}, expected {(1, *shape)}"
            raise SettingsError(message)
        return np.asarray(answer[0], np.float64)


def tried(find: Find, folder: Path) -> Find:
    """The same, after it has read a text longer than what is read at once: what fails does so at the start.

    Raises:
        SettingsError: it cannot.
    """
    try:
        find("a " * LONGEST)
    except SettingsError:
        raise
    except Exception as error:  # onnxruntime has no class above its errors
        raise SettingsError(f"KABAR_TAGGERS: the model in {folder} fails on a text ({error})") from error
    return find


def _file(folder: Path, names: Sequence[str]) -> Path:
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise SettingsError(f"KABAR_TAGGERS: there is no {' or '.join(names)} in {folder}")


def _library(name: str, folder: Path) -> Any:  # noqa: ANN401 - see above
    try:
        return import_module(name)
    except ImportError as error:
        message = f"KABAR_TAGGERS names {folder}, but {name} is missing: pip install 'kabar[onnx]'"
        raise SettingsError(message) from error
