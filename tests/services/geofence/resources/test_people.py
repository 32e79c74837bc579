"""People with consent: what is kept of them, who is inside, and how that ends."""

import datetime as dt
from dataclasses import replace
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.stores.v1 import stores_pb2_grpc
from services.chassis.access.policy import Role
from services.chassis.clock import utc_now
from services.chassis.database.client import connect
from services.chassis.keyring import Key, Keyring
from services.directory.known import Known, read_known
from services.directory.parts import Parts
from services.geofence import bootstrap
from services.geofence.errors import DeviceKeysMissing
from services.geofence.model.people import Person, pack, unpack, with_products
from services.geofence.state.devices import DeviceRecords
from services.geofence.state.people import PeopleRecords
from tests.support.clocks import Later
from tests.support.devices import sweep, with_parts
from tests.support.gated import gated
from tests.support.geofence import KAMPPI, PASILA, circle, create, fix, report, told
from tests.support.refusals import refusal
from tests.support.stores import SHOPS, upsert

ANNA = {"reference": "anna", "labels": {"club": "gold"}}
DAY = dt.timedelta(days=1)
OLD, NEW = Key(1, bytes(32)), Key(2, bytes([7] * 32))


async def register(stub: Any, id: str = "a", **fields: Any) -> Any:
    content = fields.pop("device", ANNA)
    return await stub.UpdateDevice(
        pb.UpdateDeviceRequest(device_id=id, consent=True, device=content, **fields)
    )


async def get(stub: Any, device: str = "a") -> Any:
    return await stub.GetDevice(pb.GetDeviceRequest(device_id=device))


async def inside(stub: Any, parent: str = "fences/kamppi", **fields: Any) -> list[str]:
    answer = await stub.ListPresence(pb.ListPresenceRequest(parent=parent, **fields))
    return [each.reference for each in answer.presence]


async def test_events_carry_the_reference_and_the_labels_of_a_registered_device(fences):
    await create(fences, "kamppi", circle(KAMPPI, 300))

    made = await register(fences)
    named, plain = await report(fences, fix("a", KAMPPI, 0), fix("b", KAMPPI, 0))

    assert made.name == named.subject == named.events[0].subject
    assert ("anna", {"club": "gold"}) == (
        named.events[0].reference,
        dict(named.events[0].device_labels),
    )
    assert ("", {}) == (plain.events[0].reference, dict(plain.events[0].device_labels))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await get(fences, "b")
    assert grpc.StatusCode.NOT_FOUND == refused.value.code()
    assert "b" not in (refused.value.details() or "").split()


async def test_a_change_has_a_mask_and_adds_products_looked_at(fences):
    await register(fences, add_viewed_products=["products/milk"])
    await register(fences, device={"reference": "anna2"}, add_viewed_products=["products/soap"])
    cleared = await register(fences, device={}, update_mask={"paths": ["labels"]})
    found = await get(fences)

    assert cleared == found
    assert ("anna2", {}) == (found.reference, dict(found.labels))
    assert {"products/milk", "products/soap"} == {e.product for e in found.viewed_products}
    assert dt.timedelta(days=90) == (
        found.expire_time.ToDatetime() - found.update_time.ToDatetime()
    )


async def test_a_time_that_is_no_instant_is_refused_by_name(fences, channel):
    """The bounds of the contract look at seconds alone."""
    await upsert(stores_pb2_grpc.StoresServiceStub(channel), SHOPS)
    never = Timestamp(seconds=-1, nanos=1_790_000_000)
    viewed = {"viewed_products": [{"product": "products/milk", "view_time": never}]}
    start_s = int(utc_now().timestamp())
    trip = pb.StartTripRequest(
        parent=SHOPS[0].name,
        device_id="a",
        consent=True,
        order="1",
        pickup_start_time=Timestamp(seconds=start_s, nanos=1_790_000_000),
        pickup_end_time=Timestamp(seconds=start_s + 7200),
    )
    for call, field in (
        (register(fences, device=viewed), "device.viewed_products[0].view_time"),
        (fences.StartTrip(trip), "pickup_start_time"),
    ):
        code, _, fields = await refusal(call)
        assert (grpc.StatusCode.INVALID_ARGUMENT, [field]) == (code, fields)


async def test_a_device_may_be_registered_with_its_first_report(fences):
    await create(fences, "kamppi", circle(KAMPPI, 300))

    async def first(reference: str, seconds: float) -> Any:
        place = KAMPPI if seconds == 0 else PASILA
        return await fences.ReportPosition(
            pb.ReportPositionRequest(
                fix=fix("a", place, seconds), consent=True, device={"reference": reference}
            )
        )

    enters, leaves = await first("anna", 0), await first("another", 600)

    assert ["anna", "anna"] == [
        event.reference for each in (enters, leaves) for event in each.result.events
    ]


