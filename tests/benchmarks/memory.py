"""Does memory grow only with what is kept on purpose?

python -m tests.benchmarks.memory [--items 100000] [--quick]

Resident memory of each process every 5,000 items, and its growth for 10,000 items once the start is over, beside the
rows that the steps keep: one an item in `enrich` (until Kafka's retention) and in `stories` (for the days that a
story stays open), one a figure and story in `notify`. Any other growth is a leak.
"""

import click
import msgspec
import psutil

from pipeline.launch import Pipeline
from schemas.broker import read_all
from schemas.settings import Settings
from tests.benchmarks.corpus import Maker
from tests.benchmarks.measure import MIB, server_processes
from tests.benchmarks.running import Say, own_pipeline, own_servers, send, step_processes, track
from tests.waiting import until_idle

ITEMS, STEP, SETTLED = 100_000, 5_000, 20_000
QUICK_ITEMS, QUICK_STEP, QUICK_SETTLED = 6_000, 1_500, 3_000
SEED = 20_260_302
TABLES = ("enrich", "stories", "notify")
PER = 10_000


class Sample(msgspec.Struct, frozen=True):
    """Resident memory after so many items, MiB by process."""

    items: int
    resident: dict[str, float]


def run(settings: Settings, pipeline: Pipeline, items: int, step: int, say: Say) -> list[Sample]:
    """Send items in steps; a sample before the first and after each, once the pipeline is idle."""
    track(settings)
    servers = server_processes(settings)
    processes = {**step_processes(pipeline), **servers}
    maker = Maker("memory", SEED)
    samples = [sample(0, processes)]
    say(" ".join([f"{'items':>8}", *(f"{name:>13}" for name in processes)]))
    for done in range(step, items + 1, step):
        send(settings, maker.items(step))
        until_idle(settings, pipeline, seconds=600)
        before, processes = processes, {**step_processes(pipeline), **servers}
        for name in processes.keys() & before.keys():
            if processes[name].pid != before[name].pid:
                say(f"{name} ended and was started anew: its memory begins again")
        samples.append(sample(done, processes))
        say(" ".join([f"{done:>8,}", *(f"{value:>13.1f}" for value in samples[-1].resident.values())]))
    return samples


def growth(samples: list[Sample], settled: int) -> dict[str, float]:
    """MiB for each 10,000 items, by process: the slope of the least squares line after the first `settled` items."""
    late = [sample for sample in samples if sample.items >= settled]
    mean = sum(sample.items for sample in late) / len(late)
    spread = sum((sample.items - mean) ** 2 for sample in late)
    return {
        name: PER * sum((sample.items - mean) * sample.resident[name] for sample in late) / spread
        for name in late[0].resident
    }


def rows(settings: Settings) -> dict[str, tuple[int, float]]:
    """How many rows the table of each step has, and how many MiB their keys and values are."""
    found = {}
    for step in TABLES:
        held: dict[tuple[int, str], int] = {}
        for message in read_all(settings, f"kabar-{step}-{step}-table-changelog"):
            key = (message.partition, message.key or "")
            held.pop(key, None)
            if message.value is not None:
                held[key] = len(message.value) + len(message.key or "")
        found[step] = len(held), sum(held.values()) / MIB
    return found


def sample(items: int, processes: dict[str, psutil.Process]) -> Sample:
    """The resident memory of processes now, after so many items."""
    return Sample(items, {name: process.memory_info().rss / MIB for name, process in processes.items()})


@click.command()
@click.option("--items", default=ITEMS, show_default=True, type=click.IntRange(min=SETTLED + 2 * STEP))
@click.option("--quick", is_flag=True, help=f"{QUICK_ITEMS:,} items: too few to tell, enough to see that it runs.")
def main(items: int, *, quick: bool) -> None:
    """Measure the growth of each process over many items, on servers of its own."""
    step, settled = STEP, SETTLED
    if quick:
        items, step, settled = QUICK_ITEMS, QUICK_STEP, QUICK_SETTLED
    with own_servers(click.echo) as settings, own_pipeline(settings, click.echo) as pipeline:
        samples = run(settings, pipeline, items, step, click.echo)
        kept = rows(settings)
    click.echo(f"\ngrowth in MiB for {PER:,} items, after the first {settled:,}")
    for name, slope in growth(samples, settled).items():
        count, size = kept.get(name, (0, 0.0))
        state = f"keeps {count:,} rows, {size:.1f} MiB as stored" if name in kept else ""
        click.echo(f"  {name:<14}{slope:>8.2f}   {state}")


if __name__ == "__main__":
    main()
