"""Hand-made ways of `grid`: who may use them, in which direction, and how long it takes.

The way A-M-B has the tags of the case. Beside it from A to B lies a detour of 300 m over E and F:
40 s in a car (27 km/h), 216 s on foot (5 km/h), 67.5 s by bicycle (16 km/h). A time that is not
the detour's is the way's own.
"""

from pathlib import Path

import pytest

from geodata.points import Point
from geodata.roads import BadNetwork, Mode
from geodata.roads.extract import CONDITIONAL
from tests.geodata.roads.grid import PLACES, STREET, grid, seconds, snapped
from tests.support.roads import at, network_of, tags_of, write_extract

DRIVE, WALK, BIKE = Mode.DRIVE, Mode.WALK, Mode.BIKE

R = "highway=residential "
CASES: list[tuple[str, dict[Mode, tuple[float, float]]]] = [
    # Tags, and for each mode the seconds from A to B and from B to A.
    (R, {DRIVE: (13.33, 13.33), WALK: (72, 72), BIKE: (22.5, 22.5)}),
    (R + "oneway=yes", {DRIVE: (13.33, 40), WALK: (72, 72), BIKE: (22.5, 67.5)}),
    (R + "oneway=1", {DRIVE: (13.33, 40)}),
    (R + "oneway=-1", {DRIVE: (40, 13.33), BIKE: (67.5, 22.5)}),
    (R + "oneway=no", {DRIVE: (13.33, 13.33)}),
    (R + "oneway=reversible", {DRIVE: (40, 40), WALK: (72, 72)}),
    (R + "oneway=yes oneway:bicycle=no", {DRIVE: (13.33, 40), BIKE: (22.5, 22.5)}),
    (R + "oneway=yes cycleway=opposite_lane", {DRIVE: (13.33, 40), BIKE: (22.5, 22.5)}),
    (R + "oneway=yes cycleway:left=opposite", {BIKE: (22.5, 22.5)}),
    (R + "oneway=yes cycleway:left:oneway=no", {BIKE: (22.5, 22.5)}),
    (R + "oneway:motor_vehicle=yes", {DRIVE: (13.33, 40), BIKE: (22.5, 22.5)}),
    (R + "oneway:vehicle=yes", {DRIVE: (13.33, 40), WALK: (72, 72), BIKE: (22.5, 67.5)}),
    (R + "motor_vehicle:backward=no", {DRIVE: (13.33, 40), BIKE: (22.5, 22.5)}),
    (R + "vehicle:forward=no", {DRIVE: (40, 13.33), WALK: (72, 72), BIKE: (67.5, 22.5)}),
    (R + "oneway=yes bicycle:backward=yes", {DRIVE: (13.33, 40), BIKE: (22.5, 22.5)}),
    (R + "oneway=yes access:backward=yes", {DRIVE: (13.33, 40)}),
    (R + "junction=roundabout", {DRIVE: (13.33, 40), BIKE: (22.5, 67.5), WALK: (72, 72)}),
    (R + "junction=roundabout oneway=-1", {DRIVE: (40, 13.33)}),
    (R + "maxspeed=50", {DRIVE: (8, 8), WALK: (72, 72), BIKE: (22.5, 22.5)}),
    (R + "maxspeed=30_mph", {DRIVE: (8.285, 8.285)}),
    (R + "maxspeed:backward=20", {DRIVE: (13.33, 20)}),
    (R + "maxspeed=DE:urban", {DRIVE: (8, 8)}),
    (R + "maxspeed=FR:zone30", {DRIVE: (13.33, 13.33)}),
    (R + "maxspeed=signals", {DRIVE: (13.33, 13.33)}),
    (R + "maxspeed=walk", {DRIVE: (40, 40), WALK: (72, 72)}),
    (R + "maxspeed=FR:urban", {DRIVE: (8, 8)}),
    (R + "maxspeed=20mph maxspeed:conditional=10_@_(Mo-Fr)", {DRIVE: (12.43, 12.43)}),
    (R + "motor_vehicle:conditional=no_@_(22:00-06:00)", {DRIVE: (13.33, 13.33)}),
    (R + "toll=yes", {DRIVE: (13.33, 13.33)}),
    ("highway=service service=driveway", {DRIVE: (24, 24), WALK: (72, 72), BIKE: (30, 30)}),
    ("highway=service service=driveway access=private", {DRIVE: (40, 40), WALK: (216, 216)}),
    ("highway=pedestrian area=yes", {DRIVE: (40, 40), WALK: (72, 72), BIKE: (67.5, 67.5)}),
    ("highway=busway", {DRIVE: (40, 40), WALK: (216, 216), BIKE: (67.5, 67.5)}),
    ("highway=busway bicycle=yes", {DRIVE: (40, 40), BIKE: (30, 30)}),
    (R + "motor_vehicle=agricultural;forestry", {DRIVE: (40, 40), WALK: (72, 72)}),
    (R + "motor_vehicle=psv", {DRIVE: (40, 40), BIKE: (22.5, 22.5)}),
    (R + "access=private;customers", {DRIVE: (13.33, 13.33)}),
    (R + "access=no;yes", {DRIVE: (40, 40), WALK: (216, 216)}),
    (R + "access=unknown", {DRIVE: (13.33, 13.33)}),
    (R + "bicycle_road=yes", {DRIVE: (40, 40), BIKE: (22.5, 22.5)}),
    (R + "bicycle_road=yes motor_vehicle=yes", {DRIVE: (13.33, 13.33)}),
    (R + "oneway=yes cycleway:left=lane cycleway:left:oneway=-1", {BIKE: (22.5, 22.5)}),
    (R + "oneway=yes cycleway=lane", {BIKE: (22.5, 67.5)}),
    (R + "oneway=alternating", {DRIVE: (13.33, 13.33)}),
    (R + "maxspeed=50;30", {DRIVE: (13.33, 13.33)}),
    (R + "maxspeed=GB:nsl_single", {DRIVE: (4.141, 4.141)}),
    (R + "maxspeed=none", {DRIVE: (13.33, 13.33)}),
    (R + "maxspeed=50_mph", {DRIVE: (4.971, 4.971)}),
    (R + "smoothness=very_horrible", {DRIVE: (40, 40), WALK: (72, 72)}),
    (R + "ice_road=yes", {DRIVE: (40, 40), WALK: (216, 216)}),
    ("highway=track", {DRIVE: (36, 36), WALK: (72, 72)}),
    ("highway=path sac_scale=hiking", {WALK: (72, 72), BIKE: (30, 30)}),
    ("highway=path sac_scale=mountain_hiking", {WALK: (72, 72), BIKE: (67.5, 67.5)}),
    ("highway=path sac_scale=alpine_hiking", {WALK: (216, 216), BIKE: (67.5, 67.5)}),
    ("highway=path via_ferrata_scale=1", {WALK: (216, 216)}),
    (R + "maxspeed=0", {DRIVE: (13.33, 13.33)}),
    ("highway=motorway", {DRIVE: (3.273, 40), WALK: (216, 216), BIKE: (67.5, 67.5)}),
    ("highway=motorway maxspeed=250", {DRIVE: (2.769, 40)}),
    ("highway=trunk", {DRIVE: (4.235, 4.235), WALK: (72, 72)}),
    ("highway=trunk motorroad=yes", {DRIVE: (4.235, 4.235), WALK: (216, 216), BIKE: (67.5, 67.5)}),
    ("highway=service maxspeed=50", {DRIVE: (24, 24)}),
    ("highway=living_street", {DRIVE: (36, 36), BIKE: (30, 30)}),
    ("highway=footway", {DRIVE: (40, 40), WALK: (72, 72), BIKE: (67.5, 67.5)}),
    ("highway=footway bicycle=yes", {DRIVE: (40, 40), BIKE: (30, 30)}),
    ("highway=cycleway", {DRIVE: (40, 40), WALK: (72, 72), BIKE: (22.5, 22.5)}),
    ("highway=cycleway foot=no", {WALK: (216, 216)}),
    ("highway=pedestrian motor_vehicle=yes", {DRIVE: (36, 36)}),
    ("highway=steps", {DRIVE: (40, 40), WALK: (144, 144), BIKE: (67.5, 67.5)}),
    ("highway=steps conveying=forward", {WALK: (144, 216)}),
    ("highway=construction", {DRIVE: (40, 40), WALK: (216, 216), BIKE: (67.5, 67.5)}),
    ("highway=proposed foot=yes bicycle=yes", {WALK: (216, 216), BIKE: (67.5, 67.5)}),
    ("highway=construction motorcar=yes foot=yes", {DRIVE: (40, 40), WALK: (216, 216)}),
    (R + "access=private", {DRIVE: (40, 40), WALK: (216, 216), BIKE: (67.5, 67.5)}),
    (R + "access=private foot=yes", {DRIVE: (40, 40), WALK: (72, 72), BIKE: (67.5, 67.5)}),
    (R + "access=no motorcar=yes", {DRIVE: (13.33, 13.33), WALK: (216, 216)}),
    (R + "motor_vehicle=no", {DRIVE: (40, 40), WALK: (72, 72), BIKE: (22.5, 22.5)}),
    (R + "vehicle=no bicycle=yes", {DRIVE: (40, 40), BIKE: (22.5, 22.5)}),
    (R + "bicycle=dismount", {BIKE: (67.5, 67.5)}),
    (R + "bicycle=use_sidepath", {BIKE: (67.5, 67.5), DRIVE: (13.33, 13.33)}),
    (R + "access=permissive", {DRIVE: (13.33, 13.33)}),
    ("highway=track motor_vehicle=agricultural", {DRIVE: (40, 40), WALK: (72, 72)}),
    ("route=ferry", {DRIVE: (40, 40), WALK: (24, 24), BIKE: (24, 24)}),
    ("route=ferry motor_vehicle=yes", {DRIVE: (24, 24)}),
    ("route=ferry duration=00:02", {WALK: (120, 120), BIKE: (67.5, 67.5)}),
    ("route=ferry foot=no", {WALK: (216, 216)}),
]


