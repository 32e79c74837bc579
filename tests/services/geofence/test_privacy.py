"""What is kept of people, and that it can be erased."""

import asyncio
import struct
from pathlib import Path

import grpc
import pytest
import structlog

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.geofence.v1 import geofence_pb2_grpc
from enrayon.stores.v1 import stores_pb2_grpc
from services.chassis.clock import utc_now
from services.chassis.embedded import EmbeddedValkey
from services.chassis.keyring import Key, Keyring
from services.chassis.redis import connect
from services.chassis.settings import ChassisSettings
from services.directory.directory import Directory
from services.directory.parts import Parts
from services.geofence.state.erased import Erased
from tests.services.conftest import hosted
from tests.services.geofence.conftest import create, report, subscribe, told
from tests.services.geofence.places import KAMPPI, PASILA, circle, fix
from tests.services.stores.conftest import upsert
from tests.services.stores.places import SHOPS

DEVICE = "anna-phone-7d1e"
HOME = (60.1723456789, 24.9412345678)


async def on_disk(client, folder: Path) -> bytes:
    """Every byte that the store has on disk, its log and a dump, once it writes nothing anew."""
    await client.save()
    states = ("aof_rewrite_in_progress", "aof_rewrite_scheduled")
    while sum([(await client.info("persistence"))[state] for state in states]):  # noqa: ASYNC110
        await asyncio.sleep(0.05)  # the server does it by itself
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())  # noqa: ASYNC240


async def test_an_erased_device_is_nowhere_in_keys_dump_or_log(tmp_path, gazetteer):
    settings = ChassisSettings(grpc_port=0, http_port=0, data_dir=tmp_path / "data")
    keyring = Keyring([Key(1, bytes(32))])
    with EmbeddedValkey(tmp_path / "v", {"rdbcompression": "no"}) as valkey:
        client = connect(settings, valkey.url)
        directory = Directory(client, settings.data_dir)
        await directory.start()
        parts = Parts(settings, client, directory, gazetteer, keyring, utc_now)
        async with hosted(parts) as channel:
            fences = geofence_pb2_grpc.GeofenceServiceStub(channel)
            await upsert(stores_pb2_grpc.StoresServiceStub(channel), SHOPS)
            await create(fences, "kamppi", circle(KAMPPI, 2000, dwell_time={"seconds": 3600}))
            await subscribe(fences)
            await fences.StartTrip(
                pb.StartTripRequest(
                    parent="stores/t-stockmann", device_id=DEVICE, consent=True, order="1"
                )
            )
            [result] = await report(fences, fix(DEVICE, HOME, 0))
            assert result.events
            subject = bytes.fromhex(result.subject.removeprefix("devices/")[2:])
            hash = keyring.hashes("device", f"anonymous\0{DEVICE}".encode())[0][:16]
            traces = [hash, struct.pack("<d", HOME[0]), struct.pack("<d", HOME[1])]
            before = await on_disk(client, tmp_path / "v")
            assert [True] * 3 == [trace in before for trace in traces]
            assert DEVICE.encode() not in before

            answer = await fences.EraseDevice(pb.EraseDeviceRequest(device_id=DEVICE))
            logged = await on_disk(client, tmp_path / "v")
            erased = Erased(client, 60_000)
            wrote = [await erased.rewrite(), await erased.rewrite()]
            after = await on_disk(client, tmp_path / "v")
            again = await fences.EraseDevice(pb.EraseDeviceRequest(device_id=DEVICE))

            assert (True, False) == (answer.found, again.found)
            assert [True] * 3 == [trace in logged for trace in traces]
            assert [True, False] == wrote  # by a worker, and once
            assert [False] * 3 == [trace in after for trace in traces]
            # Told events keep the subject, which leads nowhere any more.
            assert hash + subject not in after
            for key in await client.keys("{f*"):
                if await client.type(key) == b"hash":
                    assert hash not in await client.hgetall(key)
                if await client.type(key) == b"zset":
                    assert hash not in await client.zrange(key, 0, -1)
            [other] = await report(fences, fix(DEVICE, HOME, 10))
            assert result.subject != other.subject
        await directory.stop()
        await client.aclose()


async def test_a_new_key_in_mid_visit_forges_no_second_enter(parts):
    old, new = Key(1, bytes(32)), Key(2, bytes([7] * 32))

    async def through(keys: list[Key], *fixes: pb.Fix) -> list[pb.FixResult]:
        with_keys = Parts(
            parts.settings, parts.client, parts.directory, parts.origins, Keyring(keys), utc_now
        )
        async with hosted(with_keys) as channel:
            stub = geofence_pb2_grpc.GeofenceServiceStub(channel)
            await stub.CreateFence(
                pb.CreateFenceRequest(fence=circle(KAMPPI, 300), fence_id="kamppi")
            )
            return await report(stub, *fixes)

    before = await through([old], fix("a", KAMPPI, 0))
    after = await through([new, old], fix("a", KAMPPI, 60), fix("a", PASILA, 600))

    assert [(0, "ENTER", "kamppi")] == told(before)
    assert [(1, "EXIT", "kamppi")] == told(after)
    assert before[0].subject == after[1].subject


async def test_no_position_and_no_device_id_reaches_a_log_or_a_metric(
    tmp_path, redis_url, redis_client, gazetteer, capfd
):
    from prometheus_client import generate_latest

    from services.chassis.telemetry import configure_logs

    settings = ChassisSettings(
        grpc_port=0, http_port=0, data_dir=tmp_path, log_level="debug", log_format="json"
    )
    before = structlog.get_config()
    configure_logs(settings)
    directory = Directory(redis_client, settings.data_dir)
    await directory.start()
    keyring = Keyring([Key(1, bytes(32))])
    parts = Parts(settings, redis_client, directory, gazetteer, keyring, utc_now)
    async with hosted(parts) as channel:
        stub = geofence_pb2_grpc.GeofenceServiceStub(channel)
        await create(stub, "kamppi", circle(KAMPPI, 300, dwell_time={"seconds": 60}))
        await report(stub, fix(DEVICE, HOME, 0), fix(DEVICE, (91.23456, 24.0), 1))
        await redis_client.hset("{f00}:devices", "x" * 16, b"damaged")
        for partition in range(64):
            await redis_client.set(f"{{f{partition:02}}}:timers", "not a sorted set")
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await report(stub, fix(DEVICE, HOME, 10), fix(DEVICE, KAMPPI, 20))
    await directory.stop()
    structlog.configure(**before)
    output = "".join(capfd.readouterr()) + str(failure.value) + generate_latest().decode()
    assert "enrayon_requests" in output
    for trace in (DEVICE, "60.172345", "24.941234", "91.23456"):
        assert trace not in output
