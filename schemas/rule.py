"""What a user wants to be told of, and how: rules, and what is not to be told for a while.

Topics `news.rules` (compacted, key: rule id), `news.snoozes` (compacted, key: what is snoozed) and `news.timers` (key:
rule id): the moments at which `notify` has something to do for a rule though nothing came.
"""

from datetime import datetime
from typing import Literal

import msgspec

from schemas.codec import Record

# What is one thing to tell of: a figure in a story, in an item, in a revision, in an event across languages; a name
# that enters or leaves an edited headline; far more mentions than usual; none for a while.
When = Literal["story", "item", "revision", "event", "enters", "leaves", "spike", "silence"]
Part = Literal["title", "lead", "body"]
How = Literal["once", "count", "digest"]
Reader = Literal["en", "id"]

# Each tracked figure has a rule of its own, `figure:ID`, unless it says otherwise; a rule of this id changes them all.
DEFAULT_RULE = "default"
FIGURE_RULE = "figure:"


class Conditions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What must hold of an item. Lists hold alternatives, except `together`, where all must be named.

    `figures` are ids, `groups` names of groups; without either, and without `any_figure`, the rule is about what its
    other conditions find. `search` is in the syntax of the search box. `places` and `together` are names or ids.
    `parts` says where the figure must be named. `figure_names` are those of `figures`, in the same order, for readers.
    """

    figures: tuple[str, ...] = ()
    figure_names: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    any_figure: bool = False
    search: str = ""
    languages: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    together: tuple[str, ...] = ()


class Tell(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How one is told.

    `to` names sinks; none means the default ones. `how`: at once; at once and then how many outlets followed within
    `count_minutes`; or collected. `digest` is a time span (`30m`, `6h`) or a schedule (`08:00`, `mon-fri 08:00,17:00`)
    in `zone`. `cap` alerts at most in `cap_minutes`, the rest come as one digest at its end. `quiet` (`22:00-07:00`)
    holds everything back until its end. `spike_factor` times the usual, and at least `spike_least` mentions in an
    hour, is a spike. `silence_hours` without a mention is a silence.
    """

    to: tuple[str, ...] = ()
    how: How = "once"
    count_minutes: int = 30
    digest: str = ""
    cap: int = 0
    cap_minutes: int = 60
    quiet: str = ""
    zone: str = "UTC"
    language: Reader = "en"
    spike_factor: float = 3.0
    spike_least: int = 5
    silence_hours: int = 48


class Rule(Record, frozen=True, kw_only=True):
    """One rule. `id` is the user's or made of the name."""

    id: str
    name: str
    conditions: Conditions = Conditions()
    when: When = "story"
    tell: Tell = Tell()
    created_at: datetime | None = None


class Snooze(Record, frozen=True, kw_only=True):
    """Nothing is told of this figure, story or rule until then; `key` is `figure:ID`, `story:ID` or `rule:ID`."""

    key: str
    until: datetime


class Tick(Record, frozen=True, kw_only=True):
    """The time set for something has come. `row` is the row of `notify` that it is for, `due_ms` what it was set to.

    A tick whose row says another time is of the past and changes nothing. One without a time begins the watch for a
    silence of `figure_id`, by the `rule`. One without a row does nothing but come.
    """

    rule_id: str
    row: str = ""
    due_ms: int = 0
    rule: Rule | None = None
    figure_id: str = ""
    figure_name: str = ""