@pytest.mark.parametrize(("tags", "times"), CASES, ids=[tags for tags, _ in CASES])
def test_a_way_is_used_as_its_tags_say(
    tmp_path: Path, tags: str, times: dict[Mode, tuple[float, float]]
) -> None:
    network = grid(tmp_path, {"AMB": tags_of(tags)})
    for mode, (ahead, back) in times.items():
        assert ahead == pytest.approx(seconds(network, mode, "A", "B"), rel=1e-3), mode
        assert back == pytest.approx(seconds(network, mode, "B", "A"), rel=1e-3), mode


NODES: list[tuple[str, dict[Mode, tuple[float, float]]]] = [
    ("barrier=bollard", {DRIVE: (40, 40), WALK: (72, 72), BIKE: (22.5, 22.5)}),
    ("barrier=gate", {DRIVE: (13.33, 13.33)}),
    ("barrier=gate access=private", {DRIVE: (40, 40), WALK: (216, 216), BIKE: (67.5, 67.5)}),
    ("barrier=gate access=no foot=yes", {DRIVE: (40, 40), WALK: (72, 72)}),
    ("barrier=bollard motor_vehicle=yes", {DRIVE: (13.33, 13.33)}),
    ("barrier=gate locked=yes", {DRIVE: (40, 40), WALK: (216, 216)}),
    ("barrier=gate locked=yes foot=yes", {DRIVE: (40, 40), WALK: (72, 72)}),
    ("barrier=sliding_gate", {DRIVE: (13.33, 13.33)}),
    ("highway=crossing bicycle=no foot=no", {WALK: (72, 72), BIKE: (22.5, 22.5)}),
    ("railway=level_crossing motor_vehicle=no", {DRIVE: (13.33, 13.33)}),
    ("barrier=stile", {DRIVE: (40, 40), WALK: (72, 72), BIKE: (67.5, 67.5)}),
    ("highway=traffic_signals", {DRIVE: (21.33, 21.33), WALK: (80, 80), BIKE: (30.5, 30.5)}),
    (
        "highway=traffic_signals traffic_signals:direction=forward",
        {DRIVE: (21.33, 13.33), BIKE: (30.5, 22.5)},
    ),
    ("highway=crossing crossing=traffic_signals", {DRIVE: (13.33, 13.33), WALK: (80, 80)}),
    ("highway=crossing crossing=zebra", {WALK: (72, 72)}),
]


