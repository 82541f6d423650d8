"""The committed JSON Schema files are those of the types, and real records hold to them."""

import json

import jsonschema
import pytest

from schemas.generate import FOLDER, RECORDS, generated
from tests.samples import RECORD_SAMPLES


def test_files_are_up_to_date() -> None:
    """`python -m schemas.generate` would change nothing."""
    on_disk = {path.name: path.read_bytes() for path in FOLDER.iterdir()}
    assert on_disk == generated()


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_an_encoded_record_is_valid(name: str) -> None:
    """What goes over the wire is what the schema says, version included."""
    wire = json.loads(RECORD_SAMPLES[name].encode())
    jsonschema.validate(wire, json.loads(generated()[f"{name}.schema.json"]))
    assert wire["v"] == RECORDS[name].VERSION


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_version_1_still_decodes(name: str) -> None:
    """Bytes written by version 1, kept in `golden/`, decode with the present types."""
    golden = (FOLDER.parent.parent / "tests" / "schemas" / "golden" / f"{name}.v1.json").read_bytes()
    assert RECORDS[name].decode(golden) == RECORD_SAMPLES[name]
