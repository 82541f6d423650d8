"""Search on a real node: what people see of queries, facets, stories, pages and exports."""

import csv
import io
import json
import threading
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from pipeline.elastic import Index
from pipeline.query import QueryError
from pipeline.search import Found, Names, Query, search
from pipeline.search.answer import read_moments
from pipeline.search.export import COLUMNS, csv_lines, every, json_lines
from pipeline.search.request import DEEPEST, moments_request
from schemas.alert import Figure
from schemas.index import month_alias
from schemas.settings import Settings
from tests.pipeline.search.demo import demo_documents, index_documents

FIGURES = Names({"Q7747": Figure(id="Q7747", name="Vladimir Putin", aliases=("Vova the Tester",))})


@pytest.fixture(scope="module")
def index(demo_settings: Settings) -> Iterator[Index]:
    """The index of the demo's news."""
    with Index(demo_settings) as opened:
        yield opened


def ids(found: Found) -> set[str]:
    """The ids of the hits."""
    return {hit.id for hit in found.hits}


def everything(index: Index, text: str, **more: tuple[str, ...]) -> Found:
    """All hits of a query, each item for itself."""
    return search(index, Query(text=text, selected=more, size=200, collapse=False), FIGURES)


def test_the_empty_query_finds_all(index: Index) -> None:
    """All items, newest first, and as many stories as the pipeline made."""
    found = everything(index, "")
    documents = demo_documents()
    assert found.total == len(documents)
    assert found.stories == len({document.placement.story_id for document in documents})
    dates = [hit.date for hit in found.hits]
    assert dates == sorted(dates, reverse=True)


@pytest.mark.parametrize(
    "name", ["Putin", "Путин", "پوتین", "普京", "プーチン", "푸틴", "vova the tester", "PÚTIN", "Putin's", "PUTIN’S"]
)
def test_a_name_in_any_script_finds_the_mentions(index: Index, name: str) -> None:
    """Whatever the script of the name or of the text: all items that the pipeline says mention him."""
    mentioning = {
        document.enriched.item.id
        for document in demo_documents()
        if any(mention.entity_id == "Q7747" for mention in document.enriched.mentions)
    }
    assert len({d.enriched.language for d in demo_documents() if d.enriched.item.id in mentioning}) > 2
    assert mentioning <= ids(everything(index, name))
    if not name.lower().endswith(("'s", "’s")):
        assert mentioning == ids(everything(index, f'figure:"{name}"'))
        assert mentioning == ids(everything(index, f'person:"{name}"'))


@pytest.mark.parametrize("name", ["Indonesia", "Индонезия", "インドネシア", "إندونيسيا", "印度尼西亚"])
def test_a_place_in_any_script_finds_the_mentions(index: Index, name: str) -> None:
    """Also by a name that counts in texts of some languages alone, of which a query says nothing."""
    mentioning = {
        document.enriched.item.id
        for document in demo_documents()
        if any(mention.entity_id == "iso3166:ID" for mention in document.enriched.mentions)
    }
    assert mentioning
    assert mentioning <= ids(everything(index, name))
    assert mentioning == ids(everything(index, f"place:{name}"))
    assert mentioning <= ids(everything(index, f"near:{name}"))


def test_short_names_of_one_language_are_words() -> None:
    """`vs` is the United States in Dutch alone: among words it is a word, in a field a name."""
    assert Names().spans(["Inter", "vs", "Ajax"]) == []
    assert Names().ids("VS", "LOC") == ("iso3166:US",)
    assert [span.ids for span in Names().spans(["visit", "Selandia", "Baru"])] == [("iso3166:NZ",)]


@pytest.mark.parametrize(
    ("query", "language"),
    [("berkunjung", "id"), ("kunjungan", "id"), ("порта", "ru"), ("earthquakes", "en"), ("президенту", "uk")],
)
def test_a_stem_finds_other_forms(index: Index, query: str, language: str) -> None:
    """A form that does not stand in the text finds the one that does, in the language of the item."""
    assert any(hit.language == language for hit in everything(index, query).hits)


