"""`docs/search.md` is the code's own."""

import json
import re
from pathlib import Path

import pytest
import yaml

from deploy.elasticsearch_server import ROLES
from pipeline.query import parse
from pipeline.query.fields import FIELDS
from pipeline.query.scan import LONGEST, MOST_TOKENS, OPERATORS
from pipeline.search.document import PAGE, written
from pipeline.search.request import DEEPEST, RECENCY_HALF_LIFE, RECENCY_SHARE
from schemas.index import ANALYZERS, SAME_ANALYZER

TEXT = PAGE.read_text(encoding="utf-8")


def test_every_field_and_language_stands_in_it() -> None:
    """`python -m pipeline.search.document` would change nothing: each field, its other names, each analyzer."""
    assert written(TEXT) == TEXT
    for field in FIELDS:
        assert all(f"`{name}:`" in TEXT for name in (field.name, *field.others))
    for code in (*ANALYZERS, *SAME_ANALYZER):
        assert f"(`{code}`)" in TEXT


def test_every_operator_and_limit_stands_in_it() -> None:
    """Operators, limits and the formula of relevance are those of the code."""
    for operator in OPERATORS:
        assert f"{operator} " in TEXT
    assert f"{LONGEST:,} characters and {MOST_TOKENS} words" in TEXT
    assert f"up to {DEEPEST:,} hits" in TEXT
    assert f"{1 - RECENCY_SHARE:.1f} + {RECENCY_SHARE} · 2^(-age / {RECENCY_HALF_LIFE[:-1]} days)" in TEXT


@pytest.mark.parametrize("query", re.findall(r"^kabar search '(.+?)'", TEXT, flags=re.MULTILINE))
def test_the_examples_are_queries(query: str) -> None:
    """Each example is read."""
    assert parse(query)


def test_the_roles_are_those_of_the_embedded_node() -> None:
    """What is shipped for full clusters gives the same rights."""
    folder = Path(__file__).parents[3] / "deploy" / "elasticsearch"
    shipped = json.loads((folder / "roles.json").read_text())
    own = yaml.safe_load(ROLES)
    assert {name: role["indices"] for name, role in shipped.items()} == {n: r["indices"] for n, r in own.items()}
    assert json.loads((folder / "ilm-policy.json").read_text())["policy"]["phases"]
