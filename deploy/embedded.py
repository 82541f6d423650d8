"""Both servers with one call: prepares what is missing, starts them side by side, stops them in order.

with embedded.start(Path("data"), progress=print) as servers:
    servers.kafka            # "127.0.0.1:40001"
    servers.elasticsearch    # "http://127.0.0.1:40002"
"""

import contextlib
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy import distribution, stale
from deploy.artifacts import Report
from deploy.elasticsearch_server import ElasticsearchConfig, ElasticsearchServer
from deploy.errors import ServerFailed
from deploy.kafka_server import KafkaConfig, KafkaServer
from deploy.nodes import PortTaken

Progress = Callable[[str], None]
# Servers that end so often, in so many seconds, end again: their user has to know why.
MOST_ENDS, ENDS_SECONDS = 3, 600.0


class Servers:
    """What `start` started. `kafka` and `elasticsearch` are addresses, None for a server that was not asked for."""

    def __init__(
        self,
        kafka_server: KafkaServer | None,
        elasticsearch_server: ElasticsearchServer | None,
        claim: contextlib.ExitStack,
    ) -> None:
        self.kafka_server = kafka_server
        self.elasticsearch_server = elasticsearch_server
        self._claim = claim
        self._ends: deque[float] = deque(maxlen=MOST_ENDS)

    @property
    def kafka(self) -> str | None:
        """Kafka's bootstrap servers, `host:port[,host:port]`."""
        return self.kafka_server.bootstrap if self.kafka_server else None

    @property
    def elasticsearch(self) -> str | None:
        """The URL of Elasticsearch's first node."""
        return self.elasticsearch_server.url if self.elasticsearch_server else None

    def _each(self) -> list[KafkaServer | ElasticsearchServer]:
        return [server for server in (self.elasticsearch_server, self.kafka_server) if server is not None]

    def keep_running(self, progress: Progress) -> None:
        """Starts a server anew, at its old address and on its data, where it has ended; comes back when it serves.

        Raises:
            ServerFailed: it is the third end of a server in ten minutes, or it does not come up.
            DeployError: of the kinds that `start` names.
        """
        for server in self._each():
            try:
                server.check()
            except (ServerFailed, PortTaken) as error:
                self._ends.append(time.monotonic())
                if len(self._ends) == MOST_ENDS and self._ends[-1] - self._ends[0] < ENDS_SECONDS:
                    raise
                progress(f"{error} It is started anew.")
                server.stop()
                server.start(progress)

    def stop(self) -> None:
        """Stops the servers, side by side, and lets go of the data folder. A second call does nothing."""
        with ThreadPoolExecutor(2, thread_name_prefix="stop") as pool:
            for task in [pool.submit(server.stop) for server in self._each()]:
                task.result()
        self._claim.close()

    def __enter__(self) -> Self:
        """Itself, running."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops the servers."""
        self.stop()


def start(  # noqa: PLR0913 - each is independent of the others
    data_dir: Path,
    *,
    secure: bool = False,
    nodes: int = 1,
    kafka_port: int = 0,
    elasticsearch_port: int = 0,
    with_kafka: bool = True,
    with_elasticsearch: bool = True,
    kafka_heap_mb: int = 512,
    elasticsearch_heap_mb: int = 512,
    progress: Progress = lambda _: None,
    on_download: Report | None = None,
) -> Servers:
    """Starts Kafka and Elasticsearch and returns when both serve.

    Args:
        data_dir: keeps topics, documents, passwords, logs; made when missing. One launcher at a time.
        secure: TLS and logins for both.
        nodes: 1 or 2, of each.
        kafka_port: 0 takes a free one.
        elasticsearch_port: 0 takes a free one.
        with_kafka: False where the user has their own.
        with_elasticsearch: same.
        kafka_heap_mb: megabytes for each broker.
        elasticsearch_heap_mb: megabytes for each node.
        progress: told of each stage in a line, from several threads.
        on_download: told of bytes fetched and bytes to fetch, while there is something to fetch.

    Raises:
        DeployError: with one sentence for the user; nothing is left running.
    """
    data_dir = data_dir.expanduser().absolute()
    with contextlib.ExitStack() as claim:
        claim.enter_context(stale.claimed(data_dir / "run"))
        ready = distribution.prepare(
            kafka=with_kafka, elasticsearch=with_elasticsearch, progress=progress, report=on_download
        )
        kafka_config = KafkaConfig(data_dir, kafka_port, nodes, secure, kafka_heap_mb)
        elasticsearch_config = ElasticsearchConfig(data_dir, elasticsearch_port, nodes, secure, elasticsearch_heap_mb)
        servers = Servers(
            KafkaServer(kafka_config, ready) if with_kafka else None,
            ElasticsearchServer(elasticsearch_config, ready) if with_elasticsearch else None,
            claim.pop_all(),
        )
        try:
            _start_all(servers, progress)
        except BaseException:
            servers.stop()
            raise
        return servers


def _start_all(servers: Servers, progress: Progress) -> None:
    """Starts all at once; when one fails, or the user interrupts, the others are given up at once too."""
    each = servers._each()  # noqa: SLF001 - the same module
    with ThreadPoolExecutor(2, thread_name_prefix="start") as pool:
        tasks = [pool.submit(server.start, progress) for server in each]
        try:
            for task in as_completed(tasks):
                task.result()
        except BaseException:
            for server in each:
                server.stop()
            raise
