"""The alias workbench: sentences that must and must not match, and what decided."""

from pipeline.entities import Recogniser
from pipeline.figures import find_tracked
from pipeline.figures.ambiguity import ambiguous_names
from pipeline.figures.known import Edit, edited, make_figure
from pipeline.figures.workbench import check, judge, tracking
from pipeline.knowledge import load
from schemas.alert import Figure

KIM = Figure(
    id="kabar:kim-example",
    name="Kim Exa Ri",
    aliases=("Kim", "Ким Экса Ри"),
    ambiguous=("Kim",),
    context=("minister of harbours",),
    must_match=(
        "The minister of harbours, Kim, opened the pier.",
        "Вчера Ким Экса Ри открыла пристань.",
        "Kim Exa Ri spoke at noon, and Kim left at two.",
    ),
    must_not_match=("Kim won the cup for the second time.", "Akim and Kimchi are words."),
)


def test_the_sentences_of_a_figure_are_checked() -> None:
    """Each comes out as the figure says, with the alias, the script and the context that decided."""
    recogniser = tracking(Recogniser(load().entities), [KIM])
    judged = check(recogniser, KIM)
    assert [(one.sentence, one.alerts) for one in judged if not one.is_right] == []
    (seen,) = [one for one in judged[0].seen if one.alerts]
    assert (seen.surface, seen.alias, seen.script) == ("Kim", "Kim", "latin")
    assert "beside “minister of harbours”" in seen.why
    assert {one.script for one in judged[1].seen} == {"cyrillic"}
    (refused,) = judged[3].seen
    assert not refused.alerts
    assert "ambiguous, and not beside minister of harbours" in refused.why


def test_a_sentence_that_is_wrong_is_said_to_be() -> None:
    """A must-match sentence in which the figure is not named fails the check."""
    recogniser = tracking(Recogniser(load().entities), [KIM])
    assert not judge(recogniser, KIM, "Nobody is named here.", expected=True).is_right


def test_names_that_are_many_peoples_ask_for_context() -> None:
    """A family name or first name alone does; a full name, a name of one person, an organisation does not."""
    assert ambiguous_names("person", ("Kim", "Vladimir", "金", "Li", "Ким")) == ("Kim", "Vladimir", "金", "Li", "Ким")
    assert ambiguous_names("person", ("Kim Jong Un", "최선희", "Путин", "Xi Jinping")) == ()
    assert ambiguous_names("organisation", ("Kim",)) == ()


def test_a_figure_is_edited() -> None:
    """Aliases, groups and sentences come and go; a new name keeps the old one as an alias."""
    figure = edited(make_figure("Ada Exemplar"), Edit(aliases=("Ада", "Kim"), groups=("board",), must_match=("Ada.",)))
    assert (figure.aliases, figure.groups) == (("Ада", "Kim"), ("board",))
    assert "Kim" in figure.ambiguous
    again = edited(figure, Edit(name="Ada Exemplar-Li", without=("Kim", "board", "Ada.")))
    assert (again.name, again.aliases) == ("Ada Exemplar-Li", ("Ada Exemplar", "Ада"))
    assert (again.groups, again.must_match, again.ambiguous) == (
        (),
        (),
        tuple(a for a in figure.ambiguous if a != "Kim"),
    )


def test_whom_a_name_means_that_a_user_types() -> None:
    """An id, a name in any case, an alias; nobody where several have the alias, or none."""
    figures = {f.id: f for f in (Figure(id="Q1", name="Ada Roe", aliases=("Ада", "Roe")),
                                 Figure(id="Q2", name="Eve Roe", aliases=("Roe", "ada roe")))}  # fmt: skip
    asked = ("Q1", "q2", "ada roe", "АДА", "Roe", "Ira")
    assert [found and found.id for found in (find_tracked(figures, name) for name in asked)] == [
        "Q1", "Q2", "Q1", "Q1", None, None,
    ]  # fmt: skip
