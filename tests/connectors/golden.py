"""The golden corpus: one file a case, and beside it what must come out.

`python -m tests.connectors.golden` writes the expectations anew; read the difference before it is committed.
"""

from pathlib import Path

import msgspec

from connectors.parse import Entry, ParsedFeed, Unreadable, parse

FOLDER = Path(__file__).parent / "golden"
URL = "https://feed.example/path/feed"
CASES = sorted(path for path in FOLDER.iterdir() if not path.name.endswith(".expected.json"))


def expectation(case: Path) -> Path:
    """The file that says what this case gives."""
    return case.with_name(case.name + ".expected.json")


def rendered(found: ParsedFeed | Unreadable) -> bytes:
    """What was found, as the expectations are written: without what is empty."""
    plain = msgspec.to_builtins(found)
    plain.pop("digests", None)  # of no meaning to a reader; `test_taking` holds them to theirs
    plain.pop("taken", None)
    if isinstance(found, ParsedFeed):
        plain["entries"] = [_filled(entry) for entry in found.entries]
    return msgspec.json.format(msgspec.json.encode({k: v for k, v in plain.items() if v}), indent=1) + b"\n"


def _filled(entry: Entry) -> dict[str, object]:
    return {name: value for name, value in msgspec.to_builtins(entry).items() if value}


if __name__ == "__main__":
    for path in CASES:
        expectation(path).write_bytes(rendered(parse(path.read_bytes(), url=URL)))
