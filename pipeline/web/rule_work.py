"""What the API and the pages do with rules: the same checks as `kabar rules`, and what a rule would have sent."""

import re
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from pipeline.figures import slim
from pipeline.rules.asked import Asked, RuleMistake, make_rule
from pipeline.rules.book import BUILT_IN
from pipeline.rules.registry import remove_rules, rules_now, save_rules, snoozes_now
from pipeline.rules.simulate import Simulation, past_documents, simulate
from pipeline.sinks.config import load_sinks
from schemas.alert import Alert, Figure
from schemas.codec import from_millis, now
from schemas.document import Document
from schemas.rule import DEFAULT_RULE, FIGURE_RULE, Rule, Snooze
from schemas.said import Said, Say
from schemas.settings import Settings

# How long one may wait for what a rule would have sent; what was read until then is told, and until when it reaches.
SIMULATION_SECONDS: Final = 20.0
SHOWN_ALERTS: Final = 200
LONGEST: Final = 2_000
LISTED: Final = 500
SPANS: Final = {"1d": timedelta(days=1), "3d": timedelta(days=3), "7d": timedelta(days=7)}
# What an option of `kabar rules add` is called in the form.
FIELDS: Final = {
    "figure": "Figures", "group": "Groups", "any-figure": "Anyone tracked", "search": "Search",
    "language": "Languages", "source": "Sources", "place": "Places", "in": "Named in the", "with": "Together with",
    "when": "Tell", "silence": "Silence", "to": "To", "count-after": "Count after", "digest": "Digest",
    "cap": "At most", "quiet-hours": "Quiet hours", "zone": "Time zone", "reader": "Language of the alert",
}  # fmt: skip
_one_at_a_time: Final = threading.Lock()


class NewRule(Asked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule as someone asks for it, as words: each field is an option of `kabar rules add`."""


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule would have sent for the documents of some days, of which `until` is the last that was read.

    `alerts` are the newest first, at most 200 of `total`; `whole` says whether all documents were read in the time.
    """

    rule: Rule
    since: datetime
    until: datetime
    whole: bool
    documents: int
    matches: int
    total: int
    waiting: int
    alerts: tuple[Alert, ...]


def sinks(settings: Settings) -> tuple[str, ...]:
    """The names of the sinks that alerts can go to."""
    return tuple(sorted(load_sinks(settings, secrets=False)))


def rules(settings: Settings) -> list[Rule]:
    """Every rule that was made, the default one first, whether someone made it or not."""
    made = rules_now(settings)
    return [made.pop(DEFAULT_RULE, BUILT_IN), *sorted(made.values(), key=lambda rule: (rule.name.casefold(), rule.id))]


def snoozes(settings: Settings) -> list[Snooze]:
    """What nothing is told of for a while yet."""
    return sorted((s for s in snoozes_now(settings).values() if s.until > now()), key=lambda s: s.until)


def find_rule(settings: Settings, figures: Mapping[str, Figure], number: str) -> Rule | None:
    """A rule by its id; of a tracked figure also the one that it has by itself."""
    made = rules_now(settings)
    default = made.get(DEFAULT_RULE, BUILT_IN)
    if number == DEFAULT_RULE:
        return default
    if number not in made and number.startswith(FIGURE_RULE) and number.removeprefix(FIGURE_RULE) in figures:
        return msgspec.structs.replace(default, id=number)
    return made.get(number)


def rule_of(settings: Settings, figures: Mapping[str, Figure], asked: Asked) -> Rule:
    """The rule that was asked for, checked as `kabar rules add` does.

    Raises:
        RuleMistake: something in it cannot be.
    """
    for name in Asked.__struct_fields__:
        value = getattr(asked, name)
        if isinstance(value, str) and len(value) > LONGEST:
            raise RuleMistake("{} has at most {:,} characters.", name, LONGEST)
        if isinstance(value, tuple) and (len(value) > LISTED or any(len(one) > LONGEST for one in value)):
            raise RuleMistake("{} has at most {} values of {:,} characters.", name, LISTED, LONGEST)
    return msgspec.structs.replace(make_rule(asked, figures, sinks(settings)), created_at=now())


def save(settings: Settings, rule: Rule) -> None:
    """Let a rule hold from now on, in the place of the one of its id."""
    save_rules(settings, [rule])


def remove(settings: Settings, number: str) -> bool:
    """Take a rule away; whether there was one."""
    there = number in rules_now(settings)
    if there:
        remove_rules(settings, [number])
    return there


def tried(settings: Settings, figures: Mapping[str, Figure], rule: Rule, span: timedelta) -> Tried | None:
    """What a rule would have sent; None while another one is tried."""
    if not _one_at_a_time.acquire(timeout=SIMULATION_SECONDS):
        return None
    try:
        since = now() - span
        reading = _Reading(past_documents(settings, since), since)
        found = simulate(rule, {key: slim(figure) for key, figure in figures.items()}, reading, now())
        return _tried(rule, since, reading, found)
    finally:
        _one_at_a_time.release()


def _tried(rule: Rule, since: datetime, reading: "_Reading", found: Simulation) -> Tried:
    return Tried(
        rule=rule, since=since, until=now() if reading.whole else reading.until, whole=reading.whole,
        documents=found.documents, matches=found.matches, total=len(found.alerts), waiting=found.waiting,
        alerts=found.alerts[::-1][:SHOWN_ALERTS],
    )  # fmt: skip


class _Reading:
    """Documents with their times, until the time that one waits for an answer is over."""

    def __init__(self, documents: Iterable[tuple[int, Document]], since: datetime) -> None:
        self._documents = documents
        self.until = since
        self.whole = True

    def __iter__(self) -> Iterator[tuple[int, Document]]:
        deadline = None
        for at_ms, document in self._documents:
            # Counted from the first document: reading them from Kafka is not what takes long.
            deadline = deadline or time.monotonic() + SIMULATION_SECONDS
            if time.monotonic() > deadline:
                self.whole = False
                return
            self.until = from_millis(at_ms)
            yield at_ms, document


def for_page(sentence: Said, say: Say) -> str:
    """A sentence about options of the command as one about the fields of the form, in the language of `say`."""
    return re.sub(r"--([a-z-]+)", lambda found: f"“{say(FIELDS.get(found[1], found[0]))}”", sentence.told(say))
