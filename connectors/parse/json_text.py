"""JSON as feeds have it: with trailing commas, wrong escapes, or cut off in the middle."""

import json
import re
from typing import Any

MENDED = "json-mended"
TRUNCATED = "json-truncated"

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_TRAILING = re.compile(r",\s*(?=[}\]])")
_ESCAPE = re.compile(r'\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})')
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_PARTS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
# Mending takes a second and more for so many characters; longer texts must be right as they are.
MENDED_LIMIT = 1_500_000
ITEM_DEPTH = 2  # an object inside a list inside the feed


def read_json(text: str) -> tuple[Any, tuple[str, ...]]:
    """What a JSON text holds, and the repairs that reading it took.

    Raises:
        ValueError: it cannot be read (also where it is nested too deep).
    """
    try:
        return json.loads(text, strict=False), ()
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    except ValueError as error:
        first = error
    if len(text) > MENDED_LIMIT:
        raise first
    for mended, repair in ((_mend(text), MENDED), (_whole_items(_mend(text)), TRUNCATED)):
        if mended is None:
            continue
        try:
            return json.loads(mended, strict=False), (repair,)
        except (ValueError, RecursionError):
            continue
    raise first


def _mend(text: str) -> str:
    """Outside of strings: no trailing commas, no comments. Inside: no escapes that JSON does not have."""
    parts = []
    at = 0
    for found in _STRING.finditer(text):
        parts.append(_between(text[at : found.start()]))
        parts.append(_ESCAPE.sub("", found[0]))
        at = found.end()
    parts.append(_between(text[at:]))
    return _without_trailing("".join(parts))


def _between(text: str) -> str:
    return _COMMENT.sub("", text) if "/" in text else text


def _without_trailing(text: str) -> str:
    parts = []
    at = 0
    for found in _STRING.finditer(text):
        parts += [_TRAILING.sub("", text[at : found.start()] + "\x00").rstrip("\x00"), found[0]]
        at = found.end()
    parts.append(_TRAILING.sub("", text[at:]))
    return "".join(parts)


def _whole_items(text: str) -> str | None:
    """The feed up to its last whole item, closed; None where there is none."""
    stack: list[str] = []
    end = None
    for found in _PARTS.finditer(text):
        char = found[0]
        if char in "{[":
            stack.append(char)
        elif char in "}]":
            if not stack:
                break
            stack.pop()
            if len(stack) == ITEM_DEPTH and stack == ["{", "["] and char == "}":
                end = found.end()
    return f"{text[:end]}]}}" if end else None