@pytest.mark.parametrize(("tags", "times"), NODES, ids=[tags for tags, _ in NODES])
def test_a_node_on_the_way_stops_or_delays(
    tmp_path: Path, tags: str, times: dict[Mode, tuple[float, float]]
) -> None:
    network = grid(tmp_path, nodes={"M": tags_of(tags)})
    for mode, (ahead, back) in times.items():
        assert ahead == pytest.approx(seconds(network, mode, "A", "B"), rel=1e-3), mode
        assert back == pytest.approx(seconds(network, mode, "B", "A"), rel=1e-3), mode


# From the middle of E and F a car reaches F after 50 m. Any turn there leads to the middle of the
# next street in 13.33 s. Forbidden, it takes 40 s: straight on to G and back, or round a block.
TURN = [("from", "EF"), ("via", "F"), ("to", "BF")]
TURNS: list[tuple[list[tuple[str, str]], str, Mode, str, float]] = [
    (TURN, "restriction=no_left_turn", DRIVE, "BF", 40.0),
    (TURN, "restriction=no_left_turn", DRIVE, "FG", 13.33),
    (TURN, "restriction=no_left_turn", DRIVE, "FJ", 13.33),
    (TURN, "restriction=no_left_turn", WALK, "BF", 72.0),
    (TURN, "restriction=no_left_turn", BIKE, "BF", 67.5),
    (TURN, "restriction=no_left_turn except=bicycle", BIKE, "BF", 22.5),
    (TURN, "restriction=no_left_turn except=bicycle", DRIVE, "BF", 40.0),
    (TURN, "restriction=no_left_turn except=psv;motorcar", DRIVE, "BF", 13.33),
    (TURN, "restriction=only_left_turn", DRIVE, "BF", 13.33),
    (TURN, "restriction=only_left_turn", DRIVE, "FG", 40.0),
    (TURN, "restriction=only_left_turn", DRIVE, "FJ", 40.0),
    (TURN, "restriction:motorcar=no_left_turn", DRIVE, "BF", 40.0),
    (TURN, "restriction:motorcar=no_left_turn", BIKE, "BF", 22.5),
    (TURN, "restriction:hgv=no_left_turn", DRIVE, "BF", 13.33),
    (TURN, "restriction:bicycle=no_left_turn", BIKE, "BF", 67.5),
    (TURN, "restriction:bicycle=no_left_turn", DRIVE, "BF", 13.33),
    (TURN, "type=restriction:hgv restriction=no_left_turn", DRIVE, "BF", 13.33),
    (TURN, "type=restriction:motorcar restriction=no_left_turn", DRIVE, "BF", 40.0),
    (TURN, "type=restriction:motorcar restriction=no_left_turn", BIKE, "BF", 22.5),
    (TURN, "restriction=only_straight_on except=bicycle", BIKE, "BF", 22.5),
    (TURN, "restriction:conditional=no_left_turn_@_(Mo-Fr)", DRIVE, "BF", 13.33),
    (TURN, "restriction=no_left_turn hour_on=07:00 hour_off=09:00", DRIVE, "BF", 13.33),
    (TURN, "restriction=give_way", DRIVE, "BF", 13.33),
    ([*TURN, ("from", "FJ")], "restriction=no_entry", DRIVE, "BF", 40.0),
    ([*TURN, ("to", "FG")], "restriction=no_exit", DRIVE, "FG", 40.0),
    ([("from", "EF"), ("via", "F"), ("to", "CD")], "restriction=no_left_turn", DRIVE, "BF", 13.33),
    ([("from", "EF"), ("to", "BF")], "restriction=no_left_turn", DRIVE, "BF", 13.33),
]


