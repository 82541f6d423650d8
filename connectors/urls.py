"""Canonical URLs: one spelling for one page, since an item's identity is the hash of it."""

import re
from urllib.parse import unquote

from yarl import URL

LIMIT = 2_000
SCHEMES = frozenset({"http", "https"})

# What marketing and analytics add; the page is the same without. Prefixes, then whole names, lower case. From the
# publishers' and the tools' own documentation (Google, Meta, Microsoft, Yandex, X, TikTok, Mailchimp, HubSpot, Marketo,
# Matomo, Adobe, AT Internet, Webtrekk, Vero, Olytics, BBC, New York Times).
_PREFIXES = ("utm_", "mtm_", "matomo_", "piwik_", "pk_", "at_", "hsa_", "ga_", "stm_", "wt_", "mc_", "trk_")
_NAMES = frozenset(
    "fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ysclid twclid ttclid igshid igsh li_fat_id "  # noqa: SIM905 - a list of names
    "_ga _gl _hsenc _hsmi __hstc __hssc __hsfp hsctatracking mkt_tok oly_anon_id oly_enc_id vero_id vero_conv "
    "ref_src ref_url smid smtyp emc ncid cmpid cmp icid ito xtor s_cid sr_share guccounter guce_referrer "
    "guce_referrer_sig ftag sref spm scm at_xt wtmc taid _openstat rb_clickid "
    "feature_share share_source ns_source ns_mchannel ns_campaign ns_linkname ns_fee".split()
)
# WHATWG: these are removed from anywhere in a URL.
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")
# What feed readers of old registered themselves for; the address follows.
_READERS = re.compile(r"(?:feed|itpc|pcast):(?://)?(?=\S)", re.IGNORECASE)
_NO_SCHEME = re.compile(r"(?:[\w-]+\.)+[\w-]{2,}(?::\d+)?(?:[/?]|\Z)")
_INVISIBLE = re.compile(r"[\t\r\n]")


def is_tracking(name: str) -> bool:
    """Whether a query parameter only says how the reader came."""
    lower = name.lower()
    return lower in _NAMES or lower.startswith(_PREFIXES)


def absolute_url(link: str | None, base: str | None) -> str | None:
    """The absolute http(s) URL that a link means, or None where it means none (`javascript:`, `tag:`, nonsense)."""
    if not link:
        return None
    link = _INVISIBLE.sub("", link.strip().strip("\x00"))
    if not link or len(link) > 4 * LIMIT:
        return None
    try:
        url = URL(link)
        if not url.scheme and base:
            url = URL(base).join(url)
        return str(url) if url.scheme in SCHEMES and url.host else None
    except ValueError:  # yarl: a port, a host or an escape that cannot be
        return None


def feed_address(text: str | None) -> str | None:
    """The http(s) address that people mean by a feed's: also `feed://site`, `//site` and `site.example/rss`."""
    text = (text or "").strip()
    plain = _READERS.sub("", text, count=1)
    if plain != text and "://" not in plain:
        plain = f"http://{plain}"
    elif plain.startswith("//"):
        plain = f"https:{plain}"
    elif _NO_SCHEME.match(plain):
        plain = f"https://{plain}"
    return absolute_url(plain, None)


def canonical_url(link: str | None, base: str | None = None) -> str | None:
    """The one spelling of a page's URL, or None where the link is none or is too long to keep.

    Scheme and host in lower case, IDN in its ASCII form, no trailing dot of the host, no default port, no credentials,
    dot segments resolved, escapes normalised (RFC 3986, 6.2.2), no fragment, no tracking parameters, the others in
    the order of their names. The scheme stays as given, and so does a trailing slash: they can mean two pages.
    """
    found = absolute_url(link, base)
    if found is None:
        return None
    try:
        url = URL(found)
        host = (url.raw_host or "").rstrip(".").lower()
        if not _HOST.fullmatch(host):
            return None
        host = f"[{host}]" if ":" in host else host
        port = None if url.is_default_port() else url.port
        # The raw forms: an escaped slash in a path is not a slash, an escaped `&` ends no parameter.
        parts = [part for part in url.raw_query_string.replace("+", "%20").split("&") if part.strip("=")]
        kept = sorted((p for p in parts if not is_tracking(unquote(_name(p)))), key=_name)
        canonical = str(
            URL.build(
                scheme=url.scheme,
                host=host,
                port=port,
                path=url.raw_path or "/",
                query_string="&".join(kept),
                encoded=True,
            )
        )
    except ValueError:
        return None
    return canonical if len(canonical) <= LIMIT else None


def _name(parameter: str) -> str:
    return parameter.partition("=")[0]


def host_of(url: str) -> str:
    """The host of a URL in lower case, without `www.`; empty where there is none."""
    try:
        host = URL(url).raw_host or ""
    except ValueError:
        return ""
    return host.lower().rstrip(".").removeprefix("www.")