def test_of_products_the_latest_50_are_kept_each_for_90_days():
    person = Person(subject="17" + "00" * 10, owner="o", key=3, expire_ms=9, update_ms=0)
    day = 86_400_000

    many = with_products(person, [(f"p{n}", n) for n in range(60)], 100)
    again = with_products(many, [("p20", 99)], 100)
    later = with_products(again, [("new", 95 * day)], 95 * day)

    assert [f"p{n}" for n in range(59, 9, -1)] == [sku for sku, _ in many.products]
    assert ("p20", 99) == again.products[0]
    assert 50 == len({sku for sku, _ in again.products})
    assert (("new", 95 * day),) == later.products
    assert again == unpack(pack(again))
    with pytest.raises(ValueError, match="damaged"):
        unpack(pack(again)[:-3])


async def test_presence_is_of_the_registered_who_are_inside(fences):
    await create(fences, "kamppi", circle(KAMPPI, 300))
    for device in "abc":
        await register(fences, device, device={"reference": f"ref-{device}"})
    await report(fences, *(fix(each, KAMPPI, 0) for each in "abxy"), fix("c", PASILA, 0))
    await register(fences, "x", device={"reference": "ref-x"})

    answer = await fences.ListPresence(
        pb.ListPresenceRequest(parent="fences/kamppi", count_only=True)
    )

    assert {"ref-a", "ref-b", "ref-x"} == {*await inside(fences)}
    assert 3 == answer.count
    assert ["ref-b"] == await inside(fences, references=["ref-b", "ref-c"])
    pages, token = [], ""
    while True:
        page = await fences.ListPresence(
            pb.ListPresenceRequest(parent="fences/kamppi", page_size=1, page_token=token)
        )
        pages += [each.reference for each in page.presence]
        if not (token := page.next_page_token):
            break
    assert ["ref-a", "ref-b", "ref-x"] == sorted(pages)
    for parent in ("fences/none", "stores/none"):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await inside(fences, parent)
        assert grpc.StatusCode.NOT_FOUND == refused.value.code()


async def test_a_store_has_those_inside_any_fence_around_it_each_once(fences, channel):
    await upsert(stores_pb2_grpc.StoresServiceStub(channel), SHOPS)
    for name, radius_m in (("near", 200), ("far", 2000)):
        around = {"stores": ["stores/t-stockmann"], "radius_m": radius_m}
        await create(fences, name, pb.Fence(around_stores=around))
    await register(fences)
    await report(fences, fix("a", (60.1687, 24.9418), 0))

    assert ["anna"] == await inside(fences, "stores/t-stockmann")
    assert ["anna"] == await inside(fences, "fences/near")


async def test_presence_is_empty_after_exit_erasure_and_a_day(parts):
    clock = Later()
    async with with_parts(parts, clock) as stub:
        await create(stub, "kamppi", circle(KAMPPI, 300))
        for device in "abcd":
            await register(stub, device, device={"reference": device})
        await report(stub, *(fix(each, KAMPPI, 0) for each in "abcd"))
        assert ["a", "b", "c", "d"] == sorted(await inside(stub))

        await report(stub, fix("a", PASILA, 600))
        await stub.EraseDevice(pb.EraseDeviceRequest(device_id="b"))
        await stub.UpdateDevice(pb.UpdateDeviceRequest(device_id="c"))
        assert ["d"] == await inside(stub)
        clock.by = DAY
        assert [] == await inside(stub)
        count = pb.ListPresenceRequest(parent="fences/kamppi", count_only=True)
        assert 0 == (await stub.ListPresence(count)).count

        await sweep(parts, clock)
        assert [] == await parts.client.keys("{f*}:inside:*")
        assert "d" == (await get(stub, "d")).reference  # it outlives the position
        for device in "bc":
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await get(stub, device)
            assert grpc.StatusCode.NOT_FOUND == refused.value.code()


async def test_subject_and_reference_outlive_the_position_until_their_time(parts):
    clock = Later()
    async with with_parts(parts, clock) as stub:
        await create(stub, "kamppi", circle(KAMPPI, 300))
        made = await register(stub, ttl={"seconds": 10 * 86_400})
        await report(stub, fix("a", KAMPPI, 0))
        clock.by = 3 * DAY
        await sweep(parts, clock)
        [after] = await report(stub, fix("a", KAMPPI, 3 * 86_400))
        assert made.name == after.subject
        assert ["anna"] == [event.reference for event in after.events]

        clock.by = 10 * DAY
        await sweep(parts, clock)
        [late] = await report(stub, fix("a", KAMPPI, 10 * 86_400))
        assert made.name != late.subject
        assert [""] == [event.reference for event in late.events]
        for name in ("people", "ends", "keyed", "known"):
            assert [] == await parts.client.keys(f"{{f*}}:{name}")


async def test_a_process_may_start_while_the_database_is_away(parts):
    away = connect(parts.settings, "redis://127.0.0.1:1")
    check = bootstrap.build(replace(parts, client=away)).check
    assert check
    await check()
    await away.aclose()


