"""What arrived: which places may hold a copy."""

from pipeline.stories.arrivals import ALONE, Arrivals


def test_one_key_in_common_is_followed_a_few_times_only() -> None:
    """What shares more keys comes first, however old; of what shares one, the newest few; what was replaced, never."""
    arrivals = Arrivals()
    for number in range(20):
        own = [100 + number, 200 + number]
        arrivals.add(f"{number:032x}", number + 1, 0, 0, [7, 8, *own] if number == 0 else [7, *own])
    newest = list(range(19, 19 - ALONE, -1))
    assert arrivals.likely_copies((7, 300)) == newest
    assert arrivals.likely_copies((7, 100)) == newest, "walks are bounded: the oldest of twenty is not reached by 7"
    assert arrivals.likely_copies((7, 8, 100))[0] == 0
    place = arrivals.place_of(20)
    assert place == 19
    arrivals.retire(place)
    assert arrivals.likely_copies((7, 300)) == list(range(18, 18 - ALONE, -1))
    assert arrivals.place_of(21) is None
