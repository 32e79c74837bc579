"""Tests the import of IMDF with an invented venue of two levels, as a zip."""

import copy
import zipfile
from pathlib import Path
from typing import Any

import orjson
import pytest

from geodata.floorplans.plan import LinkKind, PlaceKind
from geodata.floorplans.validation import plan_problems
from geodata.importers.indoor.imdf import plan_from_imdf, read_imdf
from geodata.importers.report import ImporterError
from geodata.wayfinding.network import Network
from geodata.wayfinding.profiles import STEP_FREE, WALKING
from geodata.wayfinding.reachability import reach_problems
from tests.geodata.floorplans.shops import NOON
from tests.support.imdf_venue import AT, VENUE, box, lon_lat


def test_a_venue_is_read_from_its_zip(tmp_path: Path) -> None:
    path = tmp_path / "venue.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", b"{}")
        for name, document in VENUE.items():
            archive.writestr(f"{name}.geojson", orjson.dumps(document))
    imported = plan_from_imdf(read_imdf(path), "stores/venue", language="fr")
    assert imported.problems == ()
    assert plan_problems(imported.plan) == ()
    assert ["Rez", "First"] == [level.name for level in imported.plan.levels]
    assert ["Livres"] == [place.name for place in imported.plan.places_of(PlaceKind.SHOP)]
    assert ["gate"] == [place.id for place in imported.plan.places_of(PlaceKind.ENTRANCE)]
    assert [] == [p for p in reach_problems(imported.plan) if p.code == "unreachable"]


def test_relationships_say_how_levels_are_joined() -> None:
    plan = plan_from_imdf(VENUE, "stores/venue").plan
    kinds = {link.kind: (link.start, link.end, link.one_way) for link in plan.links}
    assert {
        LinkKind.LIFT: ("lift0", "lift1", False),
        LinkKind.STEPS: ("stairs1", "stairs0", True),
    } == kinds
    [gate], [books] = plan.places_of(PlaceKind.ENTRANCE), plan.places_of(PlaceKind.SHOP)
    for profile in (WALKING, STEP_FREE):
        walks = Network(plan, profile, NOON).walks([gate.position, books.position])
        up, down = walks.path(0, 1), walks.path(1, 0)
        assert up is not None
        assert down is not None
        assert LinkKind.LIFT in up.kinds
    # The stairs only lead down.
    by_stairs = Network(plan, WALKING, NOON).walks([books.position, gate.position]).path(0, 1)
    assert by_stairs is not None
    assert LinkKind.STEPS in by_stairs.kinds


def test_without_relationships_units_above_each_other_are_joined_and_said() -> None:
    bare = {name: document for name, document in VENUE.items() if name != "relationship"}
    imported = plan_from_imdf(bare, "stores/venue")
    assert {"guessed_connection"} == {problem.code for problem in imported.problems}
    assert [LinkKind.LIFT, LinkKind.STEPS] == [link.kind for link in imported.plan.links]


def test_a_shop_is_entered_by_its_opening() -> None:
    plan = plan_from_imdf(VENUE, "stores/venue").plan
    [books] = plan.places_of(PlaceKind.SHOP)
    assert plan.frame is not None
    door = plan.frame.to_wgs84(books.position.x_m, books.position.y_m)
    assert (4.5, 6) == pytest.approx(AT.to_local(door), abs=0.01)


@pytest.mark.parametrize(
    ("name", "index", "properties", "code"),
    [
        ("occupant", 0, {"anchor_id": "nowhere"}, "no_anchor"),
        ("unit", 6, {"level_id": "nowhere"}, "bad_unit"),
    ],
)
def test_what_does_not_fit_is_left_out_and_said(
    name: str, index: int, properties: dict[str, str], code: str
) -> None:
    venue = copy.deepcopy(VENUE)
    venue[name]["features"][index]["properties"] |= properties
    assert code in {problem.code for problem in plan_from_imdf(venue, "stores/venue").problems}


@pytest.mark.parametrize("ordinal", ["first", [0], {"a": 1}])
def test_a_level_whose_height_is_no_number_is_refused(ordinal: object) -> None:
    venue = copy.deepcopy(VENUE)
    venue["level"]["features"][0]["properties"]["ordinal"] = ordinal
    with pytest.raises(ImporterError, match="ordinal"):
        plan_from_imdf(venue, "stores/venue")


@pytest.mark.parametrize("wrong", [2**31, -181.0, 1e308])
def test_a_level_that_is_not_on_the_earth_is_left_out(wrong: float) -> None:
    venue = copy.deepcopy(VENUE)
    venue["level"]["features"][1]["geometry"]["coordinates"][0][1][0] = wrong
    assert ["Ground"] == [level.name for level in plan_from_imdf(venue, "stores/venue").plan.levels]


@pytest.mark.parametrize(
    "gate", [box(-1, 1, 1, 5), {"type": "Point", "coordinates": lon_lat(0, 3)}]
)
def test_an_entrance_that_is_no_line_stands_for_its_middle(gate: dict[str, Any]) -> None:
    venue = copy.deepcopy(VENUE)
    venue["opening"]["features"][0]["geometry"] = gate
    plan = plan_from_imdf(venue, "stores/venue").plan
    [entrance] = plan.places_of(PlaceKind.ENTRANCE)
    assert plan.frame is not None
    at = plan.frame.to_wgs84(entrance.position.x_m, entrance.position.y_m)
    assert (0, 3) == pytest.approx(AT.to_local(at), abs=0.01)


def test_a_venue_without_levels_is_refused() -> None:
    with pytest.raises(ImporterError, match="level"):
        plan_from_imdf({"unit": VENUE["unit"]}, "stores/venue")


@pytest.mark.parametrize("content", [b"no zip", b""])
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "venue.zip"
    path.write_bytes(content)
    with pytest.raises(ImporterError, match="venue"):
        read_imdf(path)


def test_a_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "venue.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("level.geojson", b"{")
    with pytest.raises(ImporterError, match="venue"):
        read_imdf(path)


def test_a_damaged_or_encrypted_file_in_a_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "venue.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("level.geojson", orjson.dumps(VENUE["level"]))
    whole = path.read_bytes()
    begin, entry = whole.index(b"level.geojson") + 13, whole.rindex(b"PK\x01\x02")
    damaged = whole[:begin] + b"\xff" * 20 + whole[begin + 20 :]
    flags, method = entry + 8, entry + 10
    encrypted = whole[:flags] + b"\x01" + whole[flags + 1 :]
    unknown = whole[:method] + b"\x63" + whole[method + 1 :]
    for content in (damaged, encrypted, unknown):
        path.write_bytes(content)
        with pytest.raises(ImporterError, match="venue"):
            read_imdf(path)


def test_a_zip_that_unpacks_to_far_more_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("unit.geojson", b" " * (257 * 2**20))
    assert path.stat().st_size < 2**20
    with pytest.raises(ImporterError, match="256 MiB"):
        read_imdf(path)
