import dataclasses
import struct
from xml.etree import ElementTree

import pytest
import shapely

from geodata.floorplans.drawing.overlay import Overlay, Pin, on_level
from geodata.floorplans.drawing.png import draw_png, widest_px
from geodata.floorplans.drawing.signs import LIFT, STAIRS
from geodata.floorplans.drawing.svg import draw_svg
from geodata.floorplans.drawing.theme import DARK, LIGHT
from geodata.floorplans.plan import BlockedArea, FloorPlan, Level, LinkKind, Position
from tests.geodata.floorplans.shops import NOON, corner_shop, supermarket, two_floors, village_shop

SVG = "{http://www.w3.org/2000/svg}"
MILK = Pin(label="1", at=Position("0", 4.0, 6.5), lines=("Oat milk", "Aisle 2, left"))
WALK = (Position("0", 6, 0.5), Position("0", 6, 3), Position("0", 4.6, 6.5))


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_a_drawing_names_aisles_tills_and_what_was_looked_for() -> None:
    words = texts(draw_svg(corner_shop(), "0", Overlay(pins=(MILK,), walk=WALK)))
    for word in ("1", "2", "3", "Oat milk", "Aisle 2, left", "Your way", "Checkout", "Dry goods"):
        assert word in words


def test_names_cannot_break_out_of_the_drawing() -> None:
    evil = dataclasses.replace(MILK, lines=("</text><script>alert(1)</script>\x00\x0b",))
    svg = draw_svg(corner_shop(), "0", Overlay(pins=(evil,)), title="<b>&\ud800")
    assert list(ElementTree.fromstring(svg).iter(f"{SVG}script")) == []
    assert "</text><script>alert(1)</script>" in texts(svg)
    assert "<b>&" in texts(svg)


def test_a_long_name_is_cut_rather_than_drawn_over_the_edge() -> None:
    long = dataclasses.replace(MILK, lines=("x" * 10_240,))
    assert max(map(len, texts(draw_svg(corner_shop(), "0", Overlay(pins=(long,)))))) < 80


def test_a_point_of_the_plan_is_drawn_to_scale_with_north_up() -> None:
    svg = draw_svg(corner_shop(), "0", Overlay(here=Position("0", 0, 0)))
    root = ElementTree.fromstring(svg)
    # 12 m plus a margin of 1 m, on 480 px less the margins: 32 px per metre, y downwards.
    centres = {(float(c.get("cx", "")), float(c.get("cy", ""))) for c in root.iter(f"{SVG}circle")}
    assert (16 + 32.0, 16 + 11 * 32.0) in centres


def test_a_deep_store_lies_on_its_side_on_a_wide_sheet_and_so_do_headings() -> None:
    deep = dataclasses.replace(
        corner_shop(), levels=(Level(id="0", name="Shop", walkable=shapely.box(0, 0, 12, 30)),)
    )
    here = Overlay(here=Position("0", 0, 0), heading_deg=30.0)
    root = ElementTree.fromstring(draw_svg(deep, "0", here, wide=True))
    assert root.get("width") == "960"
    # 30 m plus 1 m at each end, on 960 px less the margins: 29 px per metre; y right, x down.
    centres = {(float(c.get("cx", "")), float(c.get("cy", ""))) for c in root.iter(f"{SVG}circle")}
    assert (16 + 29.0, 16 + 29.0) in centres
    turns = [path.get("transform", "") for path in root.iter(f"{SVG}path")]
    assert "translate(45.0 45.0) rotate(120)" in turns


def test_blocked_areas_are_hatched_while_they_last() -> None:
    shut = dataclasses.replace(
        corner_shop(), blocked=(BlockedArea(id="b", level="0", aisle="2", blocked_until=NOON),)
    )
    assert "url(#blocked)" in draw_svg(shut, "0")
    assert "url(#blocked)" not in draw_svg(shut, "0", at=NOON)


def test_a_change_of_level_says_where_the_walk_goes_on() -> None:
    walk = (Position("0", 1, 4), Position("0", 19, 19), Position("1", 19, 19), Position("1", 1, 4))
    assert "First floor" in texts(draw_svg(two_floors(), "0", Overlay(walk=walk)))
    assert "First floor" not in texts(draw_svg(two_floors(), "1", Overlay(walk=walk)))


def paths(svg: str, holding: str) -> int:
    """The number of paths with a piece in them."""
    found = ElementTree.fromstring(svg).iter(f"{SVG}path")
    return sum(holding in path.get("d", "") for path in found)


def test_lifts_and_stairs_stand_on_both_of_their_levels() -> None:
    plan = two_floors()
    links = {LIFT: LinkKind.LIFT, STAIRS: LinkKind.STEPS}
    for sign, kind in links.items():
        between = [link for link in plan.links if link.kind is kind]
        only = dataclasses.replace(plan, links=tuple(between))
        for level in ("0", "1"):
            assert bool(between) is bool(paths(draw_svg(only, level), sign))
    none = dataclasses.replace(plan, links=())
    assert 0 == paths(draw_svg(none, "0"), LIFT) + paths(draw_svg(none, "0"), STAIRS)


