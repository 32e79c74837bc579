"""`enrayon aisle`: a route for a list, its picture, and an imported plan."""

import json
from pathlib import Path
from xml.etree import ElementTree

from tests.e2e.suite import Suite

SHOP = "osm-node~299983963"
AISLES = "aisle,name\nBread,\n2,Milk\n1,\n"
PLACEMENTS = "sku,aisle,side,bay\ng-048,2,left,3\ng-001,1,,\ng-999,moon,,\nbad,,up,\n"


def test_a_list_is_told_in_steps_and_drawn(shared_demo: Suite, tmp_path: Path) -> None:
    target = tmp_path / "way.svg"
    told = shared_demo.command(
        "aisle", "route", "milk", "apples", "ice cream", "novel", "--picture", str(target)
    )
    assert 0 == told.returncode, told.stderr
    lines = [line.strip() for line in told.stdout.splitlines()]
    assert "Place not known, ask in books: Novel" == lines[0]
    takes = [line for line in lines if line[:1].isdigit() and "Aisle" in line]
    assert takes[-1].endswith(": Ice cream"), "frozen goods last"
    assert any("Checkout" in line for line in lines)
    assert "proved shortest" in told.stdout
    drawing = ElementTree.fromstring(target.read_text())
    words = {element.text for element in drawing.iter() if element.text}
    assert {"S-Market Kasarmitori", "Milk", "Ice cream"} <= words
    assert "Synthetic planogram; outline © OpenStreetMap contributors" in words


def test_every_product_that_the_demo_stocks_there_has_a_shelf(shared_demo: Suite) -> None:
    stock = shared_demo.get(f"/v1/stores/{SHOP}/stock:list?page_size=5000")
    products = [level["product"] for level in stock["levels"]]
    assert len(products) > 100
    for start in range(0, len(products), 50):
        asked = "&".join(f"products={name}" for name in products[start : start + 50])
        answer = shared_demo.get(f"/v1/stores/{SHOP}/placements:locateProducts?{asked}")
        assert [] == answer.get("unlocated", [])


def test_shelves_are_located_and_aisles_listed(shared_demo: Suite) -> None:
    located = json.loads(shared_demo.command("aisle", "locate", "milk", "novel", "--json").stdout)
    assert ["products/g-048"] == [each["product"] for each in located["located"]]
    assert ["books"] == [each["department"] for each in located["unlocated"]]
    assert "Dairy" in shared_demo.command("aisle", "list").stdout


def test_aisles_and_placements_of_a_shop_without_a_map_come_from_tables(
    shared_demo: Suite, tmp_path: Path
) -> None:
    other = shared_demo.get("/v1/stores:findNearest?origin.place=Kamppi&page_size=1")
    store = other["stores"][0]["store"]["name"].removeprefix("stores/")
    aisles, placements = tmp_path / "aisles.csv", tmp_path / "placements.csv"
    aisles.write_text(AISLES)
    placements.write_text(PLACEMENTS)
    published = shared_demo.command("aisle", "import", str(aisles), "--store", store, "--id", "v1")
    assert f"published stores/{store}/floorPlans/v1: 1 levels, 3 aisles" in published.stdout
    placed = shared_demo.command("aisle", "import", str(placements), "--store", store)
    assert 1 == placed.returncode, "a row is bad"
    assert "3 products created" in placed.stdout
    assert "line 5" in placed.stdout
    assert "the plan has no aisle 'moon'" in placed.stdout
    walked = shared_demo.command("aisle", "route", "apples", "milk", "--store", store)
    takes = [line.strip() for line in walked.stdout.splitlines() if "Aisle" in line]
    assert walked.stderr == ""
    assert ["1 Aisle 2, left, third bay: Milk", "2 Aisle 1: Apples"] == takes


def test_an_anchor_is_a_qr_code_that_starts_a_route(shared_demo: Suite, tmp_path: Path) -> None:
    code = tmp_path / "code.svg"
    made = shared_demo.command(
        "aisle", "anchor", "e1", "--x-m", "0", "--y-m", "0", "--picture", str(code)
    )
    assert ElementTree.fromstring(code.read_text()).tag.endswith("svg")
    url = made.stdout.splitlines()[0]
    picture = str(tmp_path / "way.svg")
    told = shared_demo.command("aisle", "route", "milk", "--from", url, "--picture", picture)
    assert 0 == told.returncode, told.stderr
    forged = shared_demo.command(
        "aisle", "route", "milk", "--from", f"{url[:-1]}A", "--picture", picture
    )
    assert 2 == forged.returncode
    assert "altered" in forged.stderr


def test_what_is_no_plan_is_refused_in_one_line(shared_demo: Suite, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text("{}")
    refused = shared_demo.command("aisle", "import", str(file), "--store", SHOP)
    assert 2 == refused.returncode
    assert "plan.json" in refused.stderr
    assert "Traceback" not in refused.stderr
