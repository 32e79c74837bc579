"""While the database is down, shelves and routes are answered with `as_of`; changes fail."""

import datetime as dt
from pathlib import Path
from typing import Any

import grpc
import pytest

from enrayon.aisle.v1 import aisle_pb2 as pb
from enrayon.aisle.v1 import aisle_pb2_grpc
from enrayon.stores.v1 import stores_pb2_grpc
from services.chassis.database.client import Client, connect
from services.chassis.keyring import Key, Keyring
from services.chassis.settings import ChassisSettings
from services.directory.directory import Directory
from services.directory.feed import CURRENT_S
from services.directory.origins import Origins
from services.directory.parts import Parts
from tests.backends import backend
from tests.geodata.floorplans.shops import corner_shop
from tests.support.aisle import CORNER, SHELVES, STORES, placed, published, route, stream
from tests.support.clocks import SkewedClock
from tests.support.hosting import hosted
from tests.support.stores import upsert


async def answers(aisle: Any, token: str) -> tuple[pb.PlanRouteResponse, pb.Anchor]:
    """A route and a resolved anchor of a service whose database is down."""
    answer = await aisle.PlanRoute(route(CORNER, "rice"))
    assert answer.HasField("as_of")
    located = await aisle.LocateProducts(
        pb.LocateProductsRequest(store=CORNER, products=["products/rice"])
    )
    assert located.HasField("as_of")
    assert "Aisle 2, left, third bay" == located.located[0].shelves[0].address
    return answer, await aisle.ResolveAnchor(pb.ResolveAnchorRequest(token=token))


async def test_shelves_and_routes_are_answered_without_the_database_and_after_a_restart(
    tmp_path: Path, gazetteer: Origins
):
    settings = ChassisSettings(grpc_port=0, http_port=0, data_dir=tmp_path, database_timeout_s=0.5)
    clock, keyring = SkewedClock(), Keyring([Key(1, bytes(32))])

    def parts(client: Client, directory: Directory) -> Parts:
        return Parts(settings, client, directory, gazetteer, keyring, clock)

    with backend(tmp_path / "database") as url:
        client = connect(settings, url)
        directory = Directory(client, tmp_path, clock)
        await directory.start()
        server = hosted(parts(client, directory))
        channel = await server.__aenter__()
        await upsert(stores_pb2_grpc.StoresServiceStub(channel), STORES)
        aisle = aisle_pb2_grpc.AisleServiceStub(channel)
        await aisle.PublishFloorPlan(published(CORNER, corner_shop()))
        await aisle.UpsertPlacements(stream(CORNER, placed(SHELVES)))
        at = pb.IndoorPosition(level="0", x_m=5, y_m=6)
        request = pb.CreateAnchorRequest(parent=CORNER, anchor=pb.Anchor(position=at))
        token = (await aisle.CreateAnchor(request)).token
        fresh = await aisle.PlanRoute(route(CORNER, "rice"))
        assert not fresh.HasField("as_of")
    clock.ahead = dt.timedelta(seconds=CURRENT_S + 10)

    before, anchor = await answers(aisle, token)
    assert fresh.length_m == before.length_m
    for change in (
        aisle.PublishFloorPlan(published(CORNER, corner_shop(), "v2")),
        aisle.UpsertPlacements(stream(CORNER, placed(SHELVES[:1]))),
        aisle.RevokeAnchor(pb.RevokeAnchorRequest(name=anchor.name)),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await change
        assert grpc.StatusCode.UNAVAILABLE == failure.value.code()
    await server.__aexit__(None, None, None)
    await directory.stop()

    directory = Directory(client, tmp_path, clock)
    await directory.start()
    async with hosted(parts(client, directory)) as channel:
        after, again = await answers(aisle_pb2_grpc.AisleServiceStub(channel), token)
    assert (before.length_m, anchor) == (after.length_m, again)
    await directory.stop()
    await client.aclose()
