"""Writes `kabar.ndjson` and `rules.json` beside itself: `python -m deploy.kibana`."""

import json
from pathlib import Path

from deploy.kibana.dashboards import rules, saved_objects

FOLDER = Path(__file__).parent


def generated(prefix: str = "news") -> dict[str, str]:
    """The files by name."""
    lines = (json.dumps(entry, ensure_ascii=False, separators=(",", ":")) for entry in saved_objects(prefix))
    return {
        "kabar.ndjson": "".join(f"{line}\n" for line in lines),
        "rules.json": json.dumps(rules(), indent=2) + "\n",
    }


def main() -> None:
    """Write them."""
    for name, content in generated().items():
        (FOLDER / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
