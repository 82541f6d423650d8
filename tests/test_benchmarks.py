"""The benchmarks run, and their figures can be what they say. How good the figures are is not for a shared machine."""

import pytest

from pipeline.launch import Pipeline
from schemas.settings import Settings
from tests.benchmarks import extraction
from tests.benchmarks.corpus import Maker
from tests.benchmarks.fault_rig import rig
from tests.benchmarks.faults import FAULTS
from tests.benchmarks.faults import run as run_fault
from tests.benchmarks.feeds import kabar_costs, naive_costs, serving
from tests.benchmarks.feeds import show as show_feeds
from tests.benchmarks.idle import run as idle
from tests.benchmarks.measure import Latency, latency
from tests.benchmarks.soak import run as soak
from tests.benchmarks.throughput import Plan, report_of, run, run_naive, show
from tests.waiting import until_idle

QUICK_ROWS = {4, 7, 8}
STEPS = {"enrich", "stories", "index", "alert", "notify"}


@pytest.mark.slow
def test_a_short_soak_has_all_its_figures(kabar_settings: Settings, pipeline: Pipeline) -> None:
    """Every item is found, no process ends, and each has its slope."""
    until_idle(kabar_settings, pipeline, seconds=60)
    told = soak(kabar_settings, pipeline, seconds=10, rate=30, name="shortsoak")
    assert told.freshness.searchable.count == 300
    assert 0 < told.freshness.searchable.median_ms <= told.freshness.searchable.p99_ms < 60_000
    assert set(told.slope) >= STEPS
    assert set(told.restarts.values()) == {0}


@pytest.mark.slow
def test_what_idling_costs_is_told_of_every_process(kabar_settings: Settings, pipeline: Pipeline) -> None:
    """Each step and both servers, each more than nothing; all together less than two cores have."""
    told = idle(kabar_settings, pipeline, seconds=5, quiet=2)
    assert set(told) >= STEPS | {"kafka", "elasticsearch"}
    assert all(0 <= spent < 1_000 for spent in told.values())
    assert 0 < sum(told.values()) < 2_000


@pytest.mark.slow
def test_throughput_has_all_its_figures(kabar_settings: Settings, pipeline: Pipeline) -> None:
    """Both programs, every process, both latencies: all there, all above nothing, none beyond reason."""
    plan = Plan(items=300, paced_seconds=3, run="quickbench")
    kabar, paced = run(kabar_settings, pipeline, plan, lambda _line: None)
    naive = run_naive(kabar_settings, plan, lambda _line: None)
    report = report_of(0.0, kabar, paced, naive)
    assert set(kabar.own_cpu_ms) >= STEPS
    assert set(naive.own_cpu_ms) == {"naive"}
    for flow in (kabar, naive):
        assert flow.items == 300
        assert flow.items_per_second > 0
        assert 0 < flow.own_total < 10_000
        assert all(5 < peak < 20_000 for peak in flow.peak_mib.values())
    assert paced.searchable.count == 150
    assert paced.alerted is not None
    for told in (paced.searchable, paced.alerted):
        assert 0 < told.median_ms <= told.p99_ms <= told.worst_ms < 60_000
    assert report.ratio > 0
    assert f"{report.ratio:.2f}" in show(report)


def test_the_items_are_news_of_many_kinds() -> None:
    """The same seed makes the same items of about 3 KB; no two are equal, and most are no copies."""
    first, again = (list(Maker("corpus", 7).items(1_000)) for _ in range(2))
    assert [(item.id, item.body) for item in first] == [(item.id, item.body) for item in again]
    assert 2_000 < sum(len(item.encode()) for item in first) / len(first) < 4_000
    assert len({(item.title, item.body) for item in first}) == len(first)
    assert len({item.summary for item in first}) > 0.8 * len(first)
    assert sum(item.body.isascii() for item in first) < 0.6 * len(first)


def test_a_percentile_is_the_nearest_rank() -> None:
    """Of 1 to 200 the 99th percentile is 198."""
    assert latency(float(number) for number in range(1, 201)) == Latency(200, 100.5, 198.0, 200.0)


def test_extraction_has_all_its_figures() -> None:
    """Nineteen languages; what Kabar takes is no worse than either extractor by much; no consent page is an article."""
    report = extraction.measure(2)
    assert len(report.by_language) == 19
    assert report.f1["kabar"] > max(report.f1["trafilatura"], report.f1["resiliparse"]) - 0.02
    assert report.f1["kabar"] > 0.9
    assert report.walls["consent"].refused == report.walls["consent"].pages > 20
    assert report.walls["consent"].leaked == 0
    assert report.walls["paywall"].refused > report.walls["paywall"].pages / 2
    assert f"{report.f1['kabar']:.3f}" in extraction.show(report)


@pytest.mark.slow
def test_faults_lose_nothing() -> None:
    """The broker dies, the node answers amiss in three ways: every item is in the index once."""
    with rig(lambda _line: None) as place:
        for fault in FAULTS:
            if fault.row in QUICK_ROWS and fault.quick:
                verdict = run_fault(place, fault, fault.quick, before=1)
                assert verdict.sent > 0
                assert verdict.holds, verdict
        assert place.node.amiss > 0


def test_following_feeds_costs_what_it_can_cost() -> None:
    """Both programs on a real server: a poll costs something, a changed one more, and feedparser more than that."""
    with serving() as port:
        kabar = kabar_costs(port, feeds=3, rounds=3)
        plain = naive_costs(port, feeds=2, rounds=1)
    assert 0 < kabar.unchanged_ms < kabar.changed_ms < 100
    assert kabar.changed_ms < plain.changed_ms
    assert f"{kabar.changed_ms:.2f}" in show_feeds(kabar, plain, None)
