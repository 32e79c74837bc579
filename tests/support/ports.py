"""Free ports for servers that tests start."""

import random
import socket
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TypeVar

LOWEST, HIGHEST = 10_000, 65_535
CLUSTER_BUS = 10_000
"""A node of a cluster also listens on the port that is so much higher."""
LOOKS = 100
TRIES = 5

StartedT = TypeVar("StartedT")


def free_port(*offsets: int) -> int:
    """A port that nothing listens on, nor on the ports at these offsets above it.

    They lie outside the range that the kernel gives to connections, if that leaves any: a
    connection of any program could take a port of the range before the server listens on it.

    Raises:
        OSError: none of many is free.
    """
    offsets = (0, *offsets)
    ports = range(LOWEST, HIGHEST - max(offsets))
    given = connection_ports()
    safe = [port for port in ports if not any(port + offset in given for offset in offsets)]
    for port in random.sample(safe or ports, LOOKS):
        with ExitStack() as held, suppress(OSError):
            for offset in offsets:
                held.enter_context(socket.create_server(("127.0.0.1", port + offset)))
            return port
    raise OSError(f"none of {LOOKS} ports is free")


def connection_ports() -> range:
    """The ports that the kernel gives to connections; Linux's own where it does not say."""
    try:
        low, high = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    except OSError:
        low, high = "32768", "60999"
    return range(int(low), int(high) + 1)


def on_free_ports(start: Callable[[], StartedT], failure: type[Exception]) -> StartedT:
    """Start a server on free ports; again on others when another program took one meanwhile."""
    for _ in range(TRIES - 1):
        with suppress(failure):
            return start()
    return start()
