"""Fences: created, changed, listed, found by place, and refused."""

import asyncio
from typing import Any

import grpc
import orjson
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from services.directory.records import Mode, Records
from tests.support.geofence import KAMPPI, PASILA, circle, create, fix, north_of, report, told
from tests.support.stores import SHOPS, upsert


def around(*brands: str, radius_m: float = 300, **rest: object) -> pb.Fence:
    return pb.Fence(around_stores={"brands": brands, "radius_m": radius_m}, **rest)


async def matches(stub, place) -> list[tuple[str, str]]:
    point = {"latitude": place[0], "longitude": place[1]}
    response = await stub.MatchFences(pb.MatchFencesRequest(point=point))
    return [(match.fence, match.store) for match in response.matches]


async def test_a_fence_is_created_read_changed_listed_and_deleted(fences):
    made = await create(fences, "kamppi", circle(KAMPPI, 300, labels={"a": "b"}))
    again = await create(fences, "kamppi", circle(KAMPPI, 300, labels={"a": "b"}))
    changed = await fences.UpdateFence(
        pb.UpdateFenceRequest(
            fence=pb.Fence(name=made.name, display_name="Kamppi", etag=made.etag),
            update_mask=FieldMask(paths=["display_name"]),
        )
    )
    read = await fences.GetFence(pb.GetFenceRequest(name=made.name))
    listed = await fences.ListFences(pb.ListFencesRequest(labels={"a": "b"}))
    assert made == again
    assert changed == read == listed.fences[0]
    assert (300, "Kamppi") == (read.circle.radius_m, read.display_name)
    with pytest.raises(grpc.aio.AioRpcError) as stale:
        await fences.DeleteFence(pb.DeleteFenceRequest(name=made.name, etag=made.etag))
    with pytest.raises(grpc.aio.AioRpcError) as other:
        await create(fences, "kamppi", circle(PASILA, 300))
    await fences.DeleteFence(pb.DeleteFenceRequest(name=made.name, etag=changed.etag))
    with pytest.raises(grpc.aio.AioRpcError) as gone:
        await fences.GetFence(pb.GetFenceRequest(name=made.name))
    assert ["ABORTED", "ALREADY_EXISTS", "NOT_FOUND"] == [
        failure.value.code().name for failure in (stale, other, gone)
    ]


def batch(*fences: tuple[str, pb.Fence]) -> pb.BatchCreateFencesRequest:
    return pb.BatchCreateFencesRequest(
        requests=[pb.CreateFenceRequest(fence_id=id, fence=fence) for id, fence in fences]
    )


async def names(stub: Any) -> list[str]:
    return [fence.name for fence in (await stub.ListFences(pb.ListFencesRequest())).fences]


async def test_a_batch_with_an_invalid_fence_keeps_none(fences):
    bad, good = pb.Fence(cell_set={"h3_cells": ["0" * 15]}), circle(KAMPPI, 300)
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await fences.BatchCreateFences(batch(("a", good), ("b", bad)))
    assert grpc.StatusCode.INVALID_ARGUMENT == failure.value.code()
    assert [] == await names(fences)
    made = await fences.BatchCreateFences(batch(("a", good)))
    assert ["fences/a"] == [fence.name for fence in made.fences]


async def test_a_batch_with_one_id_and_two_contents_keeps_none(fences):
    request = batch(("a", circle(KAMPPI, 300)), ("b", circle(KAMPPI, 1)), ("a", circle(PASILA, 1)))
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await fences.BatchCreateFences(request)
    assert grpc.StatusCode.ALREADY_EXISTS == failure.value.code()
    assert [] == await names(fences)


async def test_a_batch_may_name_one_fence_twice_and_may_be_sent_again(fences):
    request = batch(("a", circle(KAMPPI, 300)), ("a", circle(KAMPPI, 300)))
    first = await fences.BatchCreateFences(request)
    again = await fences.BatchCreateFences(request)
    assert first == again
    assert ["fences/a"] == await names(fences)


