"""The rules that a user has made: the compacted topic `news.rules`, followed live; and what is snoozed."""

import re
import threading
import unicodedata
from collections.abc import Callable, Iterable
from datetime import datetime

from schemas.broker import Follower, read_newest, send_all
from schemas.codec import Undecodable
from schemas.rule import Rule, Snooze
from schemas.settings import Settings
from schemas.topics import RULES, SNOOZES

CATCH_UP_SECONDS = 120.0


class LiveRules:
    """The rules now. `on_changes` is called after each lot of changes, in the thread that follows them."""

    def __init__(self, settings: Settings, on_changes: Callable[[dict[str, Rule | None]], None]) -> None:
        self._on_changes = on_changes
        self._changes: dict[str, Rule | None] = {}
        self._lock = threading.Lock()
        self._waited = False
        self._follower = Follower(settings, RULES, self._changed, on_batch=self._hand_on)

    def wait(self) -> None:
        """Block until every rule of the start has been handed on.

        Raises:
            BrokerError: for two minutes nothing of the topic came.
        """
        self._follower.wait(CATCH_UP_SECONDS)
        self._waited = True
        self._hand_on()

    def close(self) -> None:
        """Stop following."""
        self._follower.close()

    def _changed(self, key: str, value: bytes | None) -> None:
        try:
            rule = None if value is None else Rule.decode(value)
        except Undecodable:
            return  # written by something else
        with self._lock:
            self._changes[key] = rule

    def _hand_on(self) -> None:
        if not self._waited:
            return
        with self._lock:
            changes, self._changes = self._changes, {}
            if changes:
                self._on_changes(changes)


class LiveSnoozes:
    """What is snoozed now."""

    def __init__(self, settings: Settings) -> None:
        self._until: dict[str, datetime] = {}
        self._follower = Follower(settings, SNOOZES, self._changed)

    def wait(self) -> None:
        """Block until every snooze of the start is known.

        Raises:
            BrokerError: for two minutes nothing of the topic came.
        """
        self._follower.wait(CATCH_UP_SECONDS)

    def until(self, keys: Iterable[str], at: datetime) -> datetime | None:
        """Until when one of these is snoozed, or None."""
        ends = [end for key in keys if (end := self._until.get(key)) is not None and end > at]
        return max(ends, default=None)

    def close(self) -> None:
        """Stop following."""
        self._follower.close()

    def _changed(self, key: str, value: bytes | None) -> None:
        try:
            if value is None:
                self._until.pop(key, None)
            else:
                self._until[key] = Snooze.decode(value).until
        except Undecodable:
            return


def rules_now(settings: Settings) -> dict[str, Rule]:
    """The rules at this moment, by id."""
    return {key: Rule.decode(value) for key, value in read_newest(settings, RULES).items()}


def snoozes_now(settings: Settings) -> dict[str, Snooze]:
    """What is snoozed at this moment, over or not, by key."""
    return {key: Snooze.decode(value) for key, value in read_newest(settings, SNOOZES).items()}


def save_rules(settings: Settings, rules: Iterable[Rule]) -> int:
    """Add these rules, or put them in the place of those of the same ids; returns how many they are."""
    return send_all(settings, RULES, ((rule.id, rule.encode()) for rule in rules))


def remove_rules(settings: Settings, ids: Iterable[str]) -> None:
    """Take these rules away."""
    send_all(settings, RULES, ((number, None) for number in ids))


def save_snooze(settings: Settings, snooze: Snooze, *, over: bool = False) -> None:
    """Snooze something, or (`over`) end its snooze."""
    send_all(settings, SNOOZES, [(snooze.key, None if over else snooze.encode())])


def rule_id(name: str) -> str:
    """A stable id made of a rule's name: its words in small letters."""
    return "-".join(re.findall(r"\w+", unicodedata.normalize("NFKC", name).casefold()))
