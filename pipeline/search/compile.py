"""A query's tree as Elasticsearch asks it; pure. Nothing of the user's text is ever more than the text of a match.

Words are asked in two ways: as they stand (`title`, `summary`, `body`, `names`, folded), and as stems, of each
language that is written in their script. All words of a script must be found by one of these ways, so that stop words
of a language are no obstacle. A word or words that are a known name also find the mentions of whoever has it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from pipeline.query.ast import And, Dated, Everything, Named, Near, Node, Not, Or, Text, Value
from pipeline.search.names import TYPES, Names, Span
from pipeline.search.scripts import UNSPACED, languages_of, runs, script_of
from schemas.index import localized_language

Json = dict[str, Any]
# The languages of a context whose items have no stems.
NO_LANGUAGES: Final = ("none",)

TITLE_BOOST: Final = 3
NAMES_BOOST: Final = 2
# A mention of whoever has the name counts as much as a good match of the name itself.
MENTION_BOOST: Final = 4.0
TIE_BREAKER: Final = 0.1
NAME_FIELDS: Final = {"person": "people", "organisation": "organisations", "place": "places"}
FIELDS: Final = {
    "language": "language", "country": "source_country", "topic": "categories", "story": "story_id",
    "event": "event_id", "id": "id",
}  # fmt: skip


class Context(msgspec.Struct, frozen=True):
    """What a query is read against: who has which name, the present moment, and languages it is limited to, if any."""

    names: Names
    now: datetime
    languages: tuple[str, ...] = ()


def compiled(node: Node, context: Context) -> Json:
    """The request's `query`."""
    match node:
        case Everything():
            return {"match_all": {}}
        case And(parts):
            return _all(parts, _limited(parts, context))
        case Or(parts):
            return {"bool": {"should": [compiled(part, context) for part in parts], "minimum_should_match": 1}}
        case Not(part):
            return {"bool": {"must_not": [compiled(part, context)]}}
        case Text():
            return _phrase(node) if node.phrase else _all((node,), context)
        case _:
            return {"constant_score": {"filter": _filter(node, context), "boost": 0.0}}


def stems_asked(node: Node) -> list[str]:
    """The languages whose stems a query asks for, in which alone a word of a text can match by one."""
    match node:
        case And(parts) | Or(parts):
            return sorted({code for part in parts for code in stems_asked(part)})
        case Text():
            return sorted({code for word in node.text.split() for code in languages_of(script_of(word))})
        case _:
            return []


def has_text(node: Node) -> bool:
    """Whether a query asks for words, so that some items fit it better than others."""
    match node:
        case And(parts) | Or(parts):
            return any(has_text(part) for part in parts)
        case Text():
            return True
        case _:
            return False


def _all(parts: Sequence[Node], context: Context) -> Json:
    words = [part for part in parts if isinstance(part, Text) and not part.phrase]
    others = [part for part in parts if not (isinstance(part, Text) and not part.phrase)]
    must = _words([word.text for word in words if not word.title_only], context, title_only=False)
    must += _words([word.text for word in words if word.title_only], context, title_only=True)
    filters = [_filter(part, context) for part in others if isinstance(part, Named | Value | Dated | Near)]
    unwanted = [compiled(part.part, context) for part in others if isinstance(part, Not)]
    must += [compiled(part, context) for part in others if isinstance(part, And | Or | Text | Everything)]
    if len(must) == 1 and not filters and not unwanted:
        return must[0]
    return {"bool": {"must": must, "filter": filters, "must_not": unwanted}}


def _limited(parts: Sequence[Node], context: Context) -> Context:
    """Within one language only its stems need to be asked."""
    for part in parts:
        codes = [part] if isinstance(part, Value) else list(part.parts) if isinstance(part, Or) else []
        languages = [code.value for code in codes if isinstance(code, Value) and code.field == "language"]
        if languages and len(languages) == len(codes):
            known = tuple(code for language in languages if (code := localized_language(language.lower())))
            return msgspec.structs.replace(context, languages=known or NO_LANGUAGES)
    return context


def _words(words: list[str], context: Context, *, title_only: bool) -> list[Json]:
    asked: list[Json] = []
    for script, run in runs(words):
        spans = [] if title_only else context.names.spans(run)
        if script in UNSPACED:
            asked += _unspaced(run, spans, title_only=title_only)
        else:
            asked.append(_run(run, spans, _groups(script, context, title_only=title_only)))
    return asked


