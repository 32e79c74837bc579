"""`enrayon events` and `enrayon subscription`: live events, subscriptions, dead letters."""

import asyncio
import json
import os
import signal
import sys

import pytest
from typer.testing import CliRunner

from enrayon.events.v1 import events_pb2
from enrayon.geofence.v1 import geofence_pb2_grpc
from services.cli import app
from tests.support.geofence import KAMPPI, circle, create, fix, report
from tests.support.hosting import serving


@pytest.fixture
async def port(parts, monkeypatch):
    async with serving(parts) as address:
        monkeypatch.setenv("ENRAYON_GRPC_PORT", address.rpartition(":")[2])
        yield address


@pytest.fixture
async def stub(port, channel):
    del port
    return geofence_pb2_grpc.GeofenceServiceStub(channel)


async def run(*arguments: str, status: int = 0) -> str:
    result = await asyncio.to_thread(CliRunner().invoke, app, [*arguments])
    assert status == result.exit_code, result.exception
    return result.output


async def test_a_subscription_is_created_listed_disabled_and_deleted(port):
    del port
    made = await run(
        *("subscription", "create", "orders", "--type", "reservation.ready", "--store", "us-1"),
        *("--webhook", "https://shop.example/hook"),
    )
    rotated = await run("subscription", "rotate-secret", "orders", "--json")
    await run("subscription", "disable", "orders")
    listed = await run("subscription", "list", "--json")
    replayed = await run("subscription", "replay", "orders")
    letters = await run("subscription", "dead-letters", "orders", "--json")
    await run("subscription", "delete", "orders")
    left = await run("subscription", "list", "--json")

    assert "whsec_" in made
    assert json.loads(rotated)["webhook"]["secret"] not in made
    [kept] = json.loads(listed)["subscriptions"]
    assert (True, ["reservation.ready"], ["stores/us-1"]) == (
        kept["disabled"],
        kept["filter"]["types"],
        kept["filter"]["stores"],
    )
    assert "0 events" in replayed
    assert {} == json.loads(letters) == json.loads(left)


async def test_a_type_that_there_is_not_is_refused_with_the_nearest(port):
    del port
    failed = await asyncio.to_thread(
        CliRunner().invoke, app, ["subscription", "create", "x", "--type", "reservation.redy"]
    )
    assert 0 != failed.exit_code
    assert "reservation.ready" in f"{failed.output}{failed.exception}"


async def test_watch_shows_live_events_and_leaves_nothing_behind(stub, notices):
    await create(stub, "kamppi", circle(KAMPPI, 300, labels={"kind": "mall"}))
    await create(stub, "other", circle(KAMPPI, 400))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.cli", "events", "watch", "--label", "kind=mall"),
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    try:
        async with asyncio.timeout(300):  # of a busy machine
            first = await process.stdout.readline()
            await report(stub, fix("a", KAMPPI, 0))
            told = await process.stdout.readline()
            process.send_signal(signal.SIGINT)
            rest = await process.stdout.read()
            status = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    left = await notices.ListSubscriptions(events_pb2.ListSubscriptionsRequest())
    assert b"watching" in first
    assert (b"fence.enter kamppi" in told, b"") == (True, rest)
    assert 0 == status
    assert 0 == len(left.subscriptions)
