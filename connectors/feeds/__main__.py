"""The process: `python -m connectors.feeds`. Logs are JSON lines on standard error."""

import logging
import sys
import time

import structlog

from connectors.feeds.poller import run
from connectors.pacing import Lag
from schemas.broker import BrokerError, lag
from schemas.process import follow_launcher
from schemas.settings import Settings, SettingsError, load_settings
from schemas.topics import BACKFILL, DOCUMENTS, ENRICHED, ITEMS

# The consumer groups of the live steps, as the pipeline names them; a backfill waits for the slowest.
DOWNSTREAM = {
    "kabar-enrich": (ITEMS, BACKFILL),
    "kabar-stories": (ENRICHED,),
    "kabar-index": (DOCUMENTS,),
    "kabar-alert": (DOCUMENTS,),
}
LOOK_SECONDS = 1.0


def main() -> int:
    """Run until SIGTERM; 1 where the settings or Kafka do not allow a start."""
    follow_launcher()
    _log_as_json()
    try:
        settings = load_settings()
        run(settings, lag=_downstream(settings))
    except (SettingsError, BrokerError) as error:
        structlog.get_logger(__name__).error("the connectors cannot run", error=str(error))
        return 1
    return 0


def _downstream(settings: Settings) -> Lag:
    """The greatest lag of the live steps, looked up at most once a second."""
    looked, waiting = 0.0, 0

    def measure() -> int:
        nonlocal looked, waiting
        if time.monotonic() - looked > LOOK_SECONDS:
            looked = time.monotonic()
            waiting = max(lag(settings, DOWNSTREAM).values())
        return waiting

    return measure


def _log_as_json() -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )


if __name__ == "__main__":
    sys.exit(main())
