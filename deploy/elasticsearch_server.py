"""Elasticsearch: one node or two, started as its own launcher would start it, but without that second Java process.

`bin/elasticsearch` starts a Java program that reads the configuration, starts the server and hands it its settings on
standard input (class `org.elasticsearch.bootstrap.ServerArgs`), then stays. Here this module does that, which saves
3 s of a start and 110 MB; `settings_stream` knows the format, which belongs to the pinned version. The server ends
by itself when that input ends.
"""

import base64
import contextlib
import http.client
import json
import os
import ssl
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import bcrypt

from deploy import accounts, credentials, guardian, nodes, ports
from deploy.distribution import Distribution
from deploy.errors import translated

READY_SECONDS = 180.0
YELLOW_SECONDS = 30
GRACE_SECONDS = 20.0
BCRYPT_ROUNDS = 10
PORT_SETTING = "KABAR_ELASTICSEARCH_PORT"
# For a small heap the serial collector: the node takes 180 MB less than with G1, and its pauses stay short.
SERIAL_UP_TO_MB = 1024
KEYSTORE_FORMAT = 7
BRIDGE_READERS = "org.elasticsearch.entitlement,java.logging,java.net.http,java.naming,jdk.net"

LOG4J = """status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%-25c{1.}] [%node_name]%marker %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
"""
ROLES = """kabar_writer:
  cluster: [monitor, manage_index_templates]
  indices:
    - names: ["news*"]
      privileges: [all]
kabar_reader:
  indices:
    - names: ["news*"]
      privileges: [read, view_index_metadata]
"""
ROLE_OF = {credentials.USER: "superuser", credentials.WRITER: "kabar_writer", credentials.READER: "kabar_reader"}


@dataclass(frozen=True, slots=True)
class ElasticsearchConfig:
    """What can be chosen. `port` is the first node's (0: a free one), `heap_mb` megabytes for each node."""

    data_dir: Path
    port: int = 0
    nodes: int = 1
    secure: bool = False
    heap_mb: int = 512


