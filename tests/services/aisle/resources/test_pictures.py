"""Pictures of a plan as SVG, PNG and GeoJSON, with products and the route of a list."""

import dataclasses
import struct
from typing import Any
from xml.etree import ElementTree

import grpc
import pytest
from google.protobuf import json_format

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.importers.indoor.geojson import plan_from_geojson
from tests.geodata.floorplans.shops import corner_shop
from tests.support.aisle import BARE, CORNER, FLOORS, VILLAGE, published, walk
from tests.support.refusals import refusal

CODE = grpc.StatusCode
SVG = "{http://www.w3.org/2000/svg}"
FORMAT = pb.RenderFloorPlanRequest


def drawn(store: str = CORNER, **options: Any) -> pb.RenderFloorPlanRequest:
    return pb.RenderFloorPlanRequest(store=store, **options)


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


async def test_a_plan_is_drawn_with_the_numbered_stops_of_a_list(aisle):
    answer = await aisle.RenderFloorPlan(drawn(walk=walk("peas", "rice")))
    words = texts(answer.svg)
    for word in ("Corner shop", "Basmati rice", "Garden peas", "Aisle 2, left, third bay"):
        assert word in words
    assert words.index("Basmati rice") < words.index("Garden peas")
    assert ("0", ["0"]) == (answer.level, list(answer.levels))


async def test_products_are_labelled_in_the_shoppers_language(aisle):
    request = drawn(products=["products/oil", "products/caviar"], language_code="fi")
    words = texts((await aisle.RenderFloorPlan(request)).svg)
    assert "Oliiviöljy" in words
    assert "Kaviaari" not in words
    assert "Sisäänkäynti" in words


@pytest.mark.parametrize("width_px", [0, 400])
async def test_a_png_has_the_requested_width(aisle, width_px: int):
    answer = await aisle.RenderFloorPlan(drawn(format=FORMAT.FORMAT_PNG, width_px=width_px))
    assert answer.png.startswith(b"\x89PNG\r\n")
    [width] = struct.unpack(">I", answer.png[16:20])
    assert (width_px or 960) == width


async def test_geojson_reads_back_as_the_plan_and_has_the_route(aisle):
    answer = await aisle.RenderFloorPlan(drawn(format=FORMAT.FORMAT_GEO_JSON, walk=walk("rice")))
    document = json_format.MessageToDict(answer.geo_json)
    route = [f for f in document["features"] if f["properties"]["feature"] == "route"]
    [pin] = [f for f in document["features"] if f["properties"]["feature"] == "pin"]
    assert "LineString" == route[0]["geometry"]["type"]
    assert ["Basmati rice", "Aisle 2, left, third bay"] == pin["properties"]["lines"]
    longitude, latitude = pin["geometry"]["coordinates"]
    assert (latitude, longitude) == pytest.approx((60.1795, 24.9510), abs=1e-3)
    plan = plan_from_geojson(document).plan
    assert [a.id for a in corner_shop().aisles] == [aisle.id for aisle in plan.aisles]
    assert 2 == len(plan.fixtures)


async def test_the_first_level_of_a_route_is_drawn_and_all_its_levels_named(aisle):
    up = pb.Walk(end_place="shop", place="door")
    answer = await aisle.RenderFloorPlan(drawn(FLOORS, walk=up))
    assert ("0", ["0", "1"]) == (answer.level, list(answer.levels))
    assert "Two floors, Ground floor" in texts(answer.svg)
    upstairs = await aisle.RenderFloorPlan(drawn(FLOORS, walk=up, level="1"))
    assert "Two floors, First floor" in texts(upstairs.svg)


async def test_names_cannot_break_out_of_the_drawing(aisle):
    evil = dataclasses.replace(corner_shop(), attribution='</text><script>"&\x00')
    await aisle.PublishFloorPlan(published(CORNER, evil))
    svg = (await aisle.RenderFloorPlan(drawn())).svg
    assert [] == list(ElementTree.fromstring(svg).iter(f"{SVG}script"))
    assert any("<script>" in words for words in texts(svg))


@pytest.mark.parametrize(
    ("request_", "code", "reason"),
    [
        (drawn(BARE), CODE.NOT_FOUND, "FLOOR_PLAN_NOT_FOUND"),
        (drawn(level="7"), CODE.NOT_FOUND, "LEVEL_NOT_FOUND"),
        (drawn(VILLAGE), CODE.NOT_FOUND, "LEVEL_NOT_FOUND"),
        (drawn(VILLAGE, format=FORMAT.FORMAT_GEO_JSON), CODE.INVALID_ARGUMENT, "INVALID_ARGUMENT"),
        (
            drawn(format=FORMAT.FORMAT_PNG, width_px=4097),
            CODE.INVALID_ARGUMENT,
            "INVALID_ARGUMENT",
        ),
        (drawn(format=FORMAT.FORMAT_PNG, width_px=4096), CODE.INVALID_ARGUMENT, "INVALID_ARGUMENT"),
        (drawn(format=FORMAT.FORMAT_PNG, width_px=7), CODE.INVALID_ARGUMENT, "INVALID_ARGUMENT"),
        (
            drawn(products=[f"products/{number}" for number in range(500)]),
            CODE.INVALID_ARGUMENT,
            "INVALID_ARGUMENT",
        ),
    ],
)
async def test_a_picture_that_cannot_be_drawn_is_refused(
    aisle, request_: pb.RenderFloorPlanRequest, code: CODE, reason: str
):
    answered, why, _ = await refusal(aisle.RenderFloorPlan(request_))
    assert (code, reason) == (answered, why)
