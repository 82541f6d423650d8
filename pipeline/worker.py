"""One step in a process of its own: `python -m pipeline.worker STEP`, settings from `KABAR_*`."""

import sys

from pipeline.app import build_app
from pipeline.streaming import run_worker
from schemas.logs import configure
from schemas.process import follow_launcher
from schemas.settings import load_settings


def main() -> None:
    """Run the step named on the command line until SIGTERM."""
    follow_launcher()
    configure()
    run_worker(build_app(load_settings(), sys.argv[1]))


if __name__ == "__main__":
    main()
