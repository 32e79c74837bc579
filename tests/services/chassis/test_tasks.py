"""Tasks end, and a group of them fails as its first failure does."""

import asyncio

import pytest

from services.chassis.tasks import task_group


async def test_the_first_failure_of_a_group_is_raised_itself_and_ends_the_others() -> None:
    ended = []

    async def lasts() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("lasts")

    async def fails() -> None:
        await asyncio.sleep(0)
        raise LookupError("a task")

    with pytest.raises(LookupError, match="a task"):
        async with task_group() as group:
            group.create_task(lasts())
            group.create_task(fails())
    assert ["lasts"] == ended


async def test_a_failure_in_the_body_of_a_group_is_raised_itself() -> None:
    with pytest.raises(LookupError, match="the body"):
        async with task_group() as group:
            group.create_task(asyncio.sleep(60))
            raise LookupError("the body")


async def test_a_group_is_cancelled_as_a_whole() -> None:
    async def grouped() -> None:
        async with task_group() as group:
            group.create_task(asyncio.sleep(60))

    task = asyncio.create_task(grouped())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
