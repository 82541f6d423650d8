"""The evaluation of copies and stories: what it measures with, and that its figures are still good on a small part."""

import pytest

from tests.benchmarks.stories_copies import EDITS, examples
from tests.benchmarks.stories_eval import (
    Labelled,
    b_cubed,
    by_group,
    mean_b_cubed,
    mistakes,
    originals_of,
    pairwise,
    shuffled,
)
from tests.benchmarks.stories_events import across, joined, told
from tests.benchmarks.stories_peers import COPIES, single_pass
from tests.benchmarks.stories_texts import in_other_script
from tests.benchmarks.window import measure

FEW = ("en", "id", "ru", "sr", "zh-Hans")


def test_the_same_seed_gives_the_same_items_and_the_halves_share_none() -> None:
    """Items are made anew alike; no body of the half held out occurs in the half for tuning."""
    first, again, held = (examples(half, 3, languages=FEW) for half in ("tuning", "tuning", "held out"))
    assert first == again
    bodies = {example.enriched.item.body for example in first} - {""}
    assert not bodies & {example.enriched.item.body for example in held}


def test_copies_and_look_alikes_are_what_they_are_called() -> None:
    """A copy has its base before it and the base's text; what only looks alike stands for itself."""
    made = examples("tuning", 6, languages=FEW)
    seen: set[str] = set()
    for example in made:
        copied = example.kind in {*EDITS, "other script", "short, agency credit", "short, capitals"}
        assert (example.text in seen) == copied, example.kind
        seen.add(example.text)


def test_copies_are_found_and_look_alikes_are_not() -> None:
    """On a few held-out texts the marks are better than those of every peer."""
    made = examples("held out", 6, languages=("id", "ru", "th"))
    gold = [example.text for example in made]
    events = [example.enriched for example in made]
    kabar = pairwise(originals_of(events), gold).f1
    assert kabar > 0.85
    for peer in COPIES.values():
        assert kabar > pairwise(by_group(events, peer), gold).f1


def test_mistakes_are_told_by_kind() -> None:
    """Where everything is marked as itself, each copy is missed and nothing else is wrong."""
    made = examples("tuning", 3, languages=("en",))
    alone = mistakes(made, list(range(len(made))))
    assert {kind for kind, _, wrong in alone if wrong} <= {*EDITS, "short, agency credit", "short, capitals"}
    assert all(wrong in {0, count} for _, count, wrong in alone)
    together = mistakes(made, [0] * len(made))
    assert sum(wrong for _, _, wrong in together) > 0


def test_scores_of_a_known_grouping() -> None:
    """Figures that can be reckoned by hand."""
    found, gold = ["a", "a", "b", "b"], [1, 1, 1, 2]
    assert (pairwise(found, gold).precision, pairwise(found, gold).recall) == (1 / 2, 1 / 3)
    score = b_cubed(found, gold)
    assert (score.precision, score.recall) == pytest.approx((3 / 4, 2 / 3))
    assert pairwise(["a", "b"], [1, 2]).f1 == 0.0


def test_scripts_are_those_of_their_languages() -> None:
    """Serbian letters with two signs become one, Chinese is written by phrases."""
    assert in_other_script("Njegoš i džep, Ljubav", "sr") == "Његош и џеп, Љубав"
    assert in_other_script("头发发展", "zh-Hans") == "頭髮發展"


def test_events_in_several_languages_are_joined_precisely() -> None:
    """Of made tellings that agree in who, where and how many, half and more are joined, and few that do not agree."""
    tellings = told("held out", 24)
    precision, recall = across(joined(tellings), tellings)
    assert precision >= 0.85
    assert recall >= 0.4
    assert across([str(place) for place in range(len(tellings))], tellings) == (0.0, 0.0)
    assert across([str(one.event) for one in tellings], tellings) == (1.0, 1.0)
    assert across(["all"] * len(tellings), tellings)[1] == 1.0


def test_the_peer_for_stories_groups_what_is_alike() -> None:
    """Two equal texts are one story, another stands alone."""
    items = [example.enriched.item for example in examples("tuning", 3, languages=("en",))[:3]]
    one, again, other = single_pass([items[0], items[0], items[1]], 0.5)
    assert one == again != other


def test_the_cost_of_a_window_is_measured() -> None:
    """A small window is made, rebuilt and used: every figure is there and within reason."""
    found = measure(300, decided=20, like=30)
    assert found.size == 300
    assert 0 < found.start_seconds < 10
    assert 0 < found.decision_ms < 100


def test_the_mean_is_over_orders_that_stay_the_same() -> None:
    """Each order has all items, in another row; a method that needs no order has one score in all of them."""
    items = [Labelled(id=str(n), language="en", title="", body="", story=str(n % 3)) for n in range(9)]
    orders = shuffled(items, 4)
    assert orders == shuffled(items, 4)
    assert len({tuple(item.id for item in order) for order in orders}) == 4
    assert all(sorted(order, key=lambda item: item.id) == items for order in orders)
    mean = mean_b_cubed(orders, lambda order: ["one"] * len(order))
    assert (mean.precision, mean.recall, mean.f1) == pytest.approx((1 / 3, 1.0, 1 / 2))
