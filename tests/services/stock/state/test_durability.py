"""A database that may lose holds is refused at the start, unless a setting allows it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from enrayon.stock.v1 import stock_pb2_grpc
from services import app
from services.chassis.database.client import Client, connect
from services.chassis.database.embedded import EmbeddedValkey
from services.chassis.database.facts import DatabaseFacts
from services.chassis.settings import ChassisSettings
from services.directory.parts import Service
from services.stock.errors import DatabaseNotDurable, PartitionsDiffer
from services.stock.model.partitions import PARTITIONS
from services.stock.state import durability as module
from services.stock.state.durability import Durability
from services.stock.state.levels import Levels
from tests.backends import server
from tests.support.hosting import hosted
from tests.support.refusals import refusal
from tests.support.stock import STOCKMANN, available, hold, state


@pytest.fixture
def forgetful(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    """A database that does not sync each write."""
    with server(tmp_path / "forgetful", {"appendfsync": "everysec"}) as valkey:
        yield valkey


@pytest.fixture
async def client(forgetful: EmbeddedValkey) -> AsyncIterator[Client]:
    client = connect(ChassisSettings(), forgetful.url)
    yield client
    await client.aclose()


def durability(client: Client, *, allow_loss: bool = False) -> Durability:
    return Durability(client, Levels(client), allow_loss=allow_loss)


async def test_a_database_that_may_lose_holds_is_refused_unless_that_is_allowed(client):
    with pytest.raises(DatabaseNotDurable) as refused:
        await durability(client).at_start()

    assert "appendfsync everysec" in refused.value.message
    assert "ENRAYON_STOCK_ALLOW_LOSS=true" in refused.value.message
    await durability(client, allow_loss=True).at_start()
    await client.config_set("appendfsync", "always")
    await durability(client).at_start()


async def test_data_in_another_number_of_partitions_are_refused_whatever_is_allowed(client):
    await client.set("{stock}:partitions", 32)

    with pytest.raises(PartitionsDiffer) as refused:
        await durability(client, allow_loss=True).at_start()

    assert "32 partitions, and this version works with 64" in refused.value.message
    assert b"32" == await client.get("{stock}:partitions")


async def test_a_new_data_set_is_marked_with_its_partitions(client):
    await durability(client, allow_loss=True).at_start()

    assert PARTITIONS == int(await client.get("{stock}:partitions"))


async def test_a_process_starts_without_its_database_and_refuses_the_first_hold(forgetful, client):
    late = durability(client)
    forgetful.stop()
    await late.at_start()
    forgetful.start()

    with pytest.raises(DatabaseNotDurable):
        await late.check()


async def test_holds_are_refused_with_the_reason_and_levels_are_taken(
    channel, parts, stock, monkeypatch
):
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "false")
    facts = DatabaseFacts("7.0.15", "no", "everysec")
    monkeypatch.setattr(module, "database_facts_of", lambda _client: asyncio.sleep(0, facts))
    async with hosted(parts) as strict:
        client = stock_pb2_grpc.StockServiceStub(strict)
        await state(client, STOCKMANN, milk=5)
        code, reason, _ = await refusal(hold(client, STOCKMANN, milk=1))

        assert ("FAILED_PRECONDITION", "DATABASE_NOT_DURABLE") == (code.name, reason)
        assert 5 == await available(client, STOCKMANN)


async def test_services_without_a_check_start_and_the_first_refusal_is_raised(client):
    def service(check: object) -> Service:
        return Service(None, object(), check=check)

    await app.check([service(None)])
    with pytest.raises(DatabaseNotDurable):
        await app.check([service(None), service(durability(client).at_start)])


async def test_the_command_fails_with_the_reason_on_one_line(forgetful, tmp_path):
    environment = {
        **os.environ,
        "ENRAYON_DATABASE_URL": forgetful.url,
        "ENRAYON_DATA_DIR": str(tmp_path / "data"),
        "ENRAYON_GRPC_PORT": "0",
        "ENRAYON_STOCK_ALLOW_LOSS": "false",
        "ENRAYON_LOG_LEVEL": "error",
    }

    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "services.cli", "serve", "stock"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert 1 == done.returncode
    told = " ".join(done.stderr.split())
    assert "error: the database runs with appendonly yes, appendfsync everysec" in told
    assert "Traceback" not in done.stderr
