"""What pages share: who may see them, what they say of an error, and the forms that are sent to them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial, wraps
from typing import Any, Final
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from pipeline.web import work
from pipeline.web.access import Denied, Scope, require
from pipeline.web.api import Endpoint, NotFound
from pipeline.web.desk import desk_of
from pipeline.web.params import BadParameter
from pipeline.web.render import page, words_of
from schemas.errors import BrokerError, IndexRefused, IndexUnavailable, Told
from schemas.said import Said
from schemas.settings import SettingsError

SEE_OTHER: Final = 303
FORM_BYTES: Final = 100_000
FIELDS: Final = 100


class Form:
    """The fields of a form that was sent; a field may come several times."""

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        self._fields = fields

    def text(self, name: str, default: str = "") -> str:
        """The first value of a field, without spaces around it."""
        return self.values(name)[0].strip() if self.values(name) else default

    def values(self, name: str) -> tuple[str, ...]:
        """All values of a field."""
        return tuple(self._fields.get(name, ()))

    def lines(self, name: str) -> tuple[str, ...]:
        """The lines of a field, each once, without empty ones."""
        lines = (" ".join(line.split()) for line in self.text(name).splitlines())
        return tuple(dict.fromkeys(line for line in lines if line))

    def __contains__(self, name: str) -> bool:
        """Whether a field was sent: a button pressed, a box ticked."""
        return name in self._fields


def failure(request: Request, status: int, sentence: Said, error: Told | None = None) -> Response:
    """A page that says what went wrong: in the reader's language, and what a server or a library said in its own."""
    say = words_of(request)
    told = [sentence.told(say)] + ([error.sentence.told(say)] if error else [])
    values = {"status": status, "sentences": told, "cause": error.cause if error else ""}
    return page(request, "failure.html", values, status)


def guarded(scope: Scope) -> Callable[[Endpoint], Callable[[Request], Response]]:
    """A page for those with a scope; its errors become pages."""

    def decorate(endpoint: Endpoint) -> Callable[[Request], Response]:
        @wraps(endpoint)
        def guarded_endpoint(request: Request) -> Response:
            try:
                require(desk_of(request).settings, request, scope)
                return endpoint(request)
            except Denied as denied:
                return page(request, "sign_in.html", {"error": denied.sentence.told(words_of(request))}, denied.status)
            except (NotFound, BadParameter, work.BadFigure) as error:
                return failure(request, 404 if isinstance(error, NotFound) else 400, error.sentence)
            except (BrokerError, IndexUnavailable) as error:
                return failure(request, 503, Said("A server does not answer."), error)
            except SettingsError as error:
                return failure(request, 503, Said("A setting cannot be used."), error)
            except IndexRefused:
                return failure(request, 400, Said("Elasticsearch refused the request."))

        return guarded_endpoint

    return decorate


def posted(
    scope: Scope,
) -> Callable[[Callable[[Request, Form], Response]], Callable[[Request], Awaitable[Response]]]:
    """A page that takes a form from those with a scope, sent by a page of ours (`access.require` sees to both)."""

    def decorate(endpoint: Callable[[Request, Form], Response]) -> Callable[[Request], Awaitable[Response]]:
        @wraps(endpoint)
        async def posted_endpoint(request: Request) -> Response:
            form = await form_of(request)
            call: Any = partial(_with_form, endpoint, form)
            return await run_in_threadpool(guarded(scope)(call), request)

        return posted_endpoint

    return decorate


def _with_form(endpoint: Callable[[Request, Form], Response], form: Form | None, request: Request) -> Response:
    if form is None:
        raise BadParameter("A form has at most {} kB and {} fields.", FORM_BYTES // 1000, FIELDS)
    return endpoint(request, form)


async def form_of(request: Request) -> Form | None:
    """What was sent, or None where it is more than a form of ours could be."""
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > FORM_BYTES:
            return None
    try:
        fields = parse_qs(data.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=FIELDS)
    except ValueError:
        return None
    return Form(fields)
