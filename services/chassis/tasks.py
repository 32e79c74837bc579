"""Ends background tasks for sure, and lets them fail with an error that callers can catch."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any

ASK_AGAIN_S = 0.1


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait until they have ended, whatever their results.

    One `cancel` may be lost: in Python 3.11 `asyncio.wait_for`, which libraries use, drops a
    cancellation that comes as the waited-for part ends (CPython issue 86296, mended in 3.12).
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=ASK_AGAIN_S)


@asynccontextmanager
async def task_group() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group that raises its first failure itself, not an `ExceptionGroup` of it.

    Not by `except*`: before Python 3.11.4 an error raised there reaches the caller in a group.
    """
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None


async def finish(act: Coroutine[Any, Any, None]) -> None:
    """Run a clean-up to its end, however often the task that waits for it is cancelled."""
    task = asyncio.ensure_future(act)
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait([task])
    task.result()