class ElasticsearchServer:
    """Elasticsearch as child processes. Nothing runs before `start`; after `stop` it can be started again."""

    def __init__(self, config: ElasticsearchConfig, distribution: Distribution) -> None:
        if distribution.elasticsearch is None:
            raise ValueError("the distribution was prepared without Elasticsearch")
        self.config = config
        self._java = distribution.java / "bin" / "java"
        self._dist = distribution.elasticsearch
        self._nodes = nodes.Nodes("Elasticsearch", GRACE_SECONDS)
        self._ports: list[int] = []
        self.credentials: credentials.Credentials | None = None

    @property
    def urls(self) -> tuple[str, ...]:
        """The address of every node."""
        scheme = "https" if self.config.secure else "http"
        return tuple(f"{scheme}://{ports.HOST}:{port}" for port in self._ports)

    @property
    def url(self) -> str:
        """The address of the first node."""
        return self.urls[0]

    @property
    def username(self) -> str | None:
        """The user who may do everything; None where there is no login."""
        return credentials.USER if self.config.secure else None

    @property
    def password(self) -> str | None:
        """That user's password."""
        return self.credentials.password if self.credentials else None

    @property
    def users(self) -> Mapping[str, str]:
        """Password by user: `kabar`, `kabar-writer` (indices `news*`), `kabar-reader` (reads them)."""
        return self.credentials.passwords if self.credentials else {}

    @property
    def ca(self) -> Path | None:
        """PEM file of the authority that signed the nodes; None without TLS."""
        return self.credentials.ca if self.credentials else None

    @property
    def processes(self) -> tuple[guardian.Guarded, ...]:
        """The nodes, for whoever watches them."""
        return tuple(self._nodes.guarded)

    def start(self, progress: Callable[[str], None] = lambda _: None) -> None:
        """Starts the nodes and waits until the cluster serves requests.

        Raises:
            PortInUse: the port asked for is taken.
            ServerFailed: a node ended or was not ready in time.
            DiskFull: no space for its data.
        """
        progress("Elasticsearch is starting")
        with translated(self.config.data_dir):
            accounts.sweep()
            if self.config.secure:
                self.credentials = credentials.ensure(self.config.data_dir / "secrets")
            nodes.with_free_ports(self._start_once)
        # Whoever has the address goes on with it after another start.
        self.config = replace(self.config, port=self._ports[0])
        progress(f"Elasticsearch is ready at {self.url}")

    def _start_once(self) -> None:
        self._nodes = nodes.Nodes("Elasticsearch", GRACE_SECONDS)
        count = self.config.nodes
        first = ports.claim(self.config.port, server="Elasticsearch", setting=PORT_SETTING)
        self._ports = [first, *(ports.free_port() for _ in range(count - 1))]
        transport = [ports.free_port() for _ in range(count)]
        account = accounts.service_account()
        root = accounts.own_folder(self.config.data_dir / "elasticsearch", account)
        launches = [self._launch(number, root / str(number), transport, account) for number in range(1, count + 1)]
        try:
            self._nodes.start(launches)
            self._nodes.wait_ready(self._serves, READY_SECONDS)
            # Old indices may still be opening; what stays red is for the one who owns them to see.
            self._health(f"wait_for_status=yellow&timeout={YELLOW_SECONDS}s", YELLOW_SECONDS + 5)
        except BaseException:
            self.stop()
            raise

    def check(self) -> None:
        """Sees to it that every process still runs.

        Raises:
            PortTaken: one has ended, and its log tells of a port that was taken.
            ServerFailed: one has ended for another reason; it quotes its last error.
        """
        self._nodes.check()

    def stop(self) -> None:
        """Stops every node and waits until it has ended."""
        self._nodes.stop()

    def _launch(self, number: int, home: Path, transport: list[int], account: accounts.Account | None) -> nodes.Launch:
        for name in ("config", "data", "logs", "tmp"):
            (home / name).mkdir(parents=True, exist_ok=True)
        self._write_config(home / "config")
        accounts.give(home, account)
        marker = f"-Dkabar.home={home}"
        run = self.config.data_dir / "run"
        run.mkdir(parents=True, exist_ok=True)
        settings = self._settings(number, home, transport)
        return nodes.Launch(
            name=f"Elasticsearch node {number}",
            command=[str(self._java), *self._jvm_options(home), marker, *self._modules()],
            env={**os.environ, "LIBFFI_TMPDIR": str(home / "tmp"), "TMPDIR": str(home / "tmp"), "HOME": str(home)},
            cwd=home,
            log_path=self.config.data_dir / "logs" / f"elasticsearch-{number}.log",
            pid_path=run / f"elasticsearch-{number}.pid",
            marker=marker,
            user=None if account is None else (account.uid, account.gid),
            stdin=settings_stream(settings, home / "config", home / "logs"),
        )

    def _settings(self, number: int, home: Path, transport: list[int]) -> dict[str, str]:
        names = [f"kabar-{index}" for index in range(1, self.config.nodes + 1)]
        single = self.config.nodes == 1
        formation = {
            "discovery.seed_hosts": ",".join(f"{ports.HOST}:{port}" for port in transport),
            # Only looked at until the cluster has formed once.
            "cluster.initial_master_nodes": ",".join(names),
        }
        return {
            "path.home": str(self._dist),
            "path.data": str(home / "data"),
            "path.logs": str(home / "logs"),
            "cluster.name": "kabar",
            "node.name": names[number - 1],
            "http.host": ports.HOST,
            "http.port": str(self._ports[number - 1]),
            "transport.host": ports.HOST,
            "transport.port": str(transport[number - 1]),
            "action.auto_create_index": "false",
            # The defaults are shares of the disk, which stop a laptop with 10 % free.
            "cluster.routing.allocation.disk.watermark.low": "1gb",
            "cluster.routing.allocation.disk.watermark.high": "500mb",
            "cluster.routing.allocation.disk.watermark.flood_stage": "200mb",
            # What is in the heap counts garbage too, of which the serial collector leaves much until the heap is full:
            # writes and searches would be refused with nothing the matter.
            **({"indices.breaker.total.use_real_memory": "false"} if self._is_small else {}),
            **({"discovery.type": "single-node"} if single else formation),
            **(_SECURED if self.config.secure else {"xpack.security.enabled": "false"}),
        }

    @property
    def _is_small(self) -> bool:
        return self.config.heap_mb <= SERIAL_UP_TO_MB

    def _write_config(self, folder: Path) -> None:
        (folder / "log4j2.properties").write_text(LOG4J, encoding="utf-8")
        if self.credentials is None:
            return
        salted = {
            user: bcrypt.hashpw(password.encode(), bcrypt.gensalt(BCRYPT_ROUNDS, prefix=b"2a")).decode()
            for user, password in self.users.items()
        }
        files = {
            "users": "".join(f"{user}:{hashed}\n" for user, hashed in salted.items()),
            "users_roles": "".join(f"{role}:{user}\n" for user, role in ROLE_OF.items()),
            "roles.yml": ROLES,
            "ca.pem": self.credentials.ca.read_text(encoding="utf-8"),
            "server.pem": self.credentials.certificate.read_text(encoding="utf-8"),
            "server-key.pem": self.credentials.key.read_text(encoding="utf-8"),
        }
        for name, content in files.items():
            path = folder / name
            path.unlink(missing_ok=True)
            path.touch(mode=0o600)
            path.write_text(content, encoding="utf-8")

    def _jvm_options(self, home: Path) -> list[str]:
        """What Elasticsearch's launcher passes (its `SystemJvmOptions` and `jvm.options`), made for a small node."""
        heap = self.config.heap_mb
        bridge = next((self._dist / "lib" / "entitlement-bridge").glob("*.jar"))
        return [
            f"-Xms{heap}m",
            f"-Xmx{heap}m",
            f"-XX:MaxDirectMemorySize={heap // 2}m",
            "-XX:+UseSerialGC" if self._is_small else "-XX:+UseG1GC",
            "-XX:+ExitOnOutOfMemoryError",
            f"-XX:ErrorFile={home / 'logs' / 'hs_err_pid%p.log'}",
            f"-Djava.io.tmpdir={home / 'tmp'}",
            f"-Des.path.home={self._dist}",
            "-Des.distribution.type=zip",
            "-Des.java.type=ES_JAVA_HOME",
            "-Des.networkaddress.cache.ttl=60",
            "-Des.networkaddress.cache.negative.ttl=10",
            "-Xss1m",
            "-Djava.awt.headless=true",
            "-Dfile.encoding=UTF-8",
            "-Djna.nosys=true",
            "-Djava.locale.providers=CLDR",
            "-XX:-OmitStackTraceInFastThrow",
            "-Dio.netty.noUnsafe=true",
            "-Dio.netty.noKeySetOptimization=true",
            "-Dio.netty.recycler.maxCapacityPerThread=0",
            "-Dlog4j.shutdownHookEnabled=false",
            "-Dlog4j2.disable.jmx=true",
            "-Dlog4j2.formatMsgNoLookups=true",
            "-Dorg.apache.lucene.vectorization.upperJavaFeatureVersion=25",
            "-Dorg.apache.lucene.store.defaultReadAdvice=normal",
            "-Dorg.apache.lucene.store.MMapDirectory.sharedArenaMaxPermits=1",
            "-XX:+EnableDynamicAgentLoading",
            "-Djdk.attach.allowAttachSelf=true",
            "--add-opens=org.apache.lucene.core/org.apache.lucene.codecs.lucene99=org.elasticsearch.server",
            "--add-opens=org.apache.lucene.core/org.apache.lucene.internal.vectorization=org.elasticsearch.server",
            "--enable-native-access=org.elasticsearch.nativeaccess,org.apache.lucene.core",
            "--enable-native-access=ALL-UNNAMED",
            "--illegal-native-access=deny",
            f"--patch-module=java.base={bridge}",
            f"--add-exports=java.base/org.elasticsearch.entitlement.bridge={BRIDGE_READERS}",
        ]

    def _modules(self) -> list[str]:
        added = [f"--add-modules={name}" for name in ("jdk.net", "jdk.management.agent", "ALL-MODULE-PATH")]
        main = "org.elasticsearch.server/org.elasticsearch.bootstrap.Elasticsearch"
        return ["--module-path", str(self._dist / "lib"), *added, "-m", main]

    def _serves(self) -> bool:
        health = self._health(f"wait_for_nodes={self.config.nodes}&timeout=1s", 5)
        return health is not None and not health.get("timed_out", True)

    def _health(self, query: str, timeout: float) -> dict[str, Any] | None:
        """What the first node says of the cluster; None when it does not answer, or not with 200."""
        address = urllib.parse.urlsplit(self.url)
        headers = {}
        connection: http.client.HTTPConnection
        if self.credentials is None:
            connection = http.client.HTTPConnection(address.netloc, timeout=timeout)
        else:
            context = ssl.create_default_context(cafile=str(self.credentials.ca))
            connection = http.client.HTTPSConnection(address.netloc, timeout=timeout, context=context)
            login = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
            headers["Authorization"] = f"Basic {login}"
        with contextlib.closing(connection), contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            connection.request("GET", f"/_cluster/health?{query}", headers=headers)
            response = connection.getresponse()
            body: dict[str, Any] = json.loads(response.read())
            return body if response.status == http.HTTPStatus.OK else None
        return None