@pytest.mark.parametrize(("members", "tags", "mode", "to", "expected"), TURNS)
def test_a_turn_is_made_as_its_restriction_says(
    tmp_path: Path,
    members: list[tuple[str, str]],
    tags: str,
    mode: Mode,
    to: str,
    expected: float,
) -> None:
    network = grid(tmp_path, restrictions=[(members, tags_of(tags))])
    assert expected == pytest.approx(seconds(network, mode, "EF", to), rel=1e-3)


def test_a_restriction_by_a_way_forbids_the_whole_sequence_and_no_part_of_it(
    tmp_path: Path,
) -> None:
    members = [("from", "EF"), ("via", "FG"), ("to", "CG")]
    network = grid(tmp_path, restrictions=[(members, {"restriction": "no_left_turn"})])
    # E-F-B-C-G is as long as E-F-G-C to a point near C, so the middle of C and G takes longer.
    assert 13.33 == pytest.approx(seconds(network, DRIVE, "EF", "FG"), rel=1e-3)
    assert 26.67 == pytest.approx(seconds(network, DRIVE, "EF", "GH"), rel=1e-3)
    assert 40.0 == pytest.approx(seconds(network, DRIVE, "EF", "CG"), rel=1e-3)
    assert 26.67 == pytest.approx(seconds(network, DRIVE, "FJ", "CG"), rel=1e-3)


