"""What does Kabar cost while no news comes?

python -m tests.benchmarks.idle [--seconds 60] [--quick]

Processor time a second of every process of `kabar up` and of its servers, once some news has gone through and all is
quiet: on a laptop that is most of the day. No feed is polled meanwhile.
"""

import time

import click

from pipeline.launch import Pipeline
from schemas.settings import Settings
from tests.benchmarks.corpus import Maker
from tests.benchmarks.measure import Watch, server_processes
from tests.benchmarks.running import own_pipeline, own_servers, send, step_processes, track
from tests.waiting import until_idle

ITEMS = 500
SECONDS, QUICK_SECONDS = 60.0, 3.0
# What is done once after news, such as merging segments and writing tables down, is over by then.
QUIET_SECONDS, QUICK_QUIET_SECONDS = 30.0, 1.0


def run(settings: Settings, pipeline: Pipeline, seconds: float, quiet: float) -> dict[str, float]:
    """Milliseconds of processor time a second, by process, over so many seconds after so many quiet ones."""
    track(settings)
    send(settings, Maker("idle", 5).items(ITEMS))
    until_idle(settings, pipeline, seconds=300)
    time.sleep(quiet)
    with Watch({**step_processes(pipeline), **server_processes(settings)}) as watch:
        time.sleep(seconds)
    return {name: usage.cpu_seconds * 1000 / seconds for name, usage in watch.usage().items()}


@click.command()
@click.option("--seconds", default=SECONDS, help="for how long")
@click.option("--quick", is_flag=True, help="a few seconds, for tests")
def main(seconds: float, quick: bool) -> None:  # noqa: FBT001 - a flag of the command line
    """What Kabar costs while no news comes."""
    long, quiet = (QUICK_SECONDS, QUICK_QUIET_SECONDS) if quick else (seconds, QUIET_SECONDS)
    with own_servers(click.echo) as settings, own_pipeline(settings, click.echo, connectors=True) as pipeline:
        found = run(settings, pipeline, long, quiet)
    for name, spent in found.items():
        click.echo(f"{name:>14} {spent:7.1f} ms of CPU a second")
    click.echo(f"{'together':>14} {sum(found.values()):7.1f}")


if __name__ == "__main__":
    main()
