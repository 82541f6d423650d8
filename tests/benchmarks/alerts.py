"""What alerts cost, and how soon they come: `python -m tests.benchmarks.alerts`.

First matching alone, in this process: 10,000 rules of every kind and 100,000 figures against made-up news, CPU time an
item. With `--live` also everything together: the servers, the steps and a real HTTP receiver, items at a steady pace,
from the moment an item is sent to the moment its webhook is received. With `--kills N` each of `alert`, `notify` and
`sinks` is killed hard N times meanwhile, and the receiver must have each alert, each id once after the receiver's own
check by `webhook-id`, as Standard Webhooks asks of it.
"""

import argparse
import gc
import os
import random
import signal
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

import msgspec

from pipeline.enrich import understand
from pipeline.entities import Recogniser
from pipeline.figures import Tracked, save_figures
from pipeline.figures.known import make_figure
from pipeline.knowledge import load
from pipeline.launch import Pipeline
from pipeline.rules.book import RuleBook
from pipeline.rules.match import matches
from pipeline.rules.registry import save_rules
from schemas.alert import Alert, Figure
from schemas.broker import Producer, lag, read_all
from schemas.codec import now
from schemas.document import Document, Enriched, Placement
from schemas.item import Item, item_id
from schemas.rule import Conditions, Rule, Tell
from schemas.settings import Settings
from schemas.steps import STEPS
from schemas.topics import DOCUMENTS, ITEMS
from tests.benchmarks.corpus import Maker
from tests.benchmarks.measure import server_processes
from tests.benchmarks.running import own_pipeline, own_servers, send, step_processes
from tests.pipeline.sinks.receiver import Receiver, receiving

RULES, FIGURES, ALIASES = 10_000, 100_000, 9
LETTERS = ("bcdfghklmnprstvz", "aeiou")
KILLED = ("alert", "notify", "sinks")
WARM_ITEMS = 1_000
GIVE_UP_SECONDS = 240.0


def say(line: str) -> None:
    """One line of what was measured."""
    print(line, flush=True)  # noqa: T201 - a command


def made_names(numbers: random.Random) -> Iterator[str]:
    """Names of two made-up words, all different."""
    seen: set[str] = set()
    while True:
        words = ["".join(numbers.choice(LETTERS[i % 2]) for i in range(numbers.randint(6, 10))) for _ in range(2)]
        name = " ".join(word.capitalize() for word in words)
        if name not in seen:
            seen.add(name)
            yield name


def made_figures(count: int, aliases: int) -> Iterator[Figure]:
    """Figures with made-up names and so many aliases, a tenth of them in groups."""
    names = made_names(random.Random(11))
    for number in range(count):
        name, *others = islice(names, 1 + aliases)
        groups = (f"group-{number % 50}",) if number % 10 == 0 else ()
        yield Figure(id=f"bench:{number}", name=name, aliases=tuple(others), groups=groups, alert=number % 2 == 0)


def made_rules(count: int) -> list[Rule]:
    """Rules of every kind: on figures, groups, searches, places, sources, in equal parts."""
    numbers = random.Random(5)
    words = [next(made_names(numbers)).split()[0].lower() for _ in range(count)]
    kinds = [
        lambda n: Conditions(figures=(f"bench:{n}", "Q7747" if n % 500 == 0 else f"bench:{n + 1}")),
        lambda n: Conditions(groups=(f"group-{n % 50}",), parts=("title",)),
        lambda n: Conditions(search=f"{words[n]} AND (visit OR kunjungan OR визит)"),
        lambda n: Conditions(search=f'"{words[n]} {words[-n]}" OR title:{words[n - 1]}', languages=("en", "id")),
        lambda n: Conditions(any_figure=True, places=(words[n],)),
        lambda n: Conditions(sources=(f"bench-{words[n]}",), search="-sport"),
    ]
    return [Rule(id=f"rule-{n}", name=f"Rule {n}", conditions=kinds[n % len(kinds)](n)) for n in range(count)]


