"""Where the web page is served: the process writes it down, the command line reads it."""

from contextlib import suppress
from pathlib import Path

from schemas.process import own_folder
from schemas.settings import Settings


def web_address_file(settings: Settings) -> Path:
    """Where the process writes its address."""
    path = own_folder(settings.data_dir, "web") / "address"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def web_address(settings: Settings) -> str | None:
    """The address of the page as it was last served, or None."""
    with suppress(OSError):
        return web_address_file(settings).read_text(encoding="ascii").strip() or None
    return None
