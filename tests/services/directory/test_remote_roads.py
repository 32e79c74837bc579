"""A remote router: its times rank, and what it does not say in time is an estimate."""

import asyncio
import json
import logging

import httpx
import pytest
from pydantic import ValidationError

from geodata.nearest import NearestIndex
from geodata.points import Point
from geodata.roads import Mode
from services.directory.remote_roads import BATCH, RemoteRouter
from services.directory.road_network import RoadSettings, load_router

HOME = Point(60.17, 24.94)
PLACES = [Point(60.17 + 0.001 * n, 24.94) for n in range(1, 121)]


class Valhalla:
    """Answers 100 s and 1 km for each step of a target's latitude, and keeps the requests."""

    def __init__(self, status: int = 200, delay_s: float = 0.0, body: object = None) -> None:
        self.requests: list[httpx.Request] = []
        self.status, self.delay_s, self.body = status, delay_s, body

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        await asyncio.sleep(self.delay_s)
        if self.body is not None:
            return httpx.Response(self.status, json=self.body)
        asked = json.loads(request.content)
        steps = [round((target["lat"] - 60.17) * 1000) for target in asked["targets"]]
        row = [
            {"time": 100 * n if n != 7 else None, "distance": n, "to_index": column}
            for column, n in enumerate(steps)
        ]
        return httpx.Response(self.status, json={"sources_to_targets": [row[::-1]]})


def router(valhalla: Valhalla, timeout_s: float = 30.0) -> RemoteRouter:
    return RemoteRouter(
        "https://roads.example/", timeout_s, transport=httpx.MockTransport(valhalla)
    )


async def test_its_times_are_asked_for_in_bodies_of_batches():
    valhalla = Valhalla()

    [row] = await router(valhalla).matrix(Mode.BIKE, [HOME], PLACES)

    assert [None if n == 7 else (100.0 * n, n * 1000.0) for n in range(1, 121)] == [
        each and (each.seconds, each.distance_m) for each in row
    ]
    assert 3 == len(valhalla.requests)
    for request in valhalla.requests:
        assert ("POST", "https://roads.example/sources_to_targets") == (
            request.method, str(request.url)
        )  # fmt: skip
        asked = json.loads(request.content)
        assert "bicycle" == asked["costing"]
        assert len(asked["targets"]) <= BATCH


@pytest.mark.parametrize(
    "valhalla",
    [
        Valhalla(status=500),
        Valhalla(status=302),
        Valhalla(delay_s=30.0),
        Valhalla(body={}),
        Valhalla(body=[1]),
        Valhalla(body={"sources_to_targets": [[{"time": 1, "to_index": 99}]]}),
        Valhalla(body={"sources_to_targets": [["x"]]}),
    ],
    ids=["500", "302", "slow", "empty", "a list", "no such target", "no cells"],
)
async def test_a_server_that_fails_or_is_slow_leaves_estimates_and_then_its_peace(valhalla, caplog):
    caplog.set_level(logging.DEBUG)
    remote = router(valhalla, timeout_s=0.2)

    [row] = await remote.matrix(Mode.WALK, [HOME], PLACES[:9])
    asked = len(valhalla.requests)
    [again] = await remote.matrix(Mode.WALK, [HOME], PLACES[:9])

    assert [None] * 9 == row == again
    assert asked == len(valhalla.requests) == 1
    assert "24.94" not in caplog.text


async def test_a_time_that_nobody_can_make_is_none():
    far = Point(61.0, 24.94)
    fast = Valhalla(body={"sources_to_targets": [[{"time": 60, "distance": 92}]]})

    assert [[None]] == await router(fast).matrix(Mode.DRIVE, [HOME], [far])


@pytest.mark.parametrize("seconds", [-1, -1e300, 1e8, 1e300, "60", None])
async def test_a_time_that_is_nonsense_is_none(seconds):
    near = Point(HOME.latitude + 0.001, HOME.longitude)
    odd = Valhalla(body={"sources_to_targets": [[{"time": seconds, "distance": 0.1}]]})

    assert [[None]] == await router(odd).matrix(Mode.DRIVE, [HOME], [near])


async def test_stores_that_went_meanwhile_are_left_out():
    index = NearestIndex.build(
        [f"s-{n}" for n in range(9)],
        [place.latitude for place in PLACES[:9]],
        [place.longitude for place in PLACES[:9]],
    )
    search = asyncio.create_task(router(Valhalla()).to_stores(index, Mode.WALK, HOME))
    await asyncio.sleep(0)
    index.delete("s-2")
    ways = await search

    assert [0, 1, 3, 4, 5, 7, 8] == ways.rows.tolist()
    assert [100.0, 200, 400, 500, 600, 800, 900] == ways.seconds.tolist()
    assert ways.journey is not None
    assert (400.0, 4000.0) == ways.journey(3, 400.0, True)[0::2][:2]


@pytest.mark.parametrize(
    "url", ["http://roads.example", "https://me@roads.example", "https://roads.example/?x=1"]
)
def test_its_address_is_https_without_credentials_or_query(url):
    with pytest.raises(ValidationError):
        RoadSettings(roads_url=url)


async def test_it_is_off_unless_it_is_set():
    assert await load_router(RoadSettings()) is None
    remote = await load_router(RoadSettings(roads_url="https://roads.example"))
    assert isinstance(remote, RemoteRouter)
