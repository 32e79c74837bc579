"""Tests walks over links and levels against networkx."""

import dataclasses
import datetime as dt
import math
import multiprocessing
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.floorplans.plan import (
    BlockedArea,
    FloorPlan,
    Level,
    Link,
    LinkKind,
    Node,
    PlaceKind,
    Position,
)
from geodata.floorplans.shelves import Shelves
from geodata.wayfinding import entries
from geodata.wayfinding.network import Network
from geodata.wayfinding.profiles import STEP_FREE, TROLLEY, WALKING, Profile
from geodata.wayfinding.visibility import FreeFloor
from tests.geodata.floorplans.shops import NOON, supermarket, two_floors

KINDS = tuple(LinkKind)


def graph_plan(seed: int, nodes: int, links: int) -> FloorPlan:
    """Random nodes on two levels with random links of every kind, some of them one-way."""
    rng = np.random.default_rng(seed)
    spots = [
        Node(id=str(n), position=Position(str(rng.integers(2)), *(rng.random(2) * 500).tolist()))
        for n in range(nodes)
    ]
    drawn = [
        Link(
            id=str(number),
            start=str(rng.integers(nodes)),
            end=str(rng.integers(nodes)),
            length_m=float(rng.random() * 100),
            kind=KINDS[rng.integers(len(KINDS))],
            one_way=bool(rng.random() < 0.3),
            width_m=[None, 0.6, 0.8, 1.2][rng.integers(4)],
        )
        for number in range(links)
    ]
    return FloorPlan(
        store="stores/graph",
        levels=(Level(id="0"), Level(id="1", ordinal=1)),
        nodes=tuple(spots),
        links=tuple(link for link in drawn if link.start != link.end),
    )


def oracle(plan: FloorPlan, profile: Profile) -> "nx.MultiDiGraph[str]":
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    graph.add_nodes_from(node.id for node in plan.nodes)
    for link in plan.links:
        if link.kind in profile.avoids or (link.width_m or 9) < profile.width_m:
            continue
        graph.add_edge(link.start, link.end, metres=link.length_m)
        if not link.one_way:
            graph.add_edge(link.end, link.start, metres=link.length_m)
    return graph


@settings(deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(2, 12),
    st.integers(1, 25),
    st.sampled_from([WALKING, TROLLEY, STEP_FREE]),
)
def test_walks_over_links_are_as_long_as_networkx_says(
    seed: int, nodes: int, links: int, profile: Profile
) -> None:
    plan = graph_plan(seed, nodes, links)
    graph = oracle(plan, profile)
    network = Network(plan, profile, NOON)
    linked = [node for node in plan.nodes if graph.degree(node.id)]
    walks = network.walks([node.position for node in linked])
    for i, one in enumerate(linked):
        reach = nx.single_source_dijkstra_path_length(graph, one.id, weight="metres")
        for j, other in enumerate(linked):
            expected = reach.get(other.id, math.inf)
            assert expected == pytest.approx(walks.lengths_m[i, j], abs=1e-6)
            path = walks.path(i, j)
            assert (path is None) == math.isinf(expected)


SHOP, DOOR = Position("1", 1.0, 4.0), Position("0", 1.0, 4.0)


def test_upstairs_by_the_stairs_is_3_m_and_6_m_and_3_m() -> None:
    path = Network(two_floors(), WALKING, NOON).walks([DOOR, SHOP]).path(0, 1)
    assert path is not None
    assert path.length_m == pytest.approx(12.0)
    assert [kind for kind in path.kinds if kind is not LinkKind.WALK] == [LinkKind.STEPS]
    assert ["0", "0", "1", "1"] == [point.level for point in path.points]


@pytest.mark.parametrize("profile", [STEP_FREE, TROLLEY])
def test_without_steps_one_goes_upstairs_by_the_lift(profile: Profile) -> None:
    path = Network(two_floors(), profile, NOON).walks([DOOR, SHOP]).path(0, 1)
    assert path is not None
    assert path.length_m == pytest.approx(2 * math.hypot(18, 15) + 15)
    assert LinkKind.LIFT in path.kinds
    assert LinkKind.STEPS not in path.kinds