_TLS = {
    "enabled": "true",
    "certificate": "server.pem",
    "key": "server-key.pem",
    "certificate_authorities": "ca.pem",
}
_SECURED = {
    "xpack.security.enabled": "true",
    "xpack.security.enrollment.enabled": "false",
    "xpack.security.authc.realms.file.file1.order": "0",
    # Users and keys of the native realm live in an index that this distribution cannot make.
    "xpack.security.authc.realms.native.native1.enabled": "false",
    "xpack.security.authc.realms.native.native1.order": "1",
    "xpack.security.authc.reserved_realm.enabled": "false",
    "xpack.security.authc.api_key.enabled": "false",
    **{f"xpack.security.{layer}.ssl.{key}": value for layer in ("http", "transport") for key, value in _TLS.items()},
}


def settings_stream(settings: Mapping[str, str], config: Path, logs: Path) -> bytes:
    """What the server reads first: its arguments, as `ServerArgs` of Elasticsearch 9.2 reads them.

    Three times no (daemon, quiet, pid file); a keystore without entries; the settings; two folders.
    """
    keystore = KEYSTORE_FORMAT.to_bytes(4, "big") + b"\0\0\0\0"
    pairs = b"".join(_string(name) + b"\0" + _string(value) for name, value in settings.items())
    return (
        b"\0\0\0"
        + _string("org.elasticsearch.common.settings.KeyStoreWrapper")
        + keystore
        + _count(len(settings))
        + pairs
        + _string(str(config))
        + _string(str(logs))
    )


def _count(number: int) -> bytes:
    """Seven bits a byte, the lowest first, the top bit set on all but the last."""
    out = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _string(text: str) -> bytes:
    """The number of UTF-16 units, then each of them as UTF-8 would write it alone."""
    raw = text.encode("utf-16-be", "surrogatepass")
    units = [raw[index : index + 2].decode("utf-16-be", "surrogatepass") for index in range(0, len(raw), 2)]
    return _count(len(units)) + b"".join(unit.encode("utf-8", "surrogatepass") for unit in units)
