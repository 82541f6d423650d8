"""The plugin that gives the embedded Elasticsearch its language analyzers back; compiled here, at the first start.

The distribution on Maven Central has Lucene's analyzers but not the module that names them. `LanguageAnalyzers.java`
names them again, through Elasticsearch's stable plugin API.
"""

import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from deploy.errors import ServerFailed

NAME = "kabar-analysis"
SOURCE = "LanguageAnalyzers.java"
DESCRIPTOR = "stable-plugin-descriptor.properties"
# What a component is, by what its class says after its name.
FACTORIES = {
    "extends Language": "org.elasticsearch.plugin.analysis.AnalyzerFactory",
    "implements TokenFilterFactory": "org.elasticsearch.plugin.analysis.TokenFilterFactory",
}
PACKAGE = "kabar.analysis"
# What the sources are compiled against; the first jar of each pattern, from the distribution's own `lib`.
CLASSPATH = ("elasticsearch-plugin-api-[0-9]*.jar", "elasticsearch-plugin-analysis-api-*.jar", "lucene-*.jar")
COMPONENT = re.compile(r'@NamedComponent\("(\w+)"\)\s+public static final class (\w+) (\w+ \w+)')
COMPILE_SECONDS = 120


def _text(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def languages() -> tuple[str, ...]:
    """The names of the analyzers, sorted."""
    return tuple(sorted(name for name, _, kind in COMPONENT.findall(_text(SOURCE)) if kind == "extends Language"))


def fingerprint_text() -> str:
    """All that the built plugin depends on, so that a change of it is noticed."""
    return _text(SOURCE) + _text(DESCRIPTOR)


def _components() -> str:
    owner = SOURCE.removesuffix(".java")
    found: dict[str, dict[str, str]] = {factory: {} for factory in FACTORIES.values()}
    for name, kind_name, kind in COMPONENT.findall(_text(SOURCE)):
        found[FACTORIES[kind]][name] = f"{PACKAGE}.{owner}${kind_name}"
    return json.dumps(found, indent=1)


def build(home: Path, *, java: Path, compiler: Path, libraries: Sequence[Path], work: Path) -> None:
    """Compiles the plugin with Eclipse's compiler and puts it into the distribution at `home`.

    Args:
        home: Elasticsearch, unpacked.
        java: the `java` program.
        compiler: the compiler's jar; the runtime that Kabar brings has none of its own.
        libraries: jars that the plugin brings along.
        work: an empty folder for what is only needed meanwhile.

    Raises:
        ServerFailed: the compiler refused, which a tested version does not.
    """
    source, classes = work / SOURCE, work / "classes"
    source.write_text(_text(SOURCE), encoding="utf-8")
    jars = [str(jar) for pattern in CLASSPATH for jar in sorted((home / "lib").glob(pattern))]
    jars += map(str, libraries)
    command = [java, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-jar", compiler, "-21", "-nowarn", "-proc:none"]
    command += ["-classpath", ":".join(jars), "-d", classes, source]
    run = subprocess.run(  # noqa: S603 - our own runtime and sources
        list(map(str, command)), capture_output=True, text=True, timeout=COMPILE_SECONDS, check=False
    )
    if run.returncode:
        said = " ".join((run.stderr or run.stdout).split())[:300]
        raise ServerFailed(
            f"The analysis plugin of Elasticsearch could not be compiled ({said}):"
            " delete the cache folder and start again."
        )
    plugin = home / "plugins" / NAME
    plugin.mkdir(parents=True)
    with zipfile.ZipFile(plugin / f"{NAME}.jar", "w", zipfile.ZIP_DEFLATED) as jar:
        for entry in sorted(classes.rglob("*.class")):
            jar.write(entry, entry.relative_to(classes).as_posix())
    for library in libraries:
        shutil.copy(library, plugin)
    (plugin / DESCRIPTOR).write_text(_text(DESCRIPTOR), encoding="utf-8")
    (plugin / "named_components.json").write_text(_components(), encoding="utf-8")
