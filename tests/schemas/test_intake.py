"""What is refused and what is repaired."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import now
from schemas.intake import Refused, decode_item
from schemas.item import BODY_LIMIT, LIST_LIMIT, TITLE_LIMIT, Item

AT = datetime(2026, 3, 1, tzinfo=UTC)


def _item(**fields: Any) -> Item | Refused:  # noqa: ANN401 - any field, right or wrong
    plain = {"id": "1", "source": "s", "title": "t", "fetched_at": "2026-03-01T00:00:00Z", **fields}
    return decode_item(json.dumps(plain).encode(), at=AT)


def _good(**fields: Any) -> Item:  # noqa: ANN401
    found = _item(**fields)
    assert isinstance(found, Item)
    return found


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not JSON"),
        (b"not json", "not JSON"),
        (b"null", "not a JSON object"),
        (b"[1]", "not a JSON object"),
        (b'{"id":"1","source":"s"}', "required field"),
        (b'{"title":"t"}', "required field"),
        (b'{"id":"1","source":"s","fetched_at":"2026-03-01T00:00:00Z"}', "required field"),
        (b'{"v":99,"id":"1","title":"t"}', "version 99"),
        (b'{"title":"' + b"x" * 20_000_000 + b'","id":"1"}', "20,000,0"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_refused(raw: bytes, reason: str) -> None:
    """Not JSON, no text, nothing to tell it by, a newer version, over 10 MB: refused, and the reason says so."""
    found = decode_item(raw, at=AT)
    assert isinstance(found, Refused)
    assert reason in found.reason


def test_a_good_item_is_not_touched() -> None:
    """An item within all limits comes out as it went in."""
    item = Item(id="1", source="s", fetched_at=now(), title="Kabar", body="Isi berita.")
    assert decode_item(item.encode()) == item


def test_a_body_may_be_called_text() -> None:
    """A record that is whole but for the name of its body keeps its body."""
    assert _good(text="Isi berita.").body == "Isi berita."
    assert _good(text="other", body="Isi berita.").body == "Isi berita."


@pytest.mark.parametrize(
    ("fields", "repair"),
    [
        ({"title": "a\x00b"}, "title-control-characters"),
        ({"title": "x" * 1_000_000}, "title-capped"),
        ({"body": "x" * (BODY_LIMIT + 1)}, "body-capped"),
        ({"published_at": "9999-12-31T23:59:59Z"}, "date-implausible"),
        ({"published_at": "1970-01-01T00:00:00Z"}, "date-implausible"),
        ({"published_at": "2026-02-01T10:00:00"}, "date-without-zone"),
        ({"published_at": "yesterday"}, "published_at-unreadable"),
        ({"categories": ["c"] * 50_000}, "categories-capped"),
        ({"fetched_at": "2999-01-01T00:00:00Z"}, "fetch-time-implausible"),
        ({"title": 7}, "title-not-text"),
    ],
)
def test_repaired(fields: dict[str, Any], repair: str) -> None:
    """What can be mended or cut is, and the item says what was done to it."""
    item = _good(**fields)
    assert repair in item.repairs
    assert len(item.title) <= TITLE_LIMIT
    assert len(item.body) <= BODY_LIMIT
    assert len(item.categories) <= LIST_LIMIT
    assert "\x00" not in item.title
    assert item.published_at is None or item.published_at.year == AT.year
    assert item.fetched_at <= AT


@pytest.mark.parametrize(
    "written", [1769940000, 1769940000000, 1769940000.0, "Sun, 01 Feb 2026 17:00:00 +0700", "2026-02-01T10:00:00Z"]
)
def test_dates_as_programs_write_them(written: object) -> None:
    """Seconds or milliseconds since 1970, as mail has them, as ISO 8601."""
    assert _good(published_at=written).published_at == datetime(2026, 2, 1, 10, tzinfo=UTC)


def test_an_odd_item_keeps_its_places() -> None:
    """What is wrong in one field costs no other."""
    assert _good(title=7, coordinates=[[-6.2, 106.8]]).coordinates == ((-6.2, 106.8),)
    assert "coordinates-unreadable" in _good(title=7, coordinates="Jakarta").repairs


def test_what_is_nested_too_deep_is_refused() -> None:
    """In a field that nobody knows too."""
    refused = decode_item(b'{"id":"1","source":"s","title":"t","z":' + b"[" * 100_000 + b"}", at=AT)
    assert isinstance(refused, Refused)


def test_invalid_utf_8_is_replaced() -> None:
    """A byte that is no UTF-8 becomes U+FFFD, and the item is flagged."""
    item = decode_item(b'{"id":"1","source":"s","title":"caf\xe9"}', at=AT)
    assert isinstance(item, Item)
    assert item.title == "caf�"
    assert "invalid-utf-8" in item.repairs


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(lambda v: json.dumps(v).encode())
)
def test_any_bytes_give_an_answer(raw: bytes) -> None:
    """No input raises."""
    assert isinstance(decode_item(raw, at=AT), Item | Refused)


@given(
    st.dictionaries(
        st.sampled_from(["id", "url", "guid", "title", "summary", "body", "published_at", "authors", "v", "repairs"]),
        st.none() | st.text() | st.integers() | st.lists(st.text(), max_size=3) | st.floats(),
    )
)
def test_any_object_gives_an_answer_that_survives_the_wire(plain: dict[str, Any]) -> None:
    """Whatever the fields hold, an item that is taken can be encoded and decodes to itself."""
    found = decode_item(json.dumps(plain).encode(), at=AT)
    if isinstance(found, Item):
        assert Item.decode(found.encode()) == found