async def test_a_batch_keeps_none_when_another_call_creates_one_of_its_fences_first(
    fences, monkeypatch
):
    """The other call comes when the batch is checked and not yet written."""
    write = Records.write

    async def overtaken(self: Records, writes: Any, mode: Mode = Mode.EACH) -> Any:
        if mode is not Mode.LOOK:
            monkeypatch.undo()
            await create(fences, "b", circle(PASILA, 300))
        return await write(self, writes, mode)

    monkeypatch.setattr(Records, "write", overtaken)
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await fences.BatchCreateFences(batch(("a", circle(KAMPPI, 300)), ("b", circle(KAMPPI, 1))))
    assert grpc.StatusCode.ALREADY_EXISTS == failure.value.code()
    assert ["fences/b"] == await names(fences)


async def test_of_overlapping_batches_at_once_each_is_kept_whole_or_not_at_all(fences):
    """Batch n has the fences n to n + 4, each with content of its own: at most every fifth fits."""
    batches = [
        batch(*((f"f{n + i:02}", circle(KAMPPI, 100 + n)) for i in range(5))) for n in range(10)
    ]
    answers = await asyncio.gather(
        *(fences.BatchCreateFences(each) for each in batches), return_exceptions=True
    )
    created = [not isinstance(answer, BaseException) for answer in answers]
    wanted = {
        f"fences/{each.fence_id}"
        for batch, is_created in zip(batches, created, strict=True)
        if is_created
        for each in batch.requests
    }
    assert any(created)
    assert sorted(wanted) == await names(fences)


@pytest.mark.parametrize("mask", [[], ["*"]], ids=["the fields that are set", "all fields"])
async def test_of_two_updates_that_create_one_fence_the_second_changes_what_the_first_made(
    fences, monkeypatch, mask
):
    """Both calls find no fence before either of them writes."""
    read, both_have_read = Records.read, asyncio.Barrier(2)

    async def together(self: Records, id: str) -> bytes | None:
        record = await read(self, id)
        if record is None:
            await both_have_read.wait()
        return record

    monkeypatch.setattr(Records, "read", together)
    area = circle(KAMPPI, 300).circle
    changes = (
        pb.Fence(name="fences/kamppi", circle=area, display_name="Kamppi"),
        pb.Fence(name="fences/kamppi", circle=area, labels={"a": "b"}),
    )
    answers = await asyncio.gather(
        *(
            fences.UpdateFence(
                pb.UpdateFenceRequest(
                    fence=change, update_mask=FieldMask(paths=mask), allow_missing=True
                )
            )
            for change in changes
        )
    )
    kept = await fences.GetFence(pb.GetFenceRequest(name="fences/kamppi"))
    assert kept in answers
    if mask:
        assert 1 == sum((kept.display_name == "Kamppi", kept.labels == {"a": "b"}))
    else:
        assert ("Kamppi", {"a": "b"}) == (kept.display_name, dict(kept.labels))


async def test_validate_only_checks_as_a_creation_does_and_keeps_nothing(fences):
    made = await fences.CreateFence(
        pb.CreateFenceRequest(fence_id="a", fence=circle(KAMPPI, 300), validate_only=True)
    )
    assert "fences/a" == made.name
    assert [] == await names(fences)
    await create(fences, "a", circle(PASILA, 300))
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await fences.CreateFence(
            pb.CreateFenceRequest(fence_id="a", fence=circle(KAMPPI, 300), validate_only=True)
        )
    assert grpc.StatusCode.ALREADY_EXISTS == failure.value.code()


async def test_one_request_id_makes_one_fence(fences):
    request = pb.CreateFenceRequest(fence=circle(KAMPPI, 300), request_id="r")
    first, again = await asyncio.gather(fences.CreateFence(request), fences.CreateFence(request))
    assert first == again
    assert [first.name] == await names(fences)