def test_the_end_of_a_walk_has_a_pin_once() -> None:
    drop = "c-3 -6 -8 -9 -8 -14"
    assert 1 == paths(draw_svg(corner_shop(), "0", Overlay(walk=WALK)), drop)
    assert 0 == paths(draw_svg(corner_shop(), "0", Overlay(walk=WALK, pins=(MILK,))), drop)
    assert 0 == paths(draw_svg(corner_shop(), "0"), drop)


def test_a_drawing_of_any_tallness_fits_at_its_widest() -> None:
    floor = shapely.box(0, 0, 6, 300)
    tall = dataclasses.replace(corner_shop(), levels=(Level(id="0", walkable=floor),))
    svg = draw_svg(tall, "0")
    widest = widest_px(svg, 200_000)
    assert widest < 960
    assert draw_png(svg, widest, max_pixels=200_000).startswith(b"\x89PNG")


def test_a_walk_is_cut_into_its_parts_on_a_level() -> None:
    walk = (Position("0", 0, 0), Position("0", 1, 0), Position("1", 1, 0), Position("0", 5, 5))
    assert on_level(walk, "0") == (((0, 0), (1, 0)),)
    assert on_level(walk, "1") == ()


def test_pins_that_would_cover_each_other_are_moved_apart() -> None:
    pins = tuple(dataclasses.replace(MILK, label=str(number)) for number in range(3))
    root = ElementTree.fromstring(draw_svg(corner_shop(), "0", Overlay(pins=pins)))
    heads = [c for c in root.iter(f"{SVG}circle") if c.get("r") == "9.5" and c.get("cx") != "26"]
    on_map = [(float(c.get("cx", "")), float(c.get("cy", ""))) for c in heads][:3]
    apart = [
        ((ax - bx) ** 2 + (ay - by) ** 2) ** 0.5
        for number, (ax, ay) in enumerate(on_map)
        for bx, by in on_map[:number]
    ]
    assert min(apart) >= 18


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_a_supermarket_is_drawn_as_a_png_of_the_width_asked_for(wide: bool, theme: object) -> None:
    svg = draw_svg(supermarket()[0], "0", theme=DARK if theme is DARK else LIGHT, wide=wide)
    png = draw_png(svg, 320)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">I", png[16:20]) == (320,)


def test_letters_are_drawn_without_any_font_of_the_machine() -> None:
    plain = draw_svg(corner_shop(), "0", title="")
    titled = draw_svg(corner_shop(), "0", title="Käytävä")
    blank = titled.replace(">Käytävä</text>", "></text>")
    assert blank != titled
    assert draw_png(titled, 480) != draw_png(blank, 480)
    assert draw_png(plain, 480) == draw_png(plain, 480)


def test_letters_of_japan_are_drawn_and_those_of_no_font_are_a_question_mark() -> None:
    def drawn(title: str) -> bytes:
        return draw_png(draw_svg(corner_shop(), "0", title=title), 480)

    assert drawn("渋谷ストア") not in (drawn("?????"), drawn(" "))
    assert drawn("매장") == drawn("??")
    assert drawn("\u0410\u0391") != drawn("??")


def test_departments_are_named_beside_their_shelves_and_then_not_in_the_key() -> None:
    plan = supermarket()[0]
    words = texts(draw_svg(plan, "0", wide=True))
    names = {department.name for department in plan.departments}
    beside = {
        element.text
        for element in ElementTree.fromstring(draw_svg(plan, "0", wide=True)).iter(f"{SVG}text")
        if element.get("font-size") == "10"
    }
    assert len(beside & names) >= 5
    assert names <= set(words)
    in_key = {
        element.text
        for element in ElementTree.fromstring(draw_svg(plan, "0", wide=True)).iter(f"{SVG}text")
        if element.get("font-size") == "12"
    }
    assert not in_key & beside


@pytest.mark.parametrize("width", [0, 15, 100_000])
def test_a_png_out_of_range_is_refused(width: int) -> None:
    with pytest.raises(ValueError, match="width_px"):
        draw_png(draw_svg(corner_shop(), "0"), width)


@pytest.mark.parametrize(("plan", "level"), [(corner_shop(), "9"), (village_shop(), "0")])
def test_a_level_that_is_not_drawn_is_refused(plan: FloorPlan, level: str) -> None:
    with pytest.raises(ValueError, match="level"):
        draw_svg(plan, level)


def test_an_empty_level_is_refused() -> None:
    with pytest.raises(ValueError, match="has no geometry"):
        draw_svg(FloorPlan(store="stores/1", levels=(Level(id="0"),)), "0")
