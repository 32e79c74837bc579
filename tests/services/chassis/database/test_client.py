"""Clients by their addresses, and calls that wait for a connection."""

import asyncio

import grpc
import pytest

from services.chassis.database.client import connect, many_script
from services.chassis.database.embedded import EmbeddedValkey
from services.chassis.database.failures import as_service_error
from services.chassis.settings import ChassisSettings
from tests.support.database import blocked, connected

PACKAGE = "tests.services.chassis"
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


async def test_a_unix_socket_in_a_path_with_a_space_is_reached(
    valkey: EmbeddedValkey, settings: ChassisSettings
) -> None:
    assert "a%20database" in valkey.url
    async with connected(settings, valkey.url) as client:
        assert await client.ping()


@pytest.mark.parametrize(
    "url",
    [
        "redis://:secret@db:6379/2",
        "rediss://db",
        "unix:///srv/en%20rayon/valkey.sock?db=1",
        "redis+cluster://user:secret@127.0.0.1:7000",
        "rediss+cluster://127.0.0.1:7000",
    ],
)
def test_a_client_is_made_without_a_connection(settings: ChassisSettings, url: str) -> None:
    connect(settings, url)


async def test_a_call_waits_while_all_connections_are_in_use(
    url: str, settings: ChassisSettings
) -> None:
    async with (
        connected(settings, url, database_connections=2) as client,
        connected(settings, url) as other,
    ):
        await client.set("town", "Helsinki")
        busy = [asyncio.create_task(client.blpop(["{x}queue"], timeout=0)) for _ in range(2)]
        await blocked(other, 2)
        calls = [asyncio.create_task(client.get("town")) for _ in range(50)]
        done, _ = await asyncio.wait(calls, timeout=0.1)
        assert not done
        await other.rpush("{x}queue", "a", "b")
        assert await asyncio.gather(*calls) == [b"Helsinki"] * 50
        assert {value for _, value in await asyncio.gather(*busy)} == {b"a", b"b"}


async def test_a_call_that_waits_too_long_for_a_connection_is_unavailable(
    url: str, settings: ChassisSettings
) -> None:
    async with connected(settings, url, database_connections=1, database_timeout_s=0.3) as client:
        await client.ping()
        # One after the other they would take a second.
        calls = [client.blpop(["{x}queue"], timeout=0.2) for _ in range(5)]
        *_, last = await asyncio.gather(*calls, return_exceptions=True)
    assert str(last) == "No connection available."
    error = as_service_error(last)
    assert error is not None
    assert error.code is UNAVAILABLE


async def test_pipelines_wait_too_while_all_connections_are_in_use(
    url: str, settings: ChassisSettings
) -> None:
    async with connected(settings, url, database_connections=2) as client:
        count = many_script(client, PACKAGE, "count")
        runs = [count([(["{s1}n"], [1]), (["{s2}n"], [1])]) for _ in range(50)]
        for counted in zip(*await asyncio.gather(*runs), strict=True):
            assert sorted(counted) == list(range(1, 51))
        in_use, idle, most = client.connections()
        assert (in_use, most) == (0, 2)
        assert idle <= most


async def test_streams_of_a_cluster_are_followed_on_connections_of_their_own(
    cluster_url: str, settings: ChassisSettings
) -> None:
    async with (
        connected(settings, cluster_url, database_connections=1) as client,
        connected(settings, cluster_url) as other,
    ):
        streams = [f"{{s{number}}}stream" for number in range(9)]
        following = [asyncio.create_task(client.xread({each: "$"}, block=0)) for each in streams]
        await blocked(other, 9)
        await client.set("town", "Helsinki")
        assert await client.get("town") == b"Helsinki"
        assert client.connections()[0::2] == (0, 1)
        for each in streams:
            await other.xadd(each, {"shop": "Stockmann"})
        answers = await asyncio.gather(*following)
        assert [name.decode() for [[name, _]] in answers] == streams
