"""How much of the processor something takes, on machines of any speed."""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

REFERENCE_SECONDS = 0.06  # what the loop below takes on the machine that the limits are meant for
_ROUNDS = 1_000_000


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """What happens inside takes at most these seconds of this process's processor time.

    The limit is that of a machine which counts to a million in `REFERENCE_SECONDS`; a slower one gets longer in
    proportion, a faster one no less; and so does one that has become slower, since other tests run beside and share
    its caches or a core. What the tests before have left in memory is not searched for garbage meanwhile.
    """
    limit = seconds * slowness()
    gc.collect()
    gc.freeze()
    try:
        started = time.process_time()
        yield
        taken = time.process_time() - started
    finally:
        gc.unfreeze()
    if taken >= limit:
        limit = seconds * max(slowness(), _slowness())
    assert taken < limit, f"took {taken:.2f} s, at most {limit:.2f} were expected"


@cache
def slowness() -> float:
    """How many times slower than the machine of the limits this one is: 1 where it is as fast or faster."""
    return _slowness()


def _slowness() -> float:
    return max(1.0, min(_count() for _ in range(5)) / REFERENCE_SECONDS)


def _count() -> float:
    started = time.process_time()
    total = 0
    for number in range(_ROUNDS):
        total += number
    return time.process_time() - started
