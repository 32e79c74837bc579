"""Addresses, what a store tells of itself, and calls that wait or are cancelled."""

import asyncio
from pathlib import Path

import pytest

from services.chassis.database.client import Client, connect, many_script
from services.chassis.database.embedded import EmbeddedValkey
from services.chassis.database.facts import database_facts
from services.chassis.database.failures import as_service_error
from services.chassis.settings import ChassisSettings
from services.chassis.tasks import end
from tests.backends import Cluster, ask
from tests.services.chassis.database.conftest import (
    PACKAGE,
    UNAVAILABLE,
    blocked,
    connected,
)


async def test_a_unix_socket_in_a_path_with_a_space_is_reached(
    valkey: EmbeddedValkey, settings: ChassisSettings
) -> None:
    assert "a%20store" in valkey.url
    async with connected(settings, valkey.url) as client:
        assert await client.ping()


@pytest.mark.parametrize(
    "url",
    [
        "redis://:secret@store:6379/2",
        "rediss://store",
        "unix:///srv/en%20rayon/valkey.sock?db=1",
        "redis+cluster://user:secret@127.0.0.1:7000",
        "rediss+cluster://127.0.0.1:7000",
    ],
)
def test_a_client_is_made_without_a_connection(settings: ChassisSettings, url: str) -> None:
    connect(settings, url)


async def test_a_store_tells_its_version_and_how_it_keeps(
    valkey: EmbeddedValkey, settings: ChassisSettings
) -> None:
    facts = await database_facts(settings, valkey.url)
    assert not facts.is_too_old
    assert (facts.appendonly, facts.appendfsync) == ("yes", "no")
    assert facts.keeps_acknowledged is False


async def test_a_cluster_keeps_what_its_most_forgetful_node_keeps(
    tmp_path: Path, settings: ChassisSettings
) -> None:
    with Cluster(tmp_path, {"appendfsync": "always"}) as cluster:
        assert (await database_facts(settings, cluster.url)).keeps_acknowledged
        forgetful = cluster.masters[-1]
        ask(forgetful, "CONFIG", "SET", "appendfsync", "everysec")
        facts = await database_facts(settings, cluster.url)
        assert (facts.appendfsync, facts.keeps_acknowledged) == ("everysec", False)
        cluster.kill(forgetful)
        assert (await database_facts(settings, cluster.url)).keeps_acknowledged


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


async def test_a_cancelled_call_leaves_its_answer_to_nobody(
    url: str, settings: ChassisSettings
) -> None:
    async with connected(settings, url, database_connections=1) as client:
        await client.set("town", "Helsinki")
        waiting = asyncio.create_task(client.blpop(["{x}queue"], timeout=0))
        async with connected(settings, url) as other:
            await blocked(other, 1)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            await other.rpush("{x}queue", "stale")
        assert await client.get("town") == b"Helsinki"


async def test_a_call_cancelled_while_it_is_sent_ends(url: str, settings: ChassisSettings) -> None:
    async def ask_for_ever(client: Client) -> None:
        while True:
            await client.get("town")

    async with connected(settings, url) as client:
        await client.get("town")
        asking = []
        for turns in range(200):
            task = asyncio.create_task(ask_for_ever(client))
            for _ in range(turns % 12):
                await asyncio.sleep(0)
            task.cancel()
            asking.append(task)
        _, alive = await asyncio.wait(asking, timeout=20)
        lost = len(alive)
        await end(alive)
        assert 0 == lost
