"""Kafka: one or two brokers, each broker and controller in one process (KRaft), formatted at the first start."""

import base64
import contextlib
import os
import socket
import ssl
import subprocess
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from deploy import credentials, guardian, nodes, ports
from deploy.distribution import Distribution
from deploy.errors import ServerFailed, translated

MESSAGE_BYTES = 12 * 1024 * 1024
READY_SECONDS = 120.0
GRACE_SECONDS = 20.0
FORMAT_SECONDS = 60.0
MECHANISM = "SCRAM-SHA-512"
PORT_SETTING = "KABAR_KAFKA_PORT"
# Request ApiVersions, version 0, correlation 1, no client id: the one question every broker answers without a login.
API_VERSIONS = bytes.fromhex("0000000a 0012 0000 00000001 ffff".replace(" ", ""))


@dataclass(frozen=True, slots=True)
class KafkaConfig:
    """What can be chosen. `port` is the first broker's (0: a free one), `heap_mb` megabytes for each broker."""

    data_dir: Path
    port: int = 0
    nodes: int = 1
    secure: bool = False
    heap_mb: int = 512
    message_bytes: int = MESSAGE_BYTES


class KafkaServer:
    """Kafka as child processes. Nothing runs before `start`; after `stop` it can be started again on the same data."""

    def __init__(self, config: KafkaConfig, distribution: Distribution) -> None:
        self.config = config
        self._distribution = distribution
        self._nodes = nodes.Nodes("Kafka", GRACE_SECONDS)
        self._ports: list[int] = []
        self.credentials: credentials.Credentials | None = None

    @property
    def bootstrap(self) -> str:
        """`host:port` of every broker, separated by commas."""
        return ",".join(f"{ports.HOST}:{port}" for port in self._ports)

    @property
    def security_protocol(self) -> str:
        """What a client has to speak."""
        return "SASL_SSL" if self.config.secure else "PLAINTEXT"

    @property
    def mechanism(self) -> str | None:
        """The SASL mechanism; None where there is no login."""
        return MECHANISM if self.config.secure else None

    @property
    def username(self) -> str | None:
        """The user to log in as; None where there is no login."""
        return credentials.USER if self.config.secure else None

    @property
    def password(self) -> str | None:
        """That user's password."""
        return self.credentials.password if self.credentials else None

    @property
    def ca(self) -> Path | None:
        """PEM file of the authority that signed the brokers; None without TLS."""
        return self.credentials.ca if self.credentials else None

    @property
    def processes(self) -> tuple[guardian.Guarded, ...]:
        """The brokers, for whoever watches them."""
        return tuple(self._nodes.guarded)

    def start(self, progress: Callable[[str], None] = lambda _: None) -> None:
        """Starts the brokers and waits until each answers.

        Raises:
            PortInUse: the port asked for is taken.
            ServerFailed: a broker ended or was not ready in time.
            DiskFull: no space for its data.
        """
        progress("Kafka is starting")
        with translated(self.config.data_dir):
            if self.config.secure:
                self.credentials = credentials.ensure(self.config.data_dir / "secrets")
            nodes.with_free_ports(self._start_once)
        # Whoever has the address goes on with it after another start.
        self.config = replace(self.config, port=self._ports[0])
        progress(f"Kafka is ready at {self.bootstrap}")

    def _start_once(self) -> None:
        self._nodes = nodes.Nodes("Kafka", GRACE_SECONDS)
        count = self.config.nodes
        first = ports.claim(self.config.port, server="Kafka", setting=PORT_SETTING)
        self._ports = [first, *(ports.free_port() for _ in range(count - 1))]
        controllers = [ports.free_port() for _ in range(count)]
        launches = []
        for number in range(1, count + 1):
            properties = self._write_properties(number, controllers)
            self._format(number, properties)
            launches.append(self._launch(number, properties))
        try:
            self._nodes.start(launches)
            self._nodes.wait_ready(lambda: all(map(self._answers, self._ports)), READY_SECONDS)
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
        """Stops every broker and waits until it has ended."""
        self._nodes.stop()

    def _home(self, number: int) -> Path:
        return self.config.data_dir / "kafka" / str(number)

    def _java(self, number: int, *options: str) -> list[str]:
        classpath = ":".join(map(str, self._distribution.kafka))
        java = self._distribution.java / "bin" / "java"
        fixed = [
            "-XX:+UseSerialGC",
            # Without the compiler for code that runs long: over 2,500 items of `tests.benchmarks.throughput` the broker
            # took 7.0 ms of CPU an item with it, and takes 4.2 without.
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            f"-Djava.io.tmpdir={self._home(number) / 'tmp'}",
        ]
        return [str(java), *fixed, *options, "-cp", classpath]

    def _launch(self, number: int, properties: Path) -> nodes.Launch:
        marker = f"-Dkabar.home={self._home(number)}"
        logging = ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true"]
        logging += ["-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS"]
        options = [f"-Xmx{self.config.heap_mb}m", "-XX:+ExitOnOutOfMemoryError", marker, *logging]
        return nodes.Launch(
            name=f"Kafka broker {number}",
            command=[*self._java(number, *options), "kafka.Kafka", str(properties)],
            env=dict(os.environ),
            cwd=self._home(number),
            log_path=self.config.data_dir / "logs" / f"kafka-{number}.log",
            pid_path=self._pid_path(number),
            marker=marker,
        )

    def _pid_path(self, number: int) -> Path:
        folder = self.config.data_dir / "run"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"kafka-{number}.pid"

    def _write_properties(self, number: int, controllers: list[int]) -> Path:
        home = self._home(number)
        (home / "tmp").mkdir(parents=True, exist_ok=True)
        path = home / "server.properties"
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)  # It holds the brokers' password.
        lines = [f"{name}={value}" for name, value in self._properties(number, controllers).items()]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def _properties(self, number: int, controllers: list[int]) -> dict[str, object]:
        count, size = self.config.nodes, self.config.message_bytes
        protocol, host, port = self.security_protocol, ports.HOST, self._ports[number - 1]
        voters = ",".join(f"{index}@{host}:{at}" for index, at in enumerate(controllers, 1))
        return {
            "process.roles": "broker,controller",
            "node.id": number,
            "controller.quorum.voters": voters,
            "controller.listener.names": "CONTROLLER",
            "listeners": f"{protocol}://{host}:{port},CONTROLLER://{host}:{controllers[number - 1]}",
            "advertised.listeners": f"{protocol}://{host}:{port}",
            "inter.broker.listener.name": protocol,
            "listener.security.protocol.map": (
                f"{protocol}:{protocol},CONTROLLER:{'SSL' if self.config.secure else 'PLAINTEXT'}"
            ),
            "log.dirs": self._home(number) / "data",
            "auto.create.topics.enable": "false",
            "default.replication.factor": count,
            "offsets.topic.replication.factor": count,
            "transaction.state.log.replication.factor": count,
            "transaction.state.log.min.isr": 1,
            "share.coordinator.state.topic.replication.factor": count,
            "share.coordinator.state.topic.min.isr": 1,
            # One machine serves few groups: the default of 50 costs start time and open files.
            "offsets.topic.num.partitions": 8,
            "transaction.state.log.num.partitions": 8,
            "message.max.bytes": size,
            "replica.fetch.max.bytes": size,
            "replica.fetch.response.max.bytes": 2 * size,
            "group.initial.rebalance.delay.ms": 0,
            "num.network.threads": 2,
            "num.io.threads": 4,
            "background.threads": 4,
            # The default takes 128 MB of the heap for one thread.
            "log.cleaner.dedupe.buffer.size": 32 * 1024 * 1024,
            **(self._secured(protocol) if self.config.secure else {}),
        }

    def _secured(self, protocol: str) -> dict[str, object]:
        """TLS everywhere; clients and brokers log in, controllers know each other by their certificate."""
        assert self.credentials is not None  # noqa: S101 - `start` made them
        keystore = self.config.data_dir / "secrets" / "kafka-keystore.pem"
        keystore.unlink(missing_ok=True)
        keystore.touch(mode=0o600)
        keystore.write_bytes(self.credentials.key.read_bytes() + self.credentials.certificate.read_bytes())
        login = (
            "org.apache.kafka.common.security.scram.ScramLoginModule required"
            f' username="{credentials.USER}" password="{self.credentials.password}";'
        )
        return {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": keystore,
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self.credentials.ca,
            "listener.name.controller.ssl.client.auth": "required",
            "sasl.enabled.mechanisms": MECHANISM,
            "sasl.mechanism.inter.broker.protocol": MECHANISM,
            f"listener.name.{protocol.lower()}.{MECHANISM.lower()}.sasl.jaas.config": login,
        }

    def _format(self, number: int, properties: Path) -> None:
        """Prepares the folder of a broker's log, once."""
        if (self._home(number) / "data" / "meta.properties").is_file():
            return
        command = [*self._java(number, "-Xmx128m"), "kafka.tools.StorageTool", "format"]
        command += ["-t", self._cluster_id(), "-c", str(properties)]
        if self.credentials is not None:
            command += ["--add-scram", f"{MECHANISM}=[name={credentials.USER},password={self.credentials.password}]"]
        run = subprocess.run(  # noqa: S603 - our own runtime and jars
            command, capture_output=True, text=True, timeout=FORMAT_SECONDS, check=False
        )
        if run.returncode:
            said = (run.stderr or run.stdout).strip().splitlines()[-1:]
            raise ServerFailed(f"Kafka could not prepare {self._home(number)} ({''.join(said)[:300]}): see its disk.")

    def _cluster_id(self) -> str:
        """The same for all brokers of this data folder: made once."""
        path = self.config.data_dir / "kafka" / "cluster-id"
        if not path.is_file():
            text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
            # An id that begins with a dash would be taken for an option.
            path.write_text("K" + text[1:] if text.startswith("-") else text, encoding="utf-8")
        return path.read_text(encoding="utf-8")

    def _answers(self, port: int) -> bool:
        """Whether a broker answers there; it does only once it has joined the cluster."""
        with contextlib.suppress(OSError), socket.create_connection((ports.HOST, port), timeout=2) as plain:
            if self.credentials is None:
                return _asked(plain)
            context = ssl.create_default_context(cafile=str(self.credentials.ca))
            with context.wrap_socket(plain, server_hostname=ports.HOST) as encrypted:
                return _asked(encrypted)
        return False


def _asked(connection: socket.socket) -> bool:
    connection.sendall(API_VERSIONS)
    return len(connection.recv(4)) > 0
