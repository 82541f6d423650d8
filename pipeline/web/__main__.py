"""The process: `python -m pipeline.web`. Logs are JSON lines on standard error."""

import socket
import sys
from contextlib import suppress

import structlog
import uvicorn

from pipeline.web.app import build_app
from pipeline.web.where import web_address, web_address_file
from schemas.errors import BrokerError, IndexUnavailable
from schemas.logs import configure
from schemas.process import follow_launcher, say_ready
from schemas.settings import Settings, SettingsError, load_settings


def main() -> int:
    """Serve until SIGTERM; 1 where the settings, the port or a server do not allow a start."""
    follow_launcher()
    configure()
    log = structlog.get_logger(__name__)
    try:
        settings = load_settings()
        run(settings)
    except (SettingsError, BrokerError, IndexUnavailable, OSError) as error:
        log.error("the web page cannot be served", error=str(error))  # noqa: TRY400 - the sentence is the whole of it
        return 1
    return 0


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        OSError: the port is taken.
    """
    listening = listen(settings)
    url = address_of(listening)
    web_address_file(settings).write_text(url + "\n", encoding="ascii")
    config = uvicorn.Config(
        build_app(settings), log_config=None, access_log=False, server_header=False, proxy_headers=False,
        timeout_graceful_shutdown=3, limit_concurrency=200,
    )  # fmt: skip
    server = _Server(config, settings)
    server.run(sockets=[listening])


class _Server(uvicorn.Server):
    """Says when it serves."""

    def __init__(self, config: uvicorn.Config, settings: Settings) -> None:
        super().__init__(config)
        self._settings = settings

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell the launcher."""
        await super().startup(sockets)
        if self.started:
            say_ready(self._settings.data_dir, "web")
            structlog.get_logger(__name__).info("serving", url=web_address(self._settings))


def listen(settings: Settings) -> socket.socket:
    """The socket. A free port stays the same over restarts where it can, for it is in people's bookmarks."""
    family = socket.AF_INET6 if ":" in settings.web_host else socket.AF_INET
    last = (web_address(settings) or "").rpartition(":")[2]
    if not settings.web_port and last.isdigit():
        with suppress(OSError):
            return _bound(family, settings.web_host, int(last))
    return _bound(family, settings.web_host, settings.web_port)


def _bound(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    made = socket.socket(family)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
    except OSError:
        made.close()
        raise
    return made


def address_of(listening: socket.socket) -> str:
    """The address of the page."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


if __name__ == "__main__":
    sys.exit(main())
