"""Tests the import of OpenStreetMap extracts made with osmium: stores and their points."""

from pathlib import Path
from typing import Any

import osmium
import pytest
from osmium.osm.mutable import Node, Relation, Way

from geodata.importers import ImporterError, read
from geodata.points import Point

HOUSE = {"name": "House of shops", "shop": "mall"}
# Corners of a square of 0.002 degrees, and of one of 0.0005 degrees inside it.
OUTER = {1: (24.940, 60.170), 2: (24.942, 60.170), 3: (24.942, 60.172), 4: (24.940, 60.172)}
INNER = {5: (24.9405, 60.1705), 6: (24.941, 60.1705), 7: (24.941, 60.171), 8: (24.9405, 60.171)}


def extract(path: Path, *items: Any) -> Path:
    with osmium.SimpleWriter(path) as writer:
        for identifier, location in (OUTER | INNER).items():
            writer.add_node(Node(id=identifier, location=location))
        for item in items:
            add = {Node: writer.add_node, Way: writer.add_way, Relation: writer.add_relation}
            add[type(item)](item)
    return path


@pytest.mark.parametrize("name", ["a.osm.pbf", "a.osm", "a.osm.bz2", "a.osm.gz"])
def test_a_shop_is_found_in_every_kind_of_extract(tmp_path: Path, name: str) -> None:
    tags = {
        "name": "Alepa",
        "brand": "Alepa",
        "shop": "convenience",
        "wheelchair": "limited",
        "internet_access": "wlan",
        "payment:visa": "yes",
        "addr:street": "Kaivokatu",
        "addr:housenumber": "8",
        "opening_hours": "24/7",
        "contact:phone": "+358 10 1",
    }
    shop = Node(id=100, location=(24.9411, 60.1703), tags=tags)
    other = Node(id=101, location=(24.9411, 60.1703), tags={"name": "Bench", "amenity": "bench"})
    result = read(extract(tmp_path / name, shop, other))
    (store,) = result.stores
    assert ("osm", {"osm"}, 1) == (result.format, result.sources, result.rows)
    assert "osm-node~100" == store.id
    assert {"osm": "node/100"} == dict(store.external_ids)
    assert Point(60.1703, 24.9411) == store.location
    assert ("FI", ("Kaivokatu 8",)) == (store.address.region_code, store.address.lines)
    assert ("+358 10 1",) == store.phones
    assert "24/7" == store.opening_hours
    assert (
        "dev.ucp.amenity.wi_fi",
        "osm.payment.visa",
        "osm.shop.convenience",
        "osm.wheelchair.limited",
    ) == store.attributes


def test_a_building_stands_for_a_point_inside_of_it(tmp_path: Path) -> None:
    way = Way(id=200, nodes=[1, 2, 3, 4, 1], tags=HOUSE)
    (store,) = read(extract(tmp_path / "a.osm.pbf", way)).stores
    assert "osm-way~200" == store.id
    assert store.location is not None
    assert 60.170 < store.location.latitude < 60.172
    assert 24.940 < store.location.longitude < 24.942


def test_a_building_with_a_yard_stands_for_a_point_outside_of_the_yard(tmp_path: Path) -> None:
    ring = Way(id=201, nodes=[1, 2, 3, 4, 1])
    yard = Way(id=202, nodes=[5, 6, 7, 8, 5])
    tags = {**HOUSE, "type": "multipolygon"}
    members = [("w", 201, "outer"), ("w", 202, "inner")]
    relation = Relation(id=300, members=members, tags=tags)
    result = read(extract(tmp_path / "a.osm.pbf", ring, yard, relation))
    (store,) = result.stores
    assert "osm-relation~300" == store.id
    assert store.location is not None
    assert 60.170 < store.location.latitude < 60.172
    assert not (60.1705 < store.location.latitude < 60.171)
    assert [] == result.remarks


def test_a_shape_that_the_extract_cut_off_is_kept_by_its_address(tmp_path: Path) -> None:
    tags = {**HOUSE, "type": "multipolygon", "addr:city": "Helsinki"}
    relation = Relation(id=301, members=[("w", 999, "outer")], tags=tags)
    result = read(extract(tmp_path / "a.osm.pbf", relation))
    assert result.stores[0].location is None
    assert ["no coordinates: kept without a location"] == [r.note for r in result.warnings]


def test_a_line_of_stalls_stands_for_one_of_its_points(tmp_path: Path) -> None:
    way = Way(id=203, nodes=[1, 2], tags={"name": "Stalls", "amenity": "marketplace"})
    (store,) = read(extract(tmp_path / "a.osm.pbf", way)).stores
    assert store.location in (Point(60.170, 24.940), Point(60.170, 24.942))


def test_no_file_and_a_folder_are_no_extract(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.osm.pbf", tmp_path):
        with pytest.raises(ImporterError):
            read(path, format="osm")
        with pytest.raises(ImporterError):
            read(path)


def test_the_filter_says_what_a_store_is(tmp_path: Path) -> None:
    path = extract(
        tmp_path / "a.osm.pbf",
        Node(id=100, location=(24.9411, 60.1703), tags={"name": "A", "shop": "bakery"}),
        Node(id=101, location=(24.9411, 60.1703), tags={"name": "B", "shop": "no"}),
        Node(id=102, location=(24.9411, 60.1703), tags={"name": "C", "shop": "vacant"}),
        Node(id=103, location=(24.9411, 60.1703), tags={"name": "D", "amenity": "pharmacy"}),
        Node(id=104, location=(24.9411, 60.1703), tags={"name": "E", "tourism": "hotel"}),
    )
    assert ["A", "D"] == [store.display_name for store in read(path).stores]
    bakeries = read(path, tag_filter={"shop": frozenset({"bakery"}), "tourism": None})
    assert ["A", "E"] == [store.display_name for store in bakeries.stores]


def test_a_shop_without_a_name_is_rejected_with_its_tags(tmp_path: Path) -> None:
    shop = Node(id=100, location=(24.9411, 60.1703), tags={"shop": "kiosk"})
    result = read(extract(tmp_path / "a.osm.pbf", shop))
    (rejected,) = result.rejected
    assert (1, "name", "neither a name nor a brand or operator") == (
        rejected.row,
        rejected.field,
        rejected.reason,
    )
    assert "node/100" == rejected.raw["@id"]
    assert "kiosk" == rejected.raw["shop"]


def test_an_extract_that_is_cut_short_or_none_says_so(tmp_path: Path) -> None:
    shops = [
        Node(id=i, location=(24.9 + i / 1e6, 60.1), tags={"name": f"Shop {i}", "shop": "yes"})
        for i in range(100, 9000)
    ]
    path = extract(tmp_path / "a.osm.pbf", *shops)
    whole = path.read_bytes()
    for broken in (whole[: len(whole) // 2], whole[:300] + whole[700:], b"nonsense" * 100, b""):
        path.write_bytes(broken)
        with pytest.raises(ImporterError, match=r"not a readable OSM extract|empty"):
            read(path)


def test_a_building_drawn_to_and_fro_is_kept_and_costs_no_other_store(tmp_path: Path) -> None:
    flat = Way(id=204, nodes=[1, 2, 3, 2, 1], tags=HOUSE)
    whole = Way(id=205, nodes=[1, 2, 3, 4, 1], tags=HOUSE)
    stores = {
        store.id: store for store in read(extract(tmp_path / "a.osm.pbf", flat, whole)).stores
    }
    assert {"osm-way~204", "osm-way~205"} == stores.keys()
    location = stores["osm-way~204"].location
    assert location in [Point(*reversed(at)) for at in OUTER.values()]
