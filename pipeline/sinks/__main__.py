"""The process of the sinks: `python -m pipeline.sinks`. Logs are JSON lines on standard error.

The file of the sinks is looked at every two seconds, so that a sink comes, changes or goes without a restart.
"""

import signal
import sys
import threading
from types import FrameType

import structlog

from pipeline.sinks.config import Sink, load_sinks
from pipeline.sinks.ledger import Deliveries
from pipeline.sinks.runner import Runner
from schemas.errors import BrokerError
from schemas.logs import configure
from schemas.process import follow_launcher, say_ready
from schemas.settings import Settings, SettingsError, load_settings
from schemas.steps import SINKS

LOOK_SECONDS = 2.0
STOP_SECONDS = 8.0

log = structlog.get_logger()


def main() -> int:
    """Run until SIGTERM; 1 where the settings or Kafka do not allow a start."""
    follow_launcher()
    configure()
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        run(load_settings(), stopping)
    except (SettingsError, BrokerError) as error:
        log.critical("the sinks cannot run", error=str(error))
        return 1
    return 0


def run(settings: Settings, stopping: threading.Event) -> None:
    """Keep a runner for each sink of the file until told to stop."""
    deliveries = Deliveries(settings)
    deliveries.wait()
    runners: dict[str, Runner] = {}
    say_ready(settings.data_dir, SINKS)
    complained = ""
    while True:
        try:
            sinks = load_sinks(settings)
            complained = ""
        except SettingsError as error:
            # A mistake in the file leaves the sinks as they were.
            sinks = {name: runner.sink for name, runner in runners.items()}
            if str(error) != complained:
                complained = str(error)
                log.warning("the sinks' file cannot be used", error=complained)
        _follow(settings, deliveries, runners, sinks)
        if stopping.wait(LOOK_SECONDS):
            break
    for runner in runners.values():
        runner.stop()
    for runner in runners.values():
        runner.join(STOP_SECONDS)
    deliveries.close()


def _follow(settings: Settings, deliveries: Deliveries, runners: dict[str, Runner], sinks: dict[str, Sink]) -> None:
    for name, runner in list(runners.items()):
        if sinks.get(name) != runner.sink:
            runner.stop()
            runner.join(STOP_SECONDS)
            del runners[name]
    for name, sink in sinks.items():
        if name not in runners:
            runners[name] = Runner(settings, sink, deliveries)
            runners[name].start()


if __name__ == "__main__":
    sys.exit(main())
