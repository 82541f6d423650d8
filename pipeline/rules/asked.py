"""A rule out of what a user wrote: everything checked before it is saved, with a sentence for each mistake."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, get_args

import msgspec

from pipeline.figures import find_tracked
from pipeline.query import QueryError, parse
from pipeline.query.ast import Everything
from pipeline.rules.registry import rule_id
from pipeline.rules.schedule import Unreadable, check_zone, read_quiet, read_schedule, read_span
from schemas.alert import Figure
from schemas.rule import FIGURE_RULE, Conditions, Part, Reader, Rule, Tell, When
from schemas.said import Mistake

MOST_TIMES = 1_000_000


class RuleMistake(Mistake):
    """A rule that cannot be; the message says what to change."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a user wrote for a rule, as words."""

    name: str
    id: str = ""
    figures: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    any_figure: bool = False
    search: str = ""
    languages: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    when: str = "story"
    to: tuple[str, ...] = ()
    count_after: str = ""
    digest: str = ""
    cap: str = ""
    quiet: str = ""
    zone: str = "UTC"
    reader: str = "en"
    spike_factor: float = 3.0
    spike_least: int = 5
    silence: str = ""


def make_rule(asked: Asked, tracked: Mapping[str, Figure], sinks: Iterable[str]) -> Rule:
    """The rule that was asked for.

    Raises:
        RuleMistake: something in it cannot be.
    """
    number = asked.id or rule_id(asked.name)
    if not number or "/" in number:
        raise RuleMistake("a rule's name needs letters, and its id no slash")
    _one_of("--when", (asked.when,), get_args(When))
    _one_of("--in", asked.parts, get_args(Part))
    _one_of("--reader", (asked.reader,), get_args(Reader))
    figures = [_figure(name, tracked) for name in asked.figures]
    when: Any = "silence" if asked.silence else asked.when
    conditions = Conditions(
        figures=tuple(figure.id for figure in figures),
        figure_names=tuple(figure.name for figure in figures),
        groups=_groups(asked.groups, tracked),
        any_figure=asked.any_figure,
        search=_search(asked.search),
        languages=asked.languages,
        sources=asked.sources,
        places=asked.places,
        parts=msgspec.convert(asked.parts, tuple[Any, ...]),
        together=_together(asked.together, tracked),
    )
    _possible(conditions, when, number)
    return Rule(id=number, name=asked.name, conditions=conditions, when=when, tell=_tell(asked, set(sinks)))


def asked_of(rule: Rule) -> Asked:
    """What a user would write for a rule as it is: `make_rule` makes the same of it."""
    conditions, tell = rule.conditions, rule.tell
    return Asked(
        name=rule.name, id=rule.id, figures=conditions.figures, groups=conditions.groups,
        any_figure=conditions.any_figure, search=conditions.search, languages=conditions.languages,
        sources=conditions.sources, places=conditions.places, parts=conditions.parts, together=conditions.together,
        when=rule.when, to=tell.to, count_after=f"{tell.count_minutes}m" if tell.how == "count" else "",
        digest=tell.digest, cap=f"{tell.cap}/{tell.cap_minutes}m" if tell.cap else "", quiet=tell.quiet, zone=tell.zone,
        reader=tell.language, spike_factor=tell.spike_factor, spike_least=tell.spike_least,
        silence=f"{tell.silence_hours}h" if rule.when == "silence" else "",
    )  # fmt: skip


def _one_of(option: str, values: Iterable[str], known: tuple[str, ...]) -> None:
    for value in values:
        if value not in known:
            raise RuleMistake("{} is one of {}, not {!r}", option, ", ".join(known), value[:50])


