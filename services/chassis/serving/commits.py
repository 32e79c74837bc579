"""Changes that run to their end, also when the call that began them is cancelled."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from services.chassis.serving.calls import shown_error

T = TypeVar("T")


async def commit(act: Coroutine[Any, Any, T]) -> T:
    """Run a change to its end, also when the client's deadline cancels its call.

    A cancelled call ends with its change, so that a server which waits for its calls also waits
    for their changes.
    """
    task = asyncio.create_task(act)
    cancellation: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])  # unlike awaiting the task, this leaves it alone
        except asyncio.CancelledError as error:
            cancellation = error
    if cancellation is None or task.cancelled():
        return task.result()
    if isinstance(failure := task.exception(), Exception):
        shown_error(failure, "a change whose call was cancelled")
    raise cancellation