async def test_who_is_inside_is_told_to_the_caller_that_registered_and_to_admins(parts):
    async with gated(parts) as callers:
        admin, channel = callers.by(Role.ADMIN).geofence, callers.by(Role.CHANNEL).geofence
        await create(admin, "kamppi", circle(KAMPPI, 300))
        await register(channel, device={"reference": "channel's"})
        await register(admin, device={"reference": "admin's"})
        for stub in (channel, admin):
            await report(stub, fix("a", KAMPPI, 0))

        assert ["channel's"] == await inside(channel)
        assert ["admin's", "channel's"] == sorted(await inside(admin))


async def test_records_move_to_a_new_key_and_the_old_one_may_then_go(parts):
    people = PeopleRecords(parts.client)
    async with with_parts(parts, keys=[OLD]) as stub:
        await create(stub, "kamppi", circle(KAMPPI, 300))
        made = await register(stub)
        idle = await register(stub, "idle", device={"reference": "idle"})
        await report(stub, fix("a", KAMPPI, 0))
    assert {1: 2} == await people.by_key()
    with pytest.raises(DeviceKeysMissing, match="signing key 1"):
        await checked(parts, [NEW])

    async with with_parts(parts, keys=[NEW, OLD]) as stub:
        [same] = await report(stub, fix("a", KAMPPI, 0))
        assert (pb.FixResult.OUTCOME_DUPLICATE, made.name) == (same.outcome, same.subject)
        [moved] = await report(stub, fix("a", PASILA, 600))
        assert [(0, "EXIT", "kamppi")] == told([moved])
        assert (made.name, "anna") == (moved.subject, moved.events[0].reference)
        [back] = await report(stub, fix("a", KAMPPI, 1200))
        assert made.name == back.subject
        assert ["anna"] == await inside(stub)
        assert {1: 1, 2: 1} == await people.by_key()
        again = await register(stub, "idle", device={"reference": "idle"})
        assert idle.name == again.name
    assert {2: 2} == await people.by_key()
    await checked(parts, [NEW])

    async with with_parts(parts, keys=[NEW]) as stub:
        assert made.name == (await get(stub)).name
        assert ["anna"] == await inside(stub)
        assert (await stub.EraseDevice(pb.EraseDeviceRequest(device_id="a"))).found
        assert [] == await inside(stub)


async def checked(parts: Parts, keys: list[Key]) -> None:
    """The check at the start of a process with such keys."""
    changed = Parts(
        parts.settings, parts.client, parts.directory, parts.origins, Keyring(keys), utc_now
    )
    check = bootstrap.build(changed).check
    assert check
    await check()


async def test_a_move_that_was_cut_off_is_finished_by_the_next_report(parts, monkeypatch):
    async def cut_off(*_: Any, **__: Any) -> bool:
        return False

    async with with_parts(parts, keys=[OLD]) as stub:
        await create(stub, "kamppi", circle(KAMPPI, 300))
        made = await register(stub)
        await report(stub, fix("a", KAMPPI, 0))
    async with with_parts(parts, keys=[NEW, OLD]) as stub:
        with monkeypatch.context() as patch:
            patch.setattr(DeviceRecords, "forget", cut_off)
            await report(stub, fix("a", KAMPPI, 60))
        assert {1: 1, 2: 1} == await PeopleRecords(parts.client).by_key()
        [after] = await report(stub, fix("a", PASILA, 600))
    assert [(0, "EXIT", "kamppi")] == told([after])
    assert made.name == after.subject
    assert {2: 1} == await PeopleRecords(parts.client).by_key()


async def test_a_partition_keeps_so_many_registered_devices(parts, monkeypatch):
    monkeypatch.setenv("ENRAYON_GEOFENCE_PEOPLE", "1")
    async with with_parts(parts) as stub:
        codes = [await code_of(register(stub, f"{number}")) for number in range(130)]
        refusals = codes.count(grpc.StatusCode.RESOURCE_EXHAUSTED)
        assert codes.count(grpc.StatusCode.OK) == 130 - refusals <= 64
        kept = [key async for key in parts.client.scan_iter("{f*}:people")]
        assert 130 - refusals == len(kept)
        await register(stub, "0", device={"reference": "changed"})  # it has its place


async def code_of(call: Any) -> grpc.StatusCode:
    try:
        await call
    except grpc.aio.AioRpcError as refused:
        return refused.code()
    return grpc.StatusCode.OK


async def test_what_deliveries_add_ends_with_the_person(parts):
    async with with_parts(parts) as stub:
        made = await register(stub, add_viewed_products=["products/milk"])
        subject = made.name.removeprefix("devices/")
        tag = f"{{f{subject[:2]}}}"
        before = await read_known(parts.client, {tag: [subject, "17none"], "{f00}": []})
        await stub.EraseDevice(pb.EraseDeviceRequest(device_id="a"))
        after = await read_known(parts.client, {tag: [subject]})
    assert {subject: Known("anna", {"club": "gold"}, ("milk",))} == before
    assert {} == after
