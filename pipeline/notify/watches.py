"""Of whom a silence is awaited: the figures that rules about silences name, and who is in their groups now."""

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

import msgspec

from pipeline.decision import Output
from schemas.broker import Follower
from schemas.rule import FIGURE_RULE, Rule, Tick
from schemas.settings import Settings
from schemas.topics import FIGURES, TIMERS

CATCH_UP_SECONDS = 120.0


class Company(Protocol):
    """Who is tracked and in which group. `version` grows with each change."""

    @property
    def version(self) -> int:
        """How often anything has changed."""

    def members(self, group: str) -> Mapping[str, str]:
        """The names of a group's figures by id."""

    def is_tracked(self, number: str) -> bool:
        """Whether a figure of that id is tracked."""


class NoGroups:
    """Nothing is known of groups, and everyone counts as tracked."""

    version = 0

    def members(self, group: str) -> Mapping[str, str]:
        """Nobody."""
        del group
        return {}

    def is_tracked(self, number: str) -> bool:
        """Always."""
        del number
        return True


class Groups:
    """A company in memory, to which `change` tells of figures."""

    def __init__(self) -> None:
        self.version = 0
        self._lock = threading.Lock()
        self._groups: dict[str, tuple[str, ...]] = {}
        self._members: dict[str, dict[str, str]] = {}

    def change(self, number: str, name: str, groups: tuple[str, ...] | None) -> None:
        """A figure is in these groups from now on; None: it is tracked no more."""
        with self._lock:
            before = self._groups.get(number)
            if before == groups and all(self._members[group].get(number) == name for group in groups or ()):
                return
            for group in before or ():
                self._members[group].pop(number, None)
            if groups is None:
                self._groups.pop(number, None)
            else:
                self._groups[number] = groups
                for group in groups:
                    self._members.setdefault(group, {})[number] = name
            self.version += 1

    def members(self, group: str) -> Mapping[str, str]:
        """The names of a group's figures by id."""
        with self._lock:
            return dict(self._members.get(group, ()))

    def is_tracked(self, number: str) -> bool:
        """Whether a figure of that id is tracked."""
        return number in self._groups


class _Grouped(msgspec.Struct, frozen=True):
    """What groups need of a figure; its names, a hundred times as much, are passed over."""

    name: str = ""
    groups: tuple[str, ...] = ()


class LiveGroups(Groups):
    """The groups of the tracked figures, followed live."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._decoder = msgspec.json.Decoder(_Grouped)
        self._follower = Follower(settings, FIGURES, self._changed)

    def wait(self) -> None:
        """Block until every figure of the start is known.

        Raises:
            BrokerError: for two minutes nothing of the topic came.
        """
        self._follower.wait(CATCH_UP_SECONDS)

    def close(self) -> None:
        """Stop following."""
        self._follower.close()

    def _changed(self, key: str, value: bytes | None) -> None:
        try:
            found = None if value is None else self._decoder.decode(value)
        except msgspec.DecodeError:
            return  # written by something else
        self.change(key, found.name if found else "", found.groups if found else None)


class Watches:
    """Ticks that begin the watch for silences, each once: of rules and of members that are new or changed since."""

    def __init__(self, silences: Callable[[], Iterable[Rule]], company: Company) -> None:
        self._silences = silences
        self._company = company
        self._begun: dict[str, tuple[Rule, int, frozenset[str]]] = {}

    def reset(self) -> None:
        """Begin all of them anew: the rows are others."""
        self._begun = {}

    def new(self) -> list[Output]:
        """What to send to `news.timers` now."""
        ticks: list[Output] = []
        version = self._company.version
        begun: dict[str, tuple[Rule, int, frozenset[str]]] = {}
        for rule in self._silences():
            before = self._begun.get(rule.id)
            if before is not None and before[0] is rule and before[1] == version:
                begun[rule.id] = before
                continue
            known = before[2] if before is not None and before[0] == rule else frozenset()
            about = watched(rule, self._company)
            for number, name in about.items():
                if number not in known:
                    tick = Tick(rule_id=rule.id, rule=rule, figure_id=number, figure_name=name)
                    ticks.append(Output(TIMERS, rule.id, tick.encode()))
            begun[rule.id] = (rule, version, frozenset(about))
        self._begun = begun
        return ticks


def watched(rule: Rule, company: Company) -> dict[str, str]:
    """The names of those whose silence a rule awaits, by id."""
    conditions = rule.conditions
    names = conditions.figure_names
    named = {number: names[place] if place < len(names) else number for place, number in enumerate(conditions.figures)}
    found = {number: name for group in conditions.groups for number, name in company.members(group).items()}
    return {**found, **{number: name for number, name in named.items() if company.is_tracked(number)}}


def is_figures_own(rule_id: str) -> bool:
    """Whether a rule is that which each tracked figure has."""
    return rule_id.startswith(FIGURE_RULE)
