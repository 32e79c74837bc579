"""Privacy: an erased device leaves no byte, and outputs hold no position and no device id."""

import asyncio
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
import structlog
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import generate_latest
from redis.asyncio import RedisCluster

from enrayon.events.v1 import events_pb2_grpc
from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.geofence.v1 import geofence_pb2_grpc
from enrayon.stores.v1 import stores_pb2_grpc
from services.chassis.clock import utc_now
from services.chassis.database.client import connect
from services.chassis.keyring import Key, Keyring
from services.chassis.settings import ChassisSettings
from services.chassis.telemetry import tracing
from services.chassis.telemetry.logs import configure_logs
from services.directory.directory import Directory
from services.directory.parts import Parts
from services.events import bootstrap as events_bootstrap
from services.geofence import bootstrap
from services.geofence.model.partitions import PARTITIONS
from services.geofence.state.devices import DeviceRecords
from services.geofence.state.erased import Erased
from services.geofence.state.keys import Keys
from tests.backends import backend
from tests.support.events import reading, subscribe, take
from tests.support.geofence import KAMPPI, PASILA, circle, create, fix, report, running, told
from tests.support.hosting import hosted
from tests.support.stores import SHOPS, upsert

DEVICE = "anna-phone-7d1e"
REFERENCE, LABEL, PRODUCT = "account-of-anna-9c2b", "gold-51aa", "soap-77d0"
HOME = (60.1723456789, 24.9412345678)


async def on_disk(client, folder: Path) -> bytes:
    """Every byte that the database has on disk, log and dump, once no rewrite is under way."""
    nodes = client.get_nodes() if isinstance(client, RedisCluster) else []
    states = ("aof_rewrite_in_progress", "aof_rewrite_scheduled")
    for node in [{"target_nodes": node} for node in nodes] or [{}]:
        await client.save(**node)
        while sum([(await client.info("persistence", **node))[state] for state in states]):  # noqa: ASYNC110
            await asyncio.sleep(0.05)  # the server does it by itself
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())  # noqa: ASYNC240


async def test_an_erased_device_is_nowhere_in_keys_dump_or_log(tmp_path, gazetteer):
    settings = ChassisSettings(grpc_port=0, http_port=0, data_dir=tmp_path / "data")
    keyring = Keyring([Key(1, bytes(32))])
    with backend(tmp_path / "v", {"rdbcompression": "no"}) as url:
        client = connect(settings, url)
        directory = Directory(client, settings.data_dir)
        await directory.start()
        parts = Parts(settings, client, directory, gazetteer, keyring, utc_now)
        async with hosted(parts) as channel:
            fences = geofence_pb2_grpc.GeofenceServiceStub(channel)
            await upsert(stores_pb2_grpc.StoresServiceStub(channel), SHOPS)
            await create(fences, "kamppi", circle(KAMPPI, 2000, dwell_time={"seconds": 3600}))
            await subscribe(events_pb2_grpc.EventsServiceStub(channel))
            await fences.StartTrip(
                pb.StartTripRequest(
                    parent="stores/t-stockmann", device_id=DEVICE, consent=True, order="1"
                )
            )
            await fences.UpdateDevice(
                pb.UpdateDeviceRequest(
                    device_id=DEVICE,
                    consent=True,
                    device={"reference": REFERENCE, "labels": {"club": LABEL}},
                    add_viewed_products=[f"products/{PRODUCT}"],
                )
            )
            [result] = await report(fences, fix(DEVICE, HOME, 0))
            assert REFERENCE == result.events[0].reference
            subject = bytes.fromhex(result.subject.removeprefix("devices/")[2:])
            hash = keyring.hasher("device", 16)(f"anonymous\0{DEVICE}".encode())[0]
            traces = [hash, struct.pack("<d", HOME[0]), struct.pack("<d", HOME[1])]
            traces += [REFERENCE.encode(), LABEL.encode(), PRODUCT.encode()]
            before = await on_disk(client, tmp_path / "v")
            assert [True] * 6 == [trace in before for trace in traces]
            assert DEVICE.encode() not in before

            answer = await fences.EraseDevice(pb.EraseDeviceRequest(device_id=DEVICE))
            logged = await on_disk(client, tmp_path / "v")
            erased = Erased(client, 60_000)
            wrote = [await erased.rewrite(), await erased.rewrite()]
            after = await on_disk(client, tmp_path / "v")
            again = await fences.EraseDevice(pb.EraseDeviceRequest(device_id=DEVICE))

            assert (True, False) == (answer.found, again.found)
            assert [True] * 6 == [trace in logged for trace in traces]
            assert [True, False] == wrote  # by a worker, and once
            assert [False] * 6 == [trace in after for trace in traces]
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


