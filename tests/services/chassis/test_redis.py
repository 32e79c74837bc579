"""On a real store, single and as a cluster: nothing runs twice, and each failure has its name."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
import redis
import redis.exceptions
import uvloop
from redis.asyncio import RedisCluster

from services.chassis.embedded import EmbeddedValkey
from services.chassis.errors import ServiceError
from services.chassis.redis import (
    Client,
    as_service_error,
    connect,
    many_script,
    script,
    store_facts,
)
from services.chassis.redis_observed import connections
from services.chassis.settings import ChassisSettings
from services.chassis.tasks import end
from tests.backends import Cluster, ask, server

PACKAGE = "tests.services.chassis"
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    """A store of the test's own, to be spoilt, in a folder whose name has a space."""
    with server(tmp_path / "a store", {"appendfsync": "no"}) as valkey:
        yield valkey


@pytest.fixture(scope="module")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One server, empty."""
    with server(tmp_path_factory.mktemp("server"), {"appendfsync": "no"}) as valkey:
        yield valkey.url


@pytest.fixture(scope="module")
def cluster_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A cluster of one node, empty."""
    port = free_port()
    options = {"port": str(port), "cluster-enabled": "yes", "appendfsync": "no"}
    with EmbeddedValkey(tmp_path_factory.mktemp("cluster"), options) as valkey:
        with redis.Redis.from_url(valkey.url) as node:
            node.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            while b"cluster_state:ok" not in node.execute_command("CLUSTER", "INFO"):
                time.sleep(0.02)
        yield f"redis+cluster://127.0.0.1:{port}"


@pytest.fixture(params=["one server", "cluster"])
async def url(request: pytest.FixtureRequest, settings: ChassisSettings) -> str:
    """The address of an empty store of either kind."""
    fixture = {"one server": "server_url", "cluster": "cluster_url"}[request.param]
    url: str = request.getfixturevalue(fixture)
    async with connected(settings, url) as client:
        await client.flushall()
    return url


@asynccontextmanager
async def connected(settings: ChassisSettings, url: str, **changed: Any) -> AsyncIterator[Client]:
    client = connect(settings.model_copy(update=changed), url)
    try:
        yield client
    finally:
        await client.aclose()


async def told(act: Awaitable[Any]) -> ServiceError:
    """What a client of ours learns when the act fails, as it must."""
    with pytest.raises(Exception) as raised:
        await act
    error = as_service_error(raised.value)
    assert error is not None, raised.value
    return error