def test_operators_and_fields_narrow(index: Index) -> None:
    """Each part of the syntax finds what a look at the documents finds."""
    documents = demo_documents()
    texts = {d.enriched.item.id: f"{d.enriched.item.title} {d.enriched.item.summary} {d.enriched.item.body}".lower()
             for d in documents}  # fmt: skip
    palu = {key for key, text in texts.items() if "palu" in text}
    assert palu
    assert palu <= ids(everything(index, "Palu"))
    quake = ids(everything(index, "Palu OR tsunami"))
    assert quake == ids(everything(index, "Palu")) | ids(everything(index, "tsunami"))
    assert ids(everything(index, "Palu -tsunami")) == ids(everything(index, "Palu")) - ids(everything(index, "tsunami"))
    assert ids(everything(index, "lang:id")) == {d.enriched.item.id for d in documents if d.enriched.language == "id"}
    assert ids(everything(index, "country:gb")) == {
        d.enriched.item.id for d in documents if d.enriched.item.source_country == "GB"
    }
    assert ids(everything(index, "source:harbourpost.example")) == ids(everything(index, "source:demo-harbour-post"))
    story = documents[0].placement.story_id
    assert ids(everything(index, f"story:{story}")) == {
        d.enriched.item.id for d in documents if d.placement.story_id == story
    }
    told = {d.enriched.item.id for d in documents if d.placement.event_id == story}
    assert ids(everything(index, f"event:{story}")) == told
    assert everything(index, "NOT lang:id").total + everything(index, "lang:id").total == len(documents)


def test_a_phrase_is_words_in_their_order(index: Index) -> None:
    """`"geophysics agency"` finds it, `"agency geophysics"` nothing; with `title:` only titles count."""
    assert everything(index, '"geophysics agency"').total == 1
    assert everything(index, '"agency geophysics"').total == 0
    assert everything(index, 'title:"geophysics agency"').total == 0
    assert everything(index, 'title:"strong quake rattles"').total == 1


