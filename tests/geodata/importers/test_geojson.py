"""Tests the import of GeoJSON from AllThePlaces and OpenStreetMap, whole or by line."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from geodata.importers import Import, ImporterError, read
from geodata.points import Point
from geodata.stores import StoreStatus

# In the form that AllThePlaces publishes.
SPIDER: dict[str, Any] = {
    "type": "Feature",
    "id": "kAbc",
    "properties": {
        "ref": "4711",
        "@spider": "s_market_fi",
        "brand": "S-market",
        "brand:wikidata": "Q7387745",
        "branch": "Kasarmitori",
        "addr:housenumber": "19",
        "addr:street": "Kasarmikatu",
        "addr:city": "Helsinki",
        "addr:postcode": "00130",
        "addr:country": "FI",
        "phone": "+358 10 766 0300",
        "website": "https://www.s-kaupat.fi/",
        "opening_hours": "Mo-Su 07:00-22:00",
        "drive_through": "no",
        "shop": "supermarket",
    },
    "geometry": {"type": "Point", "coordinates": [24.9482105, 60.1650065]},
}
SQUARE = [[24.0, 60.0], [24.2, 60.0], [24.2, 60.2], [24.0, 60.2], [24.0, 60.0]]


def feature(identifier: str, geometry: object, **tags: str) -> dict[str, Any]:
    properties = {"@id": identifier, "name": "Shop", "shop": "yes", **tags}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def imported(tmp_path: Path, *features: object, **options: Any) -> Import:
    path = tmp_path / "stores.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return read(path, **options)


def test_a_place_of_alltheplaces_has_its_spider_as_source(tmp_path: Path) -> None:
    result = imported(tmp_path, SPIDER)
    (store,) = result.stores
    assert ("alltheplaces", {"s_market_fi"}) == (result.format, result.sources)
    assert "s_market_fi-4711" == store.id
    assert "S-market Kasarmitori" == store.display_name
    assert Point(60.1650065, 24.9482105) == store.location
    assert ("Kasarmikatu 19",) == store.address.lines
    assert "Mo-Su 07:00-22:00" == store.opening_hours
    assert ("osm.shop.supermarket",) == store.attributes
    assert {"s_market_fi": "4711", "ref": "4711", "brand_wikidata": "Q7387745"} == dict(
        store.external_ids
    )
    assert [] == result.remarks


def test_places_of_several_spiders_keep_apart(tmp_path: Path) -> None:
    other = json.loads(json.dumps(SPIDER))
    other["properties"]["@spider"] = "Other-Spider"
    result = imported(tmp_path, SPIDER, other)
    assert ["s_market_fi-4711", "other_spider-4711"] == [store.id for store in result.stores]
    assert {"s_market_fi", "other_spider"} == result.sources
    assert ["mine-4711"] == [store.id for store in imported(tmp_path, SPIDER, source="mine").stores]


def test_a_place_that_ended_is_closed_for_good(tmp_path: Path) -> None:
    ended = json.loads(json.dumps(SPIDER))
    ended["properties"]["end_date"] = "yes"
    assert StoreStatus.CLOSED_FOR_GOOD == imported(tmp_path, ended).stores[0].status


@pytest.mark.parametrize(
    ("geometry", "latitude", "longitude"),
    [
        ({"type": "Point", "coordinates": [24.94, 60.17]}, 60.17, 24.94),
        ({"type": "Point", "coordinates": [24.94, 60.17, 12.0]}, 60.17, 24.94),
        ({"type": "Polygon", "coordinates": [SQUARE]}, 60.1, 24.1),
        ({"type": "MultiPolygon", "coordinates": [[SQUARE]]}, 60.1, 24.1),
        ({"type": "LineString", "coordinates": [[24.0, 60.0], [24.2, 60.2]]}, 60.1, 24.1),
    ],
)
def test_a_shape_stands_for_a_point_of_it(
    tmp_path: Path, geometry: object, latitude: float, longitude: float
) -> None:
    (store,) = imported(tmp_path, feature("way/7", geometry)).stores
    assert "osm-way~7" == store.id
    assert store.location is not None
    assert abs(latitude - store.location.latitude) < 0.11
    assert abs(longitude - store.location.longitude) < 0.11


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Polygon", "coordinates": [[[1, 2]]]},
        {"type": "Point", "coordinates": ["a", "b"]},
        {"type": "Nonsense"},
        {"type": "Polygon", "coordinates": []},
        {"type": "GeometryCollection", "geometries": []},
        [1, 2],
        "POINT (1 2)",
        5,
    ],
)
def test_a_shape_that_is_none_leaves_the_shop_without_a_location(
    tmp_path: Path, geometry: object
) -> None:
    result = imported(tmp_path, feature("node/1", geometry, **{"addr:city": "Helsinki"}))
    (store,) = result.stores
    assert store.location is None
    assert {"geometry", "lat, lon"} == {remark.field for remark in result.warnings}


def test_swapped_coordinates_are_seen_by_the_country(tmp_path: Path) -> None:
    swapped = json.loads(json.dumps(SPIDER))
    swapped["geometry"]["coordinates"].reverse()
    result = imported(tmp_path, swapped)
    assert Point(60.1650065, 24.9482105) == result.stores[0].location
    assert ["lat, lon"] == [remark.field for remark in result.repaired]


def test_bad_features_never_stop_good_ones(tmp_path: Path) -> None:
    result = imported(
        tmp_path, 5, {"type": "Feature"}, {**SPIDER, "properties": {"@spider": "x"}}, SPIDER
    )
    assert ["s_market_fi-4711"] == [store.id for store in result.stores]
    assert [(1, "feature"), (2, "properties"), (3, "name")] == [
        (rejected.row, rejected.field) for rejected in result.rejected
    ]
    assert 4 == result.rows


@pytest.mark.parametrize("separator", ["\n", "\r\n", "\n\x1e"])
def test_a_feature_in_each_line_reads_like_a_collection(tmp_path: Path, separator: str) -> None:
    features = [feature(f"node/{i}", SPIDER["geometry"]) for i in range(1, 50)]
    path = tmp_path / "stores.ndjson.gz"
    path.write_bytes(gzip.compress(separator.join(map(json.dumps, features)).encode() + b"\n"))
    by_line = read(path)
    assert "geojson" == by_line.format
    assert imported(tmp_path, *features).stores == by_line.stores
    assert 49 == len(by_line.stores)


def test_one_feature_alone_is_a_file_too(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps(SPIDER, indent=1))
    assert 1 == len(read(path).stores)


def test_features_of_nobody_need_a_source(tmp_path: Path) -> None:
    nobody = feature("17", SPIDER["geometry"])
    with pytest.raises(ImporterError, match="give a source"):
        imported(tmp_path, nobody)
    assert ["my-17"] == [store.id for store in imported(tmp_path, nobody, source="my").stores]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"type": "FeatureCollection", "features": [{"type": "Fea', "not valid JSON"),
        (b'{"type": "FeatureCollection"}', "no list of features"),
        (b'{"type": "FeatureCollection", "features": {}}', "no list of features"),
        (
            b'{"type": "Feature", "properties": {}}\n{"type": "Feature", "prop',
            "line 2: not valid JSON",
        ),
        (b'{"type": "FeatureCollection", "features": ["\xe9"]}', "not valid JSON"),
        (
            b'{"type": "Feature", "features": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
            "not valid JSON",
        ),
    ],
)
def test_broken_json_says_where(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "stores.geojson"
    path.write_bytes(content)
    with pytest.raises(ImporterError) as caught:
        read(path, format="geojson", source="a")
    assert message in str(caught.value)