def test_who_must_go_on_by_a_way_takes_no_other_at_its_end(tmp_path: Path) -> None:
    members = [("from", "EF"), ("via", "FG"), ("to", "GH")]
    network = grid(tmp_path, restrictions=[(members, {"restriction": "only_straight_on"})])
    assert 26.67 == pytest.approx(seconds(network, DRIVE, "EF", "GH"), rel=1e-3)
    assert 40.0 == pytest.approx(seconds(network, DRIVE, "EF", "CG"), rel=1e-3)
    assert 26.67 == pytest.approx(seconds(network, DRIVE, "BF", "CG"), rel=1e-3)


def test_a_forbidden_u_turn_is_made_at_the_next_junction(tmp_path: Path) -> None:
    # B-F is one-way southwards, so from its middle a car comes to F, turns right to E, and would
    # turn round there to go east.
    ways = {"BF": {**STREET, "oneway": "yes"}}
    left = ([("from", "BF"), ("via", "F"), ("to", "FG")], {"restriction": "no_left_turn"})
    straight = ([("from", "BF"), ("via", "F"), ("to", "FJ")], {"restriction": "no_straight_on"})
    round_ = ([("from", "EF"), ("via", "E"), ("to", "EF")], {"restriction": "no_u_turn"})
    free = grid(tmp_path, ways, restrictions=[left, straight])
    assert 40.0 == pytest.approx(seconds(free, DRIVE, "BF", "FG"), rel=1e-3)
    bound = grid(tmp_path, ways, restrictions=[left, straight, round_])
    # On to A or I, round there, and back over E: 50 + 100 + 100 + 100 + 100 + 50 m.
    assert 66.67 == pytest.approx(seconds(bound, DRIVE, "BF", "FG"), rel=1e-3)


def test_nobody_passes_through_a_road_for_destinations(tmp_path: Path) -> None:
    network = grid(tmp_path, {"BF": {**STREET, "motor_vehicle": "destination"}})
    # From 25 m before B to the middle of F and J: over B 175 m, over A and E 325 m.
    assert 43.33 == pytest.approx(seconds(network, DRIVE, "MB", "FJ"), rel=1e-3)
    assert 126.0 == pytest.approx(seconds(network, WALK, "MB", "FJ"), rel=1e-3)
    assert 10.0 == pytest.approx(seconds(network, DRIVE, "MB", "BF"), rel=1e-3)
    assert 13.33 == pytest.approx(seconds(network, DRIVE, "BF", "FJ"), rel=1e-3)


