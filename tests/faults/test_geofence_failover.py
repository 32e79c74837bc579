"""Positions on a Valkey Cluster: events of acknowledged ones are delivered after a failover."""

import asyncio
from typing import Any

import pytest

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.geofence.v1 import geofence_pb2_grpc
from services.geofence.state.keys import Keys
from tests.backends import Cluster, ask
from tests.faults.judging import Told, judge
from tests.faults.retrying import surely
from tests.support.events import number_of, reading, subscribe
from tests.support.geofence import KAMPPI, PASILA, circle, create, fix

CARS = 24


@pytest.fixture
def database_url(cluster: Cluster) -> str:
    """The database of the services."""
    return cluster.url


@pytest.fixture
def replicas(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Positions wait for replicas; the lease of a dead reader expires soon."""
    monkeypatch.setenv("ENRAYON_EVENTS_LEASE_S", "1")
    monkeypatch.setenv("ENRAYON_WEBHOOK_TIMEOUT_S", "0.5")
    monkeypatch.setenv("ENRAYON_GEOFENCE_REPLICAS", str(request.param))
    return int(request.param)


async def drive(stub: Any, car: str, stop: asyncio.Event) -> int:
    """Let a car come and go until told to stop; answers its acknowledged positions."""
    count = 0
    while not stop.is_set():
        position = fix(car, (KAMPPI, PASILA)[count % 2], count)
        request = pb.ReportPositionsRequest(fixes=[position], consent=True)
        await surely(lambda: stub.ReportPositions(request, timeout=5))  # noqa: B023
        count += 1
    return count


async def told(stub: Any, expected: int) -> list[Told]:
    """Events of the reader, until all have come or none comes for long."""
    found: list[Told] = []
    async with reading(stub) as call:
        while len({*found}) < expected:
            try:
                async with asyncio.timeout(6):
                    response = await call.read()
            except TimeoutError:
                break
            if response.HasField("event"):
                event = response.event
                found.append((event.subject, number_of(event), event.id))
    return found


@pytest.mark.parametrize("replicas", [1, 0], indirect=True)
async def test_15_a_frozen_replica_that_takes_over_tells_of_all_acknowledged_positions(
    replicas,
    channel,
    notices,
    cluster,
    figure,
):
    """Changes that only the master has are not acknowledged; without the wait they are lost."""
    stub = geofence_pb2_grpc.GeofenceServiceStub(channel)
    await create(stub, "kamppi", circle(KAMPPI, 300))
    await subscribe(notices)
    async with reading(notices):  # from now on
        pass
    slot = int(ask(cluster.nodes[0], "CLUSTER", "KEYSLOT", Keys.of(0).devices))
    stop = asyncio.Event()
    cars = [asyncio.create_task(drive(stub, f"car {n}", stop)) for n in range(CARS)]
    await asyncio.sleep(0.5)
    cluster.revive(await asyncio.to_thread(cluster.overtake, slot))
    stop.set()
    expected = sum([await car for car in cars])
    lost, duplicates, out_of_order = judge(await told(notices, expected), expected)

    figure(
        15,
        f"failover to a replica that was frozen, {replicas} waited for: {expected} positions that "
        f"tell something acknowledged, events lost {lost}, duplicates {duplicates}, "
        f"devices out of order {out_of_order}",
    )
    if replicas:
        assert (0, 0) == (lost, out_of_order)
    else:
        assert 0 < lost
