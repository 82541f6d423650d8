"""Old items never delay new ones: before each 200 quiet items, wait while the pipeline is behind."""

import time
from collections.abc import Callable

from schemas.broker import lag
from schemas.settings import Settings
from schemas.steps import LIVE

EVERY = 200
LAG_LIMIT = 500
PAUSE_SECONDS = 0.5
LOOK_SECONDS = 1.0

Lag = Callable[[], int]


def no_lag() -> int:
    """For where nothing is measured: never behind."""
    return 0


def pipeline_lag(settings: Settings) -> Lag:
    """The greatest lag of the live steps, looked up at most once a second."""
    groups = {step.group: step.sources for step in LIVE}
    looked, waiting = 0.0, 0

    def measure() -> int:
        nonlocal looked, waiting
        if time.monotonic() - looked > LOOK_SECONDS:
            looked = time.monotonic()
            waiting = max(lag(settings, groups).values())
        return waiting

    return measure


def is_turn(sent: int) -> bool:
    """Whether the lag is to be looked at before the item that follows `sent` quiet ones."""
    return sent % EVERY == 0


def wait_for_room(waiting: Lag) -> None:
    """Sleep until at most 500 records wait downstream."""
    while waiting() > LAG_LIMIT:
        time.sleep(PAUSE_SECONDS)
