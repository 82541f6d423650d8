"""Who is tracked: the compacted topic `news.figures`, followed live by the steps that need it."""

import re
import threading
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from schemas.alert import Figure
from schemas.broker import Follower, read_newest, send_all
from schemas.codec import Undecodable
from schemas.errors import BrokerError
from schemas.settings import Settings
from schemas.topics import FIGURES

CATCH_UP_SECONDS = 120.0
Change = tuple[str, Figure | None]


class Tracked(msgspec.Struct, frozen=True):
    """What matching needs of a figure; its spellings, ten times as much, are the recogniser's."""

    id: str
    name: str
    groups: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    alert: bool = True


class TrackedFigures:
    """The figures tracked now, changed by a thread as the topic changes.

    `on_changes` is told of each lot of changes, with None for a removal; of all that was tracked at the start as one
    lot, in `wait`.
    """

    def __init__(self, settings: Settings, on_changes: Callable[[Sequence[Change]], None] | None = None) -> None:
        self._figures: dict[str, Tracked] = {}
        self._on_changes = on_changes
        self._changes: dict[str, Figure | None] = {}
        self._lock = threading.Lock()
        self._waited = False
        self._follower = Follower(settings, FIGURES, self._changed, on_batch=self._hand_on)

    def wait(self) -> None:
        """Block until everything that was tracked at the start is known.

        Raises:
            BrokerError: for two minutes nothing of the topic came.
        """
        self._follower.wait(CATCH_UP_SECONDS)
        self._waited = True
        self._hand_on()

    def by_id(self) -> Mapping[str, Tracked]:
        """The figures by id. Another thread changes single entries of it: look up, do not walk through it."""
        return self._figures

    def close(self) -> None:
        """Stop following."""
        self._follower.close()

    def _changed(self, key: str, value: bytes | None) -> None:
        try:
            figure = None if value is None else Figure.decode(value)
        except Undecodable:
            return  # written by something else; the command line validates what it writes
        if figure is None:
            self._figures.pop(key, None)
        else:
            self._figures[key] = slim(figure)
        if self._on_changes is not None:
            with self._lock:
                self._changes[key] = figure

    def _hand_on(self) -> None:
        if not self._waited or self._on_changes is None:
            return
        with self._lock:
            changes, self._changes = self._changes, {}
            if changes:
                self._on_changes(tuple(changes.items()))


def slim(figure: Figure) -> Tracked:
    """What matching needs of a figure."""
    return Tracked(figure.id, figure.name, figure.groups, figure.ambiguous, figure.context, figure.alert)


def tracked_now(settings: Settings) -> dict[str, Figure]:
    """The figures tracked at this moment, by id."""
    return {key: Figure.decode(value) for key, value in read_newest(settings, FIGURES).items()}


def save_figures(settings: Settings, figures: Iterable[Figure]) -> int:
    """Track these from now on; returns how many they are. They are sent as they come, so any number may."""
    return send_all(settings, FIGURES, ((figure.id, figure.encode()) for figure in figures))


def forget_figures(settings: Settings, ids: Iterable[str]) -> None:
    """Track these no more."""
    send_all(settings, FIGURES, ((number, None) for number in ids))


def find_tracked(figures: Mapping[str, Figure], name: str) -> Figure | None:
    """The figure that a user means: of this id, else of this name, else the one that has it as an alias.

    Without regard to case. None too where several figures have the alias: which one is meant is not to be guessed.
    """
    if name in figures:
        return figures[name]
    folded = name.casefold()
    for figure in figures.values():
        if folded in {figure.id.casefold(), figure.name.casefold()}:
            return figure
    having = [figure for figure in figures.values() if any(folded == alias.casefold() for alias in figure.aliases)]
    return having[0] if len(having) == 1 else None


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