def _groups(script: str, context: Context, *, title_only: bool) -> list[list[str]]:
    """The fields of each way to ask; those of one analyzer are asked together, so that a word may stand in any."""
    whole = [f"title^{TITLE_BOOST}"] + ([] if title_only else ["summary", "body", f"names^{NAMES_BOOST}"])
    languages = [code for code in languages_of(script) if not context.languages or code in context.languages]
    return [whole, *(_localized(code, title_only=title_only) for code in languages)]


def _localized(code: str, *, title_only: bool) -> list[str]:
    title = f"localized.{code}.title^{TITLE_BOOST}"
    return [title] if title_only else [title, f"localized.{code}.body"]


def _run(words: list[str], spans: Sequence[Span], groups: list[list[str]]) -> Json:
    return _best([_in_group(words, spans, fields) for fields in groups])


def _in_group(words: list[str], spans: Sequence[Span], fields: list[str]) -> Json:
    named = {number for span in spans for number in range(span.start, span.end)}
    rest = [word for number, word in enumerate(words) if number not in named]
    must = [_match(" ".join(rest), fields)] if rest else []
    # Within a group, so that stems of the other words and the mention meet.
    must += [_best([_match(" ".join(words[span.start : span.end]), fields), _mentions(span.ids)]) for span in spans]
    return must[0] if len(must) == 1 else {"bool": {"must": must}}


def _match(text: str, fields: list[str]) -> Json:
    return {"multi_match": {"query": text, "type": "cross_fields", "operator": "and", "fields": fields}}


def _mentions(ids: Sequence[str]) -> Json:
    return {"constant_score": {"filter": {"terms": {"entity_ids": list(ids)}}, "boost": MENTION_BOOST}}


def _unspaced(words: list[str], spans: Sequence[Span], *, title_only: bool) -> list[Json]:
    ids = {span.start: span.ids for span in spans if span.end == span.start + 1}
    asked = []
    for number, word in enumerate(words):
        ways = [_phrase(Text(text=word, phrase=True, title_only=title_only))]
        ways += [_mentions(ids[number])] if number in ids else []
        asked.append(_best(ways))
    return asked


def _phrase(node: Text) -> Json:
    whole = [f"title^{TITLE_BOOST}"] + ([] if node.title_only else ["summary", "body", f"names^{NAMES_BOOST}"])
    asks = [{"multi_match": {"query": node.text, "type": "phrase", "fields": whole}}]
    scripts = {script_of(word) for word in node.text.split()}
    # Where words are not written apart, the analyzer of the language says where they begin.
    for code in dict.fromkeys(code for script in scripts & {*UNSPACED, "THAI"} for code in languages_of(script)):
        fields = _localized(code, title_only=node.title_only)
        asks.append({"multi_match": {"query": node.text, "type": "phrase", "fields": fields}})
    return _best(asks)


def _best(asks: list[Json]) -> Json:
    return asks[0] if len(asks) == 1 else {"dis_max": {"queries": asks, "tie_breaker": TIE_BREAKER}}


def _filter(node: Node, context: Context) -> Json:
    match node:
        case Named():
            return _named(node, context.names)
        case Value():
            return _value(node)
        case Dated():
            limits = {"gte": node.since, "lt": node.until}
            return {"range": {"date": {k: m.resolve(context.now).isoformat() for k, m in limits.items() if m}}}
        case Near():
            centre = {"lat": node.latitude, "lon": node.longitude}
            return {"geo_distance": {"distance": f"{node.kilometres}km", "locations": centre}}
        case _:
            return compiled(node, context)


def _named(node: Named, names: Names) -> Json:
    ids = names.ids(node.name, TYPES.get(node.field))
    if ids:
        return {"terms": {"entity_ids": list(ids)}}
    fields = [NAME_FIELDS[node.field]] if node.field in NAME_FIELDS else list(NAME_FIELDS.values())
    asks: list[Json] = [{"term": {"entity_ids": node.name}}]
    asks += [{"match_phrase": {f"{field}.words": node.name}} for field in fields]
    return {"bool": {"should": asks, "minimum_should_match": 1}}


def _value(node: Value) -> Json:
    if node.field == "source":
        return _any([_equals(field, node.value) for field in ("source", "source_name", "host")])
    if node.field == "language":
        below = {"prefix": {"language": {"value": f"{node.value}-", "case_insensitive": True}}}
        return _any([_equals("language", node.value), below])
    return _equals(FIELDS[node.field], node.value)


def _any(asks: list[Json]) -> Json:
    return {"bool": {"should": asks, "minimum_should_match": 1}}


def _equals(field: str, value: str) -> Json:
    return {"term": {field: {"value": value, "case_insensitive": True}}}
