"""A Redis or Valkey Cluster: calls wait for their turn, and fail as those of one server do."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import redis.exceptions
from redis.asyncio import RedisCluster
from redis.asyncio.cluster import ClusterPipeline

from services.chassis.redis_sending import sending

GONE = (
    redis.exceptions.ConnectionError,
    redis.exceptions.TimeoutError,
    redis.exceptions.ClusterDownError,
)
"""What a node fails with whose slots another may have by now."""


class Cluster(RedisCluster):
    """A cluster whose calls wait for a connection, and whose failures are those of one server.

    redis-py refuses a call when all connections to its node are in use, and raises what is no
    `RedisError` when no node can be reached.

    So many calls are under way at the same time as there may be connections to a node. XREAD is
    left out of account: each slot that is followed needs one of its own, which waits most of the
    time, and together they would leave nothing to the others.
    """

    def __init__(self, *, max_connections: int, socket_timeout: float, **options: Any) -> None:
        super().__init__(socket_timeout=socket_timeout, **options)
        self.most_calls = max_connections
        self._wait_s = socket_timeout
        self._turns = asyncio.Semaphore(max_connections)
        self._have_turns: set[asyncio.Task[Any] | None] = set()
        kind = sending(self.connection_kwargs["connection_class"])
        self.connection_kwargs["connection_class"] = kind
        for node in self.startup_nodes:
            node.connection_class = kind

    @property
    def calls(self) -> int:
        """How many calls are under way."""
        return len(self._have_turns)

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Run a command once there is a connection for it."""
        if args[0] == "XREAD":
            with as_one_server():
                return await super().execute_command(*args, **options)
        async with self.turn():
            return await super().execute_command(*args, **options)

    def pipeline(self, transaction: Any = None, shard_hint: Any = None) -> "Pipeline":
        """Commands that go out together, to each node its own."""
        del shard_hint
        return Pipeline(self, transaction)  # type: ignore[abstract]  # redis-py's base is too wide

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait until one more call may be made; one within another needs no turn of its own."""
        task = asyncio.current_task()
        if task in self._have_turns:
            yield
            return
        try:
            async with asyncio.timeout(self._wait_s):
                await self._turns.acquire()
        except TimeoutError as error:
            raise redis.exceptions.ConnectionError("No connection available.") from error
        self._have_turns.add(task)
        try:
            with as_one_server():
                yield
        finally:
            self._have_turns.discard(task)
            self._turns.release()

    def look_again(self) -> None:
        """Before the next call, ask who has which slot now."""
        self._initialize = True

    async def aclose(self) -> None:
        """Close every connection; after a failure redis-py believes that there is none."""
        await super().aclose()
        await self.nodes_manager.aclose()
        await self.nodes_manager.aclose("startup_nodes")


class Pipeline(ClusterPipeline):
    """Commands to several nodes of a cluster, which fail as single ones do.

    redis-py takes no notice when one brings to light that a node is gone.
    """

    async def execute(
        self, raise_on_error: bool = True, allow_redirections: bool = True
    ) -> list[Any]:
        """Run them once there are connections; those to a slot that has moved are sent again."""
        cluster: Any = self.cluster_client
        async with cluster.turn():
            try:
                answers: list[Any] = await super().execute(raise_on_error, allow_redirections)
            except GONE:
                cluster.look_again()
                raise
        if any(isinstance(answer, GONE) for answer in answers):
            cluster.look_again()
        return answers


@contextmanager
def as_one_server() -> Iterator[None]:
    """Gives the failures of a cluster the names that those of one server have."""
    try:
        yield
    except redis.exceptions.RedisClusterException as error:
        if error.__cause__ or isinstance(error, redis.exceptions.SlotNotCoveredError):
            raise redis.exceptions.ConnectionError(str(error)) from error
        raise
