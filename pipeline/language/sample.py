"""The part of an item by which its language is judged: bounded, clean, and taken from more than one place."""

import re
from typing import Final

SAMPLE_LIMIT: Final = 500
_TITLE_LIMIT: Final = 200
_SUMMARY_LIMIT: Final = 300
# Raw text is cut to this before any pattern runs over it, so that cost does not grow with the item.
_SLACK: Final = 3

_NOISE: Final = re.compile(
    r"(?:https?://|www\.)\S{1,2000}|\S{1,64}@[\w.-]{1,255}|[@#]\w{1,100}|\b\w{1,63}\.(?:com|net|org|id)\b"
)
# Most texts have nothing of it; this is quicker to ask.
_MAY_BE_NOISE: Final = re.compile(r"[@#/]|www\.|\.[cnoi]")


def sample(title: str, summary: str, body: str) -> str:
    """At most about 500 code points of the item, without addresses, handles and tags.

    The body gives its beginning and, where it is long, its middle: the beginning alone may be a byline or a notice in
    another language.
    """
    head = clean(title, _TITLE_LIMIT)
    lead = clean(summary, _SUMMARY_LIMIT)
    room = SAMPLE_LIMIT - len(head) - len(lead)
    return " \n".join(part for part in (head, lead, _of_body(body, room)) if part)


def clean(text: str, limit: int) -> str:
    """The beginning of a text, without noise, cut at a space to at most `limit` code points."""
    raw = text[: limit * _SLACK]
    kept = " ".join((_NOISE.sub(" ", raw) if _MAY_BE_NOISE.search(raw) else raw).split())
    if len(kept) <= limit and len(raw) == len(text):
        return kept
    cut = kept[:limit]
    space = cut.rfind(" ")
    # A script without spaces is cut anywhere.
    return cut[:space] if space > limit // 2 else cut


def _of_body(body: str, room: int) -> str:
    if len(body) <= 2 * room:
        return clean(body, room)
    half = room // 2
    middle = len(body) // 2
    return f"{clean(body, half)} \n{clean(body[middle : middle + half * _SLACK], half)}"