async def test_pages_hold_each_fence_once_though_others_come_and_go_between_them(fences):
    for n in range(6):
        await create(fences, f"f{n}", circle(KAMPPI, 300))
    first = await fences.ListFences(pb.ListFencesRequest(page_size=3))
    await create(fences, "a", circle(KAMPPI, 300))
    await fences.DeleteFence(pb.DeleteFenceRequest(name="fences/f1"))
    second = await fences.ListFences(
        pb.ListFencesRequest(page_size=3, page_token=first.next_page_token)
    )
    found = [fence.name for fence in (*first.fences, *second.fences)]
    assert [f"fences/f{n}" for n in range(6)] == found
    assert "" == second.next_page_token


async def test_fences_round_every_store_of_a_brand_follow_the_stores(fences, channel):
    stores = stores_pb2_grpc.StoresServiceStub(channel)
    await create(fences, "stockmann", around("STOCKMANN"))
    assert [] == await matches(fences, (60.1687, 24.9418))
    await upsert(stores, SHOPS)
    assert [("fences/stockmann", "stores/t-stockmann")] == await matches(fences, (60.1687, 24.9418))
    assert [("fences/stockmann", "stores/t-turku")] == await matches(fences, (60.4510, 22.2690))
    moved = stores_pb2.Store(name="stores/t-turku", location={"latitude": 61.0, "longitude": 25.0})
    await stores.UpdateStore(stores_pb2.UpdateStoreRequest(store=moved))
    assert [] == await matches(fences, (60.4510, 22.2690))
    assert [("fences/stockmann", "stores/t-turku")] == await matches(fences, (61.0, 25.0))
    await stores.DeleteStore(stores_pb2.DeleteStoreRequest(name="stores/t-turku"))
    assert [] == await matches(fences, (61.0, 25.0))
    [result] = await report(fences, fix("a", (60.1687, 24.9418), 0))
    assert "stores/t-stockmann" == result.events[0].store
    assert [(0, "ENTER", "stockmann")] == told([result])


async def test_every_shape_holds_what_it_should(fences):
    square = [[24.92, 60.16], [24.94, 60.16], [24.94, 60.18], [24.92, 60.18], [24.92, 60.16]]
    hole = [[24.93, 60.168], [24.932, 60.168], [24.932, 60.17], [24.93, 60.17], [24.93, 60.168]]
    polygon = {"type": "Polygon", "coordinates": [square, hole]}
    await create(fences, "json", pb.Fence(geo_json={"geometry": orjson.dumps(polygon).decode()}))
    points = [{"latitude": 60.1690, "longitude": lng} for lng in (24.90, 24.96)]
    await create(fences, "road", pb.Fence(corridor={"path": {"points": points}, "width_m": 100}))
    await create(fences, "cell", pb.Fence(cell_set={"h3_cells": ["861126d37ffffff"]}))
    assert [("fences/road", "")] == [
        match for match in await matches(fences, KAMPPI) if match[0] != "fences/cell"
    ]
    assert ("fences/json", "") in await matches(fences, (60.175, 24.925))
    line = [{"latitude": lat, "longitude": 24.95} for lat in (60.1, 60.2)]
    crossed = await fences.MatchFences(pb.MatchFencesRequest(line={"points": line}))
    assert "fences/road" in {match.fence for match in crossed.matches}


async def test_a_phone_gets_the_nearest_fences_and_how_far_they_last(fences):
    for number in range(30):
        await create(fences, f"f{number:02}", circle(north_of(KAMPPI, 500 * number), 100))
    point = {"latitude": KAMPPI[0], "longitude": KAMPPI[1]}
    response = await fences.ListNearestFences(pb.ListNearestFencesRequest(point=point))
    assert [f"fences/f{n:02}" for n in range(20)] == [each.fence for each in response.fences]
    assert -100 == pytest.approx(response.fences[0].distance_to_edge_m, abs=0.01)
    assert 9900 == pytest.approx(response.ask_again_m, rel=0.01)


