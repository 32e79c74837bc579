"""Fuel stations in the shortage of October 2022: the nearest open with a wash and two fuels."""

import csv
import datetime as dt
import random
from collections.abc import Iterator
from typing import Any

import grpc
import pyproj
import pytest

from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from geodata import importers
from geodata.schedule.model import State
from geodata.schedule.timeline import timeline
from services.directory.messages.stores import store_message

FUELS = ("Gazole", "SP95", "SP98", "E10", "E85", "GPLc")
WASH = "osm.car_wash"
AT = dt.datetime(2022, 10, 12, 8, 0, tzinfo=dt.UTC)
WANTED = ("SP98", "E85")
RADIUS_M = 60_000.0


def batches(stations: list[Any]) -> Iterator[stores_pb2.UpsertStoresRequest]:
    for start in range(0, len(stations), 500):
        stores = map(store_message, stations[start : start + 500])
        yield stores_pb2.UpsertStoresRequest(stores=stores)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("places", "south"), [(50, 49.4), pytest.param(500, 41.0, marks=pytest.mark.soak)]
)
async def test_the_nearest_station_is_that_of_a_plain_scan(
    channel: grpc.aio.Channel, parts, shared_rows, capsys, tmp_path, places, south
):
    rows = [
        row for row in shared_rows("fr_fuel_stations") if row["lat"] and float(row["lat"]) > south
    ]
    with (tmp_path / "stations.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    everywhere = importers.read(tmp_path / "stations.csv", "auto").stores
    stations = [s for s in everywhere if s.location and s.location.latitude > south]
    sold = {(row["station_id"], row["fuel"]) for row in shared_rows("fr_fuel_prices")}
    out = {(row["station_id"], row["fuel"]) for row in shared_rows("fr_fuel_outages")}
    numbers = {station.id.rpartition("-")[2] for station in stations}
    has = {pair: 0 if pair in out else 1000 for pair in sold | out if pair[0] in numbers}
    await stores_pb2_grpc.StoresServiceStub(channel).UpsertStores(batches(stations))
    stock = stock_pb2_grpc.StockServiceStub(channel)
    products = [stock_pb2.Product(name=f"products/{fuel}", display_name=fuel) for fuel in FUELS]
    await stock.UpsertProducts(iter([stock_pb2.UpsertProductsRequest(products=products)]))

    def snapshots() -> Iterator[stock_pb2.SetStockLevelsRequest]:
        for station in stations:
            number = station.id.rpartition("-")[2]
            levels = [
                stock_pb2.StockLevelInput(product=f"products/{fuel}", on_hand=has[number, fuel])
                for fuel in FUELS
                if (number, fuel) in has
            ]
            if levels:
                yield stock_pb2.SetStockLevelsRequest(
                    store=f"stores/{station.id}", source="feed", sequence=1, levels=levels
                )

    answer = await stock.SetStockLevels(snapshots())
    assert (0, len(has)) == (answer.rejected_count, answer.applied_count)

    eligible = [
        station
        for station in stations
        if station.location is not None
        and station.status.name == "OPEN"
        and WASH in station.attributes
        and all(has.get((station.id.rpartition("-")[2], fuel)) for fuel in WANTED)
        and timeline(parts.directory.schedules.of(station.id).own).state_at(AT).state is State.OPEN
    ]
    geod = pyproj.Geod(ellps="WGS84")
    rng = random.Random(4)
    request = stock_pb2.FindNearestAvailabilityRequest(
        items=[stock_pb2.BasketItem(product=f"products/{fuel}", quantity=40) for fuel in WANTED],
        radius_m=RADIUS_M,
        services=[WASH],
        max_results=3,
    )
    request.open_at.FromDatetime(AT)
    found_some = 0
    for _ in range(places):
        latitude, longitude = rng.uniform(max(south, 43.0), 50.5), rng.uniform(-1.5, 7.0)
        request.origin.point.latitude, request.origin.point.longitude = latitude, longitude
        found = await stock.FindNearestAvailability(request)
        scanned = sorted(
            (geod.inv(longitude, latitude, s.location.longitude, s.location.latitude)[2], s.id)
            for s in eligible
            if s.location is not None
        )
        expected = [(id, d) for d, id in scanned if d <= RADIUS_M][:3]
        assert [id for id, _ in expected] == [s.store.removeprefix("stores/") for s in found.stores]
        assert [d for _, d in expected] == pytest.approx([s.distance_m for s in found.stores])
        found_some += bool(expected)

    with capsys.disabled():
        print(
            f"\nfuel: {places} places right, {found_some} with a station; {len(eligible)} eligible"
        )
    assert places / 3 < found_some
