"""One answer from two judges: the names that lists know, and the names that the tagger sees.

The rule, for each place in a text:
- a tracked figure stands, but for the beginning of a longer Chinese name;
- a known name that the tagger does not see stands too, unless it is a place within a longer word of Japanese or Chinese
  (`東京オリンピック`, `法国人`), or a place or organisation in running text of most languages (`_spared`);
- where both see a name, and the tagger has learnt from labelled texts of the language, it decides what the name is and
  where it ends: a known name inside of it, of the same kind, lends its id, and only a person known in full, or a
  known name of the same kind that is longer, is not given up for it;
- in other languages known names stand, and the tagger adds what they do not touch.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Final

import msgspec

from pipeline.entities.context import has_office
from pipeline.entities.found import Found, Reading, place
from pipeline.entities.normalise import folded
from pipeline.entities.shortforms import FAMILY_FIRST
from pipeline.entities.tagger.tag import TRAINED, Tagged
from pipeline.knowledge import Entity
from pipeline.reasons import BETWEEN, because
from schemas.document import Field

_AGREED: Final = 0.03
TAGGER: Final = because("tagger")
# How a mention by a full name says why.
_FULL: Final = ("name", "alias", "case")
# A short form by which an item goes on to call a person whom the tagger alone has found.
_JOINED: Final = 0.9
_LEAST_SHORT: Final = 3
_LONGEST_KEY: Final = 100
# What Chinese puts behind a place to name its people or its language.
_DEMONYMS: Final = frozenset("人语語话話裔")
# What Chinese writes right behind a name, and no foreign name ends in: says, will, and, at, to, again, visits.
_DONE: Final = frozenset("稱称說说將将和與与在對对訪访會会曾已擬拟要再把被就向赴致表宣下簽签是也")
# Of the known places and organisations that the tagger does not see in held-out train texts, those who labelled them
# have as good as none in Indonesian (`warga Jepang`, `Israel menolak`), Croatian and Serbian, one in four in English,
# Swedish, Portuguese and Japanese; but near half of them in Chinese, Hindi, Korean and Romanian.
_SPARING: Final = frozenset({"id", "en", "sv", "pt", "bs", "hr", "sr", "cnr", "ja"})
# A longer body (code points) is an article rather than a sentence or two.
_ARTICLE: Final = 1_000
# Kanji and katakana, which Japanese joins to compounds; particles, which part words, are hiragana.
_COMPOUNDING: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff々ァ-ヺー]")


def combine(
    reading: Reading, found: Sequence[Found], tagged: Mapping[Field, Sequence[Tagged]], *, own: bool = False
) -> list[Found]:
    """The mentions of an item by the rule above, by field and place, none overlapping another.

    `own`: the tagger is a model of the user's own, made for the language.
    """
    decides = own or reading.language.split("-")[0] in TRAINED
    chosen: list[Found] = []
    for field, names in tagged.items():
        known = [entry for entry in found if entry.field == field]
        text = reading.original(field)
        if decides:
            known = [entry for entry in known if not _is_part_of_word(text, entry, names, reading.language)]
            if field == "body" and _is_spared(text, reading.language):
                known = _spared(text, known, names)
        chosen += _in_field(text, field, known, names, decides=decides)
    return _joined(reading, sorted(chosen, key=lambda entry: place(entry.field, entry.start)))


def _is_part_of_word(text: str, entry: Found, names: Sequence[Tagged], language: str) -> bool:
    """Whether a known place is a part of a longer word, and the tagger sees no name there."""
    base = language.partition("-")[0]
    if base not in {"ja", "zh"} or entry.entity.type != "LOC" or entry.figure is not None:
        return False
    after = text[entry.end : entry.end + 1]
    if base == "zh":
        joined = after in _DEMONYMS
    else:
        joined = bool(_COMPOUNDING.match(after) or _COMPOUNDING.match(text[entry.start - 1 : entry.start]))
    return joined and not _is_seen(entry, names)


def _is_spared(text: str, language: str) -> bool:
    """Whether `_spared` holds: not for text in capitals or small letters alone, in which the tagger sees little."""
    return language.split("-", maxsplit=1)[0] in _SPARING and not text.isupper() and not text.islower()


def _spared(text: str, known: Sequence[Found], names: Sequence[Tagged]) -> list[Found]:
    """The known names of a body without the places and organisations that the tagger does not see.

    It was taught by people who left out what stands for something else, as a country for its people. Who looks for a
    name wants the articles that have it all the same, so in an article the first mention by each form stands; in titles
    and summaries, which are no running text, all do, and so do people everywhere.
    """
    seen = {entry.start for entry in known if _is_seen(entry, names)}
    forms = {text[entry.start : entry.end] for entry in known if entry.start in seen}
    kept: list[Found] = []
    for entry in known:
        if entry.entity.type != "PER" and entry.figure is None and entry.start not in seen:
            form = text[entry.start : entry.end]
            if len(text) <= _ARTICLE or form in forms:
                continue
            forms.add(form)
        kept.append(entry)
    return kept


def _is_seen(entry: Found, names: Sequence[Tagged]) -> bool:
    """Whether a known name touches one of the tagger's, which are in order."""
    at = bisect_left(names, entry.end, key=attrgetter("start"))
    return at > 0 and names[at - 1].end > entry.start


