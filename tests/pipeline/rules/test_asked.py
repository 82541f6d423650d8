"""A rule out of words, and back."""

import pytest

from pipeline.rules.asked import Asked, asked_of, make_rule
from schemas.alert import Figure

FIGURES = {"Q7747": Figure(id="Q7747", name="Vladimir Putin", aliases=("Путин",), groups=("kremlin",))}


@pytest.mark.parametrize("asked", [
    Asked(name="Plain", figures=("Путин",), parts=("title", "lead"), languages=("id",), sources=("a", "b")),
    Asked(name="Digest", any_figure=True, digest="mon-fri 08:00", zone="Asia/Jakarta", reader="id", cap="10/2h"),
    Asked(name="Count", groups=("kremlin",), count_after="45m", quiet="22:00-07:00", to=("editors",)),
    Asked(name="Silence", figures=("Q7747",), silence="36h"),
    Asked(name="Spike", figures=("Q7747",), when="spike", spike_factor=2.5, spike_least=7),
    Asked(name="Search", search='"state visit" -Kim', places=("Moscow",), together=("Путин", "Kim Jong Un")),
])  # fmt: skip
def test_a_rule_as_words_makes_the_same_rule(asked: Asked) -> None:
    """What a form shows of a rule, sent again, changes nothing."""
    made = make_rule(asked, FIGURES, ("editors",))
    assert make_rule(asked_of(made), FIGURES, ("editors",)) == made
