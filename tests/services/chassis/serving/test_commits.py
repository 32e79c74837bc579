"""A change runs to its end, whatever becomes of the call that began it."""

import asyncio

import pytest
from structlog.testing import capture_logs

from services.chassis.caller import Caller, current_caller, set_caller
from services.chassis.errors import PermissionDenied
from services.chassis.serving.commits import commit


async def test_a_change_is_made_also_when_its_call_is_cancelled() -> None:
    begun, proceed, made = asyncio.Event(), asyncio.Event(), []

    async def change() -> None:
        begun.set()
        await proceed.wait()
        made.append(current_caller())

    async def call() -> None:
        set_caller(Caller("kiosk"))
        await commit(change())

    task = asyncio.create_task(call())
    await begun.wait()
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
    assert not task.done()
    proceed.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert made == [Caller("kiosk")]


async def test_a_change_that_is_itself_cancelled_cancels_its_call() -> None:
    async def change() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await commit(change())


async def test_a_change_answers_its_call_or_raises_to_it() -> None:
    async def change() -> str:
        return "done"

    async def refused() -> None:
        raise PermissionDenied("x")

    assert await commit(change()) == "done"
    with capture_logs() as logs, pytest.raises(PermissionDenied):
        await commit(refused())
    assert logs == []


@pytest.mark.parametrize(
    ("error", "logged"), [(KeyError("60.1687"), True), (PermissionDenied("x"), False)]
)
async def test_a_change_that_fails_when_its_call_is_gone_is_logged_if_that_is_a_bug(
    error: Exception, logged: bool
) -> None:
    begun, proceed = asyncio.Event(), asyncio.Event()

    async def change() -> None:
        begun.set()
        await proceed.wait()
        raise error

    with capture_logs() as logs:
        task = asyncio.create_task(commit(change()))
        await begun.wait()
        task.cancel()
        proceed.set()
        await asyncio.wait([task])
    assert task.cancelled()
    assert [("KeyError" in log["stack"], "60.1687" in log["stack"]) for log in logs] == (
        [(True, False)] if logged else []
    )
