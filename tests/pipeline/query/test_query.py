"""The query grammar: what queries mean, what is said of those that mean nothing, and that none can break it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.query import QueryError, parse, write
from pipeline.query.ast import And, Dated, Everything, Moment, Named, Near, Node, Not, Or, Text, Value
from pipeline.query.fields import FIELDS, Field
from pipeline.query.moments import moment
from pipeline.query.places import kilometres_between
from pipeline.query.scan import LONGEST, MOST_TOKENS

JAKARTA = (-6.2, 106.8)


def day(year: int, month: int, number: int) -> Moment:
    """The beginning of a day."""
    return Moment(at=datetime(year, month, number, tzinfo=UTC))


MEANINGS: list[tuple[str, Node]] = [
    ("", Everything()),
    ("  \u3000\x00 ", Everything()),
    ("kunjungan Putin", And((Text(text="kunjungan"), Text(text="Putin")))),
    ("kunjungan AND Putin", And((Text(text="kunjungan"), Text(text="Putin")))),
    ("and or not", And((Text(text="and"), Text(text="or"), Text(text="not")))),
    ("a b OR c", Or((And((Text(text="a"), Text(text="b"))), Text(text="c")))),
    ("a (b OR c)", And((Text(text="a"), Or((Text(text="b"), Text(text="c")))))),
    ("-a", Not(Text(text="a"))),
    ("NOT a -b", And((Not(Text(text="a")), Not(Text(text="b"))))),
    ('-"a b"', Not(Text(text="a b", phrase=True))),
    ("Jong-un", Text(text="Jong-un")),
    ("Putin - Kim — Xi --", And((Text(text="Putin"), Text(text="Kim"), Text(text="Xi")))),
    ('"state  visit"', Text(text="state visit", phrase=True)),
    ("«государственный визит»", Text(text="государственный визит", phrase=True)),
    ("„Staatsbesuch“", Text(text="Staatsbesuch", phrase=True)),
    ("title:visit", Text(text="visit", title_only=True)),
    ('TITLE:"state visit"', Text(text="state visit", phrase=True, title_only=True)),
    ("title:(a -b)", And((Text(text="a", title_only=True), Not(Text(text="b", title_only=True))))),
    ("figure:Путин", Named(field="figure", name="Путин")),
    ('person:"Kim Jong Un"', Named(field="person", name="Kim Jong Un")),
    ("org:NATO", Named(field="organisation", name="NATO")),
    ("place：北京", Named(field="place", name="北京")),
    ("lang:Indonesian", Value(field="language", value="id")),
    ('lang:"Bahasa Melayu"', Value(field="language", value="ms")),
    ("lang:中文", Value(field="language", value="zh")),
    ("lang:no", Value(field="language", value="nb")),
    ("lang:Dari", Value(field="language", value="prs")),
    ("lang:(id OR ms)", Or((Value(field="language", value="id"), Value(field="language", value="ms")))),
    ("source:harbour-post", Value(field="source", value="harbour-post")),
    ("country:ID", Value(field="country", value="ID")),
    ("topic:economy", Value(field="topic", value="economy")),
    ("story:s-12", Value(field="story", value="s-12")),
    ("event:s-12", Value(field="event", value="s-12")),
    ("after:2026-03-01", Dated(since=day(2026, 3, 1))),
    ("before:2026-03", Dated(until=day(2026, 3, 1))),
    ("before:2026", Dated(until=day(2026, 1, 1))),
    ("after:7d", Dated(since=Moment(ago_seconds=7 * 86_400))),
    ("since:24h", Dated(since=Moment(ago_seconds=86_400))),
    ("after:today", Dated(since=Moment(days_ago=0))),
    ("after:2026-03-01T12:30:00+07:00", Dated(since=Moment(at=datetime(2026, 3, 1, 5, 30, tzinfo=UTC)))),
    ("day:2026-03-31", Dated(since=day(2026, 3, 31), until=day(2026, 4, 1))),
    ("day:2026-12", Dated(since=day(2026, 12, 1), until=day(2027, 1, 1))),
    ("near:-6.2,106.8,30km", Near(place="-6.2,106.8", latitude=-6.2, longitude=106.8, kilometres=30)),
    ("http://example.org/a:b 12:30", And((Text(text="http://example.org/a:b"), Text(text="12:30")))),
    ("Kremlin:Putin", Text(text="Kremlin:Putin")),
]

MISTAKES = [
    ("foo (bar", "(", "not closed"),
    ("foo bar)", ")", "no opening parenthesis"),
    ('foo "bar', '"', "quotation mark is not closed"),
    ("foo ()", "()", "nothing between"),
    ("foo OR", "OR", "on its right"),
    ("OR foo", "OR", "on its left"),
    ("foo AND OR bar", "AND", "on its right"),
    ("foo NOT", "NOT", "on its right"),
    ("lang: id", "lang:", "needs a value right after it"),
    ("foo persn:Putin", "persn:Putin", "did you mean person:"),
    ("lang:_", "lang:", "needs a value right after it"),
    ("lang:indo_nesia", "indo_nesia", "a language's code or name"),
    ("lang:klingonese", "klingonese", "a language's code or name"),
    ("near:Jakarta,50", "Jakarta,50", "a place and a distance"),
    ("near:Jakarta,-5km", "Jakarta,-5km", "a place and a distance"),
    ("country:Indonesia", "Indonesia", "two letters"),
    ("after:2026-13-45", "2026-13-45", "takes a date"),
    ("day:7d", "7d", "takes a day"),
    ("near:Xyzzyville,50km", "Xyzzyville,50km", "No place named"),
    ("near:91,0,5km", "91,0,5km", "latitude"),
    ("title:(a lang:id)", "lang:", "cannot stand inside title:"),
    ("(" * 30 + "a" + ")" * 30, "(", "inside each other"),
    ("a " * (MOST_TOKENS + 1), "a", f"{MOST_TOKENS} words"),
    ("a" * (LONGEST + 1), "", "2,000 characters"),
]


@pytest.mark.parametrize(("query", "meaning"), MEANINGS, ids=[query for query, _ in MEANINGS])
def test_what_a_query_means(query: str, meaning: Node) -> None:
    """Words, phrases, operators, every field, dates, and other scripts' punctuation."""
    assert parse(query) == meaning


