"""What is seen of Redis from outside: spans of traced requests, failures, and the connections.

Spans name the command or the script, never a key or an argument.
"""

import weakref
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import redis.exceptions
from prometheus_client import REGISTRY, Counter
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from services.chassis.database.cluster import Cluster
from services.chassis.telemetry import tracing

ERRORS = Counter(
    "enrayon_database_errors", "Commands and pipelines of Redis that failed.", ["error"]
)
SCRIPTS: dict[str, str] = {}
"""Names of scripts by their digest, for spans."""
EXPECTED = (redis.exceptions.NoScriptError, redis.exceptions.WatchError)
"""Answers that are a part of the protocol rather than a failure."""

_clients: "weakref.WeakSet[Any]" = weakref.WeakSet()


def observed(kind: type[Any]) -> type[Any]:
    """The class of clients, made to be seen."""

    async def execute_command(self: Any, *args: Any, **options: Any) -> Any:
        with tracing.act(*described(args)) if tracing.is_on() else tracing.OFF:
            try:
                return await kind.execute_command(self, *args, **options)
            except redis.exceptions.RedisError as error:
                count(error)
                raise

    def pipeline(self: Any, *args: Any, **options: Any) -> Any:
        made = kind.pipeline(self, *args, **options)
        made.__class__ = observed_pipeline(type(made))  # type: ignore[arg-type]  # mypy 2 on classes
        return made

    return type(kind.__name__, (kind,), {"execute_command": execute_command, "pipeline": pipeline})


@cache
def observed_pipeline(kind: type[Any]) -> type[Any]:
    """The class of pipelines, made to be seen."""

    async def execute(self: Any, *args: Any, **options: Any) -> Any:
        attributes: Mapping[str, str | int] = {
            "db.system.name": "redis",
            "db.operation.batch.size": len(self),
        }
        with tracing.act("PIPELINE", attributes) if tracing.is_on() else tracing.OFF:
            try:
                return await kind.execute(self, *args, **options)
            except redis.exceptions.RedisError as error:
                count(error)
                raise

    return type(kind.__name__, (kind,), {"execute": execute})


def described(args: Sequence[Any]) -> tuple[str, Mapping[str, str | int]]:
    """The name and the attributes of a command's span."""
    command = str(args[0]).upper()
    attributes: dict[str, str | int] = {"db.system.name": "redis", "db.operation.name": command}
    script = SCRIPTS.get(args[1], "") if command == "EVALSHA" else ""
    if script:
        attributes["db.stored_procedure.name"] = script
    return f"{command} {script}" if script else command, attributes


def count(error: redis.exceptions.RedisError) -> None:
    """Count a failure by its kind."""
    if not isinstance(error, EXPECTED):
        ERRORS.labels(type(error).__name__).inc()


def watch_connections(client: Any) -> Any:
    """Have the connections of a client counted for as long as it lives; answers the client."""
    _clients.add(client)
    return client


class Connections(Collector):
    """The connections of all clients of this process, counted when asked."""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The gauges."""
        in_use = idle = most = 0
        for client in list(_clients):
            used, free, limit = connections(client)
            in_use, idle, most = in_use + used, idle + free, most + limit
        text = "Connections to Redis, of all clients of the process."
        now = GaugeMetricFamily("enrayon_database_connections", text, labels=["state"])
        now.add_metric(["in_use"], in_use)
        now.add_metric(["idle"], idle)
        yield now
        text = "How many connections to Redis the process may open; of a cluster, to each node."
        yield GaugeMetricFamily("enrayon_database_connections_limit", text, most)


def connections(client: Any) -> tuple[int, int, int]:
    """How many connections of a client are in use and idle, and how many there may be.

    Of a cluster those of its calls, of which each may need one to each node.
    """
    if isinstance(client, Cluster):
        return client.calls, sum(len(node._free) for node in client.get_nodes()), client.most_calls
    pool = client.connection_pool
    return len(pool._in_use_connections), len(pool._available_connections), pool.max_connections


REGISTRY.register(Connections())