CONDITIONS: list[tuple[str, dict[Mode, bool]]] = [
    ("motor_vehicle:conditional=no_@_(Mo-Fr_07:00-09:00)", {DRIVE: False, WALK: True, BIKE: True}),
    ("motor_vehicle:conditional=destination_@_(07:00-09:00)", {DRIVE: False}),
    ("vehicle:conditional=no_@_07:00-09:00;yes_@_(Su)", {DRIVE: False, WALK: True, BIKE: False}),
    ("access:conditional=no_@_(22:00-06:00)", {DRIVE: False, WALK: False, BIKE: False}),
    ("access:conditional=no_@_(22:00-06:00) foot=yes", {DRIVE: False, WALK: True}),
    ("foot:conditional=no_@_(sunset-sunrise)", {DRIVE: True, WALK: False}),
    ("motor_vehicle=destination motor_vehicle:conditional=yes_@_(Su)", {DRIVE: False}),
    ("motor_vehicle:conditional=no_@_(weight>3.5)", {DRIVE: True}),
    ("motor_vehicle:conditional=no_@_(length>12_AND_Mo-Fr)", {DRIVE: True}),
    ("motor_vehicle:conditional=yes_@_(Su)", {DRIVE: True}),
    ("hgv:conditional=no_@_(22:00-06:00)", {DRIVE: True}),
    ("motor_vehicle:conditional=no", {DRIVE: True}),
    ("oneway:conditional=yes_@_(Mo-Fr)", {DRIVE: True, WALK: True}),
    ("oneway:conditional=-1_@_(Mo-Fr)", {DRIVE: False, WALK: True, BIKE: False}),
    ("oneway:conditional=-1_@_(Mo-Fr) oneway:bicycle=no", {DRIVE: False, BIKE: True}),
    ("oneway=-1 oneway:conditional=no_@_(Su)", {DRIVE: False}),
    ("oneway:conditional=yes_@_(06:00-12:00);-1_@_(12:00-20:00)", {DRIVE: False}),
    ("motor_vehicle:forward:conditional=no_@_(07:00-09:00)", {DRIVE: False, BIKE: True}),
    ("motor_vehicle:backward:conditional=no_@_(07:00-09:00)", {DRIVE: True}),
]


@pytest.mark.parametrize(("tags", "passes"), CONDITIONS, ids=[tags for tags, _ in CONDITIONS])
def test_what_is_closed_at_some_hours_is_no_way_through(
    tmp_path: Path, tags: str, passes: dict[Mode, bool]
) -> None:
    network = grid(tmp_path, {"BF": tags_of(R + tags)})
    metres = {mode: 7.5 if mode is DRIVE else {WALK: 5, BIKE: 16}[mode] / 3.6 for mode in Mode}
    for mode, is_open in passes.items():
        # From 25 m before B to the middle of F and J: over B 175 m, over A and E 325 m.
        expected = (175 if is_open else 325) / metres[mode]
        assert expected == pytest.approx(seconds(network, mode, "MB", "FJ"), rel=1e-3), mode


def test_shops_on_a_street_that_is_closed_at_some_hours_are_reached(tmp_path: Path) -> None:
    tags = tags_of(R + "motor_vehicle:conditional=no_@_(Mo-Fr_07:00-09:00)")
    network = grid(tmp_path, {"BF": tags})
    assert 10.0 == pytest.approx(seconds(network, DRIVE, "MB", "BF"), rel=1e-3)
    assert 13.33 == pytest.approx(seconds(network, DRIVE, "BF", "FJ"), rel=1e-3)


def test_roads_for_destinations_lead_to_each_other_within_their_zone(tmp_path: Path) -> None:
    zone = {"highway": "residential", "access": "customers"}
    network = grid(tmp_path, {"BF": zone, "FJ": zone})
    assert 13.33 == pytest.approx(seconds(network, DRIVE, "BF", "FJ"), rel=1e-3)


