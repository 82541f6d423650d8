"""Who is tracked: the compacted topic `news.figures`, followed live by the steps that need it."""

import re
import threading
import unicodedata
from collections.abc import Callable

from schemas.alert import Figure
from schemas.broker import BrokerError, Follower, read_newest
from schemas.codec import Undecodable
from schemas.settings import Settings
from schemas.topics import FIGURES

CATCH_UP_SECONDS = 60.0


class TrackedFigures:
    """The figures tracked now, changed by a thread as the topic changes.

    `on_change(figure_id, figure)` is told of each change, with None for a removal.
    """

    def __init__(self, settings: Settings, on_change: Callable[[str, Figure | None], None] | None = None) -> None:
        self._figures: dict[str, Figure] = {}
        self._lock = threading.Lock()
        self._on_change = on_change
        self._follower = Follower(settings, FIGURES, self._changed)

    def wait(self) -> None:
        """Block until everything that was tracked at the start is known.

        Raises:
            BrokerError: the topic could not be read within a minute.
        """
        if not self._follower.caught_up.wait(CATCH_UP_SECONDS):
            raise BrokerError(f"{FIGURES} could not be read within {CATCH_UP_SECONDS:.0f} s")

    def by_id(self) -> dict[str, Figure]:
        """The figures by id; never changed in place."""
        return self._figures

    def close(self) -> None:
        """Stop following."""
        self._follower.close()

    def _changed(self, key: str, value: bytes | None) -> None:
        try:
            figure = None if value is None else Figure.decode(value)
        except Undecodable:
            return  # written by something else; the command line validates what it writes
        with self._lock:
            figures = {name: known for name, known in self._figures.items() if name != key}
            if figure is not None:
                figures[key] = figure
            self._figures = figures
        if self._on_change is not None:
            self._on_change(key, figure)


def tracked_now(settings: Settings) -> dict[str, Figure]:
    """The figures tracked at this moment, by id."""
    return {key: Figure.decode(value) for key, value in read_newest(settings, FIGURES).items()}


def local_id(name: str) -> str:
    """A stable id for a figure that the knowledge base does not have: `kabar:` and the name in small letters."""
    words = re.findall(r"\w+", unicodedata.normalize("NFKC", name).casefold())
    return "kabar:" + "-".join(words)


def tracked_or_none(settings: Settings) -> dict[str, Figure]:
    """The figures tracked at this moment; none where Kafka cannot be asked, for what only needs them to be better."""
    try:
        return tracked_now(settings)
    except BrokerError:
        return {}
