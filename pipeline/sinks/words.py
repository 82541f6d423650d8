"""What alerts say, in the languages of readers. A further language is a further column."""

import re
from collections.abc import Mapping

from schemas.rule import Reader

WORDS: Mapping[Reader, Mapping[str, str]] = {
    "en": {
        "new": "{who}: newly named",
        "rule": "{who}: a new story",
        "count": "{who}: +{outlets} outlets",
        "digest": "{rule}: {outlets} alerts",
        "enters": "{who}: now in the headline",
        "leaves": "{who}: no longer in the headline",
        "spike": "{who}: {count} mentions this hour, usually {usual}",
        "silence": "{who}: not named for {hours} hours",
        "title": "in the title",
        "summary": "in the lead",
        "body": "in the text",
        "why": "Why",
        "context": "Context",
        "rule-label": "Rule",
        "story": "Story",
        "outlet": "1 outlet so far",
        "outlets": "{outlets} outlets so far",
        "published": "Published",
        "first_seen": "First seen",
        "indexed": "Indexed",
        "alerted": "Alerted",
        "late": "late: published {days} days before it was seen",
        "unknown": "not said",
        "not-yet": "not yet when this was sent",
        "read": "Read it",
        "where": "Where",
        "source": "Outlet",
        "more": "and {more} more",
        "language": "Language",
        "untitled": "(no title)",
        "by": "Sent by Kabar",
        "default-rule": "tracked figure",
    },
    "id": {
        "new": "{who}: baru disebut",
        "rule": "{who}: berita baru",
        "count": "{who}: +{outlets} media",
        "digest": "{rule}: {outlets} pemberitahuan",
        "enters": "{who}: kini ada di judul",
        "leaves": "{who}: tidak lagi di judul",
        "spike": "{who}: {count} sebutan pada jam ini, biasanya {usual}",
        "silence": "{who}: tidak disebut selama {hours} jam",
        "title": "di judul",
        "summary": "di teras berita",
        "body": "di isi berita",
        "why": "Mengapa",
        "context": "Konteks",
        "rule-label": "Aturan",
        "story": "Cerita",
        "outlet": "sejauh ini 1 media",
        "outlets": "sejauh ini {outlets} media",
        "published": "Terbit",
        "first_seen": "Pertama terlihat",
        "indexed": "Diindeks",
        "alerted": "Diberitahukan",
        "late": "terlambat: terbit {days} hari sebelum terlihat",
        "unknown": "tidak disebutkan",
        "not-yet": "belum ketika ini dikirim",
        "read": "Baca beritanya",
        "where": "Di mana",
        "source": "Media",
        "more": "dan {more} lagi",
        "language": "Bahasa",
        "untitled": "(tanpa judul)",
        "by": "Dikirim oleh Kabar",
        "default-rule": "tokoh yang dipantau",
    },
}
# The reasons that recognition gives, for readers of Indonesian; what fits none stays as it is.
_REASONS_ID = (
    (re.compile(r"^name (.+)"), r"nama \1"),
    (re.compile(r"^alias (.+)"), r"alias \1"),
    (re.compile(r"^case form (.+)"), r"bentuk kasus \1"),
    (re.compile(r"^surname (.+), known without a first name"), r"nama keluarga \1, dikenal tanpa nama depan"),
    (re.compile(r"^short for (.+), named in full before"), r"singkatan dari \1, disebut lengkap sebelumnya"),
    (re.compile(r"^short for (.+), named in full later"), r"singkatan dari \1, disebut lengkap kemudian"),
    (re.compile(r"^search (.+)"), r"pencarian \1"),
    (re.compile(r"^rule (.+)"), r"aturan \1"),
    (re.compile(r"; (\d+) more of this name"), r"; \1 lagi bernama sama"),
    (re.compile(r"; a namesake is named too"), r"; orang bernama sama juga disebut"),
    (re.compile(r"^beside (.+)"), r"di dekat \1"),
    (re.compile(r"^named with (.+)"), r"disebut bersama \1"),
    (re.compile(r"^also named (.+)"), r"juga disebut \1"),
    (re.compile(r"^named in the headline before"), "sebelumnya disebut di judul"),
)


def say(language: Reader, key: str, **values: object) -> str:
    """One phrase in the reader's language."""
    return WORDS[language][key].format(**values)


def reason(language: Reader, why: str) -> str:
    """Why something matched, in the reader's language as far as that is known."""
    if language == "id":
        for pattern, replacement in _REASONS_ID:
            why = pattern.sub(replacement, why)
    return why