def _in_field(text: str, field: Field, known: list[Found], names: Sequence[Tagged], *, decides: bool) -> list[Found]:
    chosen: list[Found] = []
    left = {id(entry): entry for entry in known}
    at = 0
    for name in names:
        while at < len(known) and known[at].end <= name.start:
            at += 1
        touched = []
        while at < len(known) and known[at].start < name.end:
            touched.append(known[at])
            if known[at].end > name.end:
                break
            at += 1
        kept, refused = _settle(text, field, name, touched, decides=decides)
        for entry in refused:
            left.pop(id(entry), None)
        if kept is not None:
            chosen.append(kept)
    return [*chosen, *left.values()]


def _settle(
    text: str, field: Field, name: Tagged, touched: list[Found], *, decides: bool
) -> tuple[Found | None, list[Found]]:
    """What stands of a tagged name and the known names that it touches, and which of these are refused for it."""
    if not touched:
        return _unknown(text, field, name), []
    same = [entry for entry in touched if entry.entity.type == name.type]
    for entry in same:
        if (entry.start, entry.end) == (name.start, name.end):
            sure = min(0.99, max(entry.confidence, name.confidence) + _AGREED)
            return msgspec.structs.replace(entry, confidence=sure, why=BETWEEN.join((entry.why, TAGGER))), touched
    inside = [entry for entry in same if name.start <= entry.start and entry.end <= name.end]
    longer = decides and any(_is_longer_name(text, name, entry) for entry in touched)
    two = name.type == "PER" and len(inside) > 1  # people, whom the tagger takes for one
    if not longer and (not decides or two or any(_is_firm(entry, name) for entry in touched)):
        return None, []
    if not longer and len(inside) == 1 and not _is_other(text, name, inside[0]):
        entry = inside[0]
        why = BETWEEN.join((entry.why, because("whole by tagger")))
        return msgspec.structs.replace(entry, start=name.start, end=name.end, why=why), touched
    exact = next((entry for entry in touched if (entry.start, entry.end) == (name.start, name.end)), None)
    if exact is not None and exact.entity.type != "PER" and name.type != "PER":
        # A country's government, a body's seat: the entity is known, what it stands for here is the tagger's to say.
        entity = msgspec.structs.replace(exact.entity, type=name.type)
        why = BETWEEN.join((exact.why, because("here {} by tagger", name.type)))
        return msgspec.structs.replace(exact, entity=entity, why=why), touched
    return _unknown(text, field, name), touched


def _is_longer_name(text: str, name: Tagged, entry: Found) -> bool:
    """Whether a Chinese name of two characters is only the beginning of another's of three: `王毅` in `王毅博`."""
    begins = name.type == entry.entity.type == "PER" and name.start == entry.start
    two = entry.end - entry.start == 2 and name.end - name.start == 3  # noqa: PLR2004 - as many as names have
    # What is taken for a third character may belong to the office: `岸田前首相`; or to what is said: `川普稱`.
    return (
        begins
        and two
        and _is_han(text[name.start : name.end])
        and not has_office(text, entry.start, entry.end)
        and not _is_said(text[name.end - 1], entry)
    )


