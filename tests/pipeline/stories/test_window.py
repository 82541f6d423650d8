"""The window: what holds for every sequence of items, and after a restart at any point."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.stories.restoring import restored
from pipeline.stories.rows import InMemory, decide
from pipeline.stories.state import Outcome, Row
from pipeline.stories.window import REDELIVERED, Window
from schemas.document import Enriched, Mention, Placement
from tests.pipeline.stories.texts import EDITS, Kept, Writer, after, news

ROOT_TEXTS = [Writer("en", seed).words(60) for seed in range(5)]
EDIT_NAMES = sorted(EDITS)


@st.composite
def events(draw: st.DrawFn, hours_between: float = 12) -> list[Enriched]:
    """Items about few texts, some edited, some revised, over ten days and not quite in order of time."""
    drawn: list[Enriched] = []
    revisions: dict[int, int] = {}
    seen: dict[int, float] = {}
    hours = 0.0
    for _ in range(draw(st.integers(1, 40))):
        hours += draw(st.floats(0, hours_between))
        name = draw(st.integers(0, 25))
        revision = revisions[name] = revisions.get(name, 0) + draw(st.integers(0, 1)) or 1
        first = seen.setdefault(name, max(0.0, hours - draw(st.sampled_from([0.0, 0.0, 1.0, 200.0]))))
        text = ROOT_TEXTS[draw(st.integers(0, 4))]
        edit = draw(st.sampled_from([*EDIT_NAMES, "none"]))
        words = EDITS[edit](Writer("en", name), text) if edit != "none" else text
        short = draw(st.booleans())
        body = "" if short else " ".join(words)
        summary = " ".join(words[:30]) if short else ""
        title = " ".join(text[:5])
        drawn.append(news(str(name), title=title, summary=summary, body=body, at=after(hours=first), revision=revision))
    return drawn


def run(window: Window, table: InMemory, stream: list[Enriched], first: int = 0) -> list[Outcome]:
    """What the window says of each event, with the rows written as the agent writes them."""
    outcomes = []
    for offset, event in enumerate(stream, first):
        outcomes.append(decide(window, event, offset, table))
    return outcomes


@settings(max_examples=60, deadline=None)
@given(events(hours_between=4) | events(), st.data())
def test_restart_changes_nothing(stream: list[Enriched], data: st.DataObject) -> None:
    """After a kill at any event, with events redelivered from any earlier offset, all is decided as without it.

    Also where items have left the window, stories have ended, and revisions of such items come.
    """
    expected_table = InMemory()
    expected = [outcome.placement for outcome in run(Window("xx"), expected_table, stream)]
    killed = data.draw(st.integers(0, len(stream)))
    committed = data.draw(st.integers(0, killed))
    table = InMemory()
    run(Window("xx"), table, stream[:killed])
    again_up = restored("xx", table.kept.items())
    again = run(again_up, table, stream[committed:], committed)
    assert [outcome.placement for outcome in again] == expected[committed:]
    assert table.kept == expected_table.kept


@settings(max_examples=40, deadline=None)
@given(events(), st.data())
def test_redelivered_events_are_answered_as_before(stream: list[Enriched], data: st.DataObject) -> None:
    """However old they are, events that come again after a restart get the same answer, and nothing is written."""
    killed = data.draw(st.integers(0, len(stream)))
    table = InMemory()
    answers = [outcome.placement for outcome in run(Window("xx"), table, stream[:killed])]
    again_up = restored("xx", table.kept.items())
    assert run(again_up, table, stream[:killed]) == [Outcome(answer, {}) for answer in answers]


@settings(max_examples=60, deadline=None)
@given(events())
def test_marks_hold(stream: list[Enriched]) -> None:
    """No item repeats itself, what is repeated repeats nothing, and both are in one story."""
    outcomes = run(Window("xx"), InMemory(), stream)
    last = {event.item.id: outcome.placement for event, outcome in zip(stream, outcomes, strict=True)}
    for key, placement in last.items():
        assert placement.story_id.startswith("s-")
        if placement.duplicate_of is not None:
            assert placement.duplicate_of != key
            assert last[placement.duplicate_of].duplicate_of is None
            assert last[placement.duplicate_of].story_id == placement.story_id


@settings(max_examples=40, deadline=None)
@given(events())
def test_placement_never_changes(stream: list[Enriched]) -> None:
    """Every revision of an item keeps its story and its mark, and a repeat writes nothing."""
    window = Kept()
    first: dict[str, Placement] = {}
    for offset, event in enumerate(stream):
        placement = window.decide(event, offset).placement
        assert first.setdefault(event.item.id, placement) == placement
        assert window.decide(event, offset) == Outcome(placement, {})


def test_revision_is_no_copy_of_itself_and_renews_its_text() -> None:
    """A correction keeps its placement, and copies of the corrected text are found."""
    writer = Writer("en", 1)
    window = Kept()
    placement = window.decide(news("a", body=writer.text(100)), 0).placement
    rewritten = writer.text(100)
    revised = window.decide(news("a", body=rewritten, revision=2), 1).placement
    copied = window.decide(news("b", body=rewritten), 2).placement
    assert revised == placement
    assert copied.duplicate_of == news("a").item.id


def test_rows_are_small() -> None:
    """A row of a long article with many entities takes about 980 bytes."""
    writer = Writer("ru", 1)
    mentions = tuple(
        Mention(
            text="x", type="PER", start=0, end=1, field="body", entity_id=f"Q{n}", name="x", confidence=1.0, why="test"
        )
        for n in range(50)
    )
    event = news("a", title=writer.text(10), body=writer.text(600), mentions=mentions)
    row = Kept().decide(event, 1_000_000_000).rows[event.item.id]
    assert row is not None
    assert len(row) <= 1_000


def test_old_rows_are_deleted_in_small_steps() -> None:
    """What left the window is deleted, a few at each event, once its event cannot come again."""
    writer = Writer("en", 2)
    table = InMemory()
    window = Window("xx", timedelta(days=1))
    run(window, table, [news(f"old {number}", body=writer.text(40)) for number in range(30)])
    late = [news(f"new {number}", body=writer.text(40), at=after(days=3)) for number in range(20)]
    run(window, table, late[:1], first=30)
    assert (len(window), len(table.kept)) == (1, 31)
    outcomes = run(window, table, late[1:], first=REDELIVERED + 30)
    assert max(len(outcome.rows) for outcome in outcomes) <= 5
    assert len(table.kept) == len(window) == 20
    assert window.expired(after(days=9), 2 * REDELIVERED, table.get) == []
    assert len(window) == 0
    assert window.expired(after(days=9), 3 * REDELIVERED + 50, table.get) != []


def test_rows_of_another_scheme_keep_their_placement() -> None:
    """After an upgrade of the fingerprint, known items are answered as before and nothing is compared with them."""
    text = Writer("en", 3).text(80)
    table = InMemory()
    first, copy = news("a", body=text), news("b", body=text)
    [outcome] = run(Window("xx"), table, [first])
    row = Row.decode(table.kept[first.item.id])
    old = Row(**{name: getattr(row, name) for name in row.__struct_fields__} | {"scheme": 0})
    table.put(first.item.id, old.encode())
    window = restored("xx", table.kept.items())
    assert decide(window, first, 0, table).placement == outcome.placement
    assert decide(window, copy, 1, table).placement.duplicate_of is None


def test_a_revision_opens_its_story_again_after_a_restart_as_without_one() -> None:
    """An item that left the window is revised, and its story told anew: the same story, restarted or not."""
    text, other = Writer("en", 5), Writer("en", 6)
    words = text.words(40)
    stream = [
        news("a", title=" ".join(words[:8]), body=" ".join(words)),
        news("b", body=other.text(60), at=after(days=8)),
        news("a", title=" ".join(words[:8]), body=" ".join(words), revision=2),
        news("c", title=" ".join(words[:8]), body=" ".join([*words[20:], *text.words(10)]), at=after(days=8, hours=1)),
    ]
    table = InMemory()
    expected = [outcome.placement.story_id for outcome in run(Window("xx"), table, stream)]
    for killed in range(len(stream)):
        table = InMemory()
        run(Window("xx"), table, stream[:killed])
        again = run(restored("xx", table.kept.items()), table, stream[killed:], killed)
        assert [outcome.placement.story_id for outcome in again] == expected[killed:]
    assert expected[3] == expected[0]


def test_a_story_whose_founder_was_forgotten_goes_on() -> None:
    """Its first row left is a copy, which says nothing in its own words; later members are still found by theirs."""
    writer = Writer("en", 7)
    words = writer.words(60)
    table = InMemory()
    stream = [
        news("a", title=" ".join(words[:8]), body=" ".join(words)),
        news("b", title=" ".join(words[:8]), body=" ".join(words), at=after(hours=1)),
        news("c", title=" ".join(words[:8]), body=" ".join([*words[30:], *writer.words(10)]), at=after(hours=2)),
    ]
    [_, copy, member] = [outcome.placement for outcome in run(Window("xx"), table, stream)]
    assert copy.duplicate_of == stream[0].item.id
    assert member.story_id == copy.story_id
    table.put(stream[0].item.id, None)
    window = restored("xx", table.kept.items())
    again = news("d", title=" ".join(words[:8]), body=" ".join([*words[25:55], *writer.words(10)]), at=after(hours=3))
    assert decide(window, again, 3, table).placement.story_id == copy.story_id


def test_groups_share_a_table() -> None:
    """A window takes only the rows of its own group."""
    table = InMemory()
    run(Window("xx"), table, [news("a", body="word " * 30)])
    assert len(restored("yy", table.kept.items())) == 0
    assert len(restored("xx", table.kept.items())) == 1
