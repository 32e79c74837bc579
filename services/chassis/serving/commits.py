"""Changes that run to their end, also when the call that began them is cancelled."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from services.chassis.serving.calls import shown_error

T = TypeVar("T")

_commits: set[asyncio.Task[Any]] = set()
"""The running changes of this process; a server waits for them before it stops."""


async def commit(act: Coroutine[Any, Any, T]) -> T:
    """Run a change to its end, also when the client's deadline cancels its call."""
    task = asyncio.create_task(act)
    _commits.add(task)
    task.add_done_callback(_commits.discard)
    try:
        await asyncio.wait([task])  # unlike awaiting the task, this leaves it alone when cancelled
    except asyncio.CancelledError:
        task.add_done_callback(_log_bug)
        raise
    return task.result()


async def wait_commits() -> None:
    """Wait until no change is running."""
    while _commits:
        await asyncio.wait(_commits)


def _log_bug(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and isinstance(error := task.exception(), Exception):
        shown_error(error, "a change whose call was cancelled")
