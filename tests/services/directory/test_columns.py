"""A replica that takes its columns from a snapshot answers as one that looks at each store."""

import datetime as dt
import random

import numpy as np
import pytest

from enrayon.stores.v1 import stores_pb2
from geodata.points import Point
from services.directory import snapshot
from services.directory.filters import EVERYTHING, StoreFilter
from services.directory.service_areas import fold_postal_code
from services.directory.stores import StoresReplica

PARIS = Point(48.8566, 2.3522)
FILTERS = [
    EVERYTHING,
    StoreFilter(brands=frozenset({"luna"})),
    StoreFilter(attributes=frozenset({"a.1", "a.2"})),
    StoreFilter(region_codes=frozenset({"FR"})),
    StoreFilter(administrative_areas=frozenset({"a"}), statuses=frozenset({1, 3})),
    StoreFilter(serves_postal_code=fold_postal_code("75001")),
]


def store(draw: random.Random, number: int) -> stores_pb2.Store:
    """A store with some fields of each kind, or without."""
    made = stores_pb2.Store(
        name=f"stores/s-{number}",
        display_name=f"Shop {number}",
        brand=draw.choice(["Luna", "LUNA", "Nova", ""]),
        attributes=[f"a.{each}" for each in range(5) if draw.random() < 0.5],
        private=draw.random() < 0.1,
        status=draw.choice(stores_pb2.StoreStatus.values()),
        opening_hours_text=draw.choice(["Mo-Fr 09:00-18:00", "24/7", ""]),
        address={"region_code": draw.choice(["FR", "FI"]), "administrative_area": "Ä"},
    )
    if draw.random() < 0.8:
        made.location.latitude = 48 + draw.random()
        made.location.longitude = 2 + draw.random()
    if draw.random() < 0.2:
        made.service_area.postal_codes.append("75 001")
    return made


@pytest.mark.parametrize("seed", range(3))
def test_columns_of_a_snapshot_are_those_of_the_stores(seed, tmp_path):
    draw = random.Random(seed)
    replica = StoresReplica()
    for number in [draw.randrange(80) for _ in range(200)]:
        change = None if draw.random() < 0.3 else store(draw, number).SerializeToString()
        replica.apply(f"s-{number}", change)
    records = replica.copied()
    saved = snapshot.Snapshot("e", 1, dt.datetime.now(dt.UTC), records, replica.columns()(records))
    snapshot.write_snapshot(tmp_path / "s", saved)
    read = snapshot.read_snapshot(tmp_path / "s")
    assert read is not None
    loaded = StoresReplica(read.records.items(), read.columns)
    built = StoresReplica(read.records.items())

    for after in range(2):
        for wanted in FILTERS:
            assert built.ids(wanted) == loaded.ids(wanted)
            assert built.nearest(PARIS, 20, wanted) == loaded.nearest(PARIS, 20, wanted)
        assert [built.public(id) for id in records] == [loaded.public(id) for id in records]
        for number in range(40) if not after else ():  # both go on alike
            change = store(draw, number).SerializeToString() if number % 3 else None
            assert built.apply(f"s-{number}", change) == loaded.apply(f"s-{number}", change)


def test_columns_of_another_version_are_made_anew():
    replica = StoresReplica([("s-1", store(random.Random(1), 1).SerializeToString())])
    columns = replica.columns()(replica.copied())
    columns["version"] = np.array("0 of another")
    columns["status.codes"] = columns["status.codes"][:0]

    loaded = StoresReplica(replica.copied().items(), columns)
    assert replica.ids(EVERYTHING) == loaded.ids(EVERYTHING)
