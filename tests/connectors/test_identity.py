"""An item's id is the item's own: whatever its charset, its feed's order, or the way it came."""

import gzip

import pytest

from connectors.reading import Read, Reading, read_body

URL = "https://feed.example/rss"
# What each of these charsets can write.
TEXTS = {
    "cyrillic": ("Паром снова ходит", "статья/паром", ("utf-8", "utf-16", "windows-1251", "koi8-r", "iso-8859-5")),
    "chinese": ("渡轮恢复通航", "新闻/渡轮", ("utf-8", "utf-16-be", "gb18030", "gbk", "big5")),
    "japanese": ("フェリー再開", "記事/1", ("utf-8", "euc-jp", "shift_jis", "iso-2022-jp")),
    "french": ("Le traversier a repris à l’été", "actualité/été", ("utf-8", "windows-1252", "utf-16-le")),
    "arabic": ("عودة العبارة", "خبر/1", ("utf-8", "windows-1256", "iso-8859-6")),
}
KINDS = {
    "by link": "<link>https://x.example/{path}</link>",
    "by guid": "<guid isPermaLink='false'>{path}</guid>",
    "by text": "",
    "by a shared link": "<link>https://x.example/{path}</link>",
}
CASES = [(name, charset) for name, (_, _, charsets) in TEXTS.items() for charset in charsets[1:]]


def feed(name: str, kind: str, charset: str) -> bytes:
    """The feed of one text, in that charset."""
    title, path, _ = TEXTS[name]
    if charset == "big5":
        title, path = "渡輪恢復通航", "新聞/渡輪"
    place = KINDS[kind].format(path=path)
    item = f"<item><title>{title}</title>{place}</item>"
    more = item.replace(title, title * 2) if kind == "by a shared link" else ""
    text = f"<?xml version='1.0' encoding='{charset}'?><rss version='2.0'><channel>{item}{more}</channel></rss>"
    return text.encode(charset)


def read(body: bytes, content_type: str | None = None) -> tuple[Reading, ...]:
    """What is in a feed."""
    found = read_body(body, url=URL, content_type=content_type)
    assert isinstance(found, Read), found
    return found.items


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "charset"), CASES)
def test_the_same_item_in_another_charset_has_the_same_id(name: str, charset: str, kind: str) -> None:
    """By link, guid, text, or what tells items of one link apart; whether the header says the charset or the body."""
    text = feed(name, kind, charset).decode(charset).replace(f"encoding='{charset}'", "encoding='utf-8'")
    expected = [(item.id, item.title) for item in read(text.encode())]
    assert len(set(expected)) == len(expected) > 0
    assert [(item.id, item.title) for item in read(feed(name, kind, charset))] == expected
    said = read(feed(name, kind, charset), f"text/xml; charset={charset}")
    assert [(item.id, item.title) for item in said] == expected


def test_the_same_item_by_any_format_and_spelling_of_its_link_has_the_same_id() -> None:
    """RSS, Atom and JSON Feed, packed or not, escaped or not, with tracking or without."""
    link = "https://x.example/%D1%81%D1%82%D0%B0%D1%82%D1%8C%D1%8F?id=7"
    bodies = [
        f"<rss version='2.0'><channel><item><title>T</title><link>{link}</link></item></channel></rss>",
        (
            "<rss version='2.0'><channel><item><title>T</title><link>https://X.example:443/статья?id=7&amp;utm_source=rss"
            "</link></item></channel></rss>"
        ),
        f"<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>T</title><link href='{link}#top'/></entry></feed>",
        (
            '{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "T", '
            '"url": "https://x.example/статья?fbclid=9&id=7"}]}'
        ),
    ]
    ids = {read(packed)[0].id for body in bodies for packed in (body.encode(), gzip.compress(body.encode()))}
    assert len(ids) == 1
