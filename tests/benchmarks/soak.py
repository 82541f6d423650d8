"""Does it stay as it is, hour after hour?

python -m tests.benchmarks.soak [--minutes 30] [--rate 50]

Items at a steady pace through the whole pipeline on servers of its own. At the end: how long items took until a search
found them, and how much each process grew in an hour (the slope of its resident memory once the first third is over),
beside what the rows that it keeps explain.
"""

import time

import click
import msgspec
import psutil

from pipeline.launch import Pipeline
from schemas.settings import Settings
from tests.benchmarks import pace
from tests.benchmarks.beside import Beside
from tests.benchmarks.corpus import Maker
from tests.benchmarks.measure import server_processes
from tests.benchmarks.memory import PER, Sample, growth, sample
from tests.benchmarks.running import Say, own_pipeline, own_servers, step_processes, track

SEED = 20_261_129
HOUR = 3600.0
FEWEST_SAMPLES = 30


class Soak(msgspec.Struct, frozen=True):
    """How fresh items were, and each process's growth in MiB an hour at this pace."""

    freshness: pace.Freshness
    slope: dict[str, float]
    restarts: dict[str, int]


class _Sampling(Beside):
    """A thread that notes every process's resident memory, by how many items should have been sent by then."""

    def __init__(self, processes: dict[str, psutil.Process], rate: float, every: float) -> None:
        self.samples: list[Sample] = []
        self._processes, self._rate, self._every = processes, rate, every
        super().__init__("sampling")

    def _work(self) -> None:
        begun = time.monotonic()
        while not self._stop.wait(self._every):
            self.samples.append(sample(round((time.monotonic() - begun) * self._rate), self._processes))


def run(settings: Settings, pipeline: Pipeline, *, seconds: float, rate: float, name: str) -> Soak:
    """Send for so long at this pace and measure.

    Raises:
        NotDone: some items were not searchable a minute after the last.
        psutil.NoSuchProcess: a process ended meanwhile.
    """
    before = {process.name: process.restarts for process in pipeline.processes}
    items = list(Maker(name, SEED).items(round(seconds * rate)))
    processes = {**step_processes(pipeline), **server_processes(settings)}
    with _Sampling(processes, rate, max(0.2, seconds / FEWEST_SAMPLES / 4)) as sampling:
        freshness = pace.measure(settings, items, name, per_second=rate)
    slopes = growth(sampling.samples, sampling.samples[-1].items // 3)
    return Soak(
        freshness=freshness,
        slope={process: slope / PER * rate * HOUR for process, slope in slopes.items()},
        restarts={process.name: process.restarts - before[process.name] for process in pipeline.processes},
    )


def show(told: Soak, say: Say) -> None:
    """The figures, for people."""
    latency = told.freshness.searchable
    say(
        f"from produced to searchable: median {latency.median_ms:,.0f} ms, p99 {latency.p99_ms:,.0f} ms, "
        f"worst {latency.worst_ms:,.0f} ms ({latency.count:,} items)"
    )
    say("growth of each process in MiB an hour, and how often it was started anew")
    for name, slope in told.slope.items():
        say(f"  {name:<14}{slope:>9.1f}{told.restarts.get(name, 0):>4}")


@click.command()
@click.option("--minutes", default=30.0, show_default=True, type=click.FloatRange(min=1))
@click.option("--rate", default=50.0, show_default=True, type=click.FloatRange(min=1), help="Items a second.")
def main(minutes: float, rate: float) -> None:
    """Run the pipeline for a while at a steady pace."""
    with own_servers(click.echo) as settings, own_pipeline(settings, click.echo) as pipeline:
        track(settings)
        click.echo(f"{minutes * 60 * rate:,.0f} items at {rate:g} a second …")
        show(run(settings, pipeline, seconds=minutes * 60, rate=rate, name="soak"), click.echo)


if __name__ == "__main__":
    main()
