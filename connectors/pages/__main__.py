"""The process: `python -m connectors.pages`. Logs are JSON lines on standard error."""

import sys

import structlog

from connectors.pages.fetcher import run
from schemas.errors import BrokerError
from schemas.logs import configure
from schemas.process import follow_launcher
from schemas.settings import SettingsError, load_settings


def main() -> int:
    """Run until SIGTERM; 1 where the settings or Kafka do not allow a start."""
    follow_launcher()
    configure()
    try:
        run(load_settings())
    except (SettingsError, BrokerError) as error:
        structlog.get_logger(__name__).error("pages cannot be fetched", error=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