def test_an_extract_of_ferries_or_of_one_motorway_makes_no_network(tmp_path: Path) -> None:
    for tags in ("route=ferry foot=yes", "highway=motorway"):
        with pytest.raises(BadNetwork, match="no two places"):
            grid(tmp_path, {"AMB": tags_of(tags)}, streets=["AMB"])


def test_the_known_part_of_a_way_with_missing_nodes_is_used(tmp_path: Path) -> None:
    spots = {1: at(-4_000, 0), 2: at(-500, 0), 4: at(0, 0), 5: at(3_000, 0)}
    nodes: dict[int, tuple[Point, dict[str, str]]] = {i: (p, {}) for i, p in spots.items()}
    extract = write_extract(tmp_path / "cut.osm", nodes, {1: ([1, 2, 3, 4, 5], STREET)})
    network = network_of(extract)
    start, end = snapped(network, DRIVE, at(-700, 0)), snapped(network, DRIVE, at(-600, 0))
    beyond = snapped(network, DRIVE, at(100, 0))
    assert network.times_from(start, [end, beyond]).tolist() == [
        pytest.approx(100 / 7.5, rel=1e-2),
        float("inf"),
    ]
    # By the missing node a way of 300 m may lead round: 40 s.
    assert network.near_border(start, end, 41.0)
    assert not network.near_border(start, end, 39.0)


def test_nobody_boards_a_ferry_between_two_piers(tmp_path: Path) -> None:
    network = grid(tmp_path, {"AMB": {"route": "ferry"}})
    middle = PLACES["M"]
    found = network.snap(WALK, middle.latitude, middle.longitude)
    assert found
    assert 50.0 == pytest.approx(found.distance_m, rel=1e-2)


def test_nobody_passes_through_by_a_track_but_shops_on_it_are_reached(tmp_path: Path) -> None:
    network = grid(tmp_path, {"BF": {"highway": "track"}})
    assert 43.33 == pytest.approx(seconds(network, DRIVE, "MB", "FJ"), rel=1e-3)
    assert 3.33 + 18 == pytest.approx(seconds(network, DRIVE, "MB", "BF"), rel=1e-3)


def test_a_ferry_of_which_a_part_is_missing_has_no_duration(tmp_path: Path) -> None:
    spots = {1: at(0, 0), 2: at(0, 100), 3: at(500, 100)}
    nodes: dict[int, tuple[Point, dict[str, str]]] = {i: (p, {}) for i, p in spots.items()}
    ways = {1: ([1, 2], STREET), 2: ([2, 3, 9], {"route": "ferry", "duration": "02:00"}),
            3: ([3, 1], STREET)}  # fmt: skip
    network = network_of(write_extract(tmp_path / "cut.osm", nodes, ways))
    start, end = snapped(network, WALK, at(0, 100)), snapped(network, WALK, at(500, 100))
    assert 120.0 == pytest.approx(network.times_from(start, [end])[0], rel=1e-2)


def test_what_is_not_read_is_counted(tmp_path: Path) -> None:
    ways = {
        "AMB": tags_of(R + "motor_vehicle:conditional=no_@_(22:00-06:00)"),
        "BC": tags_of(R + "access=maybe maxspeed:conditional=30_@_(22:00-06:00)"),
        "CD": tags_of(R + "oneway:conditional=yes_@_(Mo-Fr)"),
    }
    by_time = {"restriction:conditional": "no_left_turn @ (Mo-Fr)"}
    by_hour = {"restriction": "no_left_turn", "hour_on": "07:00", "hour_off": "09:00"}
    network = grid(tmp_path, ways, restrictions=[(TURN, by_time), (TURN, by_hour)])
    assert {
        CONDITIONAL: 2,
        "speed limits under conditions: read without them": 1,
        "ways with an unknown value of access": 1,
        "turn restrictions by time: left out": 2,
    } == network.about["unread"]