def matching(count: int) -> None:
    """Matching alone: CPU time an item, of matching and of decoding, and of a change of the rules."""
    figures = {f.id: Tracked(f.id, f.name, f.groups, alert=f.alert) for f in made_figures(FIGURES, 0)}
    for name in ("Vladimir Putin", "Kim Jong Un", "Donald Trump", "Xi Jinping"):
        figure = make_figure(name)
        figures[figure.id] = Tracked(figure.id, figure.name)
    book = RuleBook()
    begun = time.process_time()
    book.change({rule.id: rule for rule in made_rules(RULES)})
    say(f"{RULES:,} rules read in {time.process_time() - begun:.1f} s of CPU")
    begun = time.process_time()
    book.change({"rule-0": made_rules(1)[0]})
    say(f"one rule changed in {(time.process_time() - begun) * 1000:.0f} ms of CPU")
    encoded = [document.encode() for document in made_documents(2 * count)]
    gc.collect()
    gc.freeze()  # as the step does
    _match_all(encoded[:count], figures, book, f"{RULES:,} rules of every kind, as the first that a process sees")
    _match_all(encoded[count:], figures, book, f"{RULES:,} rules of every kind, others after them")
    worded = {rule.id: None for rule in book.rules() if rule.conditions.search}
    book.change(worded)
    _match_all(encoded[:count], figures, book, f"the {len(book):,} of them without a search for words")


def _match_all(encoded: list[bytes], figures: dict[str, Tracked], book: RuleBook, what: str) -> None:
    spent, decoding, found = [], 0.0, 0
    for data in encoded:
        begun = time.process_time()
        document = Document.decode(data)
        decoded = time.process_time()
        found += len(matches(document, figures, book.index, now()))
        spent.append((time.process_time() - decoded) * 1000)
        decoding += decoded - begun
    spent.sort()
    size = statistics.mean(map(len, encoded)) / 1000
    decoding = decoding / len(encoded) * 1000
    say(f"matching {len(encoded):,} items of {size:.1f} KB against {len(figures):,} figures and {what}:")
    say(
        f"  mean {statistics.mean(spent):.3f}, median {statistics.median(spent):.3f}, "
        f"p99 {spent[len(spent) * 99 // 100]:.3f} ms of CPU an item (decoding {decoding:.3f} more); {found:,} matches"
    )


def made_documents(count: int) -> Iterator[Document]:
    """News with its language and mentions, each a story of its own."""
    recogniser = Recogniser(load().entities)
    for item in Maker("bench", 3).items(count):
        known = understand(item, recogniser.mentions)
        enriched = Enriched(
            item=item, revision=1, first_seen_at=now(), content_hash="", language=known.language,
            language_confidence=known.confidence, language_group=known.language, enriched_at=now(),
            mentions=known.mentions,
        )  # fmt: skip
        yield Document(enriched=enriched, placement=Placement(story_id=f"s-{item.id[:16]}"), placed_at=now())


class Sent(msgspec.Struct, frozen=True):
    """An item that must alert, and when it was sent (seconds since 1970)."""

    url: str
    at: float


def live(seconds: int, per_second: float, kills: int, sizes: tuple[int, int]) -> None:
    """Everything together, with a real receiver."""
    arrived: dict[str, float] = {}
    stories: dict[str, str] = {}
    killed: Counter[str] = Counter()
    with own_servers(say) as bare, receiving() as receiver:
        settings = bare.model_copy(update={"allow_networks": ("127.0.0.0/8",), "webhook_url": receiver.url})
        _prepare(settings, *sizes)
        with own_pipeline(settings, say) as pipeline:
            _warm(settings, receiver)
            watching = threading.Event()
            watcher = threading.Thread(target=_watch, args=(pipeline, receiver, arrived, watching), daemon=True)
            watcher.start()
            killer = threading.Thread(target=_kill, args=(pipeline, kills, seconds, killed), daemon=True)
            killer.start()
            before = {} if kills else _spent(settings, pipeline)
            sent = _send(settings, seconds, per_second)
            spent = {} if kills else {name: used - before[name] for name, used in _spent(settings, pipeline).items()}
            waiting = _waiting(settings)
            killer.join()
            deadline = time.monotonic() + 240
            while time.monotonic() < deadline:
                stories = _stories(settings, {one.url for one in sent})
                told = {alert.match.story_id for alert in receiver.alerts}
                if len(stories) == len(sent) and set(stories.values()) <= told:
                    break
                time.sleep(1)
            time.sleep(3)
            watching.set()
            watcher.join()
        _report(sent, stories, arrived, receiver, killed)
        if spent:
            _say_spent(spent, seconds * per_second)
        left = ", ".join(f"{name} {count:,}" for name, count in waiting.items())
        say(f"records that waited before each step when the last item was sent: {left}")


