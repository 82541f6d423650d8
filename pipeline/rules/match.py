"""Which rules hold for a document, and what they say of it.

document ─► facts ─► figures named ─► their own rules, rules about them, about their groups, about anyone
                └──► keys ──────────► rules about no figure
                                       ─► conditions ─► the ambiguous name's context ─► a match, with its excerpt
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from pipeline.figures import Tracked
from pipeline.reasons import because
from pipeline.rules.book import Compiled, Index, figure_rule, found_by
from pipeline.rules.context import context_of
from pipeline.rules.evaluate import Asked, holds, where
from pipeline.rules.facts import Excerpt, Facts
from schemas.alert import Match
from schemas.document import Document, Field, Mention
from schemas.rule import Rule

LATE = timedelta(days=1)
Figures = Mapping[str, Tracked]


def matches(document: Document, figures: Figures, index: Index, at: datetime) -> list[Match]:
    """One match for each rule and figure, or for each rule about no figure, at its most prominent place."""
    facts = Facts(document, at)
    asked = Asked(facts)
    found = list(_about_figures(facts, asked, figures, index))
    if index.any_item or index.every_item:
        found += [
            _about_item(compiled, asked)
            for compiled in (*found_by(asked, index.any_item), *index.every_item)
            if _is_of_item(compiled) and _conditions_hold(compiled, asked)
        ]
    return found


def _about_figures(facts: Facts, asked: Asked, figures: Figures, index: Index) -> Iterator[Match]:
    named = [number for number in facts.named if number in figures]
    left = [number for number in facts.enriched.headline_before or () if number in figures]
    if not named and not left:
        return
    anyone = list(index.every_figure)
    if index.any_figure:
        anyone += found_by(asked, index.any_figure)
    verdicts: dict[str, bool] = {}
    for number in dict.fromkeys((*named, *left)):
        figure = figures[number]
        for compiled in _rules_about(figure, index, anyone):
            told = _told(compiled.rule, facts, figure)
            if told is None:
                continue
            rule_id = compiled.rule.id
            if rule_id not in verdicts:
                verdicts[rule_id] = _conditions_hold(compiled, asked)
            if verdicts[rule_id]:
                yield _match(compiled.rule, facts, figure, *told)


def _rules_about(figure: Tracked, index: Index, anyone: Iterable[Compiled]) -> Iterator[Compiled]:
    own = figure_rule(index, figure)
    if own is not None:
        yield own
    seen: set[str] = set()
    groups = (index.by_group.get(group, ()) for group in figure.groups)
    for lot in (index.by_figure.get(figure.id, ()), *groups, anyone):
        for compiled in lot:
            if compiled.rule.id not in seen:
                seen.add(compiled.rule.id)
                yield compiled


def _told(rule: Rule, facts: Facts, figure: Tracked) -> tuple[Mention | None, str] | None:
    """The mention to show and its context; None where the rule does not hold for the figure."""
    mentions = facts.named.get(figure.id, ())
    if rule.when == "leaves":
        left = _leaves(facts, figure.id)
        return (mentions[0] if mentions else None, because("no longer in the headline")) if left else None
    if rule.when == "enters" and not _enters(facts, figure.id):
        return None
    parts = rule.conditions.parts
    for mention in mentions:
        if not parts or facts.part(mention) in parts:
            context = context_of(facts, figure, mention)
            if context is not None:
                return mention, context
    return None


def _enters(facts: Facts, number: str) -> bool:
    before = facts.enriched.headline_before
    return before is not None and number in facts.title_ids and number not in before


def _leaves(facts: Facts, number: str) -> bool:
    return number in (facts.enriched.headline_before or ()) and number not in facts.title_ids


def _is_of_item(compiled: Compiled) -> bool:
    return compiled.rule.when not in {"enters", "leaves"}


def _conditions_hold(compiled: Compiled, asked: Asked) -> bool:
    facts = asked.facts
    return (
        (not compiled.languages or not compiled.languages.isdisjoint(facts.languages))
        and (not compiled.sources or not compiled.sources.isdisjoint(facts.sources))
        and (not compiled.places or not compiled.places.isdisjoint(facts.places))
        and all(not names.isdisjoint(facts.keys) for names in compiled.together)
        and (compiled.query is None or holds(compiled.query, asked, facts.at))
    )


def _about_item(compiled: Compiled, asked: Asked) -> Match:
    shown = where(compiled.query, asked) if compiled.query is not None else None
    rule = compiled.rule
    if shown is None:
        field: Field = "title" if asked.facts.item.title else "body"
        shown = field, asked.facts.excerpt(field, 0, 0)
    why = because("search {}", rule.conditions.search) if rule.conditions.search else because("rule {}", rule.name)
    return _record(rule, asked.facts, ("", ""), shown, (why, ""))


def _match(rule: Rule, facts: Facts, figure: Tracked, mention: Mention | None, context: str) -> Match:
    who = (figure.id, figure.name)
    if mention is None:
        shown: tuple[Field, Excerpt] = ("title", facts.excerpt("title", 0, 0))
        return _record(rule, facts, who, shown, (because("named in the headline before"), context))
    shown = (mention.field, facts.excerpt(mention.field, mention.start, mention.end))
    return _record(rule, facts, who, shown, (mention.why, context))


def _record(
    rule: Rule, facts: Facts, who: tuple[str, str], shown: tuple[Field, Excerpt], reasons: tuple[str, str]
) -> Match:
    (field, excerpt), (why, context) = shown, reasons
    enriched, item, placement = facts.enriched, facts.item, facts.document.placement
    published = item.published_at
    return Match(
        rule_id=rule.id,
        figure_id=who[0],
        figure_name=who[1] or rule.name,
        item_id=item.id,
        revision=enriched.revision,
        story_id=placement.story_id,
        quiet=enriched.quiet,
        field=field,
        surface=excerpt.text[excerpt.start : excerpt.end],
        excerpt=excerpt.text,
        excerpt_start=excerpt.start,
        excerpt_end=excerpt.end,
        why=why,
        title=item.title,
        url=item.url,
        source=item.source_name or item.source,
        language=enriched.language,
        published_at=published,
        first_seen_at=enriched.first_seen_at,
        matched_at=facts.at,
        rule_name=rule.name,
        when=rule.when,
        tell=rule.tell,
        late=published is not None and enriched.first_seen_at - published > LATE,
        context=context,
        event_id=placement.event_id,
    )
