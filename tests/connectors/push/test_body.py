"""What a request's body is taken for."""

import json

import pytest

from connectors.protocol import Refused
from connectors.push.body import ITEMS_LIMIT, Malformed, read_body
from schemas.item import Item, item_id


def titles(body: bytes, content_type: str = "application/json") -> list[str]:
    """The titles of the items, and the reasons of the refusals."""
    found = read_body(body, content_type, source="push")
    return [thing.title if isinstance(thing, Item) else f"refused: {thing.reason}" for thing in found]


ONE = {"url": "https://x.example/1", "title": "One"}
TWO = {"guid": "2", "title": "Two"}


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (json.dumps(ONE), "application/json", ["One"]),
        (json.dumps(ONE, indent=2), "application/json", ["One"]),
        (json.dumps([ONE, TWO]), "application/json", ["One", "Two"]),
        (json.dumps([ONE, TWO], indent=1), "text/plain", ["One", "Two"]),
        (f"{json.dumps(ONE)}\n\n{json.dumps(TWO)}\n", "application/x-ndjson", ["One", "Two"]),
        (f"{json.dumps(ONE)}\r\n{json.dumps(TWO)}", "application/json", ["One", "Two"]),
        ("\ufeff" + json.dumps(ONE), "application/json", ["One"]),
    ],
)
def test_one_an_array_or_lines(body: str, content_type: str, expected: list[str]) -> None:
    """Told by the content, whatever the header says of it."""
    assert titles(body.encode(), content_type) == expected


def test_each_is_judged_by_itself() -> None:
    """A bad neighbour costs nothing: no object, no text, nothing to tell it by, cut off."""
    found = titles(json.dumps([ONE, 7, {"url": "https://x.example/2"}, {"title": "no id"}, TWO]).encode())
    assert [found[0], found[-1]] == ["One", "Two"]
    assert all(text.startswith("refused: ") for text in found[1:-1])
    lines = titles(json.dumps(ONE).encode() + b'\n{"title": "cut\n' + json.dumps(TWO).encode(), "application/x-ndjson")
    assert [lines[0], lines[2]] == ["One", "Two"]


def test_bytes_that_are_no_utf_8_are_mended() -> None:
    """In one element of an array, without harm to the others."""
    body = b'[{"guid": "1", "title": "bad \xff\x01 byte"}, ' + json.dumps(TWO).encode() + b"]"
    assert titles(body) == ["bad � byte", "Two"]


@pytest.mark.parametrize("body", [b"", b" \n", b"[1, 2", b"[" * 200_000, b"[" + b"1," * ITEMS_LIMIT + b"1]"])
def test_nothing_can_be_told_apart(body: bytes) -> None:
    """An empty body, a broken array, one nested without end, too many: one sentence for all of it."""
    with pytest.raises(Malformed):
        read_body(body, "application/json", source="push")


def test_a_refusal_has_the_same_origin_each_time() -> None:
    """So that a client that sends the same again makes no second dead letter."""
    first, again = (read_body(b"[1]", "application/json", source="push")[0] for _ in range(2))
    assert isinstance(first, Refused)
    assert first == again


def test_markup_and_scripts_are_not_kept() -> None:
    """Texts are plain, a script's address is none, and each says so."""
    body = json.dumps({"guid": "1", "url": "javascript:alert(1)", "title": "<b>Bold</b> <script>x()</script>news"})
    (item,) = read_body(body.encode(), "application/json", source="push")
    assert isinstance(item, Item)
    assert (item.title, item.url) == ("Bold news", None)
    assert {"html-in-title", "link-unusable"} <= set(item.repairs)
    assert item.id == item_id(url=None, source="push", guid="1")
