"""Known-item search over the demo's news: `python -m tests.benchmarks.search_quality`.

Each query is words of one item, which must come first. They are drawn by rule, not by hand (Azzopardi, de Rijke, Balog:
Building simulated queries for known-item topics, 2007): of each item its rarest title words, its rarest text words, a
name with a word, and the title in another order. Items of which the collection has a copy count as found by the copy.
"""

import json
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from deploy.embedded import start
from pipeline.elastic import Index
from pipeline.query.scan import OPERATORS
from pipeline.search import Query, search
from schemas.document import Document
from schemas.settings import Settings, load_settings

FIRST_GOAL, FIFTH_GOAL = 0.95, 0.99
LANGUAGES_AT_LEAST, QUERIES_AT_LEAST = 15, 200
PUNCTUATION = "\"'’“”„«»‹›()[]{}.,;:!?…–—-·、。「」『』،؛؟।"
SPACELESS = frozenset({"zh-Hans", "zh-Hant", "zh", "ja", "th"})


class Known(msgspec.Struct, frozen=True):
    """A query and the ids of which one must be found: the item, its revisions being one, and its copies."""

    query: str
    wanted: frozenset[str]
    language: str


class Quality(msgspec.Struct, frozen=True, kw_only=True):
    """How many queries there were, in how many languages; shares whose item is first, and among five."""

    queries: int
    languages: int
    first: float
    among_five: float
    missed: list[tuple[str, str]]


def known_items(documents: Sequence[Document]) -> list[Known]:
    """The queries."""
    rare: Counter[str] = Counter()
    for document in documents:
        rare.update(set(_words(_text(document))))
    copies: dict[str, set[str]] = defaultdict(set)
    for document in documents:
        copies[document.placement.duplicate_of or document.enriched.item.id].add(document.enriched.item.id)
    found = []
    for document in documents:
        wanted = frozenset(copies[document.placement.duplicate_of or document.enriched.item.id])
        queries = dict.fromkeys(_queries(document, rare))
        found += [Known(query, wanted, document.enriched.language) for query in queries]
    return found


def _queries(document: Document, rare: Counter[str]) -> Iterator[str]:
    item = document.enriched.item
    title, text = _words(item.title), _words(f"{item.summary} {item.body}")
    if document.enriched.language in SPACELESS:
        return
    for words, count in ((title, 3), (text, 3)):
        chosen = sorted(dict.fromkeys(words), key=lambda word: (rare[word], word))[:count]
        if len(chosen) == count:
            yield " ".join(chosen)
    names = [mention.text for mention in document.enriched.mentions if '"' not in mention.text]
    scarce = sorted(dict.fromkeys(text), key=lambda word: (rare[word], word))
    if names and scarce:
        yield f"{names[0]} {scarce[len(scarce) // 8]}"
    if len(title) > 3:
        yield " ".join(reversed(title[:6]))


def _text(document: Document) -> str:
    item = document.enriched.item
    return f"{item.title} {item.summary} {item.body}"


def _words(text: str) -> list[str]:
    """Words as people see them, between spaces and without the punctuation around; at least four letters."""
    words = (word.strip(PUNCTUATION) for word in text.split())
    return [word for word in words if len(word) > 3 and _is_word(word)]


def _is_word(word: str) -> bool:
    kinds = {unicodedata.category(letter)[0] for letter in word.replace("'", "").replace("’", "")}
    return kinds <= {"L", "M"} and word not in OPERATORS


def measure(settings: Settings, documents: Sequence[Document]) -> Quality:
    """Ask all of them of the index."""
    asked = known_items(documents)
    first = five = 0
    missed = []
    with Index(settings) as index:
        for known in asked:
            hits = [hit.id for hit in search(index, Query(text=known.query, size=5, collapse=False, facets=False)).hits]
            first += bool(hits and hits[0] in known.wanted)
            five += bool(known.wanted & set(hits))
            if not hits or hits[0] not in known.wanted:
                missed.append((known.language, known.query))
    return Quality(
        queries=len(asked), languages=len({known.language for known in asked}), first=first / len(asked),
        among_five=five / len(asked), missed=missed,
    )  # fmt: skip


def main() -> None:
    """Measure on a node of its own; exit code 1 below the goals."""
    import tempfile  # noqa: PLC0415 - only the command needs them
    from pathlib import Path  # noqa: PLC0415

    from tests.pipeline.search.demo import demo_documents, index_documents  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="kabar-quality-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        with start(Path(name), with_kafka=False) as servers:
            settings = load_settings(elasticsearch=servers.elasticsearch, kafka="unused:1")
            index_documents(settings, demo_documents())
            found = measure(settings, demo_documents())
    print(json.dumps(msgspec.to_builtins(found), ensure_ascii=False, indent=2))  # noqa: T201 - what it is for
    sys.exit(0 if found.first >= FIRST_GOAL and found.among_five >= FIFTH_GOAL else 1)


if __name__ == "__main__":
    main()
