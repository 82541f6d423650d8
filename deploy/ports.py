"""Ports on the loopback interface: free ones, or the one that was asked for."""

import socket

from deploy.errors import PortInUse

HOST = "127.0.0.1"


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def claim(port: int, *, server: str, setting: str) -> int:
    """`port` itself, or a free one where it is 0.

    Raises:
        PortInUse: somebody listens on `port` already.
    """
    if port == 0:
        return free_port()
    with socket.socket() as probe:
        # Without this a port whose last connections still linger counts as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise PortInUse(
                f"Port {port} for {server} is in use by another program: stop that program,"
                f" or set {setting} to another port (0 takes a free one)."
            ) from error
    return port
