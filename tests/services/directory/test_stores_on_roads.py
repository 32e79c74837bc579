"""In a large network few stores are timed, and lists are those of brute force all the same."""

from typing import Any, cast

import pytest

from enrayon.stores.v1 import stores_pb2
from geodata.points import Point
from geodata.roads import Mode
from services.chassis.clock import utc_now
from services.directory.arrivals import Arrivals
from services.directory.filters import EVERYTHING, StoreFilter
from services.directory.hits import Cursor, cursor_after
from services.directory.journeys import Travel
from services.directory.reach import Reach
from services.directory.road_network import EmbeddedRouter
from services.directory.schedules import Schedules
from services.directory.stores import StoresReplica
from tests.support.toy_roads import (
    AT_SEA,
    EAST_SHORE,
    INLAND,
    WEST_SHORE,
    brute,
    scattered,
    store,
    toy,
)


@pytest.fixture(params=["narrowed", "all timed"])
def router(request: Any, monkeypatch: pytest.MonkeyPatch) -> EmbeddedRouter:
    if request.param == "narrowed":
        monkeypatch.setattr("geodata.roads.bucket._SMALL", 0)
        monkeypatch.setattr("geodata.roads.bucket._FIRST_TIMED", 3)
    return toy().router


def replica_of(stores: list[stores_pb2.Store]) -> StoresReplica:
    return StoresReplica((each.name.partition("/")[2], each.SerializeToString()) for each in stores)


async def page(
    router: EmbeddedRouter,
    replica: StoresReplica,
    origin: tuple[float, float],
    travel: Travel,
    limit: int,
    after: Cursor | None = None,
    wanted: StoreFilter = EVERYTHING,
) -> tuple[list[tuple[float, bool, str]], Cursor]:
    ways = await router.to_stores(replica.index, travel.mode, Point(*origin))
    # Hours on arrival are not asked for.
    reach = Reach(Arrivals(replica, cast(Schedules, None), Point(*origin), travel, ways))
    hits = reach.nearest(limit, wanted, after=after)
    found = [(hit.seconds, hit.ways is None, f"stores/{hit.id}") for hit in hits]
    return found, cursor_after(hits, after or Cursor())


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("origin", [WEST_SHORE, EAST_SHORE, INLAND, AT_SEA, (60.1855, 24.9700)])
async def test_pages_by_time_are_those_of_brute_force(
    router: EmbeddedRouter, mode: Mode, origin: tuple[float, float]
) -> None:
    stores = scattered(120)
    replica, travel = replica_of(stores), Travel(mode, utc_now())
    right, cursor = brute(origin, stores, mode), None
    assert right
    for begin in range(0, len(right), 17):
        found, cursor = await page(router, replica, origin, travel, 17, cursor)
        expected = right[begin : begin + 17]
        assert [rest for _, *rest in expected] == [rest for _, *rest in found]
        assert [seconds for seconds, *_ in found] == pytest.approx([s for s, *_ in expected])


async def test_limits_filters_and_stores_that_came_and_moved_since(router: EmbeddedRouter) -> None:
    stores = scattered(60)
    replica, travel = replica_of(stores), Travel(Mode.WALK, utc_now())
    await page(router, replica, INLAND, travel, 5)
    stores[3] = store("m-003", *WEST_SHORE, brand="Odd")
    del stores[7]
    stores += [store("new-1", *EAST_SHORE), store("new-2", *INLAND), store("new-3", *INLAND)]
    changes = {each.name.partition("/")[2]: each.SerializeToString() for each in stores[-3:]}
    changes["m-003"] = stores[3].SerializeToString()
    replica.apply_all([*changes.items(), ("m-007", None)])
    router.note_change()
    right = brute(INLAND, stores, Mode.WALK)
    found, _ = await page(router, replica, INLAND, travel, 100)
    assert [name for *_, name in right] == [name for *_, name in found]

    middle = right[20][0]
    limited = Travel(Mode.WALK, utc_now(), limit_s=middle)
    found, _ = await page(router, replica, INLAND, limited, 100)
    assert [name for seconds, _, name in right if seconds <= middle] == [name for *_, name in found]

    odd = StoreFilter(brands=frozenset({"odd"}))
    wanted = {each.name for each in stores if each.brand == "Odd"}
    found, _ = await page(router, replica, INLAND, travel, 100, None, odd)
    assert [name for *_, name in right if name in wanted] == [name for *_, name in found]