def test_a_lift_unfit_for_wheelchairs_leaves_no_step_free_way() -> None:
    plan = two_floors()
    narrow = tuple(dataclasses.replace(link, wheelchair=False) for link in plan.links)
    plan = dataclasses.replace(plan, links=narrow)
    assert Network(plan, STEP_FREE, NOON).walks([DOOR, SHOP]).path(0, 1) is None
    assert Network(plan, TROLLEY, NOON).walks([DOOR, SHOP]).path(0, 1) is not None


def test_a_shut_level_cannot_be_reached_until_it_opens() -> None:
    shut = BlockedArea(id="sale", level="1", blocked_until=NOON)
    plan = dataclasses.replace(two_floors(), blocked=(shut,))
    before = Network(plan, WALKING, NOON - dt.timedelta(minutes=1)).walks([DOOR, SHOP])
    assert before.path(0, 1) is None
    assert before.joined == [True, False]
    assert Network(plan, WALKING, NOON).walks([DOOR, SHOP]).path(0, 1) is not None


LINE = FloorPlan(
    store="stores/line",
    levels=(Level(id="0"),),
    nodes=(
        Node(id="a", position=Position("0", 0.0, 0.0)),
        Node(id="b", position=Position("0", 10.0, 0.0)),
    ),
    links=(Link(id="l", start="a", end="b", length_m=20.0),),
)


def test_stops_along_one_link_walk_its_own_length_between_them() -> None:
    # The link is 10 m long on the drawing and 20 m to walk; each stop is 1 m beside it.
    stops = [Position("0", 2.0, 1.0), Position("0", 7.0, -1.0)]
    lengths = Network(LINE, WALKING, NOON).walks(stops).lengths_m
    assert lengths[0, 1] == pytest.approx(1 + 10 + 1)
    assert lengths[1, 0] == pytest.approx(12)


@pytest.mark.parametrize(("first", "last"), [(0, 1), (1, 0)])
def test_along_a_one_way_link_one_does_not_walk_back(first: int, last: int) -> None:
    plan = dataclasses.replace(LINE, links=(dataclasses.replace(LINE.links[0], one_way=True),))
    stops = [Position("0", 2.0, 0.0), Position("0", 7.0, 0.0)]
    lengths = Network(plan, WALKING, NOON).walks([stops[first], stops[last]]).lengths_m
    assert lengths[first, last] == pytest.approx(10)
    assert lengths[last, first] == math.inf


def test_a_blocked_link_is_not_taken() -> None:
    spill = BlockedArea(id="spill", level="0", outline=shapely.box(4, -1, 6, 1))
    plan = dataclasses.replace(LINE, blocked=(spill,))
    walks = Network(plan, WALKING, NOON).walks([Position("0", 0, 0), Position("0", 10, 0)])
    assert walks.lengths_m[0, 1] == math.inf


def test_a_stop_in_a_blocked_area_is_not_on_the_map_though_the_floor_beside_it_is() -> None:
    spill = BlockedArea(id="spill", level="0", outline=shapely.box(9, 9, 11, 11))
    plan = dataclasses.replace(two_floors(), blocked=(spill,))
    stops = [Position("0", 10.0, 10.0), Position("0", 11.5, 10.0)]
    assert Network(plan, WALKING, NOON).walks(stops).joined == [False, True]


def test_a_stop_far_from_everything_is_not_on_the_map() -> None:
    walks = Network(LINE, WALKING, NOON).walks([Position("0", 0, 15.1), Position("0", 0, 14.9)])
    assert walks.joined == [False, True]
    far = Network(two_floors(), WALKING, NOON).walks([Position("0", 40, 0), Position("7", 1, 1)])
    assert far.joined == [False, False]