@pytest.mark.parametrize(("query", "place", "sentence"), MISTAKES, ids=[sentence for *_, sentence in MISTAKES])
def test_a_mistake_is_pointed_at(query: str, place: str, sentence: str) -> None:
    """The sentence says what to change, and the span is that of the mistake."""
    with pytest.raises(QueryError) as caught:
        parse(query)
    error = caught.value
    assert sentence in str(error.sentence)
    assert query[error.start : error.end] == place
    assert all(len(line) < 130 for line in str(error.pointed()).splitlines()[1:])


@pytest.mark.parametrize("field", FIELDS, ids=[field.name for field in FIELDS])
def test_every_field_has_an_example_that_is_read(field: Field) -> None:
    """The table's examples are queries, each of one leaf."""
    assert not isinstance(parse(field.example), And | Or | Not | Everything)


def test_near_knows_places_in_several_scripts() -> None:
    """A name or alias of a known place has its coordinates."""
    for name in ("Jakarta", "Джакарта"):
        node = parse(f"near:{name}")
        assert isinstance(node, Near)
        assert kilometres_between((node.latitude, node.longitude), JAKARTA) < 30
        assert node.kilometres == 50


def test_distances() -> None:
    """The great circle from Jakarta to Singapore is about 890 km, and around half the earth 20,015 km."""
    assert kilometres_between(JAKARTA, (1.29, 103.85)) == pytest.approx(893, abs=10)
    assert kilometres_between((0, 0), (0, 180)) == pytest.approx(20_015, abs=1)


def test_moments_are_resolved_against_now() -> None:
    """`7d` is a week before now, `today` the beginning of the UTC day; no time is too long ago to be one."""
    now = datetime(2026, 3, 8, 15, 30, tzinfo=UTC)
    assert Moment(ago_seconds=7 * 86_400).resolve(now) == now - timedelta(days=7)
    assert Moment(days_ago=1).resolve(now) == datetime(2026, 3, 7, tzinfo=UTC)
    assert Moment(at=now).resolve(now) == now
    longest = moment("9999y")
    assert longest
    assert longest.resolve(now) == datetime.min.replace(tzinfo=UTC)


WORDS = st.sampled_from(
    [*'()（）"“”„«»:-', " ", "AND", "OR", "NOT", "a", "Путин", "7d", "2026-03", "near:", "title:", "\x00", "\ud800"]
    + [f"{field.name}:" for field in FIELDS] + [field.example for field in FIELDS]
)  # fmt: skip


@settings(max_examples=500, deadline=None)
@example(query="ANDtitle:\x00")
@given(st.one_of(st.lists(WORDS, max_size=25).map("".join), st.lists(WORDS, max_size=25).map(" ".join), st.text()))
def test_any_text_is_a_query_or_a_sentence(query: str) -> None:
    """Nothing but a `QueryError` with a place inside the query; and what was read is read the same when written."""
    node = read(query)
    if isinstance(node, QueryError):
        assert 0 <= node.start <= node.end <= len(query)
        assert node.pointed()
    else:
        assert parse(write(node)) == node


def read(query: str) -> Node | QueryError:
    """The tree, or what is wrong."""
    try:
        return parse(query)
    except QueryError as error:
        return error


@pytest.mark.parametrize("query", ["(" * 2_000, "-" * 2_000, "NOT " * 500, '"' * 1_999, "a:" * 1_000, ",km" * 600])
def test_hostile_queries_end_at_once(query: str) -> None:
    """Neither depth nor length nor repetition takes more than a moment."""
    before = datetime.now(UTC)
    read(f"near:{query}"[:LONGEST])
    read(query)
    assert datetime.now(UTC) - before < timedelta(seconds=1)
