"""Names by the million: in arrays that can be kept in a file and shared by processes, made into records when asked."""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import overload

import numpy as np

from pipeline.entities.keys import Arrays
from pipeline.entities.names import Kind, Name

_EVERYWHERE = "*"


class Columns(Sequence[Name]):
    """A sequence of names. `text` is all of them written one after another in UTF-8, `ends` where each ends."""

    def __init__(self, arrays: Arrays) -> None:
        self._text = arrays["text"].data
        self._ends = arrays["ends"]
        self._owners = arrays["owners"]
        self._kinds = arrays["kinds"]
        self._limits = arrays["limits"]
        lists = arrays["languages"].tobytes().decode().split("\n")
        self._languages = [None if one == _EVERYWHERE else frozenset(one.split()) for one in lists]
        self.arrays = {name: arrays[name] for name in ("text", "ends", "owners", "kinds", "limits", "languages")}

    @classmethod
    def of(cls, names: Iterable[Name]) -> "Columns":
        """The columns of these names."""
        listed = list(names)
        written = [name.written.encode("utf-8", "surrogatepass") for name in listed]
        languages: dict[str, int] = {_EVERYWHERE: 0}
        limits = [
            0 if name.languages is None else languages.setdefault(" ".join(sorted(name.languages)), len(languages))
            for name in listed
        ]
        return cls(
            {
                "text": np.frombuffer(b"".join(written), np.uint8),
                "ends": np.fromiter(accumulate(map(len, written)), np.uint64, len(listed)),
                "owners": np.fromiter((name.owner for name in listed), np.uint32, len(listed)),
                "kinds": np.fromiter((name.kind for name in listed), np.uint8, len(listed)),
                "limits": np.array(limits, np.uint32),
                "languages": np.frombuffer("\n".join(languages).encode(), np.uint8),
            }
        )

    def __len__(self) -> int:
        """How many names."""
        return len(self._ends)

    @overload
    def __getitem__(self, number: int) -> Name: ...
    @overload
    def __getitem__(self, number: slice) -> list[Name]: ...
    def __getitem__(self, number: int | slice) -> Name | list[Name]:
        """The name at a place, or the names of a slice."""
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(len(self)))]
        if not 0 <= number < len(self):
            raise IndexError(number)
        begin = int(self._ends[number - 1]) if number else 0
        written = bytes(self._text[begin : int(self._ends[number])]).decode("utf-8", "surrogatepass")
        limit = self._languages[int(self._limits[number])]
        return Name(written, int(self._owners[number]), Kind(int(self._kinds[number])), limit)