class Proxy:
    """Stands before a store, and can do harm to the next scripts that pass."""

    def __init__(self, upstream: Callable[[], Awaitable[Any]]) -> None:
        self._upstream = upstream
        self.swallows = False
        """Whether their answer is lost."""
        self.midway: Callable[[], Awaitable[Any]] | None = None
        """What happens when the store has begun to answer them."""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_store, to_store = await self._upstream()
        answered = asyncio.Event()
        swallow = False

        async def answers() -> None:
            while (data := await from_store.read(1 << 16)) and not swallow:
                writer.write(data)
                answered.set()
            writer.close()

        pump = asyncio.create_task(answers())
        while data := await reader.read(1 << 16):
            if b"EVALSHA" in data:
                swallow = self.swallows
                if self.midway:
                    answered.clear()
                    to_store.write(data[: len(data) // 2])
                    data = data[len(data) // 2 :]
                    await answered.wait()
                    await self.midway()
                    self.midway = None
            to_store.write(data)
        to_store.close()
        await pump


@asynccontextmanager
async def behind_proxy(url: str) -> AsyncIterator[tuple[Proxy, str]]:
    """A proxy and the address of the store behind it."""
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


# Addresses


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
    facts = await store_facts(settings, valkey.url)
    assert not facts.is_too_old
    assert (facts.appendonly, facts.appendfsync) == ("yes", "no")
    assert facts.keeps_acknowledged is False


async def test_a_cluster_keeps_what_its_most_forgetful_node_keeps(
    tmp_path: Path, settings: ChassisSettings
) -> None:
    with Cluster(tmp_path, {"appendfsync": "always"}) as cluster:
        assert (await store_facts(settings, cluster.url)).keeps_acknowledged
        forgetful = cluster.masters[-1]
        ask(forgetful, "CONFIG", "SET", "appendfsync", "everysec")
        facts = await store_facts(settings, cluster.url)
        assert (facts.appendfsync, facts.keeps_acknowledged) == ("everysec", False)
        cluster.kill(forgetful)
        assert (await store_facts(settings, cluster.url)).keeps_acknowledged


# Scripts


async def test_a_script_runs_on_its_keys_and_arguments(url: str, settings: ChassisSettings) -> None:
    async with connected(settings, url) as client:
        count = script(client, PACKAGE, "count")
        assert await count(["{s1}n"], [2]) == 2
        assert await count(["{s1}n"], [3]) == 5


async def test_a_store_that_forgot_its_scripts_is_told_them_again(
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


async def test_a_cancelled_call_leaves_its_answer_to_nobody(
    url: str, settings: ChassisSettings
) -> None:
    async with connected(settings, url, redis_connections=1) as client:
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


# Connections


async def blocked(client: Client, count: int) -> None:
    """Wait until so many clients of the store wait for an element of a list."""
    while True:
        info = await client.info("clients")
        if "blocked_clients" not in info:  # a cluster answers by node
            info = next(iter(info.values()))
        if info["blocked_clients"] == count:
            return


async def test_a_call_waits_while_all_connections_are_in_use(
    url: str, settings: ChassisSettings
) -> None:
    async with (
        connected(settings, url, redis_connections=2) as client,
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
    async with connected(settings, url, redis_connections=1, redis_timeout_s=0.3) as client:
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
    async with connected(settings, url, redis_connections=2) as client:
        count = many_script(client, PACKAGE, "count")
        runs = [count([(["{s1}n"], [1]), (["{s2}n"], [1])]) for _ in range(50)]
        assert sorted(await asyncio.gather(*runs)) == [[n, n] for n in range(1, 51)]
        in_use, idle, most = connections(client)
        assert (in_use, most) == (0, 2)
        assert idle <= most


async def test_streams_of_a_cluster_are_followed_on_connections_of_their_own(
    cluster_url: str, settings: ChassisSettings
) -> None:
    async with (
        connected(settings, cluster_url, redis_connections=1) as client,
        connected(settings, cluster_url) as other,
    ):
        streams = [f"{{s{number}}}stream" for number in range(9)]
        following = [asyncio.create_task(client.xread({each: "$"}, block=0)) for each in streams]
        await blocked(other, 9)
        await client.set("town", "Helsinki")
        assert await client.get("town") == b"Helsinki"
        assert connections(client)[0::2] == (0, 1)
        for each in streams:
            await other.xadd(each, {"shop": "Stockmann"})
        answers = await asyncio.gather(*following)
        assert [name.decode() for [[name, _]] in answers] == streams


# Failures


@pytest.mark.parametrize(
    "address",
    ["redis://127.0.0.1:{port}", "unix:///nowhere/valkey.sock", "redis+cluster://127.0.0.1:{port}"],
)
async def test_a_store_that_is_down_is_unavailable_for_now(
    settings: ChassisSettings, address: str
) -> None:
    async with connected(settings, address.format(port=free_port())) as client:
        count = many_script(client, PACKAGE, "count")
        for act in (client.get("town"), count([(["a"], [1]), (["b"], [1])]), client.get("town")):
            error = await told(act)
            assert (error.code, error.reason) == (UNAVAILABLE, "STORE_UNAVAILABLE")
            assert error.retry_after is not None


@pytest.mark.parametrize("scheme", ["redis", "redis+cluster"])
async def test_a_store_that_hangs_is_unavailable(settings: ChassisSettings, scheme: str) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(hang, "127.0.0.1", 0) as server:
        url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with connected(settings, url, redis_timeout_s=0.1) as client:
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


async def test_a_store_that_cannot_write_to_disk_is_unavailable(
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


async def test_a_store_without_enough_replicas_is_unavailable(
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


async def test_a_store_that_is_busy_with_a_script_is_unavailable(
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


def test_writing_to_a_closed_connection_is_a_failure_of_the_store_on_uvloop_too(
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
def test_what_is_no_failure_of_the_store_is_left_alone(error: Exception) -> None:
    assert as_service_error(error) is None
