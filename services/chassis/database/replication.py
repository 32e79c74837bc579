"""Scripts whose changes are acknowledged once replicas have them: a failover loses none."""

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
"""Time that replicas have to confirm a change."""
PAUSES_S = (0.0, 0.02, 0.05, 0.1, 0.2)
"""Pauses before the attempts while a slot moves to another node."""
MARK_S = 60
MOVING = (
    redis.exceptions.AskError,
    redis.exceptions.MovedError,
    redis.exceptions.TryAgainError,
)


def replicated_script(
    client: Client, package: str, name: str, libraries: Sequence[str] = (), *, replicas: int
) -> Script:
    """A Lua file as a function that returns once that many replicas have its changes.

    It raises a `TimeoutError` of redis-py when they do not confirm in time: then the change may or
    may not last, and a retry must get the answer of the first call. A retry changes nothing, but
    it must wait too: it may find the first attempt on the primary alone. So a mark is written
    behind each script on the same connection, for WAIT counts that connection's own writes.
    """
    many = replicated_many_script(client, package, name, libraries, replicas=replicas)

    async def run(keys: Sequence[str], args: Sequence[Value]) -> Any:
        [answer] = await many([(keys, args)])
        return answer

    return run


def replicated_many_script(
    client: Client, package: str, name: str, libraries: Sequence[str] = (), *, replicas: int
) -> ManyScript:
    """`replicated_script` for many runs in one round trip, on a cluster one to each node.

    When it raises, each run may or may not have changed something.
    """
    if not replicas:
        return many_script(client, package, name, libraries)
    text, digest = named_script(client, package, name, libraries)

    async def attempt(command: Sequence[str], calls: Calls) -> list[Any]:
        """The answers; for runs that did not happen, the exceptions."""
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
                raise redis.exceptions.TimeoutError("too few replicas have confirmed the changes")
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
        """Have redis-py look for the node of a slot, which it does not after these pipelines."""
        with suppress(redis.exceptions.RedisError):
            await client.exists(mark_of(key))

    return run


def did_not_run(answer: object) -> bool:
    """True if an answer means that the script did not run, and may be sent again."""
    return isinstance(answer, (redis.exceptions.NoScriptError, *MOVING))


def mark_of(key: str) -> str:
    """The key of the mark in the slot of a key, which has a hash tag."""
    tag = key[key.index("{") : key.index("}") + 1]
    return f"{tag}:mark"
