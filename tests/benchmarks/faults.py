"""What breaks under the pipeline while news flows: is anything lost, twice, or wrong?

python -m tests.benchmarks.faults [--quick] [--row N]... [--json]

Each fault happens while numbered items flow; afterwards the index is compared with what was sent. The numbers of the
rows are those of the list of faults that the project answers to. Exit code 1 if one row does not hold.
"""

import os
import resource
import signal
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec
import psutil

from pipeline.launch import Pipeline, Process
from schemas.process import own_folder
from tests.benchmarks.fault_rig import Rig, Sender, Verdict, rig
from tests.benchmarks.faulty_node import Trouble

PER_SECOND = 100
HUNG_SECONDS = 120.0


class Fault(msgspec.Struct, frozen=True):
    """One fault: its row, what happens, how long it takes or how often it happens (full, quick), and what does it."""

    row: int
    what: str
    full: float
    quick: float
    happen: Callable[[Rig, float], None]


def end(by: Callable[[int], None], *steps: str) -> Callable[[Rig, float], None]:
    """End steps in turn by what is done to a process, so many times each, 1.5 s after each was started anew."""

    def happen(rig: Rig, times: float) -> None:
        for _ in range(round(times)):
            for step in steps:
                ended = rig.pipeline.pids()[step]
                by(ended)
                while rig.pipeline.pids()[step] == ended:  # the launcher waits longer the more often it ends
                    rig.watch(0.1)
                rig.watch(1.5)
        rig.time_back()

    return happen


def kill(pid: int) -> None:
    """`kill -9`."""
    os.kill(pid, signal.SIGKILL)


def fill_disk(pid: int) -> None:
    """No file of this process can grow any more."""
    psutil.Process(pid).rlimit(resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))


def rolling_restart(rig: Rig, times: float) -> None:
    """A second set of workers; then each step of both is asked to end and started again, in turn."""
    with second(rig) as other:
        for _ in range(round(times)):
            for pipeline in (rig.pipeline, other):
                for process in pipeline.processes[:4]:
                    began = time.monotonic()
                    process.terminate()
                    process.wait(30)
                    longest = max(rig.figures.get("exit s", 0.0), time.monotonic() - began)
                    rig.figures["exit s"] = longest
                    process.start()
                    rig.watch(0.5)
    rig.time_back()


def more_and_fewer(rig: Rig, times: float) -> None:
    """One set of workers becomes three and then one again; the longest time in which nothing new was indexed."""
    for _ in range(round(times)):
        with second(rig), second(rig):
            _longest_pause(rig, 15)
        _longest_pause(rig, 15)


def broker_killed(rig: Rig, seconds: float) -> None:
    """The broker dies and is away for so long."""
    server = rig.servers.kafka_server
    assert server is not None
    for process in server.processes:
        process.kill()
        process.wait(30)
    rig.watch(seconds)
    server.stop()
    server.start()
    rig.time_back()


def broker_frozen(rig: Rig, seconds: float) -> None:
    """The broker stands still, as in a long collection of garbage."""
    server = rig.servers.kafka_server
    assert server is not None
    pids = [process.child_pid for process in server.processes]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    rig.watch(seconds)
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    rig.time_back()


def index_stopped(rig: Rig, seconds: float) -> None:
    """The node dies, is away for so long, and starts again on its data."""
    server = rig.servers.elasticsearch_server
    assert server is not None
    for process in server.processes:
        process.kill()
        process.wait(30)
    rig.watch(seconds)
    rig.figures["index MiB"] = rig.resident_mib("index")
    server.stop()
    server.start()
    rig.time_back()


def index_stopped_and_term(rig: Rig, seconds: float) -> None:
    """The node is away, and the step that writes to it is asked to end meanwhile."""
    server = rig.servers.elasticsearch_server
    assert server is not None
    for process in server.processes:
        process.kill()
        process.wait(30)
    rig.watch(seconds)
    step = next(process for process in rig.pipeline.processes if process.name == "index")
    began = time.monotonic()
    step.terminate()
    step.wait(30)
    rig.figures["exit s"] = time.monotonic() - began
    step.start()
    server.stop()
    server.start()
    rig.time_back()


def answered_amiss(*troubles: Trouble) -> Callable[[Rig, float], None]:
    """The node answers so, one way after the other, each for so long."""

    def happen(rig: Rig, seconds: float) -> None:
        before = rig.node.amiss
        for trouble in troubles:
            rig.node.trouble = trouble
            rig.watch(seconds)
        rig.node.trouble = Trouble.NONE
        rig.figures["amiss"] = rig.node.amiss - before
        rig.time_back()

    return happen


def blocked(rig: Rig, seconds: float) -> None:
    """The indices are read-only for so long, as when the disk is almost full."""
    _block(rig, on=True)
    rig.watch(seconds)
    _block(rig, on=False)
    rig.time_back()


def hung(rig: Rig, times: float) -> None:
    """A step sleeps for ever in the middle of a record; how long until its watchdog has ended it."""
    processes = rig.pipeline.processes
    place = next(number for number, process in enumerate(processes) if process.name == "stories")
    for _ in range(round(times)):
        mark = rig.settings.data_dir / "hang"
        mark.touch()
        whole = processes[place]
        whole.terminate()
        whole.wait(30)
        environment = {**os.environ, **rig.settings.environment()}
        command = [sys.executable, "-m", "tests.benchmarks.hung_worker", str(mark)]
        processes[place] = Process("stories", command, environment, whole.log_path)
        processes[place].start()
        while mark.exists():
            rig.watch(0.1)
        began = time.monotonic()
        while processes[place].restarts == 0 and time.monotonic() - began < HUNG_SECONDS:
            rig.watch(0.1)
        rig.figures["ended after s"] = time.monotonic() - began
        processes[place].terminate()
        processes[place].wait(30)
        processes[place] = whole
        whole.start()
    rig.time_back()