def _is_han(text: str) -> bool:
    return all("\u4e00" <= letter <= "\u9fff" for letter in text)


def _is_said(letter: str, entry: Found) -> bool:
    """Whether what stands behind a surname of a foreigner is what he does, which no name ends in."""
    return letter in _DONE and entry.entity.country not in FAMILY_FIRST and _is_short(entry)


def _is_firm(entry: Found, name: Tagged) -> bool:
    """Whether a known name stands whatever the tagger says of its place."""
    within = entry.start <= name.start and name.end <= entry.end
    person = entry.entity.type == "PER" and entry.why.startswith(_FULL)
    # A surname that begins what the tagger takes for a name: in headlines every word has a capital.
    begins = _is_short(entry) and entry.start == name.start and name.type == "PER"
    return entry.figure is not None or begins or (within and (person or entry.entity.type == name.type))


def _is_short(entry: Found) -> bool:
    return entry.entity.type == "PER" and not entry.why.startswith(_FULL)


def _is_other(text: str, name: Tagged, entry: Found) -> bool:
    """Whether a tagged name is more than the known one within it: another's first name, a body of the known place."""
    if name.type == "PER":
        return _is_short(entry)
    return len(text[name.start : name.end].split()) > len(text[entry.start : entry.end].split()) + 1


def _unknown(text: str, field: Field, name: Tagged) -> Found:
    surface = text[name.start : name.end]
    written = " ".join(surface.split())
    entity = Entity(id=local_key(written, name.type), type=name.type, name=written, confidence=name.confidence)
    return Found(
        field=field,
        start=name.start,
        end=name.end,
        entity=entity,
        figure=None,
        confidence=name.confidence,
        why=TAGGER,
    )


def with_outlet(reading: Reading, found: Sequence[Found], outlets: Sequence[str]) -> list[Found]:
    """The mentions again; what the tagger took for a person or a place, and is the item's own outlet, is that one.

    Args:
        reading: the item's texts.
        found: what it names.
        outlets: the names under which its source goes.
    """
    own = {folded(name) for name in outlets if name}
    return [
        _outlet(reading, entry)
        if entry.why == TAGGER and entry.entity.type != "ORG" and folded(entry.entity.name) in own
        else entry
        for entry in found
    ]


def _outlet(reading: Reading, entry: Found) -> Found:
    surface = reading.original(entry.field)[entry.start : entry.end]
    name = " ".join(surface.split())
    entity = msgspec.structs.replace(entry.entity, id=local_key(name, "ORG"), type="ORG")
    return msgspec.structs.replace(
        entry, entity=entity, why=BETWEEN.join((TAGGER, because("the outlet of the item itself")))
    )


def local_key(name: str, kind: str) -> str:
    """A key that the same name of the same kind has in every item: `local:per:joko-widodo`."""
    words = re.findall(r"\w+", unicodedata.normalize("NFKC", name).casefold())
    return f"local:{kind.lower()}:{'-'.join(words)[:_LONGEST_KEY] or 'x'}"


def _joined(reading: Reading, chosen: list[Found]) -> list[Found]:
    """Unknown people's last names joined to the one whom the item names in full before."""
    people: dict[str, set[str]] = {}
    full: dict[str, Found] = {}
    made: list[Found] = []
    for entry in chosen:
        mention = entry
        if entry.entity.type == "PER":
            words = reading.original(entry.field)[entry.start : entry.end].split()
            identity = entry.figure.id if entry.figure else entry.entity.id
            if len(words) > 1:
                people.setdefault(words[-1], set()).add(identity)
                full[identity] = entry
            elif entry.why == TAGGER and words and len(who := people.get(words[0], set())) == 1:
                named = full[next(iter(who))]
                if len(words[0]) >= _LEAST_SHORT:
                    why = BETWEEN.join((TAGGER, because("short for {}, named in full before", named.entity.name)))
                    mention = msgspec.structs.replace(
                        entry, entity=named.entity, figure=named.figure, confidence=entry.confidence * _JOINED, why=why
                    )
        made.append(mention)
    return made
