"""Links as feeds write them, to canonical URLs."""

import html
import re
from urllib.parse import parse_qs, urlsplit

from connectors.parse.entry import Repairs
from connectors.urls import canonical_url

_HREF = re.compile(r"href\s*=\s*[\"']?([^\"'\s>]{1,2000})", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]{1,15}:", re.IGNORECASE)
# Slips of hand that can mean one thing only: `http:/x`, `http:///x`, `http//x`, `hhttp://x`, `http://http://x`.
_SLIPS = re.compile(r"(?:feed:(?://)?)?(?:(?:h?https?|htp|ttp|htttp)(s?):?/{1,4})+(?=[\w\[])", re.IGNORECASE)
_TWO = re.compile(r"(https?://\S+)\s+https?://", re.IGNORECASE)
# Google Alerts, Google News of old, Bing News.
_COUNTING = re.compile(
    r"https?://(?:www\.google\.[a-z.]{2,6}/url|news\.google\.[a-z.]{2,6}/news/url|www\.bing\.com/news/apiclick\.aspx)\?"
)
_BARE_HOST = re.compile(r"www\.[\w-]+\.[\w.-]+(?:[/?:#]|\Z)", re.IGNORECASE)


def link(text: str | None, base: str, repairs: Repairs) -> str | None:
    """The canonical URL of a link; what can only be a slip is mended, an unusable one left out, each with a note."""
    text = (text or "").strip().strip("\x00").strip()
    if not text:
        return None
    mended = _with_scheme(_mended(text, repairs), base, repairs)
    found = canonical_url(mended, base)
    if found and (inside := _inside(found)):
        repairs.add("link-unwrapped")
        return inside
    if found is None:
        repairs.add("link-unusable")
    elif not _ABSOLUTE.match(mended):
        repairs.add("link-relative")
    return found


def _inside(url: str) -> str | None:
    """The page that a search engine's address leads to: what is around it counts clicks, and changes."""
    if not _COUNTING.match(url):
        return None
    given = parse_qs(urlsplit(url).query)
    return next((page for name in ("url", "q") for text in given.get(name, ()) if (page := canonical_url(text))), None)


def _with_scheme(text: str, base: str, repairs: Repairs) -> str:
    """`site.example/1` in a feed of that very site, whose links have lost `https://`."""
    scheme, _, rest = base.partition("://")
    host = rest.partition("/")[0].lower().removeprefix("www.")
    if "." not in host or text.partition("/")[0].lower().removeprefix("www.") != host:
        return text
    repairs.add("link-without-scheme")
    return f"{scheme}://{text}"


def _mended(text: str, repairs: Repairs) -> str:
    if "<" in text:
        inside = _HREF.search(text)
        text = inside[1] if inside else _TAG.sub("", text).strip()
        repairs.add("link-markup")
    if "&amp;" in text or "&#" in text or "&nbsp;" in text:
        text = html.unescape(text).strip()
        repairs.add("link-escaped")
    if "\\" in text[:10]:
        text = text.replace("\\", "/")
    if _BARE_HOST.match(text):
        repairs.add("link-without-scheme")
        return f"http://{text}"
    if two := _TWO.match(text):
        repairs.add("link-slip")
        text = two[1]
    slip = _SLIPS.match(text)
    if slip and slip[0].lower() not in {"http://", "https://"}:
        repairs.add("link-slip")
        scheme = "https" if "https" in slip[0].lower() else "http"
        return f"{scheme}://{text[slip.end() :]}"
    return text
