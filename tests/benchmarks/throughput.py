"""What Kabar does in a second and what an item costs, beside a naive program on the same servers.

python -m tests.benchmarks.throughput [--items 20000] [--json PATH] [--quick]

One run: all items through the pipeline as fast as it takes them; then items at a steady pace for the time from
produced to searchable and to alerted; then the same items through `tests.benchmarks.naive`. Both programs find
themselves started and idle before their items come, and neither the start nor the sending counts as their CPU.
"""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec
import psutil

from pipeline.elastic import Index
from pipeline.launch import Pipeline
from schemas.broker import Admin
from schemas.settings import Settings
from schemas.topics import Topic
from tests.benchmarks import pace
from tests.benchmarks.corpus import Maker
from tests.benchmarks.measure import Flow, Latency, Watch, flow, server_processes
from tests.benchmarks.running import (
    NotDone,
    Say,
    own_pipeline,
    own_servers,
    searchable,
    send,
    step_processes,
    track,
    wait_for,
)
from tests.waiting import until_idle

ITEMS, QUICK_ITEMS = 20_000, 600
PACE, PACED_SECONDS, QUICK_PACED_SECONDS = 50.0, 30.0, 4.0
SEED = 20_260_301
GOAL = 1.5
SLOWEST = 20.0  # items a second; below it the run is given up


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How much to run. `run` is the first word of the sources, `paced_seconds` the length of the paced part."""

    items: int
    paced_seconds: float
    run: str = "bench"
    seed: int = SEED

    @property
    def seconds(self) -> float:
        """When to give up."""
        return 60 + self.items / SLOWEST


class Report(msgspec.Struct, frozen=True):
    """All figures of one run. `load` is what else the machine did: the load average before it began."""

    cores: int
    load: float
    kabar: Flow
    paced: pace.Freshness
    naive: Flow
    ratio: float


def run(settings: Settings, pipeline: Pipeline, plan: Plan, say: Say) -> tuple[Flow, pace.Freshness]:
    """The two parts that Kabar itself runs, on a pipeline that is ready."""
    track(settings)
    say(f"{plan.items:,} items through the pipeline …")
    whole = _through_pipeline(settings, pipeline, plan, say)
    say("\n".join(_flow("Kabar", whole)))
    say(f"{PACE:.0f} items a second for {plan.paced_seconds:.0f} s …")
    paced = f"{plan.run}paced"
    items = list(Maker(paced, plan.seed + 1).items(round(PACE * plan.paced_seconds)))
    return whole, pace.measure(settings, items, paced, per_second=PACE)


def _through_pipeline(settings: Settings, pipeline: Pipeline, plan: Plan, say: Say) -> Flow:
    items = list(Maker(plan.run, plan.seed).items(plan.items))
    until_idle(settings, pipeline, seconds=plan.seconds)  # what ran before has ended, and every step runs
    servers = server_processes(settings)
    with Index(settings) as index, Watch({**step_processes(pipeline), **servers}) as watch:
        begun = time.monotonic()
        send(settings, items)
        wait_for(lambda: searchable(index, plan.run), plan.items, seconds=plan.seconds, say=say)
        seconds = time.monotonic() - begun
        until_idle(settings, pipeline, seconds=plan.seconds)  # the alerts' CPU belongs to the items too
        return flow(plan.items, seconds, watch.usage(), servers)


def run_naive(settings: Settings, plan: Plan, say: Say) -> Flow:
    """The same items through the naive program, from its own topic into its own index."""
    name = f"{plan.run}-naive"
    say(f"{plan.items:,} items through the naive program …")
    with Admin(settings) as admin:
        admin.ensure_topics([Topic(name=name, keyed_by="item id")])
    items = list(Maker(plan.run, plan.seed).items(plan.items))
    servers = server_processes(settings)
    counting = settings.model_copy(update={"index_prefix": name})
    with (
        Index(counting) as index,
        _naive(settings, name, index.items) as process,
        Watch({"naive": process, **servers}) as watch,
    ):
        begun = time.monotonic()
        send(settings, items, name)
        wait_for(lambda: searchable(index), plan.items, seconds=plan.seconds, say=say)
        return flow(plan.items, time.monotonic() - begun, watch.usage(), servers)


@contextmanager
def _naive(settings: Settings, topic: str, index: str) -> Iterator[psutil.Process]:
    command = [sys.executable, "-m", "tests.benchmarks.naive", str(settings.kafka), topic]
    command += [str(settings.elasticsearch), index]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as child:
        try:
            if child.stdout is None or child.stdout.readline() != "ready\n":
                raise NotDone("the naive program did not start")
            yield psutil.Process(child.pid)
        finally:
            child.terminate()


def show(report: Report) -> str:
    """The report for people."""
    kabar, naive = report.kabar, report.naive
    lines = [
        f"{report.cores} cores, load {report.load:.1f} before",
        "",
        *_flow("Kabar", kabar),
        "",
        *_flow("the naive program", naive),
        "",
        f"at {PACE:.0f} items a second, from produced to",
        _latency("searchable", report.paced.searchable),
        _latency("alert read", report.paced.alerted) if report.paced.alerted else "  no alerts",
        "",
        f"CPU of Kabar's own processes to the naive program's: {report.ratio:.2f} (goal: at most {GOAL})",
    ]
    return "\n".join(lines)


def _flow(name: str, told: Flow) -> list[str]:
    lines = [f"{name}: {told.items:,} items in {told.seconds:.1f} s, {told.items_per_second:.0f} items/s"]
    lines.append(f"  {'':<14}{'CPU ms/item':>12}{'peak MiB':>10}")
    for part, share in (*told.own_cpu_ms.items(), *told.server_cpu_ms.items()):
        lines.append(f"  {part:<14}{share:>12.2f}{told.peak_mib[part]:>10.0f}")
    lines.append(f"  {'own, together':<14}{told.own_total:>12.2f}")
    lines.append(f"  {'servers':<14}{sum(told.server_cpu_ms.values()):>12.2f}")
    return lines


def _latency(name: str, told: Latency) -> str:
    figures = f"median {told.median_ms:,.0f} ms, p99 {told.p99_ms:,.0f} ms, worst {told.worst_ms:,.0f} ms"
    return f"  {name:<12}{figures} ({told.count:,} items)"


def report_of(load: float, kabar: Flow, paced: pace.Freshness, naive: Flow) -> Report:
    """All figures put together."""
    return Report(os.cpu_count() or 1, load, kabar, paced, naive, kabar.own_total / naive.own_total)


@click.command()
@click.option("--items", default=ITEMS, show_default=True, type=click.IntRange(min=1), help="How many.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Write the figures there too.")
@click.option("--quick", is_flag=True, help=f"{QUICK_ITEMS} items and {QUICK_PACED_SECONDS:.0f} s: does it run at all?")
def main(items: int, path: Path | None, *, quick: bool) -> None:
    """Measure Kabar and the naive program in one run, on servers of their own."""
    load = psutil.getloadavg()[0]
    plan = Plan(items=items, paced_seconds=PACED_SECONDS)
    if quick:
        plan = Plan(items=QUICK_ITEMS, paced_seconds=QUICK_PACED_SECONDS)

    def say(line: str) -> None:
        click.echo(line, err=True)

    with contextlib.ExitStack() as stack:
        settings = stack.enter_context(own_servers(say))
        with own_pipeline(settings, say) as pipeline:
            kabar, paced = run(settings, pipeline, plan, say)
        naive = run_naive(settings, plan, say)
    report = report_of(load, kabar, paced, naive)
    click.echo(show(report))
    if path is not None:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(report)))


if __name__ == "__main__":
    main()
