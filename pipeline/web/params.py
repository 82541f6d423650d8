"""A request's parameters as a query, and a query as parameters. Whatever a parameter holds, it is one or the other."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, cast, get_args
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from pipeline.query.moments import HINT, moment, span
from pipeline.search import FACETS, Query, Sort
from pipeline.search.request import DEEPEST
from schemas.codec import now
from schemas.said import Mistake, Said

MOST_SIZE: Final = 100
PAGE: Final = 10
MOST_VALUES: Final = 50
LONGEST_VALUE: Final = 512


class BadParameter(Mistake):
    """A parameter cannot be read; the sentence names it."""


class BadDate(BadParameter):
    """A date that someone wrote cannot be read; `text` is what was written."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(Said("{} takes {}.", (name, HINT)))
        self.text = text


def query_of(params: QueryParams, *, marks: tuple[str, str] = ("«", "»"), size: int = PAGE) -> Query:
    """The search that a request asks for: `q`, one parameter for each facet, `sort`, `size`, `offset`, `collapse`.

    Raises:
        BadParameter: one of them is not what it can be; of `since` and `until` it is a `BadDate`.
    """
    sort = params.get("sort", "relevance")
    if sort not in get_args(Sort):
        raise BadParameter("{} is one of {}, not {!r}.", "sort", ", ".join(get_args(Sort)), sort[:50])
    return Query(
        text=params.get("q", ""),
        selected=_selected(params),
        since=_date(params, "since"),
        until=_date(params, "until"),
        sort=cast(Sort, sort),
        size=number(params, "size", size, MOST_SIZE),
        offset=number(params, "offset", 0, DEEPEST),
        collapse=flag(params, "collapse", default=True),
        marks=marks,
    )


def _selected(params: QueryParams) -> dict[str, tuple[str, ...]]:
    chosen = {name: tuple(dict.fromkeys(value for value in params.getlist(name) if value)) for name in FACETS}
    for name, values in chosen.items():
        if len(values) > MOST_VALUES or any(len(value) > LONGEST_VALUE for value in values):
            raise BadParameter("{} takes up to {} values of {} characters.", name, MOST_VALUES, LONGEST_VALUE)
    for day in chosen.get("day", ()):
        if len(day) != len("2026-03-01") or day.count("-") != len("--") or span(day) is None:
            raise BadParameter("day is a date such as 2026-03-01.")
    return {name: values for name, values in chosen.items() if values}


def _date(params: Mapping[str, str], name: str) -> datetime | None:
    text = params.get(name, "")
    found = moment(text) if text else None
    if text and found is None:
        raise BadDate(name, text)
    return found.resolve(now()) if found else None


def number(params: Mapping[str, str], name: str, default: int, most: int) -> int:
    """A number between 0 and `most`.

    Raises:
        BadParameter: it is none.
    """
    text = params.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= most):  # noqa: PLR2004 - digits
        raise BadParameter("{} is a number from 0 to {:,}.", name, most)
    return int(text)


def flag(params: Mapping[str, str], name: str, *, default: bool) -> bool:
    """1, true, yes or on, and their opposites.

    Raises:
        BadParameter: it is neither.
    """
    text = params.get(name, "").lower()
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"0", "false", "no", "off"}:
        return False
    if text:
        raise BadParameter("{} is true or false.", name)
    return default


def pairs_of(query: Query) -> list[tuple[str, str]]:
    """The query as parameters, without what is as usual and without the page."""
    pairs = [("q", query.text)] if query.text else []
    pairs += [(name, value) for name, values in query.selected.items() for value in values]
    limits = {"since": query.since, "until": query.until}
    pairs += [(name, iso(at)) for name, at in limits.items() if at]
    pairs += [("sort", query.sort)] if query.sort != "relevance" else []
    return pairs + ([("collapse", "0")] if not query.collapse else [])


def iso(moment: datetime) -> str:
    """A moment for programs, to the second; also one of the first thousand years, which `strftime` leaves short."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def address(path: str, pairs: Iterable[tuple[str, str]]) -> str:
    """A local address with these parameters."""
    encoded = urlencode([(name, value.encode("utf-8", "replace")) for name, value in pairs])
    return f"{path}?{encoded}" if encoded else path
