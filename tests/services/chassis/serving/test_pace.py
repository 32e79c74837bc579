"""Long calls compute one step at a time, clients by turns, and short calls go before them."""

import asyncio
import time
from collections.abc import Coroutine
from itertools import pairwise
from typing import Any

import pytest

from services.chassis.serving.pace import Pace
from services.chassis.serving.turns import TURN_S


async def steps(name: str, count: int, told: list[str], step_s: float = 0.0) -> str:
    """A long call of so many steps that tells of each."""
    for _ in range(count):
        end_s = time.perf_counter() + step_s
        while time.perf_counter() < end_s:
            pass
        told.append(name)
        await asyncio.sleep(0)
    return name


async def all_of(pace: Pace, calls: dict[str, list[Coroutine[Any, Any, str]]]) -> list[str]:
    runs = [pace.run(client, act) for client, acts in calls.items() for act in acts]
    return list(await asyncio.gather(*map(as_coroutine, runs)))


async def as_coroutine(awaitable: Any) -> Any:
    return await awaitable


@pytest.mark.parametrize("count", [5, 30])
async def test_clients_go_by_turns_however_many_calls_one_makes(count):
    told: list[str] = []
    many = [steps("one", 9, told, TURN_S) for _ in range(count)]
    calls = {"one": many, "other": [steps("other", 5, told, TURN_S)]}

    answers = await all_of(Pace(lambda: 0), calls)

    places = [place for place, name in enumerate(told) if name == "other"]
    assert ["one"] * count + ["other"] == answers
    assert 9 * count + 5 == len(told)
    assert max(after - before for before, after in pairwise(places)) <= 3


async def test_a_short_call_waits_for_one_step_of_all_long_ones():
    told: list[str] = []
    pace = Pace(lambda: 1)
    long = asyncio.gather(
        *(as_coroutine(pace.run("one", steps("long", 5, told, 2 * TURN_S))) for _ in range(4))
    )
    await asyncio.sleep(0)
    for _ in range(10):  # rounds of the event loop that a call needs
        told.append("round")
        await asyncio.sleep(0)
    rounds = told.index("round"), len(told) - told[::-1].index("round")
    between = told[slice(*rounds)].count("long")
    await long

    assert between <= 2
    assert 20 == told.count("long")


async def fails() -> str:
    await asyncio.sleep(0)
    raise ValueError("at its second step")


async def test_a_call_that_fails_or_is_canceled_leaves_the_turn_to_others():
    pace, told = Pace(lambda: 1), list[str]()
    waiting = asyncio.create_task(as_coroutine(pace.run("c", steps("canceled", 9, told, TURN_S))))
    long = asyncio.create_task(as_coroutine(pace.run("a", steps("long", 9, told, TURN_S))))
    failing = asyncio.create_task(as_coroutine(pace.run("b", fails())))
    await asyncio.sleep(0)  # they wait by now
    waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting
    with pytest.raises(ValueError, match="second step"):
        await failing
    assert "long" == await long
    assert "last" == await as_coroutine(pace.run("d", steps("last", 1, told)))


async def test_a_wait_within_a_long_call_holds_no_other():
    """As for a database that hangs."""
    pace, told = Pace(lambda: 1), list[str]()
    answered = asyncio.Event()

    async def hung() -> str:
        await answered.wait()
        return "answered"

    hanging = asyncio.create_task(as_coroutine(pace.run("a", hung())))
    await asyncio.sleep(0)
    assert "other" == await as_coroutine(pace.run("a", steps("other", 20, told)))
    answered.set()
    assert "answered" == await hanging
