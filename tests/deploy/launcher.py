"""A launcher to be killed: starts the servers on a folder, says their addresses and processes, then waits."""

import json
import sys
import time
from pathlib import Path

from deploy import embedded


def main() -> None:
    """Arguments: the data folder; `elasticsearch` as a second one leaves Kafka out."""
    only_elasticsearch = sys.argv[2:] == ["elasticsearch"]
    servers = embedded.start(Path(sys.argv[1]), with_kafka=not only_elasticsearch)
    each = (servers.kafka_server, servers.elasticsearch_server)
    processes = [process for server in each if server is not None for process in server.processes]
    said = {
        "kafka": servers.kafka,
        "elasticsearch": servers.elasticsearch,
        "pids": [pid for process in processes for pid in (process.pid, process.child_pid)],
    }
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()
    time.sleep(600)


if __name__ == "__main__":
    main()
