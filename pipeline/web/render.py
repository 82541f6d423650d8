"""Templates to HTML: escaped, in the reader's language and colours."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache, partial
from typing import Any, Final
from urllib.parse import urlsplit

import jinja2
import msgspec
from babel import Locale
from babel.core import UnknownLocaleError
from babel.numbers import format_decimal
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pipeline import reasons
from pipeline.search import FACETS
from pipeline.web.access import SCOPES, Scope, scope_of
from pipeline.web.marking import highlighted
from pipeline.web.params import address, iso
from pipeline.web.words import translated
from schemas.codec import now
from schemas.said import Said, Say

LANGUAGES: Final = {"en": "English", "id": "Bahasa Indonesia"}
THEMES: Final = ("auto", "light", "dark")
# Keys of one letter can be turned off, for who speaks to the machine or presses them unawares (WCAG 2.2, 2.1.4).
KEYS: Final = ("on", "off")
RIGHT_TO_LEFT: Final = frozenset({
    "ar", "arc", "azb", "ckb", "dv", "fa", "he", "ks", "mzn", "nqo", "pnb", "prs", "ps", "sd", "syr", "ug", "ur", "yi",
})  # fmt: skip
RIGHT_TO_LEFT_SCRIPTS: Final = frozenset({"arab", "hebr"})
SAFE_SCHEMES: Final = frozenset({"http", "https"})
# Codes come from addresses that anyone can write.
NAMES_KEPT: Final = 1_000
_AGO: Final = (
    (86_400, Said("{} d ago")), (3_600, Said("{} h ago")), (60, Said("{} min ago")), (1, Said("{} s ago"))
)  # fmt: skip


@cache
def environment() -> jinja2.Environment:
    """The templates; every value is escaped unless it is made of escaped ones."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("pipeline.web"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "marked": highlighted, "when": when, "iso": iso, "safe_url": safe_url, "language_name": language_name,
        "direction": direction, "country_name": country_name, "number": number, "reason": reason,
    }  # fmt: skip
    made.globals |= {
        "address": address,
        "by": {name: partial(_pair, name) for name in FACETS},
        "language_names": language_name,
        "country_names": country_name,
    }
    return made


def _pair(name: str, value: str) -> tuple[str, str]:
    return name, value


def language_of(request: Request) -> str:
    """The reader's language: as chosen, or the first of the browser's that the page has, or English."""
    chosen = request.cookies.get("kabar_language", "")
    if chosen in LANGUAGES:
        return chosen
    for part in request.headers.get("accept-language", "")[:200].split(","):
        code = part.split(";")[0].strip().split("-")[0].lower()
        if code in LANGUAGES:
            return code
    return "en"


def theme_of(request: Request) -> str:
    """As chosen, or `auto`."""
    chosen = request.cookies.get("kabar_theme", "auto")
    return chosen if chosen in THEMES else "auto"


def keys_of(request: Request) -> str:
    """Whether keys of one letter do something: as chosen, or `on`."""
    return "off" if request.cookies.get("kabar_keys") == "off" else "on"


def words_of(request: Request) -> Say:
    """What gives a phrase in the reader's language."""
    words = translated(language_of(request))
    return lambda text: words.get(text, text)


def page(request: Request, template: str, values: Mapping[str, Any], status: int = 200) -> Response:
    """A page."""
    language, say = language_of(request), words_of(request)
    settings = request.app.state.desk.settings
    held = _scope(request)
    scope = held if held is not None else "none"
    context = {
        "_": say,
        "counted": lambda count, one, several: f"{number(count, language)} {say(one if count == 1 else several)}",
        "ui": language,
        "languages": LANGUAGES,
        "theme": theme_of(request),
        "themes": THEMES,
        "keys": keys_of(request),
        "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "path": request.url.path,
        "scope": scope,
        "may": lambda wanted: scope != "none" and SCOPES.index(scope) >= SCOPES.index(wanted),
        "version": settings.index_prefix,
        **values,
    }
    return HTMLResponse(environment().get_template(template).render(context), status_code=status)


def _scope(request: Request) -> Scope | None:
    try:
        return scope_of(request.app.state.desk.settings, request)
    except Exception:  # noqa: BLE001 - a page about an error must be shown whatever the token is
        return None


def number(value: float, ui: str) -> str:
    """A number with the signs of a language: 1,234.5 in English is 1.234,5 in Indonesian."""
    return format_decimal(value, locale=ui)


def when(moment: datetime | None, say: Say) -> Markup:
    """A moment as <time>: how long ago within two days, else its date; whole when pointed at."""
    if moment is None:
        return Markup("–")
    moment = moment.astimezone(UTC)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        iso(moment), f"{moment:%Y-%m-%d %H:%M:%S} UTC", _short(moment, say)
    )


def _short(moment: datetime, say: Say) -> str:
    seconds = int((now() - moment).total_seconds())
    if not 0 <= seconds < 2 * 86_400:
        return f"{moment:%Y-%m-%d %H:%M}"
    size, ago = next((entry for entry in _AGO if seconds >= entry[0]), _AGO[-1])
    return msgspec.structs.replace(ago, values=(seconds // size,)).told(say)


def reason(why: str, say: Say) -> str:
    """Why something matched, as it is kept, in the reader's language."""
    return reasons.said(why).told(say)


def safe_url(url: str | None) -> str | None:
    """An address that a click may open: http or https, nothing else."""
    if not url:
        return None
    try:
        return url if urlsplit(url).scheme.lower() in SAFE_SCHEMES else None
    except ValueError:
        return None


@lru_cache(maxsize=NAMES_KEPT)
def language_name(code: str, ui: str = "en") -> str:
    """The name of a language in another, or the code where it has none."""
    if code == "und":
        return "?"
    try:
        return Locale.parse(code, sep="-").get_display_name(ui) or code
    except (UnknownLocaleError, ValueError, TypeError):
        name = Locale(ui).languages.get(code.split("-", maxsplit=1)[0])
        return str(name) if name else code


@lru_cache(maxsize=NAMES_KEPT)
def country_name(code: str, ui: str = "en") -> str:
    """The name of a country in a language, or the code."""
    return str(Locale(ui).territories.get(code.upper(), code))


def direction(language: str) -> str:
    """Which way a text in a language is written; where that is not known, its first letter decides.

    Not always its first letter: a Persian headline that begins with “NATO” runs from the right all the same.
    """
    primary, *further = language.lower().split("-")
    return "rtl" if primary in RIGHT_TO_LEFT or RIGHT_TO_LEFT_SCRIPTS.intersection(further) else "auto"
