"""A text to be judged: its characters as flat arrays, how much of it each script has, and the part in one script."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.language.characters import SPACE, Units, codes_of, text_of, units_of
from pipeline.language.hashing import Codes
from pipeline.language.scripts import NAMES, WEIGHTS
from pipeline.language.table import load

_MARKS: Final = 128


@dataclass(frozen=True, slots=True)
class Passage:
    """A text, its UTF-16 units with a space before and after it, and each unit's script (`scripts.NAMES`; 0: none)."""

    text: str
    units: Units
    marks: NDArray[np.uint8]

    def weights(self) -> dict[str, int]:
        """How much each script has: ISO 15924 codes with weighted numbers of letters, most first."""
        counted = np.bincount(self.marks, minlength=_MARKS)
        counted[0] = 0
        found = {NAMES[chr(mark)]: int(counted[mark]) for mark in counted.nonzero()[0].tolist()}
        weighted = ((script, number * WEIGHTS.get(script, 1)) for script, number in found.items())
        return dict(sorted(weighted, key=lambda pair: (-pair[1], pair[0])))

    def only(self, script: str) -> "Passage":
        """The text with the letters of other scripts replaced by spaces; Japanese keeps its Han."""
        kept = [ord(mark) for mark, name in NAMES.items() if name == script or (script == "Jpan" and name == "Hani")]
        own = np.isin(self.marks, [0, *kept])
        units = np.where(own, self.units, np.uint16(SPACE))
        return Passage(text_of(units), units, np.where(own, self.marks, np.uint8(0)))

    def codes(self) -> Codes:
        """The folded letters, as the table takes them."""
        return codes_of(self.units, load().fold)


def passage(text: str) -> Passage:
    """A text as flat arrays."""
    units = units_of(text)
    return Passage(text, units, load().marks[units])
