"""The step `stories`, which sleeps for ever at its first record while a mark is there: `hung_worker MARK`.

The mark is taken away then, so that the step works when it is started anew.
"""

import sys
import time
from pathlib import Path

from pipeline.decision import Decision, Lookup
from pipeline.settling import Progress
from pipeline.stories.agent import StoryDecider
from pipeline.streaming import attach_decider, attach_watchdog, create_app, run_worker
from schemas.logs import configure
from schemas.message import Message
from schemas.process import follow_launcher
from schemas.settings import load_settings
from schemas.steps import BY_NAME


class Sleeper(StoryDecider):
    """Decides as `stories` does, unless the mark is there."""

    def __init__(self, days: float, mark: Path) -> None:
        super().__init__(days)
        self._mark = mark

    def decide(self, message: Message, lookup: Lookup) -> Decision:
        """Sleep for ever once."""
        if self._mark.exists():
            self._mark.unlink()
            time.sleep(10_000)
        return super().decide(message, lookup)


def main() -> None:
    """Run the step until SIGTERM, or until its own watchdog ends it."""
    follow_launcher()
    configure()
    settings, step, progress = load_settings(), BY_NAME["stories"], Progress()
    app = create_app(settings, step)
    attach_decider(app, settings, step, Sleeper(settings.story_days, Path(sys.argv[1])), progress)
    attach_watchdog(app, settings, step, progress)
    run_worker(app)


if __name__ == "__main__":
    main()
