"""Five times as many calls as can be answered: answers go on at the pace, and in time."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.support.overload import DEADLINE_S, Tally, arriving, busy

COST_S = 0.005
"""Of CPU for one call, as a search over the stock of many stores takes."""
FACTOR = 5
SECONDS = 5.0


@pytest.fixture
def port() -> Iterator[int]:
    """A server that takes 5 ms for each call, and lets calls wait for half a second."""
    command = [sys.executable, "-m", "tests.support.overload", str(COST_S), "0.5"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        yield int(process.stdout.readline())
        process.kill()


def told(capacity: float, tally: Tally) -> tuple[float, str]:
    """Goodput over capacity, and what else there is to know."""
    ratio = tally.answered / SECONDS / capacity
    median = sorted(tally.seconds)[len(tally.seconds) // 2]
    return ratio, (
        f"goodput {ratio:.2f} of capacity, answered after {median:.2f} s as a median, "
        f"{tally.shed} shed, all told when to come again, {tally.late} late"
    )


@pytest.mark.soak
@pytest.mark.parametrize("clients", ["that heed", "that come anew"])
async def test_goodput_holds_at_five_times_the_load(
    port: int, clients: str, figure: Callable[[int, str], None]
):
    await busy(port, 8, 1.0)
    capacity = (await busy(port, 16, SECONDS)).answered / SECONDS
    if clients == "that heed":
        tally = await busy(port, round(FACTOR * capacity), SECONDS)
    else:
        tally = await arriving(port, FACTOR * capacity, SECONDS)
    ratio, rest = told(capacity, tally)
    figure(36, f"{FACTOR} times as many calls of {COST_S * 1000:.0f} ms, clients {clients}: {rest}")

    assert ratio >= 0.8
    assert 0 < tally.shed
    assert (0, {}) == (tally.without_advice, dict(tally.other))


async def test_a_crowd_is_answered_or_told_when_to_come_again(port: int):
    """Whatever the machine: nobody is left without either."""
    async with asyncio.timeout(120):
        tally = await busy(port, 400, 1.0)

    assert 0 < tally.answered
    assert (0, {}) == (tally.without_advice, dict(tally.other))
    assert max(tally.seconds) <= DEADLINE_S + 1
