"""How long an act keeps the event loop from all others."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any


async def longest_hold_ms(act: Coroutine[Any, Any, Any]) -> float:
    """The longest processor time of the event loop's thread between two of its rounds."""
    longest_s, is_over = 0.0, False

    async def look() -> None:
        nonlocal longest_s
        while not is_over:
            before_s = time.thread_time()
            await asyncio.sleep(0)
            longest_s = max(longest_s, time.thread_time() - before_s)

    looking = asyncio.create_task(look())
    await asyncio.sleep(0)
    try:
        await act
        await asyncio.sleep(0)
    finally:
        is_over = True
        await looking
    return longest_s * 1000
