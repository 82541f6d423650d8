"""The application: the API, the pages, and what holds for both."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from pipeline.web import api, forms, pages
from pipeline.web.desk import Desk
from pipeline.web.shield import Shield
from schemas.said import Said
from schemas.settings import Settings

STATIC: Final = Path(__file__).parent / "static"


def build_app(settings: Settings, *, warm: bool = True) -> Starlette:
    """The ASGI application; `warm` loads at the start what the first request would wait for."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        desk = Desk(settings)
        app.state.desk = desk
        if warm:
            await run_in_threadpool(desk.warm)
        try:
            yield
        finally:
            await run_in_threadpool(desk.close)

    return Starlette(
        routes=[*api.ROUTES, *pages.ROUTES, Mount("/static", _Static(directory=STATIC), name="static")],
        middleware=[Middleware(Shield, settings=settings), Middleware(GZipMiddleware, minimum_size=1000)],
        exception_handlers={404: _missing, 405: _missing, 500: _failed},
        lifespan=lifespan,
    )


class _Static(StaticFiles):
    """Files whose addresses carry the program's version, so that browsers may keep them."""

    async def get_response(self, path: str, scope: object) -> Response:
        """One file."""
        answer = await super().get_response(path, scope)  # type: ignore[arg-type]
        answer.headers["cache-control"] = "public, max-age=86400"
        return answer


def _missing(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    if request.url.path.startswith(api.BASE):
        return api.problem(status, "Not found", "There is nothing at this address; /api/v1/openapi.json lists what is.")
    return forms.failure(request, status, Said("There is nothing at this address."))


def _failed(request: Request, error: Exception) -> Response:
    del error  # the server's log has it
    if request.url.path.startswith(api.BASE):
        return api.problem(500, "Failed", "Something went wrong here; the log of the process `web` says what.")
    return forms.failure(request, 500, Said("Something went wrong here; the log of the process `web` says what."))
