"""Health as gRPC's protocol has it: bounded, and not held up by a client that takes nothing."""

import asyncio
from typing import Any

import pytest
from grpc_health.v1 import health_pb2

from services.chassis.access.limits import TooManyStreams
from services.chassis.errors import NotFound
from services.chassis.serving import standard
from services.chassis.serving.standard import HealthServicer

States: Any = health_pb2.HealthCheckResponse
STORES = health_pb2.HealthCheckRequest(service="stores")


async def test_a_watch_tells_the_state_now_and_each_change():
    health = HealthServicer()
    watch = health.watch(STORES)
    assert States.SERVICE_UNKNOWN == (await anext(watch)).status
    health.set("stores", serving=True)
    assert States.SERVING == (await anext(watch)).status
    health.stop()
    assert States.NOT_SERVING == (await anext(watch)).status
    health.set("stores", serving=True)  # comes too late
    assert States.NOT_SERVING == health.check(STORES).status
    await watch.aclose()


async def test_a_client_that_takes_nothing_holds_up_neither_the_server_nor_others():
    health = HealthServicer()
    stuck, other = health.watch(STORES), health.watch(STORES)
    await anext(stuck)
    await anext(other)
    for serving in (True, False, True):
        health.set("stores", serving=serving)
        assert serving == (States.SERVING == (await anext(other)).status)
    assert States.SERVING == (await anext(stuck)).status, "it missed two, and hears the last"
    await stuck.aclose()
    await other.aclose()


async def test_watches_are_bounded_and_those_that_end_make_room(monkeypatch):
    monkeypatch.setattr(standard, "MOST_WATCHES", 3)
    health = HealthServicer()
    watches: list[Any] = [health.watch(STORES) for _ in range(3)]
    for watch in watches:
        await anext(watch)
    with pytest.raises(TooManyStreams):
        await anext(health.watch(STORES))
    await watches.pop().aclose()
    watches.append(health.watch(STORES))
    assert States.SERVICE_UNKNOWN == (await anext(watches[-1])).status
    await asyncio.gather(*(watch.aclose() for watch in watches))


def test_a_check_tells_the_state_and_knows_its_services():
    health = HealthServicer()
    health.set("hours", serving=False)
    listed = health.list(None).statuses
    assert {"": States.SERVING, "hours": States.NOT_SERVING} == {
        n: s.status for n, s in listed.items()
    }
    with pytest.raises(NotFound):
        health.check(STORES)
