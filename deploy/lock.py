"""Writes `artifacts.lock` anew (`python -m deploy.lock`), for who changes a version; needs Maven and the network.

Users never run this; what is fetched for them is named by the lock file alone.
"""

import hashlib
import subprocess
import sys
import tempfile
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deploy import artifacts

KAFKA = ("org.apache.kafka:kafka_2.13:4.1.1", "org.slf4j:slf4j-simple:1.7.36")
ELASTICSEARCH = "org/elasticsearch/distribution/integ-test-zip/elasticsearch/9.2.0/elasticsearch-9.2.0.zip"
# Thai words: the version of Lucene is that of the distribution.
PLUGIN = (
    "org/apache/lucene/lucene-analysis-icu/10.3.1/lucene-analysis-icu-10.3.1.jar",
    "com/ibm/icu/icu4j/77.1/icu4j-77.1.jar",
)
COMPILER = "org/eclipse/jdt/ecj/3.41.0/ecj-3.41.0.jar"
LISTER = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:list"
HEADER = "# Written by `python -m deploy.lock`: group of use, path in the repository, size in bytes, SHA-256.\n"


def _dependency(coordinates: str) -> str:
    group, artifact, version = coordinates.split(":")
    fields = f"<groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version>"
    return f"<dependency>{fields}</dependency>"


def _jars_of(coordinates: tuple[str, ...]) -> list[str]:
    """The repository paths of these and all that they need at run time."""
    project = (
        "<project><modelVersion>4.0.0</modelVersion><groupId>lock</groupId><artifactId>lock</artifactId>"
        f"<version>1</version><dependencies>{''.join(map(_dependency, coordinates))}</dependencies></project>"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pom.xml").write_text(project, encoding="utf-8")
        options = ["-DincludeScope=runtime", "-DoutputFile=list.txt", "-Dstyle.color=never"]
        subprocess.run(["mvn", "-q", "-B", LISTER, *options], cwd=folder, check=True)  # noqa: S603, S607
        lines = (folder / "list.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split()[0].split(":") for line in lines if ":jar:" in line]
    return sorted(
        f"{group.replace('.', '/')}/{artifact}/{version}/{artifact}-{version}.jar"
        for group, artifact, _, version, _ in rows
    )


def _line(group: str, path: str) -> str:
    with urllib.request.urlopen(artifacts.repository() + path) as body:  # noqa: S310 - `repository` checked it
        data = body.read()
    return f"{group} {path} {len(data)} {hashlib.sha256(data).hexdigest()}\n"


def main() -> int:
    """Resolves, downloads, hashes, writes."""
    wanted = [("kafka", path) for path in _jars_of(KAFKA)]
    wanted += [("elasticsearch", ELASTICSEARCH), *(("plugin", path) for path in PLUGIN), ("build", COMPILER)]
    with ThreadPoolExecutor(artifacts.PARALLEL) as pool:
        lines = list(pool.map(lambda pair: _line(*pair), wanted))
    (Path(__file__).parent / artifacts.LOCK_FILE).write_text(HEADER + "".join(lines), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
