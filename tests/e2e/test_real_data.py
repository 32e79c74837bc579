"""Real files, imported by the command; their nearest stores agree with pyproj."""

import csv
import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path

import grpc
import numpy as np
import pyproj
import pytest

from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from tests.e2e.suite import Suite, started

GEOD = pyproj.Geod(ellps="WGS84")
QUERIES = 250
LIMIT = 10
FILES = {
    "stores_us_ca_starbucks": "csv",
    "stores_us": "csv",
    "stores_world_starbucks": "csv",
    "fr_fuel_stations": "fuel-fr",
    "fr_charging_stations": "csv",
}


@pytest.fixture(scope="module")
def suite(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    with started(Suite, tmp_path_factory.mktemp("real")) as suite:
        yield suite


@pytest.mark.soak
@pytest.mark.parametrize("name", FILES)
def test_it_imports_truthfully_and_the_nearest_are_those_of_brute_force(suite, shared_data, name):
    file = shared_data / f"{name}.csv.gz"
    arguments = ["--source", name.replace("_", "."), "--rejects", str(suite.data_dir / "rejected")]
    first = imported(suite, str(file), "--format", FILES[name], *arguments)
    second = imported(suite, str(file), "--format", "auto", *arguments)

    with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
        rows = sum(1 for _ in csv.DictReader(text))
    dropped = sum("dropped" in remark["note"] for remark in first["remarks"])
    assert rows == first["rows"] == first["created"] + first["rejected"] + dropped
    assert (0, 0, first["created"]) == (second["created"], second["changed"], second["unchanged"])

    source = name.replace("_", ".")
    with grpc.insecure_channel(f"127.0.0.1:{suite.grpc_port}") as channel:
        stub = stores_pb2_grpc.StoresServiceStub(channel)
        stores = [store for store in all_stores(stub) if store.name.startswith(f"stores/{source}-")]
        ended = (stores_pb2.STORE_STATUS_CLOSED_FOR_GOOD, stores_pb2.STORE_STATUS_MOVED)
        assert first["created"] == len(stores)
        there = [s for s in stores if s.HasField("location") and s.status not in ended]
        compare(stub, there, name)
        remove(stub, source)


def imported(suite: Suite, *arguments: str):
    done = suite.command("import", *arguments, "--json")
    assert 0 == done.returncode, done.stderr
    return json.loads(done.stdout)


def all_stores(stub: stores_pb2_grpc.StoresServiceStub) -> Iterator[stores_pb2.Store]:
    # With all statuses in the filter, stores that are closed for good are listed too.
    wanted = stores_pb2.StoreFilter(statuses=stores_pb2.StoreStatus.values()[1:])
    request = stores_pb2.ListStoresRequest(page_size=1000, store_filter=wanted)
    while True:
        page = stub.ListStores(request)
        yield from page.stores
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


def remove(stub: stores_pb2_grpc.StoresServiceStub, source: str) -> None:
    """Remove all stores, which would be among the nearest of the next file."""
    request = stores_pb2.UpsertStoresRequest(source=source, replace=True)
    stub.UpsertStores(iter([request]))


def compare(
    stub: stores_pb2_grpc.StoresServiceStub,
    stores: list[stores_pb2.Store],
    name: str,
) -> None:
    """The ten nearest by the service and by pyproj, for origins of many kinds."""
    names = np.array([store.name for store in stores])
    latitudes = np.array([store.location.latitude for store in stores])
    longitudes = np.array([store.location.longitude for store in stores])
    rng = random.Random(name)
    for origin in origins(rng, latitudes, longitudes):
        point = {"latitude": origin[0], "longitude": origin[1]}
        request = stores_pb2.FindNearestStoresRequest(origin={"point": point}, page_size=LIMIT)
        hits = stub.FindNearestStores(request).stores

        ones = np.ones(len(stores))
        distances = GEOD.inv(ones * origin[1], ones * origin[0], longitudes, latitudes)[2]
        nearest = np.lexsort((names, distances))[:LIMIT]
        assert names[nearest].tolist() == [hit.store.name for hit in hits], origin
        assert distances[nearest] == pytest.approx([hit.distance_m for hit in hits], abs=1e-6)


def origins(
    rng: random.Random, latitudes: np.ndarray, longitudes: np.ndarray
) -> Iterator[tuple[float, float]]:
    """Origins near stores, anywhere on earth, and at its special points."""
    yield from [(90.0, 0.0), (-90.0, 45.0), (0.0, 180.0), (0.0, -180.0), (52.0, -179.99)]
    for _ in range(QUERIES - 5):
        if rng.random() < 0.7:
            store = rng.randrange(len(latitudes))
            latitude = latitudes[store] + rng.gauss(0, 0.05)
            longitude = longitudes[store] + rng.gauss(0, 0.05)
            yield float(np.clip(latitude, -90, 90)), float(np.clip(longitude, -180, 180))
        else:
            yield rng.uniform(-90, 90), rng.uniform(-180, 180)