def test_a_corridor_of_links_opens_onto_a_floor_it_ends_at() -> None:
    # The link ends 0.4 m short of a hall of 10 m by 10 m.
    plan = dataclasses.replace(
        LINE, levels=(Level(id="0", walkable=shapely.box(10.4, -5, 20.4, 5)),)
    )
    walks = Network(plan, WALKING, NOON).walks([Position("0", 0, 0), Position("0", 18, 0)])
    assert walks.lengths_m[0, 1] == pytest.approx(20 + 8)


def test_what_is_reached_agrees_with_what_can_be_walked() -> None:
    plan = two_floors()
    network = Network(plan, WALKING, NOON)
    targets = [SHOP, Position("0", 15, 15), Position("0", 50, 50)]
    walks = network.walks([DOOR, *targets])
    expected = np.isfinite(walks.lengths_m[0, 1:]).tolist()
    assert expected == network.reached([DOOR], targets)


def test_asking_changes_nothing() -> None:
    network = Network(two_floors(), WALKING, NOON)
    first = network.walks([DOOR, SHOP]).lengths_m
    network.walks([SHOP, Position("0", 3, 3)])
    assert np.array_equal(first, network.walks([DOOR, SHOP]).lengths_m)


@pytest.mark.long
@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0, 40, entries.EDGES_KEPT]))
def test_entries_that_are_kept_change_no_walk(seed: int, edges_kept: int) -> None:
    rng = np.random.default_rng(seed)
    plan, _, _ = supermarket()
    [west, south, east, north] = shapely.bounds(plan.levels[0].walkable)
    stops = [
        Position(plan.levels[0].id, *rng.uniform([west - 1, south - 1], [east + 1, north + 1]))
        for _ in range(12)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entries, "EDGES_KEPT", edges_kept)
        used = Network(plan, WALKING, NOON)
        for _ in range(6):
            some = [stops[number] for number in rng.integers(0, len(stops), 5)]
            fresh, walks = Network(plan, WALKING, NOON).walks(some), used.walks(some)
            assert np.array_equal(fresh.lengths_m, walks.lengths_m)
            assert [fresh.path(0, i) for i in range(5)] == [walks.path(0, i) for i in range(5)]
            assert used.kept.edges <= edges_kept


def test_a_kept_entry_is_not_looked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network(two_floors(), WALKING, NOON)
    first = network.walks([DOOR, SHOP]).lengths_m
    monkeypatch.delattr(FreeFloor, "corners_seen")
    assert np.array_equal(first, network.walks([DOOR, SHOP]).lengths_m)


def test_entries_not_asked_for_the_longest_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "EDGES_KEPT", 2 * entries.EDGES_OF_A_STOP)
    kept = entries.KeptEntries()
    for stop in (DOOR, SHOP):
        kept.put(stop, None)
    assert kept.get(DOOR) is None
    kept.put(Position("0", 3, 3), None)
    assert kept.get(DOOR) is None
    with pytest.raises(KeyError):
        kept.get(SHOP)


def test_entrances_are_places_too() -> None:
    assert [DOOR] == [place.position for place in two_floors().places_of(PlaceKind.ENTRANCE)]


def ask_from_four_threads() -> None:
    """Queries from several threads, which crash the process without a lock."""
    sys.setswitchinterval(1e-5)
    plan, placements, _ = supermarket()
    shelves = Shelves(plan)
    spots = [spot for each in placements[:60] if (spot := shelves.find(each))]
    stands = [spot.stand for spot in spots if spot.stand]
    expected = Network(plan, TROLLEY, NOON).walks(stands).lengths_m
    for _ in range(10):
        network = Network(plan, TROLLEY, NOON)
        together = threading.Barrier(4)

        def ask(_: int, network: Network = network, at: threading.Barrier = together) -> bool:
            at.wait()
            return np.array_equal(expected, network.walks(stands).lengths_m)

        with ThreadPoolExecutor(4) as threads:
            assert [True] * 4 == list(threads.map(ask, range(4)))


def test_a_network_may_be_asked_from_several_threads_at_once():
    process = multiprocessing.get_context("spawn").Process(target=ask_from_four_threads)
    process.start()
    process.join()
    assert 0 == process.exitcode
