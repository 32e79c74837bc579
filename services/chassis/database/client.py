"""The connection to Redis or Valkey: one server or a cluster, over TCP or a unix socket."""

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Protocol, TypeAlias

import redis.exceptions
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from services.chassis.database.cluster import Cluster
from services.chassis.database.observed import SCRIPTS, observed, watch_connections
from services.chassis.database.sending import sending
from services.chassis.settings import ChassisSettings

OLDEST_MAJOR = 7
CLUSTER_SCHEMES = ("redis+cluster://", "rediss+cluster://")

Value = bytes | str | int | float
Client: TypeAlias = Any
"""A Redis or RedisCluster of bytes. redis-py types each answer as a union over all settings."""


def connect(settings: ChassisSettings, url: str) -> Client:
    """A client for `url`. It connects on first use, and retries nothing by itself.

    A retry below would run a script again whose reply was lost; whoever calls knows whether
    that is safe.
    """
    options: dict[str, Any] = {
        "socket_timeout": settings.database_timeout_s,
        "socket_connect_timeout": settings.database_timeout_s,
        "health_check_interval": 0,
    }
    if url.startswith(CLUSTER_SCHEMES):
        return watch_connections(
            observed(Cluster).from_url(
                url.replace("+cluster", "", 1),
                retry=Retry(NoBackoff(), 0),
                max_connections=settings.database_connections,
                require_full_coverage=False,
                **options,
            )
        )
    pool = BlockingConnectionPool.from_url(
        url,
        retry=Retry(NoBackoff(), 0),
        max_connections=settings.database_connections,
        timeout=settings.database_timeout_s,
        **options,
    )
    pool.connection_class = sending(pool.connection_class)
    return watch_connections(observed(Redis).from_pool(pool))


class Script(Protocol):
    """An atomic act, ready to run."""

    async def __call__(self, keys: Sequence[str], args: Sequence[Value]) -> Any:
        """Run it; all keys lie in one slot."""


def script(client: Client, package: str, name: str, libraries: Sequence[str] = ()) -> Script:
    """The Lua file `<package>/lua/<name>.lua` as a function, the libraries' text before its own.

    A server that does not know the script yet is sent its text.
    """
    text, digest = script_text(package, name, libraries)

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


def script_text(package: str, name: str, libraries: Sequence[str] = ()) -> tuple[str, str]:
    """The text of a script, and the digest that a server knows it by.

    Of the text comes first its `#!lua` line if it has one, then the libraries, then the rest.
    """
    folder = files(package) / "lua"
    shared, text = (
        "".join((folder / f"{library}.lua").read_text("utf-8") for library in libraries),
        (folder / f"{name}.lua").read_text("utf-8"),
    )
    flags, newline, rest = text.partition("\n") if text.startswith("#!") else ("", "", text)
    whole = f"{flags}{newline}{shared}{rest}"
    digest = hashlib.sha1(whole.encode(), usedforsecurity=False).hexdigest()
    SCRIPTS[digest] = f"{package.removeprefix('services.')}/{name}"
    return whole, digest


@dataclass(frozen=True)
class DatabaseFacts:
    """What a store tells of itself."""

    version: str
    appendonly: str
    appendfsync: str

    @property
    def is_too_old(self) -> bool:
        """Whether it lacks what the suite needs."""
        return int(self.version.partition(".")[0]) < OLDEST_MAJOR

    @property
    def keeps_acknowledged(self) -> bool | None:
        """Whether a power loss spares what it acknowledged; None when it does not tell."""
        if not self.appendonly:
            return None
        return (self.appendonly, self.appendfsync) == ("yes", "always")


async def database_facts(settings: ChassisSettings, url: str) -> DatabaseFacts:
    """Ask a store for its version and how it keeps what it is told.

    Managed stores refuse CONFIG; their durability is not known.
    """
    client = connect(settings, url)
    try:
        return await database_facts_of(client)
    finally:
        await client.aclose()


async def database_facts_of(client: Client) -> DatabaseFacts:
    """The same of a store that one is connected to; of a cluster, of its worst node.

    Nodes that cannot be reached are left out, unless none can.
    """
    if not isinstance(client, Cluster):
        return await node_facts(client)
    await client.initialize()
    answers = await asyncio.gather(
        *(node_facts(client, target_nodes=node) for node in client.get_nodes()),
        return_exceptions=True,
    )
    told = [answer for answer in answers if isinstance(answer, DatabaseFacts)]
    if not told:
        raise next(answer for answer in answers if isinstance(answer, BaseException))
    return min(
        told, key=lambda it: (not it.is_too_old, (False, None, True).index(it.keeps_acknowledged))
    )


async def node_facts(client: Client, **node: Any) -> DatabaseFacts:
    """What one server tells."""
    info = await client.info("server", **node)
    kept: dict[str, str] = {}
    with suppress(redis.exceptions.ResponseError):
        answer = await client.config_get("append*", **node)
        kept = {text(name): text(value) for name, value in answer.items()}
    return DatabaseFacts(
        text(info.get("valkey_version") or info["redis_version"]),
        kept.get("appendonly", ""),
        kept.get("appendfsync", ""),
    )


def text(value: str | bytes) -> str:
    """A text as such, whether it came decoded or not."""
    return value.decode() if isinstance(value, bytes) else value