def _say_spent(spent: dict[str, float], items: float) -> None:
    each = ", ".join(f"{name} {used / items * 1000:.1f}" for name, used in spent.items())
    say(f"CPU while sending, ms an item: {each}; together {sum(spent.values()) / items * 1000:.1f}")


def _warm(settings: Settings, receiver: Receiver) -> None:
    """Send what a pipeline sees once: an alert, and news in every language; what follows is not the start.

    How long that takes is told. Models of languages are loaded with the first item of each, and the pages of a million
    names are read with the first that are looked for.
    """
    begun = time.monotonic()
    item = _telling(0, made_names(random.Random(98)), random.Random(8))
    send(settings, [item])
    while not receiver.requests and time.monotonic() < begun + GIVE_UP_SECONDS:
        time.sleep(0.1)
    say(f"all steps are ready; the first alert came {time.monotonic() - begun:.1f} s after its item was sent")
    begun = time.monotonic()
    send(settings, Maker("warm", 4).items(WARM_ITEMS))
    while any(_waiting(settings).values()) and time.monotonic() < begun + GIVE_UP_SECONDS:
        time.sleep(0.2)
    say(f"the first {WARM_ITEMS:,} items, sent at once, took {time.monotonic() - begun:.0f} s and are not counted")
    receiver.requests.clear()


def _waiting(settings: Settings) -> dict[str, int]:
    """How many records wait before each step."""
    found = lag(settings, {step.group: step.sources for step in STEPS})
    return {step.name: found[step.group] for step in STEPS}


def _spent(settings: Settings, pipeline: Pipeline) -> dict[str, float]:
    """The CPU time of each step's process and its children, and of the servers, so far, in seconds."""
    spent = {
        name: sum(sum(p.cpu_times()[:2]) for p in (process, *process.children(recursive=True)))
        for name, process in step_processes(pipeline).items()
    }
    return spent | {name: sum(process.cpu_times()[:2]) for name, process in server_processes(settings).items()}


def _stories(settings: Settings, urls: set[str]) -> dict[str, str]:
    """The story of each of these items that has come through `stories`: what the ledger tells of once."""
    found: dict[str, str] = {}
    for message in read_all(settings, DOCUMENTS):
        if message.value is not None:
            document = Document.decode(message.value)
            if document.enriched.item.url in urls:
                found[document.enriched.item.url] = document.placement.story_id
    return found


def _prepare(settings: Settings, rules: int, figures: int) -> None:
    begun = time.monotonic()
    save_figures(settings, made_figures(figures, ALIASES))
    save_figures(settings, [msgspec.structs.replace(make_figure("Vladimir Putin"), alert=True)])
    save_rules(settings, [msgspec.structs.replace(r, tell=Tell(to=("nobody",))) for r in made_rules(rules)])
    took = time.monotonic() - begun
    say(f"{figures:,} figures with {figures * (ALIASES + 1):,} names and {rules:,} rules sent in {took:.0f} s")


def _send(settings: Settings, seconds: int, per_second: float) -> list[Sent]:
    """Made-up news at a pace; every tenth item names who is tracked, in a story of its own."""
    numbers = random.Random(7)
    names = made_names(random.Random(99))
    news = Maker("pace", 9).items(int(seconds * per_second))
    sent = []
    with Producer(settings) as producer:
        due = time.monotonic()
        for number in range(int(seconds * per_second)):
            time.sleep(max(0.0, due - time.monotonic()))
            due += 1 / per_second
            item = next(news)
            if number % 10 == 0:
                item = _telling(number, names, numbers)
                sent.append(Sent(item.url or "", time.time()))
            producer.send(ITEMS, item.id, item.encode())
        producer.flush()
    return sent


def _telling(number: int, names: Iterator[str], numbers: random.Random) -> Item:
    words = " ".join(" ".join(islice(names, 30)).split())
    url = f"https://bench.example/{number}-{numbers.random()}"
    return Item(
        id=item_id(url=url), source="bench", fetched_at=now(), url=url, title=f"Vladimir Putin {words[:60]}",
        body=words, published_at=now() - timedelta(minutes=1),
    )  # fmt: skip