@contextmanager
def observed() -> Iterator[Callable[[], str]]:
    """Logs of every level, with metrics and traces, which the function that it yields returns."""
    before = structlog.get_config()
    configure_logs(ChassisSettings(log_level="debug", log_format="json"))
    spans = InMemorySpanExporter()
    tracing.start(spans, "test")

    def collected() -> str:
        tracing.stop()
        traces = "".join(span.to_json() for span in spans.get_finished_spans())
        return generate_latest().decode() + traces

    try:
        yield collected
    finally:
        tracing.stop()
        structlog.configure(**before)


async def failed(call) -> str:
    """The error that the client of a failing call gets."""
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await call
    return f"{failure.value} {failure.value.trailing_metadata()}"


async def test_no_position_and_no_device_id_reaches_a_log_a_metric_or_a_trace(
    parts, database, monkeypatch, capfd
):
    """A run with all that positions are sent to, and all that can fail on the way."""
    monkeypatch.setenv("ENRAYON_WEBHOOK_PRIVATE", "true")
    away = {"latitude": PASILA[0] + HOME[0] % 0.001, "longitude": HOME[1]}
    home = {"latitude": HOME[0], "longitude": HOME[1]}
    said = []
    with observed() as outputs:
        async with (
            hosted(parts) as channel,
            running(bootstrap.build(parts)),
            running(events_bootstrap.build(parts)),
        ):
            stub = geofence_pb2_grpc.GeofenceServiceStub(channel)
            await upsert(stores_pb2_grpc.StoresServiceStub(channel), SHOPS)
            await create(stub, "kamppi", circle(KAMPPI, 2000, dwell_time={"seconds": 1}))
            notices = events_pb2_grpc.EventsServiceStub(channel)
            await subscribe(notices, "read")
            await subscribe(notices, "hook", webhook={"uri": "http://127.0.0.1:9/"})
            trip = await stub.StartTrip(
                pb.StartTripRequest(
                    parent="stores/t-stockmann", device_id=DEVICE, consent=True, order="1"
                )
            )
            await report(stub, fix(DEVICE, HOME, 0))
            await report(stub, fix(DEVICE, (91.23456, HOME[1]), 1), fix(DEVICE, HOME, 86_400))
            for place in ({"point": home}, {"line": {"points": [home, away]}}):
                await stub.MatchFences(pb.MatchFencesRequest(**place))
            await stub.ListNearestFences(pb.ListNearestFencesRequest(point=home))
            await stub.CheckInTrip(pb.CheckInTripRequest(name=trip.name, bay="3"))
            async with reading(notices, "read") as events:
                await take(events, 2)
            beyond = pb.ReportPositionRequest(fix=fix(DEVICE, (91.23456, 24.0), 2), consent=True)
            said.append(await failed(stub.ReportPosition(beyond)))
            nowhere = {"latitude": 91.23456, "longitude": HOME[1]}
            said.append(await failed(stub.MatchFences(pb.MatchFencesRequest(point=nowhere))))
            for partition in range(PARTITIONS):  # then a bug, and keys of the wrong type
                await database.delete(Keys.of(partition).events)
                await database.set(Keys.of(partition).events, "not a stream")
            said.append(await failed(report(stub, fix(DEVICE, PASILA, 20), fix(DEVICE, HOME, 30))))
            monkeypatch.setattr(DeviceRecords, "records", broken)
            said.append(await failed(report(stub, fix(DEVICE, HOME, 40))))
            monkeypatch.undo()
            await stub.EraseDevice(pb.EraseDeviceRequest(device_id=DEVICE))
        structlog.get_logger().info("planted", device=DEVICE, place=HOME)
        everything = outputs()
    everything += "".join((*said, *capfd.readouterr()))

    hash = Keyring([Key(1, bytes(32))]).hasher("device", 16)(f"anonymous\0{DEVICE}".encode())[0]
    private = (DEVICE, "60.17234", "24.94123", "91.23456", hash.hex(), repr(hash)[2:-1])
    for part in ("a call failed by a bug", "enrayon_requests_total", "ReportPositions", "trace_id"):
        assert part in everything
    # Each is found once: where it was planted.
    assert [1, 1, 1, 0, 0, 0] == [everything.count(trace) for trace in private]


async def broken(_self: object, hashes: object) -> None:
    """A bug whose text has it all."""
    raise RuntimeError(f"{DEVICE} at {HOME}, {list(hashes)}")  # type: ignore[call-overload]
