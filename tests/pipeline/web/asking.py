"""A page asked in the process of the test, with settings of its own."""

import httpx

from pipeline.web.app import build_app
from pipeline.web.desk import Desk
from schemas.settings import Settings


async def asked(settings: Settings, path: str, language: str = "en") -> httpx.Response:
    """What a page of these settings answers, in this process."""
    app = build_app(settings, warm=False)
    app.state.desk = desk = Desk(settings)
    try:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=60) as client:
            return await client.get(path, headers={"accept-language": language})
    finally:
        desk.close()
