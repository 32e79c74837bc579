"""Each failure of the database has its name."""

import asyncio
from typing import Any

import grpc
import pytest
import redis
import redis.exceptions
import uvloop
from redis.asyncio import RedisCluster

from services.chassis.database.client import (
    many_script,
    script,
)
from services.chassis.database.embedded import EmbeddedValkey
from services.chassis.database.failures import as_service_error
from services.chassis.settings import ChassisSettings
from tests.support.database import connected, told
from tests.support.ports import free_port

PACKAGE = "tests.services.chassis"
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize(
    "address",
    ["redis://127.0.0.1:{port}", "unix:///nowhere/valkey.sock", "redis+cluster://127.0.0.1:{port}"],
)
async def test_a_database_that_is_down_is_unavailable_for_now(
    settings: ChassisSettings, address: str
) -> None:
    async with connected(settings, address.format(port=free_port())) as client:
        count = many_script(client, PACKAGE, "count")
        for act in (client.get("town"), count([(["a"], [1]), (["b"], [1])]), client.get("town")):
            error = await told(act)
            assert (error.code, error.reason) == (UNAVAILABLE, "DATABASE_UNAVAILABLE")
            assert error.retry_after is not None


@pytest.mark.parametrize("scheme", ["redis", "redis+cluster"])
async def test_a_database_that_hangs_is_unavailable(settings: ChassisSettings, scheme: str) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(hang, "127.0.0.1", 0) as server:
        url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with connected(settings, url, database_timeout_s=0.1) as client:
            error = await told(client.get("town"))
        assert error.code is UNAVAILABLE


async def test_a_full_memory_is_exhausted_and_reads_go_on(
    valkey: EmbeddedValkey, settings: ChassisSettings
) -> None:
    async with connected(settings, valkey.url) as client:
        count = script(client, PACKAGE, "count")
        await count(["n"], [1])
        await client.config_set("maxmemory", "1mb")
        for act in (client.set("town", "Helsinki"), count(["n"], [1])):
            error = await told(act)
            assert error.code is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert error.retry_after is not None
        assert await client.get("n") == b"1"


async def test_a_database_that_cannot_write_to_disk_is_unavailable(
    valkey: EmbeddedValkey, settings: ChassisSettings
) -> None:
    async with connected(settings, valkey.url) as client:
        await client.set("town", "Helsinki")
        (valkey.folder / "dump.rdb").mkdir()  # a snapshot cannot take its place
        await client.config_set("save", "3600 1")
        await client.bgsave()
        while (await client.info("persistence"))["rdb_last_bgsave_status"] == "ok":
            pass
        assert (await told(client.set("town", "Espoo"))).code is UNAVAILABLE
        assert await client.get("town") == b"Helsinki"
        await client.config_set("save", "")  # or it would not stop


async def test_a_database_without_enough_replicas_is_unavailable(
    valkey: EmbeddedValkey, settings: ChassisSettings
) -> None:
    async with connected(settings, valkey.url) as client:
        await client.config_set("min-replicas-to-write", "1")
        error = await told(script(client, PACKAGE, "count")(["n"], [1]))
        assert error.code is UNAVAILABLE


async def test_a_replica_that_lost_its_master_is_unavailable(
    valkey: EmbeddedValkey, settings: ChassisSettings
) -> None:
    async with connected(settings, valkey.url) as client:
        await client.execute_command("REPLICAOF", "127.0.0.1", str(free_port()))
        await client.config_set("replica-serve-stale-data", "no")
        for act in (client.set("town", "Helsinki"), client.get("town")):
            error = await told(act)
            assert error.code is UNAVAILABLE


async def test_a_database_that_is_busy_with_a_script_is_unavailable(
    valkey: EmbeddedValkey, settings: ChassisSettings
) -> None:
    async with (
        connected(settings, valkey.url) as client,
        connected(settings, valkey.url) as other,
    ):
        await client.config_set("busy-reply-threshold", "1")
        endless = asyncio.create_task(client.eval("while true do end", 0))
        while True:
            try:
                await other.ping()
            except redis.exceptions.ResponseError as error:
                busy = error
                break
        await other.script_kill()
        with pytest.raises(redis.exceptions.ResponseError):
            await endless
        told_of = as_service_error(busy)
        assert told_of is not None
        assert told_of.code is UNAVAILABLE


def test_writing_to_a_closed_connection_is_a_failure_of_the_database_on_uvloop_too(
    url: str, settings: ChassisSettings
) -> None:
    async def failure() -> Exception:
        async with connected(settings, url) as client:
            await client.ping()
            connection: Any
            if isinstance(client, RedisCluster):
                connection = client.get_default_node().acquire_connection()
            else:
                connection = client.connection_pool.make_connection()
            await connection.connect()
            connection._writer.transport.abort()
            await asyncio.sleep(0)
            with pytest.raises(redis.exceptions.ConnectionError) as raised:
                await connection.send_command("SET", "town", "x" * 100_000)
            assert isinstance(raised.value.__cause__, RuntimeError)
            return raised.value

    shown = as_service_error(uvloop.run(failure()))
    assert shown is not None
    assert shown.code is UNAVAILABLE


@pytest.mark.parametrize(
    "error",
    [
        redis.exceptions.ResponseError("WRONGTYPE Operation against a key"),
        redis.exceptions.ResponseError("ERR unknown command"),
        redis.exceptions.RedisClusterException("EVAL - all keys must map to the same key slot"),
        redis.exceptions.NoPermissionError("no permission"),
        OSError("disk"),
        TimeoutError(),
        KeyError("town"),
    ],
)
def test_what_is_no_failure_of_the_database_is_left_alone(error: Exception) -> None:
    assert as_service_error(error) is None
