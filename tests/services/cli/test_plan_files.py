"""Each format of a plan or of placements gets its reader."""

import json
from pathlib import Path

import orjson
import pytest

from geodata.floorplans.geojson import plan_to_geojson
from geodata.importers import ImporterError
from geodata.importers.indoor.result import ImportedPlan
from geodata.importers.indoor.tables import ImportedPlacements
from services.cli import plan_files
from tests.geodata.floorplans.shops import corner_shop
from tests.support.japanese_arcade import ARCADE
from tests.support.osm_arcade import arcade

STORE = "stores/1"


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("name", "content", "levels", "places"),
    [
        ("own.geojson", orjson.dumps(plan_to_geojson(corner_shop())), 1, 2),
        ("osm.geojson", json.dumps(arcade()), 2, 3),
        ("japan.json", orjson.dumps(ARCADE), 2, 2),
        ("aisles.csv", "aisle\nBread\n1\n", 1, 0),
    ],
)
def test_a_plan_is_known_by_what_is_in_its_file(
    tmp_path: Path, name: str, content: str | bytes, levels: int, places: int
) -> None:
    found = plan_files.read(written(tmp_path, name, content), STORE)
    assert isinstance(found, ImportedPlan)
    assert (levels, places) == (len(found.plan.levels), len(found.plan.places))


def test_a_table_with_skus_has_placements(tmp_path: Path) -> None:
    found = plan_files.read(written(tmp_path, "p.csv", "SKU;aisle;bay\nmilk;7;2\n"), STORE)
    assert isinstance(found, ImportedPlacements)
    assert [("milk", "7", 2)] == [(p.sku, p.aisle, p.bay) for p in found.placements]


def test_a_level_of_osm_can_be_put_right(tmp_path: Path) -> None:
    path = written(tmp_path, "osm.geojson", json.dumps(arcade()))
    found = plan_files.read(path, STORE, {"way/2": "1"})
    assert isinstance(found, ImportedPlan)
    [shop] = [place for place in found.plan.places if place.name == "Kirja"]
    assert "1" == shop.position.level


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.json", "{}"), ("a.json", "no json"), ("a.zip", "no zip"), ("a.csv", "name\nx\n")],
)
def test_what_is_no_plan_is_refused(tmp_path: Path, name: str, content: str) -> None:
    with pytest.raises(ImporterError):
        plan_files.read(written(tmp_path, name, content), STORE)
