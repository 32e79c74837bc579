"""Which part is not well, as a balancer, a probe and a person see it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.chassis.database.client import Client, connect
from services.chassis.database.embedded import EmbeddedValkey
from services.chassis.database.probe import database_reasons
from services.chassis.serving.health import Health
from services.chassis.settings import ChassisSettings
from tests.backends import server
from tests.support.echo import SERVICE, served

WELL = {"reads": lambda: "", "directory": lambda: ""}
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    with server(tmp_path / "own", {"appendfsync": "no"}) as valkey:
        yield valkey


def reasons(health: Health) -> dict[str, str]:
    return {name: part.reason for name, part in health.parts.items()}


async def test_a_database_that_answers_and_takes_changes_is_well(database: Client) -> None:
    assert ("", "") == await database_reasons(database)


def ready(health: Health, *, is_started: bool) -> bool:
    """Whether a process is ready that has or has not begun to serve."""
    health.is_started = is_started
    return health.is_ready


async def test_a_database_that_is_down_names_both_parts(
    valkey: EmbeddedValkey, settings: ChassisSettings
) -> None:
    client = connect(settings, valkey.url)
    async with Health(client, WELL) as health:
        assert {"reads": "", "directory": "", "database": "", "writes": ""} == reasons(health)
        well_since = health.parts["database"].since
        valkey.stop()
        await health.look()
        assert {
            "reads": "",
            "directory": "",
            "database": "ConnectionError",
            "writes": "ConnectionError",
        } == reasons(health)
        assert health.parts["database"].since > well_since
        assert [False, True] == [ready(health, is_started=each) for each in (False, True)]
        valkey.start()
        await health.look()
        assert "" == health.parts["writes"].reason
    await client.aclose()


async def test_a_database_whose_memory_is_full_answers_but_takes_no_changes(
    valkey: EmbeddedValkey, settings: ChassisSettings
) -> None:
    client = connect(settings, valkey.url)
    await client.config_set("maxmemory", 1)
    assert ("", "OutOfMemoryError") == await database_reasons(client)
    await client.aclose()


async def test_a_master_that_lacks_its_replicas_answers_but_takes_no_changes(
    valkey: EmbeddedValkey, settings: ChassisSettings
) -> None:
    client = connect(settings, valkey.url)
    await client.config_set("min-replicas-to-write", 1)
    assert ("", "NOREPLICAS") == await database_reasons(client)
    await client.aclose()


async def test_a_replica_answers_but_takes_no_changes(
    valkey: EmbeddedValkey, settings: ChassisSettings
) -> None:
    client = connect(settings, valkey.url)
    await client.execute_command("REPLICAOF", "127.0.0.1", 1)
    assert ("", "ReadOnlyError") == await database_reasons(client)
    await client.execute_command("REPLICAOF", "NO", "ONE")
    await client.aclose()


async def test_a_service_serves_while_reads_and_its_own_part_are_well(
    database: Client, settings: ChassisSettings
) -> None:
    unloaded = "not loaded: plans"
    async with Health(database, WELL) as health, served(settings) as echo:
        stub: Any = health_pb2_grpc.HealthStub(echo.channel)

        async def states() -> list[int]:
            asked = [health_pb2.HealthCheckRequest(service=name) for name in ("", SERVICE)]
            return [(await stub.Check(one)).status for one in asked]

        health.watch(SERVICE, lambda: unloaded)
        await health.listen(echo.server.set_parts)
        assert [SERVING, NOT_SERVING] == await states()
        assert unloaded == health.parts[SERVICE].reason
        unloaded = ""
        await health.look()
        await echo.server.set_parts(health.parts)
        assert [SERVING, SERVING] == await states()


async def test_the_parts_are_told_by_the_health_protocol_and_reads_decide(
    database: Client, settings: ChassisSettings
) -> None:
    unread = ""
    checks = {"reads": lambda: unread, "directory": lambda: "not current: stores"}
    async with Health(database, checks) as health, served(settings) as echo:
        stub: Any = health_pb2_grpc.HealthStub(echo.channel)

        async def states() -> list[int]:
            names = ("", SERVICE, "reads", "directory", "database", "writes")
            asked = [health_pb2.HealthCheckRequest(service=name) for name in names]
            return [(await stub.Check(one)).status for one in asked]

        await health.listen(echo.server.set_parts)
        assert [SERVING, SERVING, SERVING, NOT_SERVING, SERVING, SERVING] == await states()
        unread = "not loaded: stores"
        await health.look()
        await echo.server.set_parts(health.parts)
        assert [NOT_SERVING] * 4 + [SERVING] * 2 == await states()


async def test_the_probe_leaves_nothing_behind_for_long(database: Client) -> None:
    await database_reasons(database)
    [key] = await database.keys()
    assert 0 < await database.pttl(key) <= 60_000
