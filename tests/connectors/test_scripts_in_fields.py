"""Scripts in any field of any format: what comes out of a feed is text and http(s) addresses, and nothing that runs."""

import json
import re
from html import escape

import pytest

from connectors.reading import Read, Reading, read_body
from connectors.text import has_tag

# Own spellings of the classes of OWASP's filter-evasion list and of the sanitizer tests that readers of feeds have.
ATTACKS = (
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script\x0b>alert(1)</script >",
    "<script/x>alert(1)</script>",
    "<<script>alert(1)//<</script>",
    "<img src=x onerror=alert(1)>",
    "<IMG SRC=`javascript:alert(1)`>",
    '<img """><script>alert(1)</script>">',
    "<img src='x'onerror='alert(1)'",
    "<svg onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<math><mtext><script>alert(1)</script></mtext></math>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='&lt;script&gt;alert(1)&lt;/script&gt;'></iframe>",
    "<object data=data:text/html;base64,PHNjcmlwdD4=></object>",
    "<embed src=//evil.example/x.swf>",
    "<a href=java&#10;script:alert(1)>link</a>",
    "<a href='&#106;avascript:alert(1)'>link</a>",
    "<form action=javascript:alert(1)><button formaction=javascript:alert(1)>x</button></form>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<base href=javascript:alert(1)//>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>*{background:url(javascript:alert(1))}</style>",
    "<div style='width:expression(alert(1))'>x</div>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<input autofocus onfocus=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<!--<img src='--><img src=x onerror=alert(1)//'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<textarea><script>alert(1)</script></textarea>",
    "<template><script>alert(1)</script></template>",
    "<xss id=x tabindex=1 onfocus=alert(1)>x</xss>",
    "</title><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
)
ADDRESSES = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    " javascript:alert(1)",
    "\x01javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "view-source:javascript:alert(1)",
    "file:///etc/passwd",
    "blob:https://evil.example/1",
)
RUNS = re.compile(r"<[^<>]*\bon\w+\s*=|javascript:|vbscript:", re.IGNORECASE)


def rss(attack: str, address: str) -> bytes:
    """Escaped, as most feeds have HTML."""
    a, url = escape(attack), escape(address.replace("\x01", ""))
    return (
        f"<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel><title>{a}</title><item>"
        f"<title>{a}Harbour</title><link>{url}</link><guid>{url}</guid><description>{a}Ferry</description>"
        f"<dc:creator>{a}Desk</dc:creator><category>{a}news</category><enclosure url='{url}'/></item></channel></rss>"
    ).encode()


def cdata(attack: str, address: str) -> bytes:
    """In CDATA, with the body of its own."""
    a, url = attack.replace("]]>", "]]&gt;").replace("\x0b", " "), escape(address.replace("\x01", ""))
    return (
        "<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel><item>"
        f"<title><![CDATA[{a}Harbour]]></title><link>{url}</link><description><![CDATA[{a}Ferry]]></description>"
        f"<content:encoded><![CDATA[<p>{a}Ferry</p>]]></content:encoded><author>{a and escape(a)}Desk</author>"
        "</item></channel></rss>"
    ).encode()


def atom(attack: str, address: str) -> bytes:
    """As `html`, in every construct that has text."""
    a, url = escape(attack.replace("\x0b", " ")), escape(address.replace("\x01", ""))
    return (
        f"<feed xmlns='http://www.w3.org/2005/Atom' xml:base='{url}'><title type='html'>{a}</title><entry>"
        f"<id>{url}</id>"
        f"<title type='html'>{a}Harbour</title><link href='{url}'/><summary type='html'>{a}Ferry</summary>"
        f"<content type='html'>{a}Ferry</content><author><name>{a}Desk</name></author><category term='{a}news'/>"
        "</entry></feed>"
    ).encode()


def jsonfeed(attack: str, address: str) -> bytes:
    """As HTML, and in the fields that are plain."""
    entry = {
        "id": address,
        "url": address,
        "external_url": address,
        "title": f"{attack}Harbour",
        "summary": attack,
        "content_html": f"{attack}Ferry",
        "authors": [{"name": f"{attack}Desk"}],
        "tags": [f"{attack}news"],
    }
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": attack, "items": [entry]}).encode()


def shown(body: bytes) -> Reading:
    """The one item of a feed."""
    found = read_body(body, url="https://feed.example/")
    assert isinstance(found, Read), found
    (item,) = found.items
    return item


@pytest.mark.parametrize("form", [rss, cdata, atom, jsonfeed])
@pytest.mark.parametrize("attack", ATTACKS)
def test_no_field_keeps_a_tag(form: object, attack: str) -> None:
    """Title, summary, body, authors and categories: no tag, no handler, no address that runs."""
    assert callable(form)
    item = shown(form(attack, "https://feed.example/1"))
    for text in (item.title, item.summary, item.body, *item.authors, *item.categories):
        assert not has_tag(text)
        assert not RUNS.search(text)
    assert item.url == "https://feed.example/1"


@pytest.mark.parametrize("form", [rss, cdata, atom, jsonfeed])
@pytest.mark.parametrize("address", ADDRESSES)
def test_no_address_but_http_is_kept(form: object, address: str) -> None:
    """An address that runs or reads files is none; the item stays, known by its guid."""
    assert callable(form)
    item = shown(form("", address))
    assert item.url is None or item.url.startswith(("http://", "https://")), item.url
    assert item.title == "Harbour"
