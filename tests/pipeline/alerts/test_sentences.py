"""Who of those tracked is found in 500 sentences in 50 languages, and who is not found where only a namesake stands.

The sentences were written from knowledge of the languages, without looking at what is found in them; half of what
`docs/knowledge.md` measures alerts by. They are not to be tuned on.
"""

import json
from pathlib import Path
from typing import Final

import msgspec
import pytest

from pipeline.entities.recognise import Recogniser
from pipeline.knowledge import load
from schemas.alert import Figure
from tests.samples import ITEM

_FILE: Final = Path(__file__).parent / "sentences" / "written-before.jsonl"


class _Sentence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str
    language: str
    figures: tuple[str, ...]
    expected: tuple[str, ...]


@pytest.fixture(scope="module")
def sentences() -> list[_Sentence]:
    """All sentences of the file."""
    return [msgspec.convert(json.loads(line), _Sentence) for line in _FILE.read_text("utf-8").splitlines()]


def test_sentences_are_many_and_sound(sentences: list[_Sentence]) -> None:
    """At least 500 different sentences in 40 languages, 100 of them traps; whoever is expected is tracked."""
    assert len({sentence.text for sentence in sentences}) == len(sentences) >= 500
    assert len({sentence.language for sentence in sentences}) >= 40
    assert sum(not sentence.expected for sentence in sentences) >= 100
    assert all(set(sentence.expected) <= set(sentence.figures) for sentence in sentences)


def test_figures_tracked_by_name_alone(sentences: list[_Sentence]) -> None:
    """Tracked by their English names alone, figures are found with precision 0.96 and recall 0.85 at least."""
    recogniser = Recogniser(load().entities)
    names = {name for sentence in sentences for name in sentence.figures}
    recogniser.track_all(Figure(id=f"watch:{name}", name=name) for name in sorted(names))
    right = wrong = missed = 0
    for sentence in sentences:
        item = msgspec.structs.replace(ITEM, title="", summary="", body=sentence.text)
        mentions = recogniser.mentions(item, sentence.language)
        tracked = {mention.name for mention in mentions if mention.entity_id.startswith("watch:")}
        found = tracked.intersection(sentence.figures)
        right += len(found.intersection(sentence.expected))
        wrong += len(found.difference(sentence.expected))
        missed += len(set(sentence.expected) - found)
    assert right / (right + wrong) >= 0.96
    assert right / (right + missed) >= 0.85