def _possible(conditions: Conditions, when: When, number: str) -> None:
    about = bool(conditions.figures or conditions.groups or conditions.any_figure)
    if when in {"enters", "leaves", "spike", "silence"} and not about:
        raise RuleMistake("--when {} is about figures: name some with --figure or --group, or say --any-figure", when)
    if conditions.parts and not about:
        raise RuleMistake("--in says where a figure is named: name some with --figure or --group, or say --any-figure")
    if when == "silence" and not (conditions.figures or conditions.groups):
        raise RuleMistake("a silence needs --figure or --group")
    plain = msgspec.structs.replace(conditions, figure_names=())
    if plain == Conditions() and number != "default" and not number.startswith(FIGURE_RULE):
        raise RuleMistake("a rule needs a condition: --figure, --group, --any-figure, --search, --place, --source …")


def _figure(name: str, tracked: Mapping[str, Figure]) -> Figure:
    figure = find_tracked(tracked, name)
    if figure is not None:
        return figure
    raise RuleMistake('{0} is not tracked; say first: kabar figures add "{0}"', name)


def _groups(groups: tuple[str, ...], tracked: Mapping[str, Figure]) -> tuple[str, ...]:
    known = {group for figure in tracked.values() for group in figure.groups}
    for group in groups:
        if group not in known:
            if not known:
                raise RuleMistake("no figure is in a group {}", group)
            raise RuleMistake("no figure is in a group {}; there are {}", group, ", ".join(sorted(known)[:8]))
    return groups


def _together(names: tuple[str, ...], tracked: Mapping[str, Figure]) -> tuple[str, ...]:
    """Names as readers see them: a tracked figure's alias stands for its id."""
    found = []
    for name in names:
        try:
            found.append(_figure(name, tracked).id)
        except RuleMistake:
            found.append(name)
    return tuple(found)


def _search(text: str) -> str:
    try:
        if text.strip() and isinstance(parse(text), Everything):
            raise RuleMistake("the search finds everything; say what to look for")
    except QueryError as error:
        raise RuleMistake(error.pointed()) from error
    return text.strip()


def _tell(asked: Asked, sinks: set[str]) -> Tell:
    for name in asked.to:
        if name not in sinks:
            if not sinks:
                raise RuleMistake("there is no sink {}; there are none yet (`kabar sinks list`)", name)
            known = ", ".join(sorted(sinks))
            raise RuleMistake("there is no sink {}; there are {} (`kabar sinks list`)", name, known)
    if asked.count_after and asked.digest:
        raise RuleMistake("either --count-after or --digest")
    try:
        if asked.digest:
            read_schedule(asked.digest)
        if asked.quiet:
            read_quiet(asked.quiet)
        count = int(read_span(asked.count_after).total_seconds() // 60) if asked.count_after else 30
        cap, cap_minutes = _cap(asked.cap)
        silence = int(read_span(asked.silence).total_seconds() // 3600) if asked.silence else 48
        zone = check_zone(asked.zone)
    except Unreadable as error:
        raise RuleMistake(error.sentence) from error
    if not 1 <= asked.spike_factor <= MOST_TIMES or not 1 <= asked.spike_least <= MOST_TIMES:
        raise RuleMistake("a spike is 1 to {:,} times the usual, and as many mentions at least", MOST_TIMES)
    if asked.silence and not silence:
        raise RuleMistake("a silence is an hour at least")
    return Tell(
        to=asked.to,
        how="digest" if asked.digest else "count" if asked.count_after else "once",
        count_minutes=max(1, count),
        digest=asked.digest,
        cap=cap,
        cap_minutes=cap_minutes,
        quiet=asked.quiet,
        zone=zone,
        language="id" if asked.reader == "id" else "en",
        spike_factor=asked.spike_factor,
        spike_least=asked.spike_least,
        silence_hours=silence,
    )


def _cap(text: str) -> tuple[int, int]:
    if not text:
        return 0, 60
    number, slash, span = text.partition("/")
    if not re.fullmatch(r"\s*0*[1-9]\d{0,5}\s*", number, re.ASCII):
        raise RuleMistake("{!r} is no cap; write it like 10/1h", text)
    return int(number), max(1, int(read_span(span if slash else "1h").total_seconds() // 60))
