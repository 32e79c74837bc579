"""Changes that are acknowledged once replicas have them, so that a failover does not lose them."""

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import redis.exceptions
from redis.asyncio import RedisCluster

from services.chassis.redis import Client, Script, Value, script, script_text

PAUSES_S = (0.0, 0.02, 0.05, 0.1, 0.2)
"""Before each attempt while a slot moves to another node."""
MARK_S = 60
MOVING = (
    redis.exceptions.AskError,
    redis.exceptions.MovedError,
    redis.exceptions.TryAgainError,
)


def replicated_script(
    client: Client,
    package: str,
    name: str,
    libraries: Sequence[str] = (),
    *,
    replicas: int,
    wait_s: float,
) -> Script:
    """A Lua file as a function that returns once so many replicas have what it changed.

    It raises a `TimeoutError` of redis-py when they have not within `wait_s`: then nothing is
    known of the change, and whoever asks again must be answered as the first time. An answer
    that changes nothing, as that one is, waits for all changes before it: a mark is written
    behind it on the same connection, since WAIT (Redis 3.0) counts a connection's own writes.
    """
    if not replicas:
        return script(client, package, name, libraries)
    text = script_text(package, name, libraries)
    digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()

    async def attempt(keys: Sequence[str], args: Sequence[Value], command: Sequence[str]) -> Any:
        node: dict[str, Any] = {}
        if isinstance(client, RedisCluster):
            await client.initialize()
            node["target_nodes"] = client.get_node_from_key(keys[0])
        pipeline = client.pipeline(transaction=False) if not node else client.pipeline()
        pipeline.execute_command(*command, len(keys), *keys, *args, **node)
        pipeline.execute_command("SET", mark_of(keys[0]), 1, "EX", MARK_S, **node)
        pipeline.execute_command("WAIT", replicas, round(wait_s * 1000), **node)
        options = {"allow_redirections": False} if node else {}
        answer, marked, count = await pipeline.execute(raise_on_error=False, **options)
        if isinstance(answer, redis.exceptions.NoScriptError):
            return await attempt(keys, args, ("EVAL", text))
        if isinstance(answer, Exception):
            raise answer
        if isinstance(marked, Exception) or isinstance(count, Exception) or count < replicas:
            raise redis.exceptions.TimeoutError("too few replicas have the change as yet")
        return answer

    async def run(keys: Sequence[str], args: Sequence[Value]) -> Any:
        for pause in PAUSES_S:
            await asyncio.sleep(pause)
            try:
                return await attempt(keys, args, ("EVALSHA", digest))
            except MOVING:  # it did not run
                await find_again(keys[0])
            except (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError):
                await find_again(keys[0])
                raise
        raise redis.exceptions.TryAgainError("the slot is moving to another node")

    async def find_again(key: str) -> None:
        """Let redis-py learn who has the slot now, which it does not from pipelines."""
        with suppress(redis.exceptions.RedisError):
            await client.exists(mark_of(key))

    return run


def mark_of(key: str) -> str:
    """A key in the slot of a key with a hash tag."""
    tag = key[key.index("{") : key.index("}") + 1]
    return f"{tag}:mark"
