"""A client of a Redis or Valkey Cluster that waits for connections and fails as one server does."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

import redis.exceptions
from redis.asyncio import RedisCluster
from redis.asyncio.cluster import ClusterNode, ClusterPipeline, PipelineCommand

from services.chassis.database.connections import SENDING
from services.chassis.database.observed import Connections, ObservedCommands, ObservedPipeline

GONE = (
    redis.exceptions.ConnectionError,
    redis.exceptions.TimeoutError,
    redis.exceptions.ClusterDownError,
)
"""Failures of a node whose slots another node may have by now."""


IN_CALL: ContextVar[bool] = ContextVar("in_call", default=False)
"""True inside a call that is running already, such as a pipeline that sends a command once more."""


class BoundedCluster(RedisCluster):
    """A cluster whose calls wait for a connection, and whose failures are those of one server.

    redis-py refuses a call when all connections to its node are in use, raises another error than
    `RedisError` when no node can be reached, and cuts off all calls when one is sent elsewhere.

    At most as many calls run at the same time as connections to one node may be open. XREAD does
    not count: each followed slot needs a connection of its own, which waits most of the time, and
    together they would leave none for the other calls.
    """

    def __init__(self, *, max_connections: int, socket_timeout: float, **options: Any) -> None:
        super().__init__(socket_timeout=socket_timeout, **options)
        self.calls = 0
        """Calls that are running."""
        self.most_calls = max_connections
        self._wait_s = socket_timeout
        self._turns = asyncio.Semaphore(max_connections)
        kind: Any = SENDING[self.connection_kwargs["connection_class"]]
        self.connection_kwargs["connection_class"] = kind
        for node in self.startup_nodes:
            node.connection_class = kind

    async def initialize(self, *args: Any, **options: Any) -> Any:
        """Learn which nodes there are, unless they are known."""
        with as_one_server():
            return await super().initialize(*args, **options)

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Run a command once there is a connection for it."""
        if isinstance(node := options.get("target_nodes"), Importing):
            options["target_nodes"] = node.node  # `scan_iter` asks for nodes by name
        async with nullcontext() if args[0] == "XREAD" else self.turn():
            with as_one_server():
                return await super().execute_command(*args, **options)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait until one more call may run; a part of a call needs no turn of its own."""
        if IN_CALL.get():
            yield
            return
        try:
            async with asyncio.timeout(self._wait_s):
                await self._turns.acquire()
        except TimeoutError as error:
            raise redis.exceptions.ConnectionError("No connection available.") from error
        self.calls += 1
        try:
            yield
        finally:
            self.calls -= 1
            self._turns.release()

    def get_node(
        self, host: str | None = None, port: int | None = None, node_name: str | None = None
    ) -> Any:
        """A node by its address; redis-py asks by name for a node that a slot is moving to."""
        node = super().get_node(host, port, node_name)
        return Importing(node) if node and node_name else node

    def look_again(self) -> None:
        """Before the next call, ask which node has which slot."""
        self._initialize = True

    async def aclose(self) -> None:
        """Close every connection, those too that redis-py forgets after a failure.

        Within a call redis-py closes all in order to look for the slots again: only look again.
        """
        if IN_CALL.get():
            self.look_again()
            return
        await super().aclose()
        await self.nodes_manager.aclose()
        await self.nodes_manager.aclose("startup_nodes")


class Importing:
    """A node that a slot is moving to: it takes a command that has ASKING just before it.

    redis-py sends the two on any two connections, so that the command is refused again and again.
    """

    def __init__(self, node: ClusterNode) -> None:
        self.node = node

    def __getattr__(self, name: str) -> Any:
        return getattr(self.node, name)

    async def execute_command(self, *args: Any, asking: bool = False, **options: Any) -> Any:
        """Send both on one connection."""
        del asking
        if args == ("ASKING",):
            return
        command = PipelineCommand(1, *args, **options)
        await self.node.execute_pipeline([PipelineCommand(0, "ASKING"), command])
        if isinstance(command.result, Exception):
            raise command.result
        return command.result


class BoundedPipeline(ClusterPipeline):
    """Commands to several nodes of a cluster, which fail as single ones do.

    redis-py does not look for the slots of a node again when a pipeline finds that it is gone.
    """

    async def execute(
        self, raise_on_error: bool = True, allow_redirections: bool = True
    ) -> list[Any]:
        """Run them once there are connections; those to a slot that has moved are sent again."""
        cluster: Any = self.cluster_client
        async with cluster.turn():
            try:
                with as_one_server():
                    answers: list[Any] = await super().execute(raise_on_error, allow_redirections)
            except GONE:
                cluster.look_again()
                raise
        if any(isinstance(answer, GONE) for answer in answers):
            cluster.look_again()
        return answers


class Cluster(ObservedCommands, BoundedCluster):  # type: ignore[misc]  # redis-py's bases differ
    """The client of a cluster."""

    def pipeline(self, transaction: Any = None, shard_hint: Any = None) -> "Pipeline":
        """Commands that go out together, to each node its own."""
        del shard_hint
        return Pipeline(self, transaction)  # type: ignore[abstract]  # redis-py's base is too wide

    def connections(self) -> Connections:
        """Count the connections of its calls."""
        idle = sum(len(node._free) for node in self.get_nodes())
        return Connections(self.calls, idle, self.most_calls)


class Pipeline(ObservedPipeline, BoundedPipeline):  # type: ignore[misc]  # as above
    """The pipeline of a `Cluster`."""


@contextmanager
def as_one_server() -> Iterator[None]:
    """Run a part of a call; give its failures the types that those of one server have."""
    token = IN_CALL.set(True)
    try:
        yield
    except redis.exceptions.RedisClusterException as error:
        if error.__cause__ or isinstance(error, redis.exceptions.SlotNotCoveredError):
            raise redis.exceptions.ConnectionError(str(error)) from error
        raise
    except redis.exceptions.ClusterError as error:
        if type(error) is redis.exceptions.ClusterError:  # it was sent on and on, and did not run
            raise redis.exceptions.TryAgainError(str(error)) from error
        raise
    finally:
        IN_CALL.reset(token)
