"""Tests that the shipped sample is complete, small, and importable without a warning."""

import gzip
from pathlib import Path

import orjson
import shapely
from geopy.distance import geodesic
from pyproj import Geod

import geodata.samples as samples
from geodata.importers import read
from geodata.stores import STORE_ID

FOLDER = Path(samples.__file__).parent
# The bounds of the extract, from its header.
SOUTH, WEST, NORTH, EAST = 60.1641550, 24.9351762, 60.1791130, 24.9534145


def test_every_shop_of_the_sample_imports() -> None:
    result = read(samples.HELSINKI_STORES)
    assert 938 == len(result.stores) == result.rows
    assert [] == result.rejected
    assert {"osm"} == result.sources
    assert "geojson" == result.format
    assert 938 == len({store.id for store in result.stores})
    for store in result.stores:
        assert STORE_ID.fullmatch(store.id)
        assert store.id == "osm-" + store.external_ids["osm"].replace("/", "~")
        assert store.location is not None
        assert SOUTH <= store.location.latitude <= NORTH
        assert WEST <= store.location.longitude <= EAST
        assert "FI" == store.address.region_code


def test_the_sample_says_what_osm_says_of_a_shop() -> None:
    features = orjson.loads(gzip.decompress(samples.HELSINKI_STORES.read_bytes()))["features"]
    shops = [feature for feature in features if "shop" in feature["properties"]]
    # 483 shops of the extract have a name; two have no shape, cut off by the edge of the extract.
    assert 481 == len(shops)
    stores = {store.id: store for store in read(samples.HELSINKI_STORES).stores}
    shop = stores[samples.SUPERMARKET]
    assert "S-Market Kasarmitori" == shop.display_name
    assert ("Kasarmikatu 19",) == shop.address.lines
    assert "Mo-Fr 07:00-21:00; Sa 07:00-18:00; Su 12:00-18:00" == shop.opening_hours
    assert ("osm.shop.supermarket", "osm.wheelchair") == shop.attributes


def test_the_supermarket_stands_in_its_building() -> None:
    outline = samples.building_outline()
    ring = [(point.longitude, point.latitude) for point in outline]
    stores = {store.id: store for store in read(samples.HELSINKI_STORES).stores}
    location = stores[samples.SUPERMARKET].location
    assert location is not None
    assert shapely.Polygon(ring).contains(shapely.Point(location.longitude, location.latitude))
    area_m2 = abs(Geod(ellps="WGS84").polygon_area_perimeter(*zip(*ring, strict=True))[0])
    assert 1_400 < area_m2 < 1_700


def test_the_map_has_every_layer_inside_the_centre() -> None:
    features = samples.base_map()["features"]
    counts: dict[str, int] = {}
    box = shapely.box(WEST, SOUTH, EAST, NORTH).buffer(1e-5)
    for feature in features:
        shape = shapely.from_geojson(orjson.dumps(feature["geometry"]))
        assert shape.is_valid
        assert not shape.is_empty
        assert box.contains(shape)
        layer = feature["properties"]["layer"]
        counts[layer] = counts.get(layer, 0) + 1
    assert {"building", "green", "label", "rail", "street", "water"} == counts.keys()
    assert counts["building"] > 400
    assert counts["street"] > 2_000


def test_no_shop_stands_in_the_sea_and_the_harbour_is_wet() -> None:
    seas = shapely.union_all(
        [
            shapely.from_geojson(orjson.dumps(feature["geometry"]))
            for feature in samples.base_map()["features"]
            if feature["properties"]["layer"] == "water"
        ]
    )
    # Töölönlahti, Kaisaniemenlahti and the South Harbour, off Kauppatori.
    for latitude, longitude in ((60.1785, 24.9360), (60.1780, 24.9440), (60.1670, 24.9530)):
        assert seas.contains(shapely.Point(longitude, latitude))
    wet = [
        store.display_name
        for store in read(samples.HELSINKI_STORES).stores
        if store.location
        and seas.contains(shapely.Point(store.location.longitude, store.location.latitude))
    ]
    # Restaurant ships.
    expected = {"Laivaravintola Marival II", "Pikkudami", "Ravintolalaiva M/S Maria"}
    assert expected == set(wet)


def test_the_centre_is_in_the_centre() -> None:
    centre = (samples.HELSINKI_CENTRE.latitude, samples.HELSINKI_CENTRE.longitude)
    # The main railway station, from Wikipedia.
    assert geodesic(centre, (60.1719, 24.9414)).m < 400


def test_the_sample_is_small_and_attributed() -> None:
    assert 5_000_000 > sum(path.stat().st_size for path in FOLDER.iterdir() if path.is_file())
    attribution = (FOLDER / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert "OpenStreetMap" in attribution
    assert "Open Database License" in attribution
    assert "OpenStreetMap contributors" in samples.base_map()["license"]
