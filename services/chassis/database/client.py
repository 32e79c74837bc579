"""Clients of Redis or Valkey, one server or a cluster, and Lua scripts as functions."""

import asyncio
import hashlib
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib.resources import files
from typing import Any, Protocol, TypeAlias

import redis.exceptions
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.client import Pipeline
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from services.chassis.database.cluster import Cluster
from services.chassis.database.connections import SENDING
from services.chassis.database.observed import Connections, ObservedCommands, ObservedPipeline
from services.chassis.settings import ChassisSettings

CLUSTER_SCHEMES = ("redis+cluster://", "rediss+cluster://")

CLUSTER_BLOCK_MS = 1000
"""Longest wait for entries on a cluster: below the usual timeout of an answer."""
Value = bytes | str | int | float
Client: TypeAlias = Any
"""A `Server` or a `Cluster`, of bytes. redis-py types each answer as a union over all settings."""


class Server(ObservedCommands, Redis):  # type: ignore[misc]  # redis-py's own bases differ
    """The client of one server."""

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> "ServerPipeline":
        """Commands that go out together."""
        return ServerPipeline(
            self.connection_pool, self.response_callbacks, transaction, shard_hint
        )

    async def parse_response(
        self, connection: Any, command_name: str | bytes, **options: Any
    ) -> Any:
        """Read the answer of a command; with the option `patience_s`, wait for it so long."""
        patience_s = options.pop("patience_s", None)
        if patience_s is None:
            return await super().parse_response(connection, command_name, **options)
        callback: Any = self.response_callbacks[command_name]
        try:
            async with asyncio.timeout(patience_s):
                # Its own timeout would answer None and keep the connection: the next command on it
                # would then get this one's late reply for its own.
                return callback(await connection.read_response(timeout=math.inf))
        except TimeoutError as error:
            raise redis.exceptions.TimeoutError("no reply to a read that waits") from error

    def connections(self) -> Connections:
        """Count its connections."""
        pool: Any = self.connection_pool
        in_use, idle = len(pool._in_use_connections), len(pool._available_connections)
        return Connections(in_use, idle, pool.max_connections)


class ServerPipeline(ObservedPipeline, Pipeline):  # type: ignore[misc]  # as above
    """The pipeline of a `Server`."""


def connect(settings: ChassisSettings, url: str) -> Client:
    """A client for `url`. It connects on first use, and retries nothing by itself.

    A retry by the client would run a script again whose reply was lost; only the caller knows
    whether that is safe.
    """
    options: dict[str, Any] = {
        "socket_timeout": settings.database_timeout_s,
        "socket_connect_timeout": settings.database_timeout_s,
        "health_check_interval": 0,
    }
    if url.startswith(CLUSTER_SCHEMES):
        return Cluster.from_url(
            url.replace("+cluster", "", 1),
            retry=Retry(NoBackoff(), 0),
            max_connections=settings.database_connections,
            require_full_coverage=False,
            **options,
        )
    pool = BlockingConnectionPool.from_url(
        url,
        retry=Retry(NoBackoff(), 0),
        max_connections=settings.database_connections,
        timeout=settings.database_timeout_s,
        **options,
    )
    pool.connection_class = SENDING[pool.connection_class]
    return Server.from_pool(pool)


async def next_entries(
    client: Client, after: Mapping[str, str], count: int, longest_s: float
) -> dict[str, list[tuple[bytes, dict[bytes, bytes]]]]:
    """Wait for entries of streams; none of them when the time is over.

    Args:
        client: of the database. On a cluster all streams lie in one slot, and a wait takes one
            second at most.
        after: the id in each stream, past which entries count.
        count: the most entries of each stream.
        longest_s: the longest wait. It may be longer than the timeout of an answer.
    """
    answer: Any
    if isinstance(client, Cluster):
        streams: Any = dict(after)
        answer = await client.xread(streams, count=count, block=CLUSTER_BLOCK_MS)
    else:
        block_ms = max(1, round(longest_s * 1000))
        patience_s = longest_s + client.connection_pool.connection_kwargs["socket_timeout"]
        words = ("XREAD", "COUNT", count, "BLOCK", block_ms, "STREAMS", *after, *after.values())
        answer = await client.execute_command(*words, patience_s=patience_s)
    # redis-py answers a list of streams by RESP 2, and by RESP 3 a dict of lists of pages.
    if isinstance(answer, dict):
        return {key.decode(): pages[0] for key, pages in answer.items()}
    return {key.decode(): entries for key, entries in answer or ()}


