"""Waiting for what the real parts do in their own time."""

import time
from collections.abc import Callable

from pipeline.launch import Pipeline
from schemas.broker import lag
from schemas.settings import Settings
from schemas.steps import STEPS


def until(holds: Callable[[], bool], *, seconds: float, what: str, every: float = 0.1) -> None:
    """Wait until something holds.

    Raises:
        AssertionError: it did not within so many seconds.
    """
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(every)


def shortest(measured: Callable[[], float], *, below: float, tries: int = 3) -> float:
    """The least of what some tries measure in seconds by the clock; the first that is below this is the last.

    What else runs on the machine can only lengthen what something takes, so the least is nearest to what it takes.
    """
    least = float("inf")
    for _ in range(tries):
        least = min(least, measured())
        if least < below:
            break
    return least


def until_idle(settings: Settings, pipeline: Pipeline, *, seconds: float) -> None:
    """Wait until every process runs and no step has anything before it, seen twice; what has ended is started anew."""
    groups = {step.group: step.sources for step in STEPS}
    quiet = 0

    def idle() -> bool:
        nonlocal quiet
        pipeline.watch(lambda _line: None)
        up = all(process.runs for process in pipeline.processes)
        quiet = 0 if not up or any(lag(settings, groups).values()) else quiet + 1
        return quiet > 1

    until(idle, seconds=seconds, what="the pipeline is idle", every=0.5)


def wait_until(holds: Callable[[], bool], seconds: float) -> None:
    """Wait until something holds, for a test that says itself what it is.

    Raises:
        AssertionError: it did not within so many seconds.
    """
    until(holds, seconds=seconds, what="the condition holds")
