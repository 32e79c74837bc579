"""The stores that the suite runs on: the embedded Valkey, a Redis 7.0, a Valkey Cluster of six."""

import os
import shutil
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import redis

from services.chassis.database.embedded import EmbeddedValkey, EmbeddedValkeyError
from services.chassis.settings import check_names
from tests.support.ports import CLUSTER_BUS, free_port, on_free_ports

MASTERS = 3
SLOTS = 16384
NODE_TIMEOUT_MS = 2000
FAST = {"appendfsync": "no", "hz": "100"}
"""Nothing is kept after a test, and expiry is not waited for."""


check_names()
CHOSEN = os.environ.get("ENRAYON_TEST_DATABASE", "valkey")
"""`valkey`, `redis`, `cluster`, or the address of one that runs."""


@contextmanager
def backend(folder: Path, options: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of an empty store of the kind that was chosen.

    Raises:
        FileNotFoundError: there is no `redis-server` on this machine.
    """
    if "://" in CHOSEN:
        yield CHOSEN
    elif CHOSEN in SERVERS:
        with server(folder, {**FAST, **(options or {})}) as one:
            yield one.url
    elif CHOSEN == "cluster":
        with Cluster(folder, options) as cluster:
            yield cluster.url
    else:
        raise ValueError(
            f"ENRAYON_TEST_DATABASE: {CHOSEN!r} is no valkey, redis, cluster or address"
        )


class DebianRedis(EmbeddedValkey):
    """The `redis-server` of the machine, run as the embedded Valkey is."""

    def command(self) -> list[str]:
        """The command that runs it in the foreground."""
        program = shutil.which("redis-server")
        if not program:
            raise FileNotFoundError("no redis-server here; on Debian: apt-get install redis-server")
        return [program, *super().command()[1:]]


SERVERS = {"valkey": EmbeddedValkey, "redis": DebianRedis}


def server(folder: Path, options: Mapping[str, str] | None = None) -> EmbeddedValkey:
    """One server, to be spoilt or killed: of the kind that was chosen if that is one server."""
    return SERVERS.get(CHOSEN, EmbeddedValkey)(folder, options)


class Cluster:
    """A Valkey Cluster on this machine: three masters, each with a replica."""

    def __init__(self, folder: Path, options: Mapping[str, str] | None = None) -> None:
        self.nodes: list[EmbeddedValkey] = []
        self._folder = folder
        self._options = {
            "cluster-node-timeout": str(NODE_TIMEOUT_MS),
            "cluster-require-full-coverage": "no",
            "repl-diskless-sync-delay": "0",
            **(options or {}),
        }
        self._running = ExitStack()

    @property
    def masters(self) -> list[EmbeddedValkey]:
        """Those that were masters when it began."""
        return self.nodes[:MASTERS]

    @property
    def url(self) -> str:
        """Its address, by all nodes' first that lives."""
        alive = next(node for node in self.nodes if node.process)
        return f"redis+cluster://127.0.0.1:{alive.options['port']}"

    def __enter__(self) -> Self:
        for number in range(2 * MASTERS):
            node = lone_node(self._folder / f"node-{number}", self._options)
            self._running.callback(node.stop)
            self.nodes.append(node)
        first = self.masters[0].options["port"]
        bounds = [SLOTS * number // MASTERS for number in range(MASTERS + 1)]
        for number, master in enumerate(self.masters):
            ask(master, "CLUSTER", "ADDSLOTSRANGE", bounds[number], bounds[number + 1] - 1)
        for node in self.nodes[1:]:
            ask(node, "CLUSTER", "MEET", "127.0.0.1", first)
        for node in self.nodes:
            until(lambda node=node: len(members(node)) == len(self.nodes))
        for master, replica in zip(self.masters, self.nodes[MASTERS:], strict=True):
            ask(replica, "CLUSTER", "REPLICATE", id_of(master))
        for node in self.nodes:
            until(lambda node=node: self._is_whole(node))
        for master in self.masters:  # clients are told of no replica that has received nothing
            ask(master, "FLUSHALL")
        for node in self.nodes:
            until(lambda node=node: all(len(each) > 3 for each in ask(node, "CLUSTER", "SLOTS")))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._running.close()

    def kill(self, node: EmbeddedValkey) -> None:
        """SIGKILL a node; nobody starts it again, unless by `revive`."""
        assert node.process
        node.process.kill()
        node.process.wait()
        node.process = None

    def revive(self, node: EmbeddedValkey) -> None:
        """Start a node that was killed: it follows the one that took over."""
        node.stop()
        node.start()

    def overtake(self, slot: int) -> EmbeddedValkey:
        """A slot's master dies, and the replica takes over that had nothing of its last seconds.

        Returns:
            The dead one, to be revived.
        """
        master = self.owner(slot)
        replica = self.nodes[self.nodes.index(master) + len(self.masters)]
        assert replica.process
        os.kill(replica.process.pid, signal.SIGSTOP)
        ask(master, "CLIENT", "KILL", "TYPE", "replica")  # else much reaches its socket's buffer
        time.sleep(2.5)  # the master goes on alone, also for those who ask again
        self.kill(master)
        os.kill(replica.process.pid, signal.SIGCONT)
        until(lambda: self.owner(slot) is replica)
        return master

    def owner(self, slot: int) -> EmbeddedValkey:
        """The master that has a slot now."""
        for node in self.nodes:
            if node.process and ask(node, "ROLE")[0] == b"master":
                for low, high, (_, port, *_), *_ in ask(node, "CLUSTER", "SLOTS"):
                    if low <= slot <= high:
                        return next(n for n in self.nodes if n.options["port"] == str(port))
        raise LookupError(f"nobody has slot {slot}")

    def migrate(self, slot: int, to: EmbeddedValkey, *, at_once: int = 10) -> Iterator[int]:
        """Move a slot key by key, as operators do; yields how many keys have been moved."""
        source = self.owner(slot)
        ask(to, "CLUSTER", "SETSLOT", slot, "IMPORTING", id_of(source))
        ask(source, "CLUSTER", "SETSLOT", slot, "MIGRATING", id_of(to))
        moved = 0
        while keys := ask(source, "CLUSTER", "GETKEYSINSLOT", slot, at_once):
            port = to.options["port"]
            ask(source, "MIGRATE", "127.0.0.1", port, "", 0, 5000, "KEYS", *keys)
            moved += len(keys)
            yield moved
        for node in (to, source, *(n for n in self.nodes if n not in (to, source))):
            if node.process and ask(node, "ROLE")[0] == b"master":
                ask(node, "CLUSTER", "SETSLOT", slot, "NODE", id_of(to))

    def _is_whole(self, node: EmbeddedValkey) -> bool:
        info = ask(node, "CLUSTER", "INFO")
        kind = ask(node, "ROLE")
        is_linked = kind[0] == b"master" or kind[3] == b"connected"
        knows_replicas = sum("slave" in flags for flags in members(node).values()) == MASTERS
        return b"cluster_state:ok" in info and is_linked and knows_replicas


def lone_node(folder: Path, options: Mapping[str, str] | None = None) -> EmbeddedValkey:
    """A node that runs in cluster mode and has not met others; the caller stops it."""

    def start() -> EmbeddedValkey:
        ports = {"port": str(free_port(CLUSTER_BUS)), "cluster-enabled": "yes"}
        node = EmbeddedValkey(folder, {**FAST, **ports, **(options or {})})
        node.start()
        return node

    return on_free_ports(start, EmbeddedValkeyError)


@contextmanager
def cluster_of_one(folder: Path) -> Iterator[str]:
    """The address of a cluster of one node, empty."""
    node = lone_node(folder)
    try:
        ask(node, "CLUSTER", "ADDSLOTSRANGE", 0, SLOTS - 1)
        until(lambda: b"cluster_state:ok" in ask(node, "CLUSTER", "INFO"))
        yield f"redis+cluster://127.0.0.1:{node.options['port']}"
    finally:
        node.stop()


def ask(node: EmbeddedValkey, *command: Any) -> Any:
    """A node's own answer, as it came."""
    with redis.Redis.from_url(node.url, protocol=2) as client:
        client.response_callbacks.clear()
        return client.execute_command(*command)


def members(node: EmbeddedValkey) -> dict[str, str]:
    """The flags of each node that a node knows, by id."""
    lines = ask(node, "CLUSTER", "NODES").decode().splitlines()
    return {line.split()[0]: line.split()[2] for line in lines}


def id_of(node: EmbeddedValkey) -> str:
    """A node's name in its cluster."""
    return str(ask(node, "CLUSTER", "MYID").decode())


def until(holds: Any, timeout_s: float = 30) -> None:
    """Wait until something holds."""
    end = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"it does not hold after {timeout_s} s")
        time.sleep(0.02)