class Script(Protocol):
    """An atomic act, ready to run."""

    async def __call__(self, keys: Sequence[str], args: Sequence[Value]) -> Any:
        """Run it; all keys lie in one slot."""


def script(client: Client, package: str, name: str, libraries: Sequence[str] = ()) -> Script:
    """The Lua file `<package>/lua/<name>.lua` as a function, the libraries' text before its own.

    A server that does not know the script yet is sent its text.
    """
    text, digest = named_script(client, package, name, libraries)

    async def run(keys: Sequence[str], args: Sequence[Value]) -> Any:
        try:
            return await client.evalsha(digest, len(keys), *keys, *args)
        except redis.exceptions.NoScriptError:
            return await client.eval(text, len(keys), *keys, *args)

    return run


Calls = Sequence[tuple[Sequence[str], Sequence[Value]]]
"""Keys and arguments of each of some runs of a script."""


class ManyScript(Protocol):
    """An atomic act, ready to run on several slots in one round trip."""

    async def __call__(self, calls: Calls) -> list[Any]:
        """Run it once for each; the keys of one lie in one slot."""


def many_script(
    client: Client, package: str, name: str, libraries: Sequence[str] = ()
) -> ManyScript:
    """A Lua file as a function that runs it many times in one round trip.

    That is one pipeline, on a cluster one to each node.
    """
    one = script(client, package, name, libraries)
    _, digest = script_text(package, name, libraries)

    async def run(calls: Calls) -> list[Any]:
        if len(calls) == 1:
            return [await one(*calls[0])]
        pipeline = client.pipeline(transaction=False)
        for keys, args in calls:
            pipeline.execute_command("EVALSHA", digest, len(keys), *keys, *args)
        answers: list[Any] = await pipeline.execute(raise_on_error=False)
        for number, answer in enumerate(answers):
            if isinstance(answer, redis.exceptions.NoScriptError):  # those alone that did not run
                answers[number] = await one(*calls[number])
            elif isinstance(answer, BaseException):
                raise answer
        return answers

    return run


def grouped_script(
    client: Client, package: str, name: str, libraries: Sequence[str] = ()
) -> Callable[[Sequence[Sequence[str]], Sequence[Value]], Awaitable[list[Any]]]:
    """A Lua file as a function that runs once over groups of keys: a poll of many partitions.

    The script takes the groups one after the other, and answers a list with an answer for each; the
    arguments are the same for all. On one server it runs once; on a cluster once for each group,
    since a group lies in one slot, in one round trip.
    """
    many = many_script(client, package, name, libraries)

    async def run(groups: Sequence[Sequence[str]], args: Sequence[Value]) -> list[Any]:
        if isinstance(client, Cluster):
            return [answer for [answer] in await many([(keys, args) for keys in groups])]
        [answers] = await many([([key for keys in groups for key in keys], args)])
        return list(answers)

    return run


def named_script(
    client: Client, package: str, name: str, libraries: Sequence[str] = ()
) -> tuple[str, str]:
    """The text and the digest of a script, which the client's spans name from now on."""
    text, digest = script_text(package, name, libraries)
    client.script_names[digest] = f"{package.removeprefix('services.')}/{name}"
    return text, digest


def script_text(package: str, name: str, libraries: Sequence[str] = ()) -> tuple[str, str]:
    """The text of a script, and the digest by which servers know it.

    The text begins with the `#!lua` line of the script, if it has one; then the libraries follow.
    A library of another package has that one's name before its own: `services.other:name`.
    """
    shared = "".join(lua_text(package, library) for library in libraries)
    text = lua_text(package, name)
    flags, newline, rest = text.partition("\n") if text.startswith("#!") else ("", "", text)
    whole = f"{flags}{newline}{shared}{rest}"
    digest = hashlib.sha1(whole.encode(), usedforsecurity=False).hexdigest()
    return whole, digest


def lua_text(package: str, name: str) -> str:
    """The text of a Lua file of a package, or of the one before the colon in its name."""
    other, _, name = name.rpartition(":")
    return (files(other or package) / "lua" / f"{name}.lua").read_text("utf-8")
