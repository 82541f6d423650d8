"""What holds for every answer: a host name that is ours, and headers that let a browser do only what the page needs.

The policy allows scripts, styles and pictures of this server alone, no inline ones, no frames and no other origin, so
that even a text that escaped the escaping could do nothing.
"""

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schemas.settings import Settings

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script';"
    " trusted-types kabar"
)
HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
LOCAL: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


class Shield:
    """ASGI middleware. A host name that is not ours is refused: another site's name may point to this address."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        host = settings.web_host
        named = {host if ":" not in host else f"[{host}]", *settings.web_hosts}
        self._hosts = LOCAL | {name.lower() for name in named}
        # Bound to all addresses and told no names, it cannot know by which of them people come.
        self._any = host in {"0.0.0.0", "::"} and not settings.web_hosts  # noqa: S104 - compared, not bound

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        host = Headers(scope=scope).get("host", "").lower()
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        app = self._app if self._any or name in self._hosts else _WRONG_HOST

        async def shielded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for header, value in HEADERS.items():
                    headers.setdefault(header, value)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await app(scope, receive, shielded)


_WRONG_HOST: Final = PlainTextResponse(
    "Kabar is not asked for under this name: add it to KABAR_WEB_HOSTS.", status_code=421
)