def polygon(rings: list[list[list[float]]]) -> pb.Fence:
    geometry = {"type": "Polygon", "coordinates": rings}
    return pb.Fence(geo_json={"geometry": orjson.dumps(geometry).decode()})


BOW_TIE: list[list[float]] = [[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]
NO_AREA: dict[str, Any] = {"points": [{}, {}, {}]}
NOWHERE = {"expression": "22:00-07:00", "time_zone": "X/Y"}
OPEN: list[list[float]] = [[0, 0], [1, 0], [1, 1], [0, 1]]
LONG = [[n / 100_000, 0] for n in range(20_000)] + [[0, 1], [0, 0]]


@pytest.mark.parametrize(
    ("fence", "field"),
    [
        (circle(KAMPPI, 0), "fence.circle.radius_m"),
        (circle(KAMPPI, 10_000_000), "fence.circle.radius_m"),
        (circle((float("nan"), 0), 100), "fence.circle.center"),
        (polygon([BOW_TIE]), "fence.geo_json"),
        (polygon([OPEN]), "fence.geo_json"),
        (polygon([]), "fence.geo_json"),
        (polygon([LONG]), "fence.geo_json"),
        (pb.Fence(geo_json={"geometry": "[" * 100_000}), "fence.geo_json"),
        (pb.Fence(cell_set={"h3_cells": ["8001fffffffffff", "8f1126d36a0a001"]}), "fence.cell_set"),
        (pb.Fence(multi_polygon={"polygons": [{"rings": [NO_AREA]}]}), "fence.multi_polygon"),
        (pb.Fence(), "fence"),
        (circle(KAMPPI, 100, active_hours={"store_hours": True}), "fence.active_hours"),
        (circle(KAMPPI, 100, quiet_hours={"expression": "25 o'clock"}), "fence.quiet_hours"),
        (circle(KAMPPI, 100, quiet_hours=NOWHERE), "fence.quiet_hours"),
    ],
    ids=["radius 0", "10,000 km", "NaN", "bow-tie", "open", "empty", "too many corners", "nested",
         "the world at resolution 15", "no area", "nothing", "whose hours", "hours", "time zone"],
)  # fmt: skip
async def test_a_bad_fence_is_refused_by_its_field(fences, fence, field):
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await create(fences, "bad", fence)
    assert grpc.StatusCode.INVALID_ARGUMENT == failure.value.code()
    assert (failure.value.details() or "").startswith(field)
    assert 0 == (await fences.ListFences(pb.ListFencesRequest())).total_size


async def test_a_fence_says_which_brands_and_stores_match_nothing(fences, channel):
    await upsert(stores_pb2_grpc.StoresServiceStub(channel), SHOPS)
    brand = SHOPS[0].brand
    fence = around(brand, "Nowhere & Sons")
    fence.around_stores.stores.append("stores/no-such")

    made = await create(fences, "shops", fence)
    stored = await fences.GetFence(pb.GetFenceRequest(name="fences/shops"))

    assert [
        "around_stores.brands[1]: no store has the brand 'Nowhere & Sons'",
        "around_stores.stores[0]: there is no stores/no-such",
    ] == list(made.warnings)
    assert [] == list(stored.warnings)
    assert made.etag == stored.etag


async def test_a_frequency_cap_counts_over_all_stores_of_its_fence(fences, channel):
    await upsert(stores_pb2_grpc.StoresServiceStub(channel), SHOPS)
    cap = {"visits": 1, "period": {"seconds": 86_400}}
    await create(fences, "shops", around("Stockmann", frequency_cap=cap))
    results = await report(
        fences,
        fix("a", (60.1687, 24.9418), 0),
        fix("a", PASILA, 600),
        fix("a", (60.4510, 22.2690), 7000),
    )
    entered = [event for result in results for event in result.events if event.event_type == 1]
    assert [
        ("stores/t-stockmann", pb.MUTE_UNSPECIFIED),
        ("stores/t-turku", pb.MUTE_FREQUENCY),
    ] == [(event.store, event.mute) for event in entered]
