"""Which positions hold a key: the one index structure under bands, terms and contents.

Most keys have one position, so a lone one is kept as a bare int. Positions of a key are ascending.
"""

from bisect import bisect_left, insort
from collections.abc import Sequence


class Postings:
    """From integer keys to ascending positions (arrival numbers)."""

    __slots__ = ("_positions",)

    def __init__(self) -> None:
        self._positions: dict[int, int | list[int]] = {}

    def add(self, key: int, position: int) -> None:
        """Note that this position holds the key. Late positions are put in order."""
        positions = self._positions.get(key)
        if positions is None:
            self._positions[key] = position
        elif isinstance(positions, int):
            if positions != position:
                self._positions[key] = sorted((positions, position))
        elif positions[-1] < position:
            positions.append(position)
        elif position not in positions:
            insort(positions, position)

    def remove(self, key: int, position: int) -> None:
        """Forget that this position holds the key; nothing happens where it does not."""
        positions = self._positions.get(key)
        if positions is None:
            return
        if isinstance(positions, int):
            if positions == position:
                del self._positions[key]
            return
        place = bisect_left(positions, position)
        if place < len(positions) and positions[place] == position:
            del positions[place]
            if len(positions) == 1:
                self._positions[key] = positions[0]

    def newest(self, key: int, limit: int) -> Sequence[int]:
        """The newest positions that hold the key, at most `limit`, ascending."""
        positions = self._positions.get(key)
        if positions is None:
            return ()
        return (positions,) if isinstance(positions, int) else positions[-limit:]

    def first(self, key: int) -> int | None:
        """The earliest position that holds the key."""
        positions = self._positions.get(key)
        return positions[0] if isinstance(positions, list) else positions
