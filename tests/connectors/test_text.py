"""Text, dates, URLs and charsets."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.charset import decode
from connectors.dates import parse_date
from connectors.text import has_markup, plain
from connectors.urls import absolute_url, canonical_url


@pytest.mark.parametrize(
    ("given_url", "canonical"),
    [
        ("HTTP://WWW.Example.COM:80/a/../b/./c", "http://www.example.com/b/c"),
        ("https://example.com", "https://example.com/"),
        ("https://example.com:443/", "https://example.com/"),
        ("https://example.com:8443/", "https://example.com:8443/"),
        ("https://example.com./x", "https://example.com/x"),
        ("https://user:secret@example.com/x", "https://example.com/x"),
        ("https://bücher.example/ü?q=é", "https://xn--bcher-kva.example/%C3%BC?q=%C3%A9"),
        ("https://例え。jp/", "https://xn--r8jz45g.jp/"),
        ("https://example.com/%7euser/%2f", "https://example.com/~user/%2F"),
        ("https://example.com/a b", "https://example.com/a%20b"),
        ("https://example.com/?b=2&a=1&b=1", "https://example.com/?a=1&b=2&b=1"),
        ("https://example.com/?q=a+b", "https://example.com/?q=a%20b"),
        ("https://example.com/?utm_source=x&UTM_Medium=y&id=7&fbclid=z&gclid=w", "https://example.com/?id=7"),
        ("https://example.com/?", "https://example.com/"),
        ("https://example.com/?&&=&x=1&", "https://example.com/?x=1"),
        ("https://example.com/a#part", "https://example.com/a"),
        ("  https://exa\nmple.com/\t ", "https://example.com/"),
        ("http://[2001:DB8::1]:80/", "http://[2001:db8::1]/"),
        ("https://example.com/a/", "https://example.com/a/"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("file:///etc/passwd", None),
        ("tag:example.com,2024:1", None),
        ("mailto:a@example.com", None),
        ("http://", None),
        ("http://exa mple.com/", None),
        ("http://example.com:99999/", None),
        ("http://[::1", None),
        ("", None),
        (None, None),
        ("https://example.com/" + "a" * 3000, None),
    ],
)
def test_a_url_has_one_spelling(given_url: str | None, canonical: str | None) -> None:
    """Every spelling of a page's URL gives the canonical one; what is no page gives none."""
    assert canonical_url(given_url) == canonical


@given(st.text(max_size=60))
def test_a_canonical_url_is_its_own(text: str) -> None:
    """Canonicalising never raises, and again changes nothing."""
    once = canonical_url("https://example.com/" + text)
    assert once is None or canonical_url(once) == once


def test_relative_links_need_a_base() -> None:
    """A relative link is resolved against its base, a scheme-relative one too, and is nothing without."""
    assert absolute_url("../x", "https://example.com/a/b/") == "https://example.com/a/x"
    assert absolute_url("//cdn.example/x", "https://example.com/") == "https://cdn.example/x"
    assert absolute_url("/x", None) is None


@pytest.mark.parametrize(
    ("text", "moment", "repair"),
    [
        ("Tue, 05 Mar 2024 08:30:00 GMT", "2024-03-05T08:30:00+00:00", None),
        ("Tue, 05 Mar 2024 08:30:00 +0700", "2024-03-05T01:30:00+00:00", None),
        ("2024-03-05T08:30:00+05:30", "2024-03-05T03:00:00+00:00", None),
        ("2024-03-05 08:30:00 +0530", "2024-03-05T03:00:00+00:00", None),
        ("20240305T083000Z", "2024-03-05T08:30:00+00:00", None),
        ("2024-03-05", "2024-03-05T00:00:00+00:00", "date-without-zone"),
        ("Tue, 05 Mar 2024 08:30:00", "2024-03-05T08:30:00+00:00", "date-without-zone"),
        ("Tue, 05 Mar 2024 08:30:00 WIB", "2024-03-05T01:30:00+00:00", "date-guessed"),
        ("Selasa, 5 Maret 2024 08:30 WITA", "2024-03-05T00:30:00+00:00", "date-guessed"),
        ("5 марта 2024, 08:30", "2024-03-05T08:30:00+00:00", "date-guessed"),
        ("9999-12-31T23:59:59-05:00", None, "date-unreadable"),
        ("yesterday", None, "date-unreadable"),
        ("in 5 minutes", None, "date-unreadable"),
        ("x" * 5000, None, "date-unreadable"),
        ("", None, None),
        (None, None, None),
    ],
)
def test_dates_are_read_or_said_to_be_unreadable(text: str | None, moment: str | None, repair: str | None) -> None:
    """RFC 822, ISO 8601 and dates in words become UTC; nothing depends on today."""
    found, repaired = parse_date(text)
    assert (found.isoformat() if found else None, repaired) == (moment, repair)


@settings(deadline=None)  # the first date in words loads its languages
@given(st.text(max_size=90))
def test_no_date_raises(text: str) -> None:
    """Whatever stands where a date should, reading it returns."""
    parse_date(text + " 2024")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two<br>Three</p>", "One\nTwo\nThree"),
        ("Plain text\nin two lines", "Plain text\nin two lines"),
        ("a&nbsp;b &amp; c&hellip;", "a b & c…"),
        ("a &amp;amp; b", "a & b"),
        ("5 < 6 and AT&T", "5 < 6 and AT&T"),
        ("<script>alert(1)</script>x<style>p{}</style>", "x"),
        ("<scr<script>ipt>alert(1)</scr</script>ipt>", "ipt>alert(1)ipt>"),
        ("x<!-- hidden --><b>y</b>", "xy"),
        ("<pre>a\nb</pre>", "a\nb"),
        ("<p>a\nb</p>", "a b"),
        ("e\u0301", "é"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("<div>" * 5000 + "deep", "deep"),
        ("", ""),
        (None, ""),
    ],
)
def test_html_becomes_text(html: str | None, text: str) -> None:
    """Blocks end lines, entities are characters, what runs or is hidden is gone."""
    assert plain(html) == text


@given(st.text())
def test_no_text_raises(text: str) -> None:
    """Whatever a source says becomes text."""
    plain(text)
    plain(f"<p>{text}")
    has_markup(text)


@given(
    st.binary(max_size=400),
    st.sampled_from([None, "text/xml; charset=utf-7", "text/xml;charset=big5", "a; charset=idna"]),
)
def test_every_body_has_a_text(body: bytes, content_type: str | None) -> None:
    """No bytes and no label raise, and the text can be written as UTF-8 again."""
    text, _ = decode(body, content_type)
    text.encode("utf-8", "surrogatepass")


def test_the_header_is_a_hint_and_no_more() -> None:
    """The header wins over the declaration, and the bytes win over both."""
    text = "Crónica"
    assert decode(text.encode("cp1252"), "text/xml; charset=iso-8859-1") == (text, ())
    assert decode(text.encode(), "text/xml; charset=iso-8859-1") == (text, ("charset-wrong",))
    assert decode(text.encode("cp1252"), "text/xml; charset=utf-8")[0] == text
    both = '<?xml version="1.0" encoding="windows-1252"?>Привет'.encode("cp1251")
    assert decode(both, "text/xml; charset=windows-1251")[0].endswith("Привет")