def _watch(pipeline: Pipeline, receiver: Receiver, arrived: dict[str, float], stop: threading.Event) -> None:
    seen = 0
    due = 0.0
    while not stop.is_set():
        if time.monotonic() > due:
            due = time.monotonic() + 0.2
            pipeline.watch(lambda _line: None)
        for _, body in receiver.requests[seen:]:
            seen += 1
            arrived.setdefault(Alert.decode(body).match.url or "", time.time())
        time.sleep(0.005)


def _kill(pipeline: Pipeline, kills: int, seconds: int, killed: Counter[str]) -> None:
    """Kill each in turn, only once it has been started anew; `killed` counts what was really killed."""
    pause = seconds / max(1, kills * len(KILLED) + 1)
    for _ in range(kills):
        for name in KILLED:
            time.sleep(pause)
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                try:
                    os.kill(pipeline.pids()[name], signal.SIGKILL)
                except ProcessLookupError:
                    time.sleep(0.1)  # it is not there yet
                else:
                    killed[name] += 1
                    break


def _report(
    sent: list[Sent], stories: dict[str, str], arrived: dict[str, float], receiver: Receiver, killed: Counter[str]
) -> None:
    took = sorted((arrived[one.url] - one.at) * 1000 for one in sent if one.url in arrived)
    # By whom too: of ten thousand made-up names one or two are in the made-up text by chance.
    by_id = {alert.id: (alert.match.figure_id, alert.match.story_id) for alert in receiver.alerts}
    missed = set(stories.values()) - {story for _, story in by_id.values()}
    repeated = len(by_id) - len(set(by_id.values()))
    if took:
        say(
            f"{len(took):,} alerts, from sent to webhook received: median {statistics.median(took):.0f} ms, "
            f"p99 {took[min(len(took) - 1, len(took) * 99 // 100)]:.0f} ms, longest {took[-1]:.0f} ms"
        )
    _say_where(sent, arrived, receiver.alerts)
    say(
        f"{len(sent):,} items of {len(set(stories.values())):,} stories: missed {len(missed)}, told under a second id "
        f"{repeated}, posted again with the same id {len(receiver.ids) - len(by_id)}, "
        f"after kills of {', '.join(f'{name} ({killed[name]})' for name in KILLED)}"
    )


def _say_where(sent: list[Sent], arrived: dict[str, float], alerts: list[Alert]) -> None:
    """Where the time goes: the median of each part of the way, by the times that an alert carries."""
    by_url = {alert.match.url: alert for alert in alerts}
    parts: dict[str, list[float]] = {}
    for one in sent:
        alert = by_url.get(one.url)
        if alert is None or one.url not in arrived:
            continue
        times = [t.timestamp() for t in (alert.match.first_seen_at, alert.match.matched_at, alert.alerted_at)]
        marks = (one.at, *times, arrived[one.url])
        names = ("sent to first seen", "to matched", "to its match in Kafka", "to received")
        for name, begin, end in zip(names, marks, marks[1:], strict=False):
            parts.setdefault(name, []).append((end - begin) * 1000)
    if parts:
        told = (
            f"{name} {statistics.median(times):.0f} ms (p99 {sorted(times)[len(times) * 99 // 100]:.0f})"
            for name, times in parts.items()
        )
        say(f"  of that, in the median: {', '.join(told)}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=2_000, help="items for matching alone")
    parser.add_argument("--live", type=int, default=0, metavar="SECONDS", help="also everything together, for so long")
    parser.add_argument("--pace", type=float, default=50.0, help="items a second")
    parser.add_argument("--kills", type=int, default=0, help="kills of each process meanwhile")
    parser.add_argument("--rules", type=int, default=RULES, help="rules, with --live")
    parser.add_argument("--figures", type=int, default=FIGURES, help="figures, with --live")
    arguments = parser.parse_args()
    if arguments.items:
        matching(arguments.items)
    if arguments.live:
        live(arguments.live, arguments.pace, arguments.kills, (arguments.rules, arguments.figures))


if __name__ == "__main__":
    main()