def tables_damaged(rig: Rig, times: float) -> None:
    """`enrich` and `stories` end, and find the files that say what their tables are made of empty."""
    for _ in range(round(times)):
        for step in ("enrich", "stories"):
            process = next(process for process in rig.pipeline.processes if process.name == step)
            process.terminate()
            process.wait(30)
            for current in own_folder(rig.settings.data_dir, step).glob("v*/tables/*.db/CURRENT"):
                current.write_bytes(b"")
            process.start()
            rig.watch(1.5)
    rig.time_back()


FAULTS = (
    Fault(1, "kill -9 of index, so many times", 20, 2, end(kill, "index")),
    Fault(2, "kill -9 of enrich and stories, so many times each", 20, 2, end(kill, "enrich", "stories")),
    Fault(3, "rolling restart of two workers a step, so many times", 10, 1, rolling_restart),
    Fault(4, "broker killed, away for so many seconds", 5, 5, broker_killed),
    Fault(4, "broker killed, away for so many seconds", 30, 0, broker_killed),
    Fault(4, "broker killed, away for so many seconds", 120, 0, broker_killed),
    Fault(5, "broker frozen for so many seconds", 30, 0, broker_frozen),
    Fault(6, "node killed, away for so many seconds", 60, 5, index_stopped),
    Fault(7, "429 for half of the items for so many seconds", 60, 5, answered_amiss(Trouble.TOO_MANY)),
    Fault(
        8, "502 and 503, then connections cut after the write: so many seconds each", 30, 3,
        answered_amiss(Trouble.UNAVAILABLE, Trouble.CUT_OFF),
    ),
    Fault(8, "an answer after the client has given up, within so many seconds", 45, 0, answered_amiss(Trouble.LATE)),
    Fault(10, "indices read-only for so many seconds", 30, 5, blocked),
    Fault(14, "node away, SIGTERM to index after so many seconds", 20, 0, index_stopped_and_term),
    Fault(15, "stories sleeps for ever, so many times", 1, 0, hung),
    Fault(16, "one worker a step, three, one, so many times", 2, 0, more_and_fewer),
    Fault(
        32, "disk full under enrich and stories until each ended, so many times", 3, 1,
        end(fill_disk, "enrich", "stories"),
    ),
    Fault(32, "tables of enrich and stories damaged, so many times", 3, 1, tables_damaged),
)  # fmt: skip


def run(rig: Rig, fault: Fault, amount: float, *, before: float) -> Verdict:
    """Let one fault happen while items flow, after so many seconds without it."""
    rig.begin_anew()
    name = f"fault-{fault.row}-{amount:g}-{time.monotonic_ns()}"
    with Sender(rig.settings, name, PER_SECOND) as sender:
        rig.watch(before)
        fault.happen(rig, amount)
        rig.watch(before / 2)
    return rig.verdict(fault.row, f"{fault.what}: {amount:g}", name, sender.ids)


def show(verdict: Verdict) -> str:
    """A verdict in one line."""
    back = "" if verdict.seconds_back is None else f"  back after {verdict.seconds_back:.1f} s"
    more = "".join(f"  {name} {value:.1f}" for name, value in verdict.figures.items())
    counts = f"lost {verdict.lost}  twice {verdict.twice}  wrong {verdict.wrong}  dead {verdict.dead}"
    holds = "ok  " if verdict.holds else "FAIL"
    return f"{holds} {verdict.row:>3}  {verdict.fault}  |  {verdict.sent:,} sent  {counts}{back}{more}"


@contextmanager
def second(rig: Rig) -> Iterator[Pipeline]:
    """Another set of workers beside the rig's, with a data directory of its own, from `with` to its end."""
    with tempfile.TemporaryDirectory(prefix="kabar-second-", ignore_cleanup_errors=True) as folder:
        pipeline = Pipeline(rig.settings.model_copy(update={"data_dir": Path(folder)}), connectors=False)
        pipeline.start(lambda _line: None)
        try:
            yield pipeline
        finally:
            pipeline.stop()


def _longest_pause(rig: Rig, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    had, since = rig.indexed(), time.monotonic()
    while time.monotonic() < deadline:
        rig.watch(0.3)
        has, moment = rig.indexed(), time.monotonic()
        if has > had:
            had, since = has, moment
        rig.figures["pause s"] = max(rig.figures.get("pause s", 0.0), moment - since)


def _block(rig: Rig, *, on: bool) -> None:
    change = msgspec.json.encode({"index.blocks.read_only_allow_delete": on or None})
    url = f"{rig.servers.elasticsearch}/{rig.settings.index_prefix}-*/_settings"
    request = urllib.request.Request(url, change, {"Content-Type": "application/json"}, method="PUT")
    with urllib.request.urlopen(request, timeout=30):
        pass


@click.command()
@click.option("--quick", is_flag=True, help="Each fault short, those that take long left out.")
@click.option("--row", "rows", multiple=True, type=int, help="Only this row; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON Lines, for programs.")
def main(rows: tuple[int, ...], *, quick: bool, as_json: bool) -> None:
    """Let faults happen on servers of its own, and tell what became of the items."""
    chosen = [fault for fault in FAULTS if not rows or fault.row in rows]
    failed = 0
    with rig(lambda line: click.echo(line, err=True)) as place:
        for fault in chosen:
            amount = fault.quick if quick else fault.full
            if not amount:
                continue
            verdict = run(place, fault, amount, before=2 if quick else 5)
            failed += not verdict.holds
            click.echo(msgspec.json.encode(verdict).decode() if as_json else show(verdict))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
