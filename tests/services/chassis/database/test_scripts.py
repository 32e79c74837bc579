"""Scripts on a real database, single and as a cluster: nothing runs twice."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
import redis
import redis.exceptions

from services.chassis.database.client import (
    many_script,
    script,
)
from services.chassis.settings import ChassisSettings
from tests.support.database import connected, told

PACKAGE = "tests.services.chassis"
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


class Proxy:
    """Stands before a database, and can do harm to the next scripts that pass."""

    def __init__(self, upstream: Callable[[], Awaitable[Any]]) -> None:
        self._upstream = upstream
        self.swallows = False
        """Whether their answer is lost."""
        self.midway: Callable[[], Awaitable[Any]] | None = None
        """What happens when the database has begun to answer them."""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_database, to_database = await self._upstream()
        answered = asyncio.Event()
        swallow = False

        async def answers() -> None:
            while (data := await from_database.read(1 << 16)) and not swallow:
                writer.write(data)
                answered.set()
            writer.close()

        pump = asyncio.create_task(answers())
        while data := await reader.read(1 << 16):
            if b"EVALSHA" in data:
                swallow = self.swallows
                if self.midway:
                    answered.clear()
                    to_database.write(data[: len(data) // 2])
                    data = data[len(data) // 2 :]
                    await answered.wait()
                    await self.midway()
                    self.midway = None
            to_database.write(data)
        to_database.close()
        await pump


@asynccontextmanager
async def behind_proxy(url: str) -> AsyncIterator[tuple[Proxy, str]]:
    """A proxy and the address of the database behind it."""
    is_cluster = "+cluster" in url
    with redis.Redis.from_url(url.replace("+cluster", "")) as node:
        where = node.connection_pool.connection_kwargs
        if "path" in where:
            proxy = Proxy(lambda: asyncio.open_unix_connection(where["path"]))
        else:
            proxy = Proxy(lambda: asyncio.open_connection(where["host"], where["port"]))
        server = await asyncio.start_server(proxy, "127.0.0.1", 0)
        front = server.sockets[0].getsockname()[1]
        try:
            if is_cluster:
                node.config_set("cluster-announce-port", front)
            scheme = url.partition("://")[0] if is_cluster else "redis"
            yield proxy, f"{scheme}://127.0.0.1:{front}"
        finally:
            if is_cluster:
                node.config_set("cluster-announce-port", 0)
            server.close()


async def test_a_script_runs_on_its_keys_and_arguments(url: str, settings: ChassisSettings) -> None:
    async with connected(settings, url) as client:
        count = script(client, PACKAGE, "count")
        assert await count(["{s1}n"], [2]) == 2
        assert await count(["{s1}n"], [3]) == 5


async def test_a_database_that_forgot_its_scripts_is_told_them_again(
    url: str, settings: ChassisSettings
) -> None:
    async with connected(settings, url) as client:
        count = script(client, PACKAGE, "count")
        await count(["n"], [1])
        await client.script_flush()
        assert await count(["n"], [1]) == 2


async def test_a_script_whose_answer_is_lost_has_run_exactly_once(
    url: str, settings: ChassisSettings
) -> None:
    async with behind_proxy(url) as (proxy, front), connected(settings, front) as client:
        count = script(client, PACKAGE, "count")
        assert await count(["n"], [1]) == 1
        proxy.swallows = True
        lost = await told(count(["n"], [1]))
        assert lost.code is UNAVAILABLE
        proxy.swallows = False
        assert await client.get("n") == b"2"


async def test_many_runs_of_a_script_are_answered_in_their_order(
    url: str, settings: ChassisSettings
) -> None:
    async with connected(settings, url) as client:
        count = many_script(client, PACKAGE, "count")
        assert await count([]) == []
        assert await count([(["{s1}n"], [1]), (["{s2}n"], [2]), (["{s1}n"], [3])]) == [1, 2, 4]


async def test_none_of_many_runs_runs_twice_when_the_script_is_forgotten_in_their_midst(
    url: str, settings: ChassisSettings
) -> None:
    async with (
        connected(settings, url) as other,
        behind_proxy(url) as (proxy, front),
        connected(settings, front) as client,
    ):
        count = many_script(client, PACKAGE, "count")
        assert await count([(["n"], [1])]) == [1]
        proxy.midway = other.script_flush
        assert await count([(["n"], [1])] * 100) == list(range(2, 102))
        assert proxy.midway is None


async def test_of_many_runs_whose_answers_are_lost_none_has_run_twice(
    url: str, settings: ChassisSettings
) -> None:
    async with behind_proxy(url) as (proxy, front), connected(settings, front) as client:
        count = many_script(client, PACKAGE, "count")
        assert await count([(["n"], [1])]) == [1]
        proxy.swallows = True
        assert (await told(count([(["n"], [1])] * 2))).code is UNAVAILABLE
        proxy.swallows = False
        assert int(await client.get("n")) in (2, 3)
