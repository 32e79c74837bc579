"""Changes that are acknowledged once replicas have them, so that a failover does not lose them."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import redis.exceptions

from services.chassis.database.client import (
    Calls,
    Client,
    ManyScript,
    Script,
    Value,
    many_script,
    named_script,
)
from services.chassis.database.cluster import Cluster

WAIT_S = 1.0
"""So long replicas are given to have a change."""
PAUSES_S = (0.0, 0.02, 0.05, 0.1, 0.2)
"""Before each attempt while a slot moves to another node."""
MARK_S = 60
MOVING = (
    redis.exceptions.AskError,
    redis.exceptions.MovedError,
    redis.exceptions.TryAgainError,
)


def replicated_script(
    client: Client, package: str, name: str, libraries: Sequence[str] = (), *, replicas: int
) -> Script:
    """A Lua file as a function that returns once so many replicas have what it changed.

    It raises a `TimeoutError` of redis-py when they have not in time: then nothing is known of the
    change, and whoever asks again must be answered as the first time. An answer that changes
    nothing, as that one is, waits for all changes before it: a mark is written behind it on the
    same connection, since WAIT (Redis 3.0) counts a connection's own writes.
    """
    many = replicated_many_script(client, package, name, libraries, replicas=replicas)

    async def run(keys: Sequence[str], args: Sequence[Value]) -> Any:
        [answer] = await many([(keys, args)])
        return answer

    return run


def replicated_many_script(
    client: Client, package: str, name: str, libraries: Sequence[str] = (), *, replicas: int
) -> ManyScript:
    """The same, many times in one round trip, on a cluster one to each node.

    When it raises, nothing is known of any of them.
    """
    if not replicas:
        return many_script(client, package, name, libraries)
    text, digest = named_script(client, package, name, libraries)

    async def attempt(command: Sequence[str], calls: Calls) -> list[Any]:
        """The answers; of those that did not run, why."""
        targets: list[dict[str, Any]] = [{} for _ in calls]
        options = {}
        if isinstance(client, Cluster):
            await client.initialize()
            targets = [{"target_nodes": client.get_node_from_key(keys[0])} for keys, _ in calls]
            options["allow_redirections"] = False
        of_node: dict[Any, list[int]] = {}
        pipeline = client.pipeline(transaction=False)
        for number, ((keys, args), target) in enumerate(zip(calls, targets, strict=True)):
            pipeline.execute_command(*command, len(keys), *keys, *args, **target)
            of_node.setdefault(target.get("target_nodes"), []).append(number)
        for first, *_ in of_node.values():
            mark = mark_of(calls[first][0][0])
            pipeline.execute_command("SET", mark, 1, "EX", MARK_S, **targets[first])
            pipeline.execute_command("WAIT", replicas, round(WAIT_S * 1000), **targets[first])
        found = await pipeline.execute(raise_on_error=False, **options)
        answers: list[Any] = found[: len(calls)]
        waits = iter(found[len(calls) :])
        for numbers in of_node.values():
            marked, count = next(waits), next(waits)
            ran = [answers[number] for number in numbers if not did_not_run(answers[number])]
            for answer in ran:
                if isinstance(answer, Exception):
                    raise answer
            is_kept = not isinstance(marked, Exception) and isinstance(count, int)
            if ran and not (is_kept and count >= replicas):
                raise redis.exceptions.TimeoutError("too few replicas have the changes as yet")
        return answers

    async def run(calls: Calls) -> list[Any]:
        command = ("EVALSHA", digest)
        answers: list[Any] = [None] * len(calls)
        left: Sequence[int] = range(len(calls))
        for pause in PAUSES_S:
            await asyncio.sleep(pause)
            try:
                found = await attempt(command, [calls[number] for number in left])
            except (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError):
                await find_again(calls[left[0]][0][0])
                raise
            for number, answer in zip(left, found, strict=True):
                answers[number] = answer
                if isinstance(answer, redis.exceptions.NoScriptError):
                    command = ("EVAL", text)
                elif isinstance(answer, MOVING):
                    await find_again(calls[number][0][0])
            left = [number for number in left if did_not_run(answers[number])]
            if not left:
                return answers
        raise redis.exceptions.TryAgainError("the slot is moving to another node")

    async def find_again(key: str) -> None:
        """Let redis-py learn who has the slot now, which it does not from these pipelines."""
        with suppress(redis.exceptions.RedisError):
            await client.exists(mark_of(key))

    return run


def did_not_run(answer: object) -> bool:
    """Whether that is an answer to a script that changed nothing and may be sent again."""
    return isinstance(answer, (redis.exceptions.NoScriptError, *MOVING))


def mark_of(key: str) -> str:
    """A key in the slot of a key with a hash tag."""
    tag = key[key.index("{") : key.index("}") + 1]
    return f"{tag}:mark"
