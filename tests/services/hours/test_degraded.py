"""While the store is down hours still answer, and say as of when; changes are refused."""

import datetime as dt
from pathlib import Path

import grpc
import pytest

from enrayon.hours.v1 import hours_pb2, hours_pb2_grpc
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from services.chassis.database.client import connect
from services.chassis.keyring import Key, Keyring
from services.chassis.settings import ChassisSettings
from services.directory.directory import Directory
from services.directory.feed import CURRENT_S
from services.directory.origins import Origins
from services.directory.parts import Parts
from tests.backends import backend
from tests.services.hours.shops import GROCERY, NAME, give, local, put, shop, state, timestamp
from tests.support.clocks import SkewedClock
from tests.support.hosting import hosted


async def test_hours_outlive_their_store(tmp_path: Path, gazetteer: Origins):
    settings = ChassisSettings(grpc_port=0, http_port=0, data_dir=tmp_path, database_timeout_s=0.5)
    clock = SkewedClock()
    with backend(tmp_path / "store") as url:
        client = connect(settings, url)
        directory = Directory(client, tmp_path, clock)
        await directory.start()
        parts = Parts(settings, client, directory, gazetteer, Keyring([Key(1, bytes(32))]), clock)
        server = hosted(parts)
        channel = await server.__aenter__()
        stores = stores_pb2_grpc.StoresServiceStub(channel)
        hours = hours_pb2_grpc.HoursServiceStub(channel)
        await put(stores, shop("grocery", GROCERY))
        await give(hours, NAME, expression="Mo-Fr 10:00-12:00")
    clock.ahead = dt.timedelta(seconds=CURRENT_S + 10)

    request = hours_pb2.CheckOpenStateRequest(name=f"{NAME}/hours")
    assert (await hours.CheckOpenState(request)).HasField("as_of")
    assert hours_pb2.STATE_OPEN == (await state(hours, "2026-11-30 11:00")).state
    wanted = stores_pb2.StoreFilter(open_at=timestamp(local("2026-11-30 11:00")))
    listed = await stores.ListStores(stores_pb2.ListStoresRequest(store_filter=wanted))
    assert ([NAME], True) == ([each.name for each in listed.stores], listed.HasField("as_of"))
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await give(hours, NAME, expression="off")
    assert grpc.StatusCode.UNAVAILABLE == failure.value.code()
    assert hours_pb2.STATE_OPEN == (await state(hours, "2026-11-30 11:00")).state

    await server.__aexit__(None, None, None)
    await directory.stop()
    await client.aclose()
