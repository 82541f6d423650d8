"""The part of an item by which its language is judged: bounded, clean, and taken from more than one place."""

import re
import unicodedata
from typing import Final

SAMPLE_LIMIT: Final = 500
_TITLE_LIMIT: Final = 200
_SUMMARY_LIMIT: Final = 300
# A body that is longer than what is taken of it gives as many pieces: its beginning alone may be a byline or a notice
# in another language, its end a list of links.
_PIECES: Final = 3
# Raw text is cut to this before any pattern runs over it, so that cost does not grow with the item.
_SLACK: Final = 3

_NOISE: Final = re.compile(
    r"(?:https?://|www\.)\S{1,2000}|\S{1,64}@[\w.-]{1,255}|[@#]\w{1,100}|\b\w{1,63}\.(?:com|net|org|id)\b"
)
_RUN: Final = re.compile(r"([^\W\d_])\1{3,}")
# Each word this often on average: no text, but a list, a chant or a test.
_REPEATING: Final = 4
# Longer than any word of a newspaper; scripts that do not part words have none of these letters.
_LONGEST_WORD: Final = 64
_ENDLESS: Final = re.compile(r"[a-zA-Z\u00c0-\u052f]{65,}")
# Most texts have nothing of it; this is quicker to ask.
_MAY_BE_NOISE: Final = ("://", "www.", "@", "#", ".com", ".net", ".org", ".id")


def sample(title: str, summary: str, body: str) -> str:
    """At most about 500 code points of the item, composed (NFC), without addresses, handles and tags."""
    head = clean(title, _TITLE_LIMIT)
    lead = clean(summary, _SUMMARY_LIMIT)
    found = [part for part in (head, lead, *_of_body(body, SAMPLE_LIMIT - len(head) - len(lead))) if part]
    text = once(" \n".join(found))
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def once(text: str) -> str:
    """A text without what is said again and again: "Gooool" is "Gool", a word fifty times is that word.

    Letters and words that are repeated like this are no more evidence than one of them. Where words are seldom
    repeated, as in all that people write, nothing changes.
    """
    text = _RUN.sub(r"\1\1", text)
    words = text.split()
    if len(words) >= _REPEATING * 2 and len(distinct := dict.fromkeys(words)) * _REPEATING <= len(words):
        words = list(distinct)
        text = " ".join(words)
    return _ENDLESS.sub(" ", text) if max(map(len, words), default=0) > _LONGEST_WORD else text


def clean(text: str, limit: int, start: int = 0) -> str:
    """At most `limit` code points of a text from `start` on, without noise, cut at a space."""
    raw = text[start : start + limit]
    if any(map(raw.__contains__, _MAY_BE_NOISE)):
        raw = _NOISE.sub(" ", text[start : start + limit * _SLACK])[:limit]
    if len(raw) < limit:
        return raw
    space = raw.rfind(" ")
    # A script without spaces is cut anywhere.
    return raw[:space] if space > limit // 2 else raw


def _of_body(body: str, room: int) -> list[str]:
    if len(body) <= room or room < _PIECES:
        return [clean(body, room)]
    size = room // _PIECES
    step = (len(body) - size) // (_PIECES - 1)
    return [clean(body, size, number * step) for number in range(_PIECES)]