def test_dates(index: Index) -> None:
    """`after:`, `before:` and `day:` divide the items by their date."""
    dates = {d.enriched.item.id: d.enriched.item.published_at or d.enriched.first_seen_at for d in demo_documents()}
    limit = sorted(dates.values())[len(dates) // 2]
    newer = {key for key, date in dates.items() if date >= limit}
    assert ids(everything(index, f'after:"{limit.isoformat()}"')) == newer
    assert ids(everything(index, f'before:"{limit.isoformat()}"')) == set(dates) - newer
    assert everything(index, "after:2020 before:2021").total == 0


def test_near_a_place(index: Index) -> None:
    """Items that name a place within the distance, and no others."""
    far = everything(index, "near:Jakarta,20000km").total
    near = everything(index, "near:Jakarta,10km")
    assert 0 < near.total < far
    assert all("Jakarta" in hit.places or "Indonesia" in hit.places for hit in near.hits)


def test_facets_stay_right_with_several_values(index: Index) -> None:
    """Two values of a facet are alternatives; its own counts stay, the others' counts follow."""
    free = everything(index, "")
    chosen = everything(index, "", language=("id", "ru"))
    counted = Counter(d.enriched.language for d in demo_documents())
    assert {c.value: c.count for c in free.facets["language"]} == dict(counted)
    assert chosen.facets["language"] == free.facets["language"]
    assert chosen.total == counted["id"] + counted["ru"]
    assert sum(c.count for c in chosen.facets["source"]) == chosen.total
    both = everything(index, "", language=("id", "ru"), country=("ID",))
    assert sum(c.count for c in both.facets["language"]) == everything(index, "country:ID").total
    assert sum(c.count for c in both.facets["country"]) == chosen.total
    assert sum(c.count for c in free.facets["day"]) == free.total


def test_facets_count_the_hits_and_nothing_else(index: Index) -> None:
    """Facets are asked for in the languages of the hits alone: what stems of others exclude stays excluded."""
    for text in (
        "Putin",
        "Putin NOT mengunjungi",
        "NOT berkunjung",
        "title:gempa OR rice",
        '"Kim Jong Un"',
        "Путін OR 普京",
    ):
        found = everything(index, text)
        assert found.total > 0, text
        for name in ("language", "source"):
            counted = Counter(getattr(hit, name) for hit in found.hits)
            assert {c.value: c.count for c in found.facets[name]} == dict(counted), (text, name)

    def one(language: str, word: str) -> str:
        documents = (d.enriched for d in demo_documents() if d.enriched.language == language)
        return next(d.item.id for d in documents if word in f"{d.item.title} {d.item.body}")

    kept = one("en", "Quayside")
    alone = everything(index, f"(id:{one('id', 'Dijaga')} OR id:{kept}) NOT menjaga")
    assert ids(alone) == {kept}
    assert [(c.value, c.count) for c in alone.facets["language"]] == [("en", 1)]
    assert sum(c.count for c in alone.facets["source"]) == 1


def test_moments_of_a_day_are_those_of_the_index(demo_settings: Settings) -> None:
    """Where the facet of days tells them, days without items stand between as where the index is asked for each."""
    settings = demo_settings.model_copy(update={"index_prefix": "news-days"})
    aged = [
        msgspec.structs.replace(item := document.enriched.item, published_at=item.fetched_at - timedelta(days=days))
        for document, days in zip(demo_documents(), (45, 44, 20, 20, 0), strict=False)
    ]
    documents = [
        msgspec.structs.replace(document, enriched=msgspec.structs.replace(document.enriched, item=item))
        for document, item in zip(demo_documents(), aged, strict=False)
    ]
    with Index(settings) as index:
        index.prepare()
        index_documents(settings, documents)
        index.refresh()
        found = search(index, Query(text=""))
        answer = index.search({"size": 0, "aggs": {"moments": moments_request("1d")}})
    assert found.interval == "1d"
    assert found.moments == read_moments(answer["aggregations"]["moments"])
    assert [moment.count for moment in found.moments if moment.count] == [1, 1, 2, 1]


def test_a_day_without_hits_has_no_moments(index: Index) -> None:
    """The facet of days counts the others, which may be chosen beside it; no hit is in them."""
    found = everything(index, "", day=("2001-01-01",))
    assert found.total == 0
    assert sum(count.count for count in found.facets["day"]) == everything(index, "").total
    assert found.moments == []


def test_the_figure_facet_counts_those_tracked(index: Index) -> None:
    """Only tracked figures, with their names; choosing one finds its mentions."""
    (count,) = everything(index, "").facets["figure"]
    assert (count.value, count.label) == ("Q7747", "Vladimir Putin")
    assert everything(index, "", figure=("Q7747",)).total == count.count == everything(index, "figure:Q7747").total


def test_stories_are_collapsed_with_their_outlets(index: Index) -> None:
    """One hit a story, with the number of other outlets that have it and its languages."""
    found = search(index, Query(size=200), FIGURES)
    stories = [hit.story_id for hit in found.hits]
    assert len(stories) == len(set(stories)) == found.stories
    outlets: dict[str, set[str]] = {}
    for document in demo_documents():
        outlets.setdefault(document.placement.story_id, set()).add(document.enriched.item.source)
    assert {hit.story_id: hit.outlets for hit in found.hits} == {key: len(s) - 1 for key, s in outlets.items()}
    assert max(hit.outlets for hit in found.hits) > 0
    assert all(len(hit.story_outlets) == len(outlets[hit.story_id]) for hit in found.hits)


def test_pages_are_one_order(index: Index) -> None:
    """Pages put together are the whole, each item once, by relevance and by time."""
    for sort in ("relevance", "newest", "oldest"):
        whole = [
            hit.id for hit in search(index, Query(text="di OR the OR в", size=200, collapse=False, sort=sort)).hits
        ]
        pages = [
            hit.id
            for offset in range(0, len(whole), 7)
            for hit in search(
                index, Query(text="di OR the OR в", size=7, offset=offset, collapse=False, sort=sort)
            ).hits
        ]
        assert pages == whole
    assert search(index, Query(offset=DEEPEST, size=10)).hits == []


def test_what_was_meant(index: Index) -> None:
    """A misspelt query that finds nothing gets one that finds something, with its operators kept; a right one none."""
    found = search(index, Query(text='"Vladmir Putn" lang:id'))
    assert found.total == 0
    assert found.suggestion == '"vladimir putin" lang:id'
    assert search(index, Query(text=found.suggestion)).total > 0
    assert search(index, Query(text="Putin")).suggestion is None
    assert search(index, Query(text="xqzwv")).suggestion is None


def test_an_export_has_every_item_once(index: Index) -> None:
    """JSON Lines and CSV of all hits, as search finds them; CSV has no cell that a spreadsheet would run."""
    lines = [json.loads(line) for line in json_lines(every(index, Query(text="lang:id")))]
    assert {line["id"] for line in lines} == ids(everything(index, "lang:id"))
    text = b"".join(csv_lines(every(index, Query()))).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len({row["id"] for row in rows}) == len(demo_documents())
    assert tuple(rows[0]) == COLUMNS
    assert not any(value.startswith(("=", "+", "-", "@")) for row in rows for value in row.values())


def test_an_export_takes_constant_memory(index: Index) -> None:
    """Ten times as many hits take no more memory than a page does."""
    one = next(every(index, Query()))
    tracemalloc.start()
    for _ in csv_lines(one for _ in range(20_000)):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


HOSTILE = [
    "a " * 200, "президент " * 150, "大統領 " * 150, '"' + "a " * 900 + '"', "{{}} $(id) ; DROP -- ../..", "* ? ~ ^ \\",
    "/(a+)+$/", "title:*", "<script>alert(1)</script>", "\ud800 \x00 \u202e", "a OR " * 90 + "b", "🙂 🙂", "._source",
    'source:"../../_cat"', "near:0,0,20000km", "day:0001-01-01", "after:9999", "lang:xx-yy-zz", "ﷺ" * 300,
    "NOT " * 19 + "a", "(" * 19 + "a" + ")" * 19,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_no_query_is_refused_by_the_index(index: Index, text: str) -> None:
    """Whatever people type is answered, or is a sentence that points at a place; never an error of the index."""
    try:
        answer: Found | QueryError = search(index, Query(text=text), FIGURES)
    except QueryError as error:
        answer = error
    if isinstance(answer, QueryError):
        assert str(answer)[-1] in '.…"'
    else:
        assert answer.total >= 0


def test_the_first_search_of_a_new_month_is_answered(demo_settings: Settings) -> None:
    """While the index of a new month is made, no search fails and none comes back without its items."""
    settings = demo_settings.model_copy(update={"index_prefix": "news-newmonth"})
    answers: list[int] = []
    with Index(settings) as index:
        index.ensure_template()
        index.ensure_month(month_alias(settings.index_prefix, datetime(2020, 1, 1, tzinfo=UTC)))
        done = threading.Event()

        def ask() -> None:
            with Index(settings) as asking:
                while not done.is_set():
                    answers.append(search(asking, Query()).total)

        asker = threading.Thread(target=ask)
        asker.start()
        for month in range(2, 9):
            index.ensure_month(month_alias(settings.index_prefix, datetime(2020, month, 1, tzinfo=UTC)))
        done.set()
        asker.join()
    assert answers
    assert set(answers) == {0}
