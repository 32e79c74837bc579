"""A writer waits for a slow follower, and not for one that cannot follow."""

import asyncio

import pytest

from services.chassis.loops import progress
from services.chassis.loops.progress import Progress


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LOST_S", 0.001)


async def test_a_slow_follower_is_waited_for() -> None:
    followed = Progress()
    followed.is_following = True
    looks = 0

    def reached() -> bool:
        nonlocal looks
        looks += 1
        return looks > 20

    assert await followed.wait(reached, timeout_s=60)
    assert looks > 20


async def test_one_that_advances_wakes_its_writers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LOST_S", 60)
    followed, reached = Progress(), False
    waiting = asyncio.create_task(followed.wait(lambda: reached))
    await asyncio.sleep(0)
    reached = True
    await followed.advance()
    async with asyncio.timeout(20):
        assert await waiting


async def test_one_that_cannot_follow_is_given_up() -> None:
    assert not await Progress().wait(lambda: False, timeout_s=60)


async def test_no_wait_is_without_end() -> None:
    followed = Progress()
    followed.is_following = True
    assert not await followed.wait(lambda: False, timeout_s=0.01)
