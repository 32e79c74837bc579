import datetime as dt
from pathlib import Path

import pytest

from geodata.floorplans.plan import Side
from geodata.importers.indoor.tables import aisles_from_table, placements_from_table
from geodata.importers.report import ImporterError


def file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_aisles_keep_the_order_in_which_they_are_walked(tmp_path: Path) -> None:
    text = "Aisle;Name;Department;Floor\nLeipä;Breads;bakery;\n7;;dry;\n2;;frozen;-1\n"
    imported = aisles_from_table(file(tmp_path, text), "stores/village")
    assert imported.problems == ()
    found = [(a.id, a.level, a.order, a.department) for a in imported.plan.aisles]
    assert [("Leipä", "0", 1, "bakery"), ("7", "0", 2, "dry"), ("2", "-1", 3, "frozen")] == found
    assert not imported.plan.has_map
    assert ["0", "-1"] == [level.id for level in imported.plan.levels]


def test_an_aisle_said_twice_is_a_problem_with_its_line(tmp_path: Path) -> None:
    imported = aisles_from_table(file(tmp_path, "aisle,name\n1,a\n1,b\n,c\n"), "stores/village")
    assert ["1"] == [aisle.id for aisle in imported.plan.aisles]
    assert [("repeated_id", "line 3"), ("missing_id", "line 4")] == [
        (problem.code, problem.path) for problem in imported.problems
    ]


def test_placements_are_read_with_all_their_fields(tmp_path: Path) -> None:
    text = (
        "sku,store,floor,aisle,side,bay,shelf,position,description,valid_from,valid_until,"
        "confidence\n"
        "milk,stores/1,0,7,left,3,2,1,by the eggs,2026-11-01T00:00:00+02:00,,0.8\n"
        "rice,,,4,,,,,,,,\n"
    )
    milk, rice = placements_from_table(file(tmp_path, text)).placements
    assert ("7", Side.LEFT, 3, 2, 1) == (milk.aisle, milk.side, milk.bay, milk.shelf, milk.position)
    assert milk.valid_from == dt.datetime(2026, 10, 31, 22, tzinfo=dt.UTC)
    assert (0.8, 1.0) == (milk.confidence, rice.confidence)
    assert (None, None) == (rice.side, rice.bay)


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ("milk,7,up,3", "side"),
        ("milk,7,left,x", "bay"),
        ("milk,7,left,0", "bay"),
        (",7,left,1", "sku"),
        ("milk," + "x" * 10_240 + ",left,1", "aisle"),
    ],
)
def test_a_row_that_does_not_fit_is_left_out_and_named(
    tmp_path: Path, row: str, named: str
) -> None:
    text = f"sku,aisle,side,bay\nrice,1,,\n{row}\n"
    imported = placements_from_table(file(tmp_path, text))
    assert ["rice"] == [placement.sku for placement in imported.placements]
    [problem] = imported.problems
    assert problem.path == "line 3"
    assert named in problem.message


@pytest.mark.parametrize("text", ["", "name\nx\n", 'sku,aisle\n"milk,7\n'])
def test_a_file_without_its_columns_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ImporterError, match=r"empty|no column 'sku'|quote"):
        placements_from_table(file(tmp_path, text))


def test_an_instant_without_an_offset_is_refused(tmp_path: Path) -> None:
    text = "sku,aisle,valid_from\nmilk,7,2026-11-01T00:00:00\n"
    [problem] = placements_from_table(file(tmp_path, text)).problems
    assert "valid_from" in problem.message
