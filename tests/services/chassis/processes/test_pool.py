"""Work in child processes: results and errors, deadlines, kills, and the end of the children."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.chassis.errors import InvalidArgument, ResourceExhausted, Unavailable
from services.chassis.processes.pool import Pool

PARENT = """
import asyncio, os
from services.chassis.processes.pool import Pool
from tests.services.chassis.processes.test_pool import asleep

async def main():
    pool = Pool(2, 0, 60)
    print(await pool.run(os.getpid), flush=True)
    await asyncio.gather(*(pool.run(asleep, 60) for _ in range(2)))

asyncio.run(main())
"""


def refuse(field: str) -> None:
    raise InvalidArgument.field(field, "is bad")


def asleep(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def killed_once(mark: str) -> str:
    if not Path(mark).exists():
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def end() -> None:
    os._exit(1)


def chatty() -> str:
    print("a library says this")
    return "quiet"


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    pool = Pool(1, 2, 30)
    yield pool
    await pool.stop()


async def test_a_function_runs_in_the_same_other_process(pool):
    await pool.start()
    first, second = await pool.run(os.getpid), await pool.run(os.getpid)
    assert os.getpid() != first == second


async def test_what_it_raises_is_raised_with_its_fields(pool):
    with pytest.raises(InvalidArgument, match="width_px: is bad") as refused:
        await pool.run(refuse, "width_px")
    assert ["width_px"] == [violation.field for violation in refused.value.violations]


async def test_what_it_prints_is_no_result(pool):
    assert "quiet" == await pool.run(chatty)


async def test_a_result_of_many_megabytes_comes_whole(pool):
    assert bytes(9_000_000) == await pool.run(bytes, 9_000_000)


async def test_when_its_process_is_killed_it_is_begun_again(pool, tmp_path):
    assert "done" == await pool.run(killed_once, str(tmp_path / "mark"))


async def test_what_ends_its_process_each_time_is_refused_and_the_next_is_answered(pool):
    with pytest.raises(Unavailable):
        await pool.run(end)
    assert "quiet" == await pool.run(chatty)


async def test_what_takes_too_long_is_refused_and_the_next_is_answered():
    pool = Pool(1, 0, 4.0)
    with pytest.raises(ResourceExhausted, match="more than 4 s"):
        await pool.run(asleep, 3600)
    assert "quiet" == await pool.run(chatty)
    await pool.stop()


async def test_more_than_may_wait_are_told_when_to_come_again(pool):
    calls = [asyncio.create_task(pool.run(asleep, 0.5)) for _ in range(6)]
    await asyncio.wait(calls)
    refused = [call.exception() for call in calls if call.exception()]
    assert 3 == len(refused), "one runs, two wait"
    assert all(isinstance(error, ResourceExhausted) and error.retry_after for error in refused)


async def test_a_call_that_is_cancelled_leaves_its_process_to_the_next(pool):
    before = await pool.run(os.getpid)
    call = asyncio.create_task(pool.run(asleep, 0.3))
    await asyncio.sleep(0.1)
    call.cancel()
    assert before == await pool.run(os.getpid)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_busy_children_end_with_a_parent_that_is_killed():
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        time.sleep(0.5)
        assert alive(child)
        parent.kill()
        parent.wait()
        deadline = time.monotonic() + 30
        while alive(child):
            assert time.monotonic() < deadline
            time.sleep(0.02)
