"""Traces and metrics of the database: spans of traced requests, failures, connections.

Spans name the command or the script, never a key or an argument.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, NamedTuple

import redis.exceptions
from prometheus_client import REGISTRY, Counter
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from services.chassis.telemetry import tracing

ERRORS = Counter(
    "enrayon_database_errors", "Commands and pipelines that the database did not run.", ["error"]
)
EXPECTED = (redis.exceptions.NoScriptError, redis.exceptions.WatchError)
"""Answers that are a part of the protocol rather than a failure."""

Attributes = Mapping[str, str | int]


class ObservedCommands:
    """Mixin of a client: each command of a traced request is a span, each failure is counted.

    Stands before redis-py's class among the bases.
    """

    @cached_property
    def script_names(self) -> dict[str, str]:
        """The names of scripts by their digest, for spans; whoever makes a script adds it."""
        return {}

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Run a command."""
        base: Any = super()
        with tracing.act(*described(args, self.script_names)) if tracing.is_on() else tracing.OFF:
            try:
                return await base.execute_command(*args, **options)
            except redis.exceptions.RedisError as error:
                count(error)
                raise


class ObservedPipeline:
    """Mixin of a pipeline: each run in a traced request is a span, each failure is counted.

    Stands before redis-py's class among the bases.
    """

    async def execute(self, *args: Any, **options: Any) -> Any:
        """Run the commands of the pipeline."""
        base: Any = super()
        attributes: Attributes = {
            "db.system.name": "redis",
            "db.operation.batch.size": base.__len__(),
        }
        with tracing.act("PIPELINE", attributes) if tracing.is_on() else tracing.OFF:
            try:
                return await base.execute(*args, **options)
            except redis.exceptions.RedisError as error:
                count(error)
                raise


def described(args: Sequence[Any], script_names: Mapping[str, str]) -> tuple[str, Attributes]:
    """The name and the attributes of a command's span."""
    command = str(args[0]).upper()
    attributes: dict[str, str | int] = {"db.system.name": "redis", "db.operation.name": command}
    script = script_names.get(args[1], "") if command == "EVALSHA" else ""
    if script:
        attributes["db.stored_procedure.name"] = script
    return f"{command} {script}" if script else command, attributes


def count(error: redis.exceptions.RedisError) -> None:
    """Count a failure by its kind."""
    if not isinstance(error, EXPECTED):
        ERRORS.labels(type(error).__name__).inc()


class Connections(NamedTuple):
    """The connections of a client: in use, idle, and how many there may be.

    Of a cluster `in_use` and `most` count calls, each of which may need one to each node.
    """

    in_use: int
    idle: int
    most: int


class ConnectionMetrics(Collector):
    """Gauges of connections, which are counted when metrics are read."""

    def __init__(self, look: Callable[[], Connections]) -> None:
        self._look = look

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The gauges."""
        found = self._look()
        text = "Connections to the database."
        now = GaugeMetricFamily("enrayon_database_connections", text, labels=["state"])
        now.add_metric(["in_use"], found.in_use)
        now.add_metric(["idle"], found.idle)
        yield now
        text = "Connections to the database that may be open; of a cluster, to each node."
        yield GaugeMetricFamily("enrayon_database_connections_limit", text, found.most)


@contextmanager
def measured_connections(look: Callable[[], Connections]) -> Iterator[None]:
    """Have the connections of a client among the metrics of the process."""
    collector = ConnectionMetrics(look)
    REGISTRY.register(collector)
    try:
        yield
    finally:
        REGISTRY.unregister(collector)
