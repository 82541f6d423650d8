"""All rules, kept so that one document meets only the few that may hold for it.

A rule about figures is found by the figures that the document names, any other by a key that every item it holds for
must have (`evaluate.anchor`), so that ten thousand rules cost little more than ten.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import msgspec

from pipeline.figures import Tracked
from pipeline.query import Node, parse
from pipeline.rules.evaluate import STEM, WORD, Anchor, Asked, anchor
from pipeline.rules.facts import fold
from pipeline.rules.pieces import ByWord
from schemas.rule import DEFAULT_RULE, FIGURE_RULE, Rule

BUILT_IN = Rule(id=DEFAULT_RULE, name="")


@dataclass(frozen=True, slots=True)
class Compiled:
    """A rule with its search read, its names folded, and the keys by which it is found."""

    rule: Rule
    query: Node | None
    languages: frozenset[str]
    sources: frozenset[str]
    places: frozenset[str]
    together: tuple[frozenset[str], ...]
    anchor: Anchor | None


def compile_rule(rule: Rule) -> Compiled:
    """The rule, made ready.

    Raises:
        QueryError: its search cannot be read.
    """
    conditions = rule.conditions
    query = parse(conditions.search) if conditions.search.strip() else None
    places = frozenset(key for name in conditions.places for key in (name, fold(name)))
    together = tuple(frozenset({name, fold(name)}) for name in conditions.together)
    languages = frozenset(code.lower() for code in conditions.languages)
    sources = frozenset(fold(name) for name in conditions.sources)
    return Compiled(
        rule=rule,
        query=query,
        languages=languages,
        sources=sources,
        places=places,
        together=together,
        anchor=_anchor(query, places, together, sources, languages),
    )


def _anchor(
    query: Node | None,
    places: frozenset[str],
    together: tuple[frozenset[str], ...],
    sources: frozenset[str],
    languages: frozenset[str],
) -> Anchor | None:
    if together:
        return frozenset(("name", key) for key in together[0])
    found = anchor(query) if query is not None else None
    if found is not None and not any(kind in {"language", "country", "topic"} for kind, _ in found):
        return found
    if places:
        return frozenset(("name", key) for key in places)
    if sources:
        return frozenset(("source", name) for name in sources)
    if found is not None:
        return found
    return frozenset(("language", code) for code in languages) or None


@dataclass(frozen=True, slots=True)
class ByKey:
    """Rules by the kind of key and the key; by words and stems apart, of which an item has the most."""

    kinds: Mapping[str, Mapping[str, tuple[Compiled, ...]]]
    words: ByWord[Compiled]

    def __bool__(self) -> bool:
        return bool(self.kinds or self.words)


@dataclass(frozen=True, slots=True)
class Index:
    """Which rules to ask, by what they are found by."""

    by_figure: Mapping[str, tuple[Compiled, ...]]
    by_group: Mapping[str, tuple[Compiled, ...]]
    any_figure: ByKey
    any_item: ByKey
    every_figure: tuple[Compiled, ...]
    every_item: tuple[Compiled, ...]
    default: Compiled
    # Ids of rules, so that a figure's own rule gives way to one of the same id.
    ids: frozenset[str]


@dataclass(slots=True)
class RuleBook:
    """The rules as they are now. `change` replaces the index as a whole, so any thread may read meanwhile."""

    _rules: dict[str, Compiled] = field(default_factory=dict)
    index: Index = field(default_factory=lambda: _index(()))
    _silences: tuple[Rule, ...] = ()

    def change(self, changes: Mapping[str, Rule | None]) -> None:
        """Add, replace and (None) remove rules. One whose search this version cannot read is left out."""
        for number, rule in changes.items():
            compiled = None if rule is None else _readable(rule)
            if compiled is None:
                self._rules.pop(number, None)
            else:
                self._rules[number] = compiled
        self.index = _index(self._rules.values())
        self._silences = tuple(c.rule for c in self._rules.values() if c.rule.when == "silence")

    def silences(self) -> tuple[Rule, ...]:
        """The rules that await a silence: asked for several times a second, where there may be 10,000 others."""
        return self._silences

    def rule(self, number: str) -> Rule | None:
        """The rule of that id, if a user made one."""
        found = self._rules.get(number)
        return found.rule if found else None

    def rules(self) -> Iterator[Rule]:
        """Every rule that a user made."""
        return (compiled.rule for compiled in tuple(self._rules.values()))

    def __len__(self) -> int:
        return len(self._rules)


def _readable(rule: Rule) -> Compiled | None:
    try:
        return compile_rule(rule)
    except ValueError:
        return None


def _index(rules: Iterable[Compiled]) -> Index:
    by_figure: dict[str, list[Compiled]] = {}
    by_group: dict[str, list[Compiled]] = {}
    any_figure: dict[str, dict[str, list[Compiled]]] = {}
    any_item: dict[str, dict[str, list[Compiled]]] = {}
    every_figure: list[Compiled] = []
    every_item: list[Compiled] = []
    default = compile_rule(BUILT_IN)
    ids = set()
    for compiled in rules:
        conditions = compiled.rule.conditions
        ids.add(compiled.rule.id)
        if compiled.rule.id == DEFAULT_RULE:
            default = compiled
            continue
        for figure in conditions.figures:
            by_figure.setdefault(figure, []).append(compiled)
        for group in conditions.groups:
            by_group.setdefault(group, []).append(compiled)
        if conditions.figures or conditions.groups:
            continue
        found, rest = (any_figure, every_figure) if conditions.any_figure else (any_item, every_item)
        if compiled.anchor is None:
            rest.append(compiled)
        # Most languages have the same stem of a word: it stands here once for all of them.
        keys = {(STEM if kind.startswith(STEM) else kind, key) for kind, key in compiled.anchor or ()}
        for kind, key in keys:
            found.setdefault(kind, {}).setdefault(key, []).append(compiled)
    return Index(
        by_figure=_frozen(by_figure),
        by_group=_frozen(by_group),
        any_figure=_by_key(any_figure),
        any_item=_by_key(any_item),
        every_figure=tuple(every_figure),
        every_item=tuple(every_item),
        default=default,
        ids=frozenset(ids),
    )


def _frozen(lists: dict[str, list[Compiled]]) -> dict[str, tuple[Compiled, ...]]:
    return {key: tuple(found) for key, found in lists.items()}


def _by_key(lists: dict[str, dict[str, list[Compiled]]]) -> ByKey:
    words = ByWord(_frozen(lists.pop(WORD, {})), _frozen(lists.pop(STEM, {})), _is_stem_of)
    return ByKey({kind: _frozen(found) for kind, found in lists.items()}, words)


def _is_stem_of(compiled: Compiled, stem: str, language: str) -> bool:
    """Whether a stem is one of a rule's in that very language: in others it may be another word's."""
    return (f"{STEM}{language}", stem) in (compiled.anchor or ())


def figure_rule(index: Index, figure: Tracked) -> Compiled | None:
    """The rule that a tracked figure has by itself, as the default rule says; None where it has none."""
    number = f"{FIGURE_RULE}{figure.id}"
    if not figure.alert or number in index.ids:
        return None
    return replace(index.default, rule=msgspec.structs.replace(index.default.rule, id=number))


def found_by(asked: Asked, rules: ByKey) -> list[Compiled]:
    """The rules of which an item has one of the keys, each once."""
    found: dict[str, Compiled] = {}
    for kind, by_key in rules.kinds.items():
        for key in asked.keys(kind) & by_key.keys():
            for compiled in by_key[key]:
                found[compiled.rule.id] = compiled
    if rules.words:
        for compiled in rules.words.of(asked.pieces(), asked.language):
            found[compiled.rule.id] = compiled
    return [found[number] for number in sorted(found)]
