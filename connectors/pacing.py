"""Old items never delay new ones: before each 200 quiet items, wait while the pipeline is behind."""

import time
from collections.abc import Callable

EVERY = 200
LAG_LIMIT = 500
PAUSE_SECONDS = 0.5

Lag = Callable[[], int]


def no_lag() -> int:
    """For where nothing is measured: never behind."""
    return 0


def is_turn(sent: int) -> bool:
    """Whether the lag is to be looked at before the item that follows `sent` quiet ones."""
    return sent % EVERY == 0


def wait_for_room(lag: Lag) -> None:
    """Sleep until at most 500 records wait downstream."""
    while lag() > LAG_LIMIT:
        time.sleep(PAUSE_SECONDS)
